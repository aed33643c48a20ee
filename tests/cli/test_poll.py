"""``cronofy-async poll``, run in this process against a prepared transport."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import signal
import stat
import time
from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cronofy_async._clock import LoopClock
from cronofy_async._links_file import INVALID
from cronofy_async.cli import links_run, live_display, results
from cronofy_async.cli import poll as module
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.errors import ConnectError, ResponseLost
from cronofy_async.http import RawResponse, Request

from .support import (
    escaping_response,
    names,
    read_results,
    respond,
    respond_with,
    rows_of,
    surrogate_response,
)

pytestmark = pytest.mark.usefixtures("wide")


def invoke(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cronofy_async, ["poll", *map(str, arguments)], input=stdin)


@pytest.mark.parametrize(
    ("name", "text", "options", "expected"),
    [
        ("a.csv", "name,id\nx, a \ny,b\n", [], ["id a", "id b"]),
        ("a.txt", "id\na\nb\n", [], ["id a", "id b"]),
        ("a", "id\nhttps://app.cronofy.com/x/t1?a\na\n", [], ["id a", "token t1"]),
        ("a.csv", "\n\nname,id\n\nx,a\n", [], ["id a"]),
        ("a.csv", "\ufeffid,Name\na,x\n", [], ["id a"]),
        ("a.csv", "id,token\n1,t\n", ["--by", "token"], ["token t"]),
        ("a.csv", "id,url\n1,https://x/t/\n", ["--column", "url"], ["token t"]),
        ("a.csv", "id,ref\n1,t\n", ["--column", "ref", "--by", "token"], ["token t"]),
        ("a.csv", "", [], []),
        ("a.csv", "id\n", [], []),
        ("a.jsonl", '\n{"id": "a"}\n\n{"id": "b"}\n', [], ["id a", "id b"]),
        ("a.jsonl", '{"url": "https://x/t"}\n', ["--column", "url"], ["token t"]),
        ("a.txt", '{"id": 7}\n', ["--format", "jsonl"], ["id 7"]),
        ("a.jsonl", "id\na\n", ["--format", "csv"], ["id a"]),
    ],
)
def test_input_formats(  # noqa: PLR0917 - a table
    sent: list[Request], tmp_path: Path, name: str, text: str, options: list[str], expected: list[str]
) -> None:
    (tmp_path / name).write_text(text)
    result = invoke(tmp_path / name, *options)
    assert result.exit_code == 0
    assert result.stderr.startswith(f"{len(expected)} of {len(expected)} links done: ")
    assert names(sent) == expected


def test_standard_input(sent: list[Request]) -> None:
    assert invoke("-", stdin="id\na\nb\n").exit_code == 0
    assert names(sent) == ["id a", "id b"]


@pytest.mark.usefixtures("sent")
def test_columns_are_kept(tmp_path: Path) -> None:
    source, out = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text('id,note,status\ndone,"two\nlines",x\nopen,"a ""b""",y\nnone,,\n"",z\n')
    result = invoke(source, "--out", out)
    assert result.exit_code == 1
    assert result.stderr.startswith("4 of 4 links done: 1 ")
    assert result.stderr.endswith(f"2 failed -> {out}\n")
    rows = rows_of(out)
    assert list(rows[0]) == ["line", "note", "input_status", *results.FIELDS]
    assert [(row["line"], row["note"], row["input_status"]) for row in rows] == [
        ("2", "two\nlines", "x"),
        ("4", 'a "b"', "y"),
        ("5", "", ""),
        ("6", "z", ""),
    ]
    assert [list(row.values())[3:8] for row in rows] == [
        ["done", "completed", "2031-03-03T09:00:00Z", "2031-03-03T09:30:00Z", "e1"],
        ["open", "open", "", "", ""],
        ["none", "", "", "", ""],
        ["", "", "", "", ""],
    ]
    assert [row["error"].partition(":")[0] for row in rows] == ["", "", "not found", INVALID]


