"""``cronofy-async watch`` as a process, interrupted and at a terminal."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from ...cli.support import (
    end,
    read_results,
    requested_ids,
    rows_of,
    run,
    served,
    start,
    wait_for_results,
)

pytestmark = pytest.mark.usefixtures("wide")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
async def test_the_same_command_resumes_after_an_interruption(tmp_path: Path, name: str) -> None:
    out = tmp_path / "ends.jsonl"
    async with served(6, tmp_path / "ids.txt") as (sandbox, url, links):
        await sandbox.book(links[0])
        await sandbox.book(links[1])
        sandbox.link(links[2]).state = "disabled"
        command = [str(tmp_path / "ids.txt"), "--out", str(out), "--share", "1", "--min-interval", "0.3", "--json"]
        process = await start(url, "watch", *command)
        await wait_for_results(out, 3, process)
        process.send_signal(getattr(signal, name))
        status, summary, message = await end(process)
        if name != "SIGKILL":
            assert status == {"SIGINT": 130, "SIGTERM": 143}[name]
            assert json.loads(summary)["by_status"] == {"open": 3, "completed": 2, "disabled": 1}
            assert message.endswith("Interrupted. Run the same command again to resume.\n")
        else:
            assert status == -signal.SIGKILL
            with out.open("a") as file:
                file.write('{"line": 6, "id": "sch_to')  # as the last line may be
        sandbox.requests.clear()
        for link in links[3:]:
            sandbox.link(link).state = "disabled"
        second = await run(url, "watch", *command)
    assert second[0] == 0
    assert second[2] == f"3 of 6 links already have a result in {out}.\n"
    assert sorted(requested_ids(sandbox)) == sorted(link.id for link in links[3:])
    assert Counter(line["id"] for line in read_results(out)) == Counter(link.id for link in links)
    assert {line["error"] for line in read_results(out)} == {None}
    facts = json.loads(second[1])
    assert facts.pop("seconds") > 0
    assert facts == {
        "links": 6,
        "by_status": {"completed": 2, "disabled": 4},
        "failed": 0,
        "skipped": 3,
        "requests": 3,
        "rate_limited": 0,
        "retries": 0,
    }


class Terminal:
    """A command at a terminal."""

    def __init__(self, url: str, *arguments: str, columns: int = 80, is_piped: bool = False) -> None:
        import fcntl
        import pty
        import termios

        self._parent_fd, child_fd = pty.openpty()
        fcntl.ioctl(child_fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        environment = {**os.environ, "CRONOFY_API_URL": url, "TERM": "xterm-256color", "TZ": "Europe/London"}
        for name in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cronofy_async", "watch", *arguments],
            stdin=child_fd,
            stdout=subprocess.PIPE if is_piped else child_fd,
            stderr=child_fd,
            env=environment,
        )
        os.close(child_fd)
        self.raw = self.results = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                self.raw += os.read(self._parent_fd, 1 << 16).decode(errors="replace")
            except OSError:  # every other process has closed it
                return

    @property
    def text(self) -> str:
        """Return the output without control sequences."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.raw)

    async def wait_for(self, message: str) -> None:
        while message not in self.text:
            assert self.process.poll() is None
            await asyncio.sleep(0.01)

    async def end(self) -> int:
        results, _ = await asyncio.to_thread(self.process.communicate, timeout=60)
        await asyncio.to_thread(self._reader.join)
        os.close(self._parent_fd)
        self.results = (results or b"").decode()
        return self.process.returncode


needs_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


@needs_a_terminal
async def test_at_a_terminal(tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    async with served(3, ids) as (sandbox, url, links):
        terminal = Terminal(url, str(ids), "--min-interval", "0.3")
        await terminal.wait_for("0 of 3 links done")
        await sandbox.book(links[0])
        await terminal.wait_for("1 of 3 links done")
        sandbox.faults.add("real_time_scheduling.status", status=422, times=1)
        await terminal.wait_for("it will be retried")
        terminal.process.send_signal(signal.SIGINT)
        status = await terminal.end()
    assert status == 130
    start = sandbox.link(links[0]).slot
    assert start is not None
    assert re.search(rf"\d\d:\d\d:\d\d  {links[0].id}  completed  20\d\d-\d\d-\d\d \d\d:\d\d (GMT|BST)", terminal.text)
    assert terminal.text.endswith(
        "Interrupted. With --out FILE, a run can be resumed.\r\n1 of 3 links done: 2 open, 1 completed\r\n"
    )
    assert "event_id" not in terminal.text
    assert "Latest changes" not in terminal.text
    assert terminal.raw.rfind("\x1b[?25h") > terminal.raw.rfind("\x1b[?25l") > -1  # the cursor is shown again


@needs_a_terminal
async def test_at_a_terminal_with_a_file(tmp_path: Path) -> None:
    tokens, out = tmp_path / "tokens.csv", tmp_path / "ends.csv"
    async with served(12, tmp_path / "ids.txt") as (sandbox, url, links):
        tokens.write_text("url,name\n" + "".join(f"{link.url},{link.token}\n" for link in links))
        sandbox.link(links[0]).state = "disabled"
        terminal = Terminal(url, str(tokens), "--column", "url", "--out", str(out), "--min-interval", "0.3", columns=60)
        await terminal.wait_for("Looking up IDs first: ")
        await terminal.wait_for("Latest changes")
        await terminal.wait_for("Each open link is checked about every 0:00:02")
        for link in links:
            sandbox.link(link).state = "disabled"
        assert await terminal.end() == 0
    assert re.search(r"\d\d:\d\d:\d\d  line 2 .* disabled", terminal.text) is None
    assert "12 of 12 links done: 12 disabled" in terminal.text
    assert not any(link.token in terminal.text for link in links)
    assert "http" not in terminal.text
    assert len(rows_of(out)) == 12


@needs_a_terminal
async def test_results_for_programs_are_not_mixed_with_the_table(tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    async with served(1, ids) as (sandbox, url, links):
        sandbox.link(links[0]).state = "disabled"
        terminal = Terminal(url, str(ids), "--json")
        piped = Terminal(url, str(ids), is_piped=True)
        assert [await terminal.end(), await piped.end()] == [0, 0]
    line, summary = terminal.text.splitlines()
    assert json.loads(line)["id"] == links[0].id
    assert summary == "1 of 1 links done: 1 disabled"
    assert "0 of 1 links done" in piped.text
    assert [row["status"] for row in csv.DictReader(io.StringIO(piped.results))] == ["disabled"]
