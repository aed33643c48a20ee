"""``cronofy-async watch``, run in this process against a prepared transport."""

from __future__ import annotations

import asyncio
import csv
import io
import itertools
import json
import re
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from cronofy_async._clock import LoopClock
from cronofy_async._links_file import INVALID
from cronofy_async.cli import links_run, live_display
from cronofy_async.cli import watch as module
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.cli.results import FIELDS
from cronofy_async.errors import ConnectError
from cronofy_async.http import RawResponse, Request
from cronofy_async.polling import Watched

from .support import (
    RESPONSE,
    name_of,
    names,
    read_results,
    respond,
    respond_with,
    rows_of,
    surrogate_response,
)

pytestmark = pytest.mark.usefixtures("wide")

EVENT = b'{"event_id": "e1", "start": "2031-03-03T09:00:00Z", "end": "2031-03-03T09:30:00Z"}'


def invoke(*arguments: str | Path, stdin: str | None = None) -> Result:
    command = ["watch", "--min-interval", "0.01", *map(str, arguments)]
    return CliRunner().invoke(cronofy_async, command, input=stdin)


def responding(**statuses: str) -> Callable[[Request], RawResponse]:
    """Respond with the statuses of each link in order, and repeat the last one. Links are named by ID or ``token-`` and ID."""

    def respond(request: Request) -> RawResponse:
        link = name_of(request).removeprefix("token-")
        status = next(turns[link])
        event = EVENT if status == "completed" else b"null"
        return RawResponse(status=200, body=RESPONSE % (link.encode(), status.encode(), event))

    def turn(every: list[str]) -> Iterator[str]:
        return itertools.chain(every, itertools.repeat(every[-1]))

    turns = {link: turn(every.split()) for link, every in statuses.items()}
    return respond


@pytest.mark.parametrize(
    ("name", "text", "options", "expected"),
    [
        ("a.txt", "id\n done1 \ndone2\n", [], ["id done1", "id done2"]),
        ("a", "id\nhttps://app.cronofy.com/x/done1\ndone2\n", [], ["id done2", "token done1"]),
        ("a.csv", "name,id,sent_at\nx,done1,\ny,done2,2020-01-07T09:00:00Z\n", [], ["id done1", "id done2"]),
        ("a.jsonl", '{"id": "done1"}\n{"id": "done2", "sent_at": null}\n', [], ["id done1", "id done2"]),
        ("a.jsonl", '{"t": "done", "sent_at": ""}\n', ["--column", "t", "--by", "token"], ["token done"]),
        ("a.csv", "id\ndone\ndone\n", [], ["id done"]),
        ("a.csv", "", [], []),
    ],
)
def test_input_formats(  # noqa: PLR0917 - a table
    sent: list[Request], tmp_path: Path, name: str, text: str, options: list[str], expected: list[str]
) -> None:
    (tmp_path / name).write_text(text)
    result = invoke(tmp_path / name, *options)
    assert result.exit_code == 0
    assert names(sent) == expected