@pytest.mark.usefixtures("sent")
def test_json_lines_keep_their_members(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"token": "done", "more": [1], "id": 7}\nbroken\n{"token": null}\n{"token": "https://[/"}\n')
    out = [tmp_path / "b.jsonl", tmp_path / "b.csv"]
    assert [invoke(source, "--by", "token", "--out", path).exit_code for path in out] == [1, 1]
    lines = sorted(read_results(out[0]), key=lambda line: line["line"])
    assert lines[0] == {
        "line": 1,
        "token": "done",
        "more": [1],
        "input_id": 7,
        "id": "sch_1",
        "status": "completed",
        "start": "2031-03-03T09:00:00Z",
        "end": "2031-03-03T09:30:00Z",
        "event_id": "e1",
        "error": None,
    }
    assert [line["error"] for line in lines[1:]] == [INVALID] * 3
    row = rows_of(out[1])[0]
    assert (row["more"], row["input_id"], row["error"]) == ("[1]", "7", "")


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_tokens_are_not_printed(tmp_path: Path, options: list[str]) -> None:
    source = tmp_path / "a.csv"
    source.write_text("token,note\ndone-secret,https://x/secret\nnone-secret,\n")
    result = invoke(source, "--by", "token", *options)
    assert result.exit_code == 1
    assert "secret" not in result.output
    assert result.stdout.count("sch_1") == 1
    assert result.stdout.count("not found") == 1
    source.write_text("done-secret,x\n")
    result = invoke(source, *options)
    assert result.exit_code == 2
    assert "secret" not in result.output


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_written_links_are_not_requested_again(sent: list[Request], tmp_path: Path, suffix: str) -> None:
    source, out = tmp_path / "a.csv", tmp_path / f"b.{suffix}"
    source.write_text('id,note\na,"1\n2"\nnone,3\n')
    assert invoke(source, "--out", out).exit_code == 1
    complete = out.read_bytes()
    sent.clear()
    # Truncated at any position: complete rows are kept, the others are requested again.
    ends = {cut for cut in range(len(complete) + 1) if complete[:cut].endswith(b"\n")}
    for cut in sorted({0, 1, 5, len(complete) // 2, len(complete) - 1, len(complete), *ends}):
        out.write_bytes(complete[:cut])
        assert invoke(source, "--out", out).exit_code == 1
        assert len(out.read_bytes()) == len(complete)
        assert sorted(out.read_bytes().splitlines()) == sorted(complete.splitlines())
    assert 0 < len(sent) < 2 * len(ends) + 12


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.csv", "somebody,else\n1,2\n"),
        ("b.csv", "somebody's"),
        ("b.jsonl", '{"id": "a"}\n'),
        ("b.jsonl", '{"line": 1}\n'),
        ("b.jsonl", "[]\n"),
        ("b.txt", ""),
        ("b.tsv", ""),
    ],
)
def test_a_file_with_other_content_is_not_overwritten(
    sent: list[Request], tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / "a.txt").write_text("id\na\nb\n")
    (tmp_path / name).write_text(text)
    result = invoke(tmp_path / "a.txt", "--out", tmp_path / name)
    assert result.exit_code == 2
    assert (tmp_path / name).read_text() == text
    assert sent == []


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,b\n", [], "no column 'id'"),
        ("sch_1\n", [], "a plain list needs a first line that says id"),
        ("id\na\n", ["--column", "ref"], "no column 'ref'"),
        ("{x\n", ["--format", "jsonl"], "no column 'id'"),
        ("id\n" + "x" * 200_000, [], "line 2: field larger"),
        ("id\na\n", ["--out", "/"], "--out"),
        ("a\n", ["--share", "0"], "--share"),
        ("a\n", ["--concurrency", "0"], "--concurrency"),
        ("a\n", ["--data-center", "mars"], "--data-center"),
        ("a\n", ["--api-url", "nowhere"], "base_url: expected"),
        ("id\na\n", ["--out", "b.txt"], "must end in .csv or .jsonl, got b.txt"),
        ("id\na\n", ["--out", "no/such/place/b.csv"], "cannot write no/such/place/b.csv: No such file"),
    ],
)
def test_wrong_usage(sent: list[Request], tmp_path: Path, text: str, options: list[str], message: str) -> None:
    (tmp_path / "a").write_text(text)
    result = invoke(tmp_path / "a", *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert sent == []


def fail(*_: object) -> None:
    raise OSError(5, "Input/output error")


def test_an_unreadable_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id\na\n")
    monkeypatch.setattr(Path, "open", fail)
    result = invoke(path)
    assert result.exit_code == 2
    assert f"cannot read {path}: Input/output error" in result.stderr


def test_an_unreadable_output_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "read_bytes", fail)
    result = invoke("-", "--out", tmp_path / "b.csv", stdin="id\na\n")
    assert result.exit_code == 2
    assert "b.csv: Input/output error" in result.stderr


def test_a_missing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRONOFY_CLIENT_SECRET")
    result = invoke("-", stdin="id\na\n")
    assert result.exit_code == 2
    assert "CRONOFY_CLIENT_SECRET is not set" in result.stderr


