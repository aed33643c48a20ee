"""``cronofy-async sandbox``, run as a command."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

# A limit for a command that hangs. No test waits for it.
LIMIT = 30


@contextmanager
def running(*arguments: str) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "cronofy_async", "sandbox", *arguments]
    environment = os.environ | {"COLUMNS": "100"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    facts: dict[str, Any] = json.loads(process.stdout.readline())
    return facts


def get(url: str, token: str, body: bytes | None = None) -> tuple[int, Any]:
    assert url.startswith("http://127.0.0.1:")
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with urlopen(Request(url, data=body, headers=headers), timeout=LIMIT) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, error.read()


def end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_json_output(number: signal.Signals) -> None:
    with running("--json") as process:
        facts = first_line(process)
        assert list(facts) == ["url", "app_url", "dashboard", "client_id", "client_secret", "account", "accounts"]
        account = facts["account"]
        assert facts["accounts"] == [account]
        assert account["email"] == "ada@example.com"
        assert list(account) == ["sub", "email", "access_token", "refresh_token", "calendar_ids"]
        assert facts["app_url"] == facts["url"]

        code, calendars = get(f"{facts['url']}/v1/calendars", account["access_token"])
        assert (code, calendars["sub"]) == (200, account["sub"])
        assert [calendar["calendar_id"] for calendar in calendars["calendars"]] == account["calendar_ids"]
        assert get(f"{facts['url']}/v1/real_time_scheduling/sch_0", facts["client_secret"]) == (404, b"")
        assert end(process, number) == (0, "", "")


def test_readable_output() -> None:
    with running("--json", "--id-seed", "5") as process:
        facts = first_line(process)
    with running("--id-seed", "5") as process:
        assert process.stdout is not None
        lines: list[str] = []
        while "Ctrl-C" not in (line := process.stdout.readline()):
            assert line, "it ended"
            lines.append(line)
        printed = "".join(lines)
        target = f"{printed.split()[printed.split().index('url') + 1]}/v1/real_time_scheduling/sch_0"
        assert get(target, facts["client_secret"])[0] == 404
        code, out, err = end(process, signal.SIGINT)
        assert (code, err) == (0, "")
        line = r"\d\d:\d\d:\d\d  GET /v1/real_time_scheduling/sch_0  real_time_scheduling.status  404  [\d.]+ ms"
        assert re.fullmatch(line, out.strip())
    account = facts["account"]
    for value in (
        facts["client_id"],
        facts["client_secret"],
        account["sub"],
        account["access_token"],
        account["refresh_token"],
        *account["calendar_ids"],
        "http://127.0.0.1:",
    ):
        assert value in printed


def test_seeds_make_credentials_repeatable() -> None:
    accounts: list[dict[str, Any]] = []
    for seed in ("1", "1", "2"):
        with running("--json", "--id-seed", seed) as process:
            accounts.append(first_line(process)["account"])
    assert accounts[0] == accounts[1] != accounts[2]


def test_strict_mode() -> None:
    codes: list[int] = []
    for options in ([], ["--strict"]):
        with running("--json", *options) as process:
            facts = first_line(process)
            target = f"{facts['url']}/v1/real_time_scheduling?token=x&page=2"
            codes.append(get(target, facts["client_secret"])[0])
    assert codes == [404, 422]


def test_an_assumption_can_be_switched_off() -> None:
    codes: list[int] = []
    for options in ([], ["--assume", "wrong_kind_is_forbidden=no"]):
        with running("--json", *options) as process:
            facts = first_line(process)
            codes.append(get(f"{facts['url']}/v1/calendars", facts["client_secret"])[0])
    assert codes == [403, 401]


def test_control_characters_are_not_logged() -> None:
    with running("--json") as process:
        facts = first_line(process)
        body = json.dumps({"display_message": "x", "\x1b[2J": 1}).encode()
        get(f"{facts['url']}/v1/real_time_scheduling/sch_0/disable", facts["client_secret"], body)
        code, out, err = end(process, signal.SIGINT)
    assert (code, out) == (0, "")
    assert "\N{REPLACEMENT CHARACTER}[2J is not known" in err
    assert "\x1b" not in err


def test_a_port_in_use() -> None:
    with running("--json") as process:
        port = first_line(process)["url"].rpartition(":")[2]
        result = subprocess.run(
            [sys.executable, "-m", "cronofy_async", "sandbox", "--port", port],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_an_invalid_host() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "cronofy_async", "sandbox", "--host", "nowhere.invalid"],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("Error: cannot listen on nowhere.invalid:0: ")


def test_an_application_can_be_configured_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "env"
    with running("--json", "--env", str(path)) as process:
        facts = first_line(process)
        assert os.listdir(tmp_path) == ["env"]  # noqa: PTH208 - names
        printed = subprocess.run(
            ["/bin/sh", "-c", f"set -a; . {path}; env"],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
            env={},
        ).stdout
        settings = dict(line.split("=", 1) for line in printed.splitlines() if line.startswith("CRONOFY_"))
        assert settings == {
            "CRONOFY_CLIENT_ID": facts["client_id"],
            "CRONOFY_CLIENT_SECRET": facts["client_secret"],
            "CRONOFY_API_URL": facts["url"],
            "CRONOFY_APP_URL": facts["app_url"],
            "CRONOFY_DATA_CENTER": "us",
        }
        program = (
            "import asyncio, cronofy_async\n"
            "async def main():\n"
            "    async with cronofy_async.CronofyClient.from_env() as cronofy:\n"
            "        try:\n"
            "            await cronofy.real_time_scheduling.status('sch_0')\n"
            "        except cronofy_async.NotFound:\n"
            "            print('reached')\n"
            "asyncio.run(main())\n"
        )
        result = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
            env=os.environ | settings,
        )
        assert result.stdout == "reached\n"
        assert end(process, signal.SIGTERM) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_only_a_leftover_sandbox_file_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    with running("--json", "--env", str(path)) as process:
        first = first_line(process)["url"]
    assert f"CRONOFY_API_URL={first}\n" in path.read_text()  # it was killed
    with running("--json", "--env", str(path)) as process:
        facts = first_line(process)
        assert f"CRONOFY_API_URL={facts['url']}\n" in path.read_text()
        path.write_text("MINE=1\n")
        assert end(process, signal.SIGINT) == (0, "", "")
    assert path.read_text() == "MINE=1\n"
    with running("--json", "--env", str(path)) as process:
        out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, out) == (1, "")
    assert err == f"Error: {path} exists and was not written by a sandbox. It is left unchanged.\n"
    assert path.read_text() == "MINE=1\n"


def test_the_file_of_a_running_sandbox_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    with running("--json", "--env", str(path)) as first:
        first_line(first)
        text = path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600  # it has a secret
        with running("--json", "--env", str(path)) as second:
            out, err = second.communicate(timeout=LIMIT)
        assert (second.returncode, out) == (1, "")
        assert err == (f"Error: {path} belongs to a sandbox that still runs. Stop it, or give this one another file.\n")
        assert path.read_text() == text
        assert end(first, signal.SIGINT) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_deleted_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    with running("--json", "--env", str(path)) as process:
        first_line(process)
        path.unlink()
        assert end(process, signal.SIGINT) == (0, "", "")


def test_an_unwritable_file(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / ".env"
    with running("--json", "--env", str(path)) as process:
        out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, out) == (1, "")
    assert err == f"Error: cannot write {path}: No such file or directory\n"