def test_links_by_token_are_watched_by_their_ids(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source, out = tmp_path / "a.csv", tmp_path / "b.jsonl"
    source.write_text("token\ntoken-late\ntoken-over\ntoken-none\n")
    respond, missing = responding(late="open completed", over="expired"), RawResponse(status=404, body=b"")
    sent = respond_with(lambda request: missing if "none" in request.target else respond(request), monkeypatch)
    result = invoke(source, "--by", "token")
    assert names(sent) == ["id late", "token token-late", "token token-none", "token token-over"]
    assert (result.exit_code, "token-" in result.output) == (1, False)
    rows = {row["line"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert rows["2"] | {"line": "", "error": ""} == {
        "line": "",
        "id": "late",
        "status": "completed",
        "start": "2031-03-03T09:00:00Z",
        "end": "2031-03-03T09:30:00Z",
        "event_id": "e1",
        "error": "",
    }
    assert (rows["3"]["id"], rows["3"]["status"]) == ("over", "expired")
    assert rows["4"]["error"].startswith("not found")
    assert result.stderr == "3 of 3 links done: 1 expired, 1 completed, 1 failed\n"
    respond_with(responding(late="completed", over="expired", none="disabled"), monkeypatch)
    assert invoke(source, "--by", "token", "--out", out).stderr.endswith(f" -> {out}\n")
    assert [line["token"] for line in sorted(read_results(out), key=lambda line: line["line"])] == [
        "token-late",
        "token-over",
        "token-none",
    ]


def test_several_lines_may_name_a_link(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source, out = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    lines = ['{"id": "one", "n": 1}', '{"id": "one", "n": 2}', '{"id": "https://x/token-one"}', '{"id": "one"}']
    source.write_text("\n".join(lines[:3]))
    sent = respond_with(responding(one="open open completed"), monkeypatch)
    result = invoke(source, "--out", out, "--json")
    assert (result.exit_code, len(sent)) == (0, 3)
    assert [(line["line"], line["id"], line["status"]) for line in read_results(out)] == [
        (1, "one", "completed"),
        (2, "one", "completed"),
        (3, "one", "completed"),
    ]
    assert json.loads(result.stdout)["by_status"] == {"completed": 3}
    # The status of a link that was added to the file since then is unknown.
    source.write_text("\n".join(lines))
    assert invoke(source, "--out", out).exit_code == 0
    assert len(sent) == 4


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> dict[str, Watched]:
    """Return the links that the command watches, by ID."""
    watched: dict[str, Watched] = {}

    def record(link: str, **details: Any) -> Watched:
        watched[link] = Watched(link, **details)
        return watched[link]

    monkeypatch.setattr(module, "Watched", record)
    return watched


def test_times_from_the_file(monkeypatch: pytest.MonkeyPatch, watched: dict[str, Watched], tmp_path: Path) -> None:
    respond_with(responding(a="open completed", b="completed", c="disabled"), monkeypatch)
    (tmp_path / "a.csv").write_text(
        "sent_at,expires_at,id\n"
        "2030-01-07T10:00:00+01:00,2030-02-07T09:00:00Z,https://x/token-a\n"
        " 2030-01-07T09:00:00Z , ,b\n"
        ",,c\n"
    )
    assert invoke(tmp_path / "a.csv").exit_code == 0
    sent, expires = datetime(2030, 1, 7, 9, tzinfo=UTC), datetime(2030, 2, 7, 9, tzinfo=UTC)
    assert watched["a"] == Watched("a", sent_at=sent, expires_at=expires)
    assert watched["b"] == Watched("b", sent_at=sent)
    # It may have changed already, so it is requested immediately.
    assert watched["c"].expires_at is None
    assert watched["c"].sent_at is not None
    assert datetime.now(UTC) - watched["c"].sent_at >= timedelta(hours=1)


@pytest.mark.parametrize("link", ["done", "https://x/done"])
@pytest.mark.parametrize("column", ["sent_at", "expires_at"])
@pytest.mark.parametrize("value", ["soon", "2030-01-07T09:00:00", "2030-01-07", "1893456000", 1893456000, True, ["a"]])
def test_an_invalid_time(sent: list[Request], tmp_path: Path, link: str, column: str, value: object) -> None:
    lines = [{"id": link}, {"id": link, column: value}]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    result = invoke(tmp_path / "a.jsonl")
    assert result.exit_code == 2
    assert f"line 2: {column}: expected a time with an offset, such as 2030-01-07T09:00:00Z" in result.stderr
    assert str(value) not in result.stderr.replace("2030-01-07T09:00:00Z", "")
    assert sent == []


def test_an_unknown_link(sent: list[Request], tmp_path: Path) -> None:
    out = tmp_path / "b.csv"
    result = invoke("-", "--out", out, stdin="id\nnone\ndone\n")
    assert (result.exit_code, result.stderr) == (1, f"2 of 2 links done: 1 completed, 1 failed -> {out}\n")
    assert names(sent) == ["id done", "id none", "id none"]  # it is requested twice before the error is reported
    assert [(row["id"], row["status"], row["error"]) for row in rows_of(out)] == [
        ("none", "", module.NOT_FOUND),
        ("done", "completed", ""),
    ]
    sent.clear()
    assert invoke("-", "--out", out, stdin="id\nnone\ndone\n").exit_code == 1
    assert sent == []


def test_links_that_cannot_be_requested(sent: list[Request], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'id\n..\n\xff\nhttps://[/\n"",\ndone\n')
    result = invoke(tmp_path / "a.csv", "--json")
    assert result.exit_code == 1
    assert names(sent) == ["id done"]
    errors = [json.loads(line)["error"] for line in result.stdout.splitlines()]
    assert errors == [INVALID] * 4 + [None]


def test_only_terminal_statuses_are_final(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    statuses = {"one": "open paused held paused open completed", "two": "paused", "three": "open"}
    seen: list[tuple[str, str]] = []
    add = live_display.Board.add

    def record(self: live_display.Board, change: live_display.ChangeRow) -> None:
        seen.append((change.name, change.status))
        add(self, change)

    monkeypatch.setattr(live_display.Board, "add", record)
    respond_with(responding(**statuses), monkeypatch)
    (tmp_path / "a").write_text("id\none\n")
    every = ["paused", "held", "paused", "open", "completed"]
    result = invoke(tmp_path / "a", "--json")
    assert [json.loads(line)["status"] for line in result.stdout.splitlines()] == every
    assert result.stderr == "1 of 1 links done: 1 completed\n"
    assert seen == [("one", status) for status in every]

    out, seen[:] = tmp_path / "b.jsonl", []
    sent: list[Request] = []
    (tmp_path / "a").write_text("id\ntwo\none\nthree\n")

    def interrupt(request: Request) -> RawResponse:
        if len(sent) == 30:
            signal.raise_signal(signal.SIGINT)
        return respond(request)

    respond = responding(**statuses)
    sent = respond_with(interrupt, monkeypatch)
    result = invoke(tmp_path / "a", "--json", "--out", out)
    assert result.exit_code == 130
    assert [(line["id"], line["status"]) for line in read_results(out)] == [("one", "completed")]
    assert json.loads(result.stdout)["by_status"] == {"open": 1, "paused": 1, "completed": 1}
    assert ("two", "paused") in seen


def test_output_of_poll_is_not_overwritten(sent: list[Request], tmp_path: Path) -> None:
    out = tmp_path / "b.csv"
    assert CliRunner().invoke(cronofy_async, ["poll", "-", "--out", str(out)], input="id\nopen\ndone\n").exit_code == 0
    before = out.read_bytes()
    sent.clear()
    result = invoke("-", "--out", out, stdin="id\nopen\ndone\n")
    assert result.exit_code == 2
    assert "was written by `poll` and holds open links. Give another --out." in " ".join(result.stderr.split())
    assert (sent, out.read_bytes()) == ([], before)


@pytest.mark.parametrize("status", [401, 402, 403])
@pytest.mark.parametrize("by", ["id", "token"])
def test_a_rejected_credential_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int, by: str
) -> None:
    respond_with(lambda _: RawResponse(status=status, body=b""), monkeypatch)
    result = invoke("-", "--by", by, "--out", tmp_path / "b.csv", "--json", stdin=f"{by}\na-name\nb-name\n")
    assert result.exit_code == 1
    assert f"(status {status})" in result.stderr.splitlines()[0]
    assert "name" not in result.stderr
    assert json.loads(result.stdout)["by_status"] == {"open": 2}


@pytest.mark.parametrize("by", ["id", "token"])
def test_an_outage_is_reported(monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    async def at_once(self: LoopClock, seconds: float) -> None:
        await asyncio.sleep(0.01)

    def fail_at_first(request: Request) -> RawResponse:
        if next(tries) < 20:
            raise ConnectError("down", sent="no")
        return respond(request)

    tries = itertools.count()
    monkeypatch.setattr(LoopClock, "sleep", at_once)
    monkeypatch.setattr(live_display, "REFRESH_EVERY", 0.001)
    respond_with(fail_at_first, monkeypatch)
    result = invoke("-", "--by", by, stdin=f"{by}\ndone1\n")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == "Cronofy does not respond. The run continues when it does."
    assert result.stderr.splitlines()[-1] == "1 of 1 links done: 1 completed"


def test_a_link_whose_requests_fail_temporarily(monkeypatch: pytest.MonkeyPatch) -> None:
    def reject_at_first(request: Request) -> RawResponse:
        return RawResponse(status=422, body=b"{}") if next(tries) < 3 else respond(request)

    tries = itertools.count()
    respond_with(reject_at_first, monkeypatch)
    result = invoke("-", stdin="id\ndone1\n")
    assert result.exit_code == 0
    warning, summary = result.stderr.splitlines()
    assert warning.startswith("link done1: ")
    assert warning.endswith("(status 422); it will be retried")
    assert summary == "1 of 1 links done: 1 completed"


def test_the_table_is_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(live_display, "REFRESH_EVERY", 0.001)
    respond_with(responding(a=" ".join(["open"] * 20 + ["completed"]), b="expired"), monkeypatch)
    result = invoke("-", "--out", tmp_path / "b.csv", stdin="id\na\nb\n")
    assert result.exit_code == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", result.stderr)
    assert "standard input: 1 of 2 links done" in text
    assert re.search(r"\d\d:\d\d:\d\d  b  expired", text)
    assert text.endswith(f"2 of 2 links done: 1 expired, 1 completed -> {tmp_path / 'b.csv'}\n")


@pytest.mark.parametrize(
    ("out", "as_json", "stdout", "stderr", "shown"),
    [
        (None, False, True, True, (True, True)),
        (None, True, True, True, (False, False)),
        (None, False, False, True, (True, False)),
        (None, True, False, True, (True, False)),
        (None, False, True, False, (False, False)),
        ("b.csv", False, True, True, (True, False)),
        ("b.csv", True, True, True, (True, False)),
        ("b.csv", False, True, False, (False, False)),
    ],
)
def test_the_board_depends_on_the_streams(  # noqa: PLR0917 - a table
    monkeypatch: pytest.MonkeyPatch, out: str | None, as_json: bool, stdout: bool, stderr: bool, shown: object
) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return stdout

    monkeypatch.setattr(sys, "stdout", Stream())
    monkeypatch.setenv("FORCE_COLOR", "1" if stderr else "")
    monkeypatch.setenv("TERM", "xterm")
    shown_board = live_display.Board.for_results(out, "links.csv", live_display.Counts(), as_json=as_json)
    assert (shown_board.is_shown, shown_board.scrolls) == shown


def _always(value: live_display.Board, *_: object, **__: object) -> live_display.Board:
    return value


def test_readable_results(monkeypatch: pytest.MonkeyPatch, sent: list[Request]) -> None:
    console = Console(stderr=True)
    scrolling = live_display.Board(console, "links.csv", live_display.Counts(), is_shown=False, scrolls=True)
    monkeypatch.setattr(live_display.Board, "for_results", staticmethod(partial(_always, scrolling)))
    result = invoke("-", stdin="id\ndone\nhttps://x/none\n")
    assert (result.exit_code, result.stdout) == (1, "")
    *lines, summary = result.stderr.splitlines()
    assert summary == "2 of 2 links done: 1 completed, 1 failed"
    first, second = sorted(line.partition("  ")[2] for line in lines)
    assert first.startswith("done  completed  2031-03-03 ")
    assert second.startswith("line 3  failed     not found")
    assert len(sent) == 2


@pytest.mark.parametrize("out", [False, True])
def test_an_interruption_before_the_run_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: bool) -> None:
    def interrupt(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(links_run, "read_links", interrupt)
    options = ["--out", str(tmp_path / "b.csv")] if out else []
    result = invoke("-", *options, stdin="id\na\n")
    assert result.exit_code == 143
    assert ("--out FILE" in result.stderr) is not out


def test_output_to_a_pipe(sent: list[Request]) -> None:
    result = invoke("-", stdin="id\ndone\n")
    assert result.stdout.splitlines()[0] == ",".join(["line", *FIELDS])
    assert result.stdout.splitlines()[1] == "2,done,completed,2031-03-03T09:00:00Z,2031-03-03T09:30:00Z,e1,"
    assert len(sent) == 1


@pytest.mark.usefixtures("sent")
def test_a_long_file_is_read_quickly(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("id\n" + "".join(f"done{number}\n" for number in range(500)))
    assert invoke(tmp_path / "a.txt", "--out", tmp_path / "b.csv").exit_code == 0
    assert len(rows_of(tmp_path / "b.csv")) == 500


# Hostile responses and unusual times.


@pytest.mark.usefixtures("without_orjson")
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_an_unpaired_surrogate_does_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"b.{suffix}"
    sent = respond_with(surrogate_response, monkeypatch)

    first, second = [invoke("-", "--out", out, stdin="id\nfine1\nodd\nfine2\n") for _ in range(2)]

    assert (first.exit_code, second.exit_code, len(sent)) == (0, 0, 3)
    rows = rows_of(out) if suffix == "csv" else read_results(out)
    assert len(rows) == 3


@pytest.mark.usefixtures("without_orjson")
def test_an_invalid_id_in_a_response_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(request: Request) -> RawResponse:
        link = b"\\ud83d" if "odd" in request.target else b"sch_1"
        return RawResponse(
            status=200, body=RESPONSE % (link, b"open" if "?" in request.target else b"disabled", b"null")
        )

    respond_with(respond, monkeypatch)

    result = invoke("-", "--by", "token", stdin="token\nodd\nfine\n")

    assert result.exit_code == 1
    assert result.stderr == "2 of 2 links done: 1 disabled, 1 failed\n"


@pytest.mark.parametrize("link", ["done", "https://x/done"])
@pytest.mark.parametrize(
    "value", ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"]
)
@pytest.mark.parametrize("column", ["sent_at", "expires_at"])
def test_a_time_out_of_range_in_utc(sent: list[Request], tmp_path: Path, link: str, value: str, column: str) -> None:
    (tmp_path / "a.csv").write_text(f"id,{column}\n{link},\n{link},{value}\n")

    result = invoke(tmp_path / "a.csv")

    assert (result.exit_code, sent) == (2, [])
    assert f"line 3: {column}" in result.stderr


def test_the_last_second_of_9999_is_accepted(sent: list[Request], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,expires_at\ndone,9999-12-31T23:59:59Z\n")

    assert invoke(tmp_path / "a.csv").exit_code == 0
    assert len(sent) == 1