def test_links_are_recognized_after_the_input_changed(sent: list[Request], tmp_path: Path) -> None:
    source, out = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text("id\nnone\ntwice\n")
    assert invoke(source, "--out", out).exit_code == 1
    source.write_text("id\nother\ntwice\ntwice\nnone\n")
    sent.clear()

    assert invoke(source, "--out", out).exit_code == 1

    assert names(sent) == ["id other", "id twice"]
    assert [row["id"] for row in rows_of(out)].count("twice") == 2


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_urls_in_a_column_of_ids_are_kept_and_recognized(sent: list[Request], tmp_path: Path, suffix: str) -> None:
    source, out = tmp_path / "a.csv", tmp_path / f"b.{suffix}"
    source.write_text("id\nhttps://x/done\na\n")

    assert [invoke(source, "--out", out).exit_code for _ in range(2)] == [0, 0]

    assert len(sent) == 2
    rows = read_results(out) if suffix == "jsonl" else rows_of(out)
    assert {row["input_id"]: row["id"] for row in rows} == {"https://x/done": "sch_1", "a": "a"}


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_rejected_credential_ends_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int) -> None:
    sent = respond_with(lambda _: RawResponse(status=status, body=b""), monkeypatch)
    result = invoke("-", "--concurrency", "1", "--out", tmp_path / "b.csv", "--json", stdin="id\na\nb\nc\nd\ne\n")
    assert result.exit_code == 1
    assert f"(status {status})" in result.stderr.splitlines()[0]
    assert json.loads(result.stdout)["by_status"] == {}
    assert 0 < len(sent) < 5


def test_an_outage_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(self: LoopClock, seconds: float) -> None:
        await asyncio.sleep(0.01)

    def fail_at_first(request: Request) -> RawResponse:
        if next(tries) < 20:
            raise errors[0] if next(turn) % 2 else errors[1]
        return respond(request)

    tries, turn = itertools.count(), itertools.count()
    errors = [ConnectError("down", sent="no"), ResponseLost("lost", sent="maybe")]
    monkeypatch.setattr(LoopClock, "sleep", at_once)
    monkeypatch.setattr(live_display, "REFRESH_EVERY", 0.001)
    respond_with(fail_at_first, monkeypatch)
    result = invoke("-", "--concurrency", "1", stdin="id\na\nb\nc\nd\n")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == "Cronofy does not respond. The run continues when it does."


@pytest.mark.parametrize("out", [False, True])
def test_an_interruption_before_the_run_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: bool) -> None:
    def interrupt(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(links_run, "read_links", interrupt)
    options = ["--out", str(tmp_path / "b.csv")] if out else []
    result = invoke("-", *options, stdin="id\na\n")
    assert result.exit_code == 130
    assert ("--out FILE" in result.stderr) is not out


def test_the_estimated_time_left() -> None:
    counts = live_display.Counts(links=120, skipped=20, started=time.monotonic() - 10)
    assert module.time_left(counts, 1.0) == timedelta(seconds=100)
    counts.done = 50
    assert module.time_left(counts, 10.0) == timedelta(seconds=10)  # 5 a second so far
    assert module.time_left(counts, 1.0) == timedelta(seconds=50)  # the start was a burst


@pytest.mark.usefixtures("sent")
def test_poll_shows_the_board_of_watch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = invoke("-", "--out", tmp_path / "b.csv", stdin="id\ndone\n")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", result.stderr)
    assert "standard input: 0 of 1 links done in 0:00:00" in text
    assert re.search(r"About 0:00:\d\d left.", text)


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, sent: list[Request]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full disk")
    with Path("/dev/full").open("wb", buffering=0) as file, pytest.raises(click.UsageError, match="No space"):
        results.write_all(file, b"x", "b.csv")


# Hostile responses.


@pytest.mark.usefixtures("without_orjson")
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_an_unpaired_surrogate_does_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, suffix: str
) -> None:
    source, out = tmp_path / "a.jsonl", tmp_path / f"b.{suffix}"
    source.write_text('{"id": "fine1"}\n{"id": "odd", "note": "\\ud83d"}\n{"id": "fine2"}\n')
    sent = respond_with(surrogate_response, monkeypatch)

    first, second = [invoke(source, "--out", out) for _ in range(2)]

    assert (first.exit_code, second.exit_code, len(sent)) == (0, 0, 3)
    rows = rows_of(out) if suffix == "csv" else sorted(read_results(out), key=lambda row: row["line"])
    cut_off = "cut off \\ud83d" if suffix == "csv" else "cut off \ud83d"
    assert [row["event_id"] for row in rows] == ["fine", cut_off, "fine"]


@pytest.mark.parametrize("command", ["poll", "watch"])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_gets_no_control_characters(
    monkeypatch: pytest.MonkeyPatch, command: str, *, is_terminal: bool
) -> None:
    respond_with(escaping_response, monkeypatch)
    monkeypatch.setattr(results, "on_terminal", lambda: is_terminal)

    result = CliRunner().invoke(cronofy_async, [command, "-"], input="id\na\n")

    assert "PWNED" in result.stdout
    assert ("\x1b" in result.stdout) is not is_terminal
    assert "\x1b" not in result.stderr


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("command", ["poll", "watch"])
def test_results_are_readable_by_the_user_only(tmp_path: Path, command: str) -> None:
    out = tmp_path / "b.csv"
    umask = os.umask(0o022)
    try:
        result = CliRunner().invoke(cronofy_async, [command, "-", "--out", str(out)], input="id\ndone\n")
    finally:
        os.umask(umask)

    assert result.exit_code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
