"""``cronofy-async poll``, as somebody runs it, and its corners."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import stat
import time
from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cronofy_async import RateLimit, WindowLimiter
from cronofy_async._clock import LoopClock
from cronofy_async.cli import links_file, memory, output
from cronofy_async.cli import poll as module
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.cli.link import NO_LINK
from cronofy_async.errors import ConnectError, ResponseLost
from cronofy_async.http import RawResponse, Request

from .support import (
    answer,
    answer_with,
    asked,
    end,
    escaping_answer,
    name_of,
    odd_answer,
    rows_of,
    run,
    sandbox_process,
    served,
    start,
    until_written,
    written,
)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


# As somebody runs it.


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
async def test_it_goes_on_after_an_interruption(tmp_path: Path, name: str) -> None:
    out = tmp_path / "states.jsonl"
    async with served(12, tmp_path / "ids.txt") as (sandbox, url, links):
        command = [str(tmp_path / "ids.txt"), "--out", str(out), "--share", "1", "--json"]
        process = await start(url, "poll", *command)
        await until_written(out, 4, process)
        process.send_signal(getattr(signal, name))
        status, summary, said = await end(process)
        first = {line["id"] for line in written(out)}
        sandbox.requests.clear()
        if name != "SIGKILL":
            assert status == {"SIGINT": 130, "SIGTERM": 143}[name]
            assert json.loads(summary)["links"] == 12
            assert said == "Interrupted. The same command goes on from here.\n"
        else:
            assert status == -signal.SIGKILL
            with out.open("a") as file:
                file.write('{"line": 12, "id": "sch_to')  # as the last line may be
        again = await run(url, "poll", *command)
    assert 4 <= len(first) < 12
    assert again[0] == 0
    assert again[2] == f"{len(first)} of 12 are in {out} already.\n"
    assert sorted(asked(sandbox)) == sorted({link.id for link in links} - first)
    assert sorted(line["id"] for line in written(out)) == sorted(link.id for link in links)
    facts = json.loads(again[1])
    assert facts.pop("seconds") > 0
    assert facts == {
        "links": 12,
        "by_status": {"open": 12},
        "failed": 0,
        "skipped": len(first),
        "requests": 12 - len(first),
        "rate_limited": 0,
    }


async def test_two_runs_do_not_write_to_one_file(tmp_path: Path) -> None:
    ids, out = tmp_path / "ids.txt", tmp_path / "states.jsonl"
    async with served(12, ids) as (_, url, links):
        first = await start(url, "poll", str(ids), "--out", str(out), "--share", "1")
        await until_written(out, 1, first)
        first.send_signal(signal.SIGSTOP)
        second = await run(url, "poll", str(ids), "--out", str(out))
        first.send_signal(signal.SIGCONT)
        one = await end(first)
        again = await run(url, "poll", str(ids), "--out", str(out))
    assert second[:2] == (2, "")
    assert f"another run is writing to {out}: wait for its end, or give another --out" in " ".join(second[2].split())
    assert (one[0], again[0]) == (0, 0)
    assert sorted(line["id"] for line in written(out)) == sorted(link.id for link in links)


async def test_runs_within_a_minute_stay_within_the_limit(tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    async with served(12, ids) as (sandbox, url, links):
        # A run that ended a while ago, of which Cronofy still counts all but a few requests.
        limiter = WindowLimiter(RateLimit(), sandbox.clock)
        async with sandbox.client(rate_limit=limiter) as cronofy:
            for burst in range(10):
                for _ in range(49 if burst else 50):
                    await cronofy.real_time_scheduling.status(links[0])
                sandbox.clock.advance(1)
        sandbox.clock.advance(46)
        settings = {"base_url": url}
        memory.keep(memory.memory_of(settings), limiter.recent())
        one = await run(url, "poll", str(ids), "--share", "1", "--shard", "1/6")
        two = await run(url, "poll", str(ids), "--share", "1", "--out", str(tmp_path / "states.csv"))
        many = [link.id for link in links] * 4
        more = [await run(url, "status", *many) for _ in range(2)]
    assert [one[0], two[0], more[0][0], more[1][0]] == [0, 0, 0, 0]
    assert one[1].count("open") == 2
    assert len(sandbox.requests) == 491 + 2 + 12 + 2 * 48
    assert {request.status for request in sandbox.requests} == {200}


async def test_processes_one_after_the_other(tmp_path: Path) -> None:
    ids = [f"sch_{number}" for number in range(45)]  # none of them is there, which counts all the same
    (tmp_path / "ids.txt").write_text("\n".join(ids[:8]))
    async with sandbox_process() as url:
        bursts = [await run(url, "status", *ids) for _ in range(2)]
        command = [str(tmp_path / "ids.txt"), "--share", "1", "--json", "--out"]
        polls = [await run(url, "poll", *command, str(tmp_path / f"{number}.csv")) for number in range(2)]
    assert [burst[2].count("not found") for burst in bursts] == [45, 45]
    for status, summary, _ in polls:
        assert status == 1
        facts = json.loads(summary)
        assert (facts["requests"], facts["rate_limited"], facts["failed"]) == (8, 0, 8)


async def test_how_far_it_is_shows_on_a_terminal(tmp_path: Path) -> None:
    ids, out = tmp_path / "ids.txt", tmp_path / "states.csv"
    async with served(3, ids) as (_, url, links):
        seen = await run(url, "poll", str(ids), "--out", str(out), FORCE_COLOR="1")
        unseen = await run(url, "poll", str(ids), FORCE_COLOR="")
    assert seen[:2] == (0, "")
    assert "3/3" in seen[2]
    assert "3 of 3 links: 3 open" in seen[2]
    assert unseen[2] == ""
    assert sorted(unseen[1].splitlines()) == sorted(out.read_text().splitlines())
    assert all(link.id in unseen[1] for link in links)


# The rest needs no process.


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    return answer_with(answer, monkeypatch)


def invoke(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cronofy_async, ["poll", *map(str, arguments)], input=stdin)


def names(requests: list[Request]) -> list[str]:
    return sorted(f"{'token' if '?' in request.target else 'id'} {name_of(request)}" for request in requests)


@pytest.mark.parametrize(
    ("name", "text", "options", "expected"),
    [
        ("a.txt", "# mine\n\n a \nb\n", [], ["id a", "id b"]),
        ("a.txt", "a\n", ["--by", "token"], ["token a"]),
        ("a", "https://app.cronofy.com/x/t1?a,b\na\n", [], ["id a", "token t1"]),
        ("a.csv", "name,id\nx,a\ny,b\n", [], ["id a", "id b"]),
        ("a.csv", "\n\nname,id\n\nx,a\n", [], ["id a"]),
        ("a.csv", "\ufeffID;Name\na;x\n", [], ["id a"]),
        ("a.csv", 'id,link_id,url\n1,a,"https://x/t"\n', [], ["id a"]),
        ("a.csv", "id,token\n1,t\n", ["--by", "token"], ["token t"]),
        ("a.csv", "id,url\n1,https://x/t/\n", ["--column", "url"], ["token t"]),
        ("a.csv", "id,ref\n1,t\n", ["--column", "ref", "--by", "token"], ["token t"]),
        ("a.csv", "", [], []),
        ("a.tsv", "n\ttoken\n1\tt\n", [], ["token t"]),
        ("a", "token\nt\n", [], ["token t"]),
        ("a", "ref\na\n", ["--column", "ref"], ["id a"]),
        ("a", '\n{"id": "a"}\n\n{"id": "b"}\n', [], ["id a", "id b"]),
        ("a.jsonl", '{"url": "https://x/t"}\n', [], ["token t"]),
        ("a.csv", "id\na\n", ["--format", "text"], ["id a", "id id"]),
    ],
)
def test_what_it_reads(  # noqa: PLR0917 - a table
    sent: list[Request], tmp_path: Path, name: str, text: str, options: list[str], expected: list[str]
) -> None:
    (tmp_path / name).write_text(text)
    result = invoke(tmp_path / name, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert names(sent) == expected


def test_standard_input(sent: list[Request]) -> None:
    assert invoke("-", stdin="a\nb\n").exit_code == 0
    assert names(sent) == ["id a", "id b"]


@pytest.mark.parametrize("shard", [1, 2, 3])
def test_a_shard(sent: list[Request], tmp_path: Path, shard: int) -> None:
    (tmp_path / "a.txt").write_text("# no link\na\nb\nc\nd\ne\n")
    assert invoke(tmp_path / "a.txt", "--shard", f"{shard}/3").exit_code == 0
    assert names(sent) == [f"id {name}" for name in "abcde"[shard - 1 :: 3]]


@pytest.mark.usefixtures("sent")
def test_columns_are_kept(tmp_path: Path) -> None:
    source, out = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text('id,note,status\ndone,"two\nlines",x\nopen,"a ""b""",y\nnone,,\n"",z\n')
    result = invoke(source, "--out", out)
    assert result.exit_code == 1
    assert result.stderr.startswith("4 of 4 links: 1 ")
    assert result.stderr.endswith(f"2 failed -> {out}\n")
    rows = rows_of(out)
    assert list(rows[0]) == ["line", "note", "input_status", *output.RESULTS]
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
    assert [row["error"].partition(":")[0] for row in rows] == ["", "", "not found", NO_LINK]


@pytest.mark.usefixtures("sent")
def test_json_lines_keep_their_members(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"token": "done", "more": [1], "id": 7}\nbroken\n{"token": 5}\n{"token": "https://[/"}\n')
    out = [tmp_path / "b.jsonl", tmp_path / "b.csv"]
    assert [invoke(source, "--column", "token", "--out", one).exit_code for one in out] == [1, 1]
    lines = sorted(written(out[0]), key=lambda line: line["line"])
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
    assert [line["error"] for line in lines[1:]] == [NO_LINK] * 3
    row = rows_of(out[1])[0]
    assert (row["more"], row["input_id"], row["error"]) == ("[1]", "7", "")


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_tokens_are_not_printed(tmp_path: Path, options: list[str]) -> None:
    source = tmp_path / "a.csv"
    source.write_text("token,note\ndone-secret,https://x/secret\nnone-secret,\n")
    result = invoke(source, *options)
    assert result.exit_code == 1
    assert "secret" not in result.output
    assert result.stdout.count("sch_1") == 1
    assert result.stdout.count("not found") == 1
    source.write_text("done-secret,x\n")
    result = invoke(source, *options)
    assert result.exit_code == 2
    assert "secret" not in result.output


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_what_is_written_is_not_asked_again(sent: list[Request], tmp_path: Path, suffix: str) -> None:
    source, out = tmp_path / "a.csv", tmp_path / f"b.{suffix}"
    source.write_text('id,note\na,"1\n2"\nnone,3\n')
    assert invoke(source, "--out", out).exit_code == 1
    whole = out.read_bytes()
    sent.clear()
    # Cut off anywhere: what is whole is kept, the rest is redone.
    ends = {cut for cut in range(len(whole) + 1) if whole[:cut].endswith(b"\n")}
    for cut in sorted({0, 1, 5, len(whole) // 2, len(whole) - 1, len(whole), *ends}):
        out.write_bytes(whole[:cut])
        assert invoke(source, "--out", out).exit_code == 1
        assert len(out.read_bytes()) == len(whole)
        assert sorted(out.read_bytes().splitlines()) == sorted(whole.splitlines())
    assert 0 < len(sent) < 2 * len(ends) + 12


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.csv", "somebody,else\n1,2\n"),
        ("b.csv", "somebody's"),
        ("b.csv", "line,id,status,start,end,event_id,error\nx,a,open,,,,\n"),
        ("b.csv", "line,id,status,start,end,event_id,error\n1,a\n"),
        ("b.csv", "line,id,status,start,end,event_id,error\n0,a,open,,,,\n"),
        ("b.csv", "line,id,status,start,end,event_id,error\n7,other,open,,,,\n1,other,open,,,,\n"),
        ("b.jsonl", '{"id": "a"}\n'),
        ("b.jsonl", '{"line": 1}\n'),
        ("b.jsonl", "[]\n"),
        ("b.txt", ""),
        ("b.tsv", ""),
    ],
)
def test_a_file_of_somebody_elses_is_left_alone(sent: list[Request], tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "a.txt").write_text("a\nb\n")
    (tmp_path / name).write_text(text)
    result = invoke(tmp_path / "a.txt", "--out", tmp_path / name)
    assert result.exit_code == 2
    assert (tmp_path / name).read_text() == text
    assert sent == []


@pytest.mark.parametrize(
    ("text", "options", "named"),
    [
        ("a,b\n", [], "names no column real_time_scheduling_id"),
        ("id\na\n", ["--column", "ref"], "no column 'ref'"),
        ('{"x": 1}\n', [], "--column"),
        ("{x\n", [], "the first line is not a JSON object"),
        ("id\n" + "x" * 200_000, [], "line 2 of the input: field larger"),
        ("a\n", ["--shard", "3/2"], "--shard"),
        ("a\n", ["--shard", "2"], "--shard"),
        ("a\n", ["--share", "0"], "--share"),
        ("a\n", ["--concurrency", "0"], "--concurrency"),
        ("a\n", ["--data-center", "mars"], "--data-center"),
        ("a\n", ["--api-url", "nowhere"], "base_url must be"),
        ("a\n", ["--out", "/"], "--out"),
        ("a\n", ["--out", "no/such/place/b.csv"], "cannot write no/such/place/b.csv: No such file"),
    ],
)
def test_wrong_usage(sent: list[Request], tmp_path: Path, text: str, options: list[str], named: str) -> None:
    (tmp_path / "a").write_text(text)
    result = invoke(tmp_path / "a", *options)
    assert result.exit_code == 2
    assert named in " ".join(result.stderr.split())
    assert sent == []


def fail(*_: object) -> None:
    raise OSError(5, "Input/output error")


def test_an_input_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "open_file", fail)
    result = invoke("-", stdin="a\n")
    assert result.exit_code == 2
    assert "cannot read -: Input/output error" in result.stderr


def test_what_is_written_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(output, "_recover", fail)
    result = invoke("-", "--out", tmp_path / "b.csv", stdin="a\n")
    assert result.exit_code == 2
    assert "b.csv: Input/output error" in result.stderr


def test_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRONOFY_CLIENT_SECRET")
    result = invoke("-", stdin="a\n")
    assert result.exit_code == 2
    assert "CRONOFY_CLIENT_SECRET is not set" in result.stderr


def test_an_input_that_is_another_now(sent: list[Request], tmp_path: Path) -> None:
    source, out = tmp_path / "a.txt", tmp_path / "b.csv"
    source.write_text("none\n")
    assert invoke(source, "--out", out).exit_code == 1
    source.write_text("other\nnone\n")
    result = invoke(source, "--out", out)
    assert result.exit_code == 2
    assert "differs in line 1" in " ".join(result.stderr.split())
    assert len(sent) == 1


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refusal_ends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int) -> None:
    sent = answer_with(lambda _: RawResponse(status=status, body=b""), monkeypatch)
    result = invoke("-", "--concurrency", "1", "--out", tmp_path / "b.csv", "--json", stdin="a\nb\nc\nd\ne\n")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert f"(status {status})" in result.stderr
    assert json.loads(result.stdout)["by_status"] == {}
    assert 0 < len(sent) < 5


def test_it_says_that_cronofy_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(self: LoopClock, seconds: float) -> None:
        await asyncio.sleep(0.01)

    def fail_at_first(request: Request) -> RawResponse:
        if next(tries) < 20:
            raise errors[0] if next(turn) % 2 else errors[1]
        return answer(request)

    tries, turn = itertools.count(), itertools.count()
    errors = [ConnectError("down", sent="no"), ResponseLost("lost", sent="maybe")]
    monkeypatch.setattr(LoopClock, "sleep", at_once)
    monkeypatch.setattr(module, "LOOK_EVERY", 0.001)
    answer_with(fail_at_first, monkeypatch)
    result = invoke("-", "--concurrency", "1", stdin="a\nb\nc\nd\n")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == "Cronofy does not answer: nothing is recorded until it does."


@pytest.mark.parametrize("out", [False, True])
def test_interrupted_before_it_began(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: bool) -> None:
    def interrupt(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(links_file, "_opened", interrupt)
    options = ["--out", str(tmp_path / "b.csv")] if out else []
    result = invoke("-", *options, stdin="a\n")
    assert result.exit_code == 130
    assert ("--out FILE" in result.stderr) is not out


def test_how_far_it_is() -> None:
    tally = module.Tally(links=120, skipped=20, began=time.monotonic() - 10)
    tally.by_status.update(open=20)
    tally.estimate = timedelta(seconds=100)
    assert tally.progress(is_held=False) == "20 of 120 links: 20 open, 0.0 a second, 0:01:40 left"
    tally.by_status.update(completed=40)
    tally.failed = 10
    assert tally.progress(is_held=False).endswith(
        "70 of 120 links: 40 completed, 20 open, 10 failed, 5.0 a second, 0:00:50 left"
    )
    assert tally.progress(is_held=True).startswith("held: Cronofy does not answer (70 of 120")
    tally.estimate = None
    assert tally.progress(is_held=False).endswith("5.0 a second, 0:00:10 left")


# What is kept between runs.


def kept_in(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").rglob("*.*"), key=lambda file: file.stat().st_size)


@pytest.mark.usefixtures("sent")
def test_what_is_kept_is_no_secret(tmp_path: Path) -> None:
    assert invoke("-", "--by", "token", stdin="a-token\n").exit_code == 0
    (kept,) = kept_in(tmp_path)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [type(moment) for moment in json.loads(kept.read_text())["times"]] == [float]
    assert len(kept.read_text()) < 60
    assert invoke("-", stdin="a\nb\n").exit_code == 0
    assert [len(json.loads(one.read_text())["times"]) for one in kept_in(tmp_path)] == [1, 2]
    assert invoke("-", "--data-center", "uk", stdin="a\n").exit_code == 0
    assert len({one.parent for one in kept_in(tmp_path)}) == 2
    assert invoke("-", stdin="").exit_code == 0
    assert len(kept_in(tmp_path)) == 3


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"times": 7}', '{"times": [1.0, 9e99, NaN, "x", null, 1' + "0" * 400 + "]}", "\xff"]
)
def test_what_is_broken_or_old_is_ignored(tmp_path: Path, text: str) -> None:
    assert invoke("-", stdin="a\n").exit_code == 0
    (kept,) = kept_in(tmp_path)
    kept.write_text(text, "latin-1")
    assert invoke("-", stdin="a\n").exit_code == 0
    (kept,) = kept_in(tmp_path)
    assert len(json.loads(kept.read_text())["times"]) == 1


@pytest.mark.usefixtures("sent")
def test_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert invoke("-", stdin="a\n").exit_code == 0

    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert invoke("-", stdin="a\n").exit_code == 0
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert invoke("-", stdin="a\n").exit_code == 0
    assert len(list((tmp_path / "home" / ".cache" / "cronofy_async").rglob("*.json"))) == 1


def test_a_disk_that_is_full(monkeypatch: pytest.MonkeyPatch, sent: list[Request]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full disk")
    with Path("/dev/full").open("wb", buffering=0) as file, pytest.raises(click.UsageError, match="No space"):
        output.append(file, b"x", "b.csv")


# Hostile responses.


@pytest.mark.usefixtures("without_orjson")
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_half_a_surrogate_pair_does_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, suffix: str
) -> None:
    source, out = tmp_path / "a.jsonl", tmp_path / f"b.{suffix}"
    source.write_text('{"id": "fine1"}\n{"id": "odd", "note": "\\ud83d"}\n{"id": "fine2"}\n')
    sent = answer_with(odd_answer, monkeypatch)

    first, again = [invoke(source, "--out", out) for _ in range(2)]

    assert (first.exit_code, again.exit_code, len(sent)) == (0, 0, 3)
    rows = rows_of(out) if suffix == "csv" else sorted(written(out), key=lambda row: row["line"])
    cut_off = "cut off \\ud83d" if suffix == "csv" else "cut off \ud83d"
    assert [row["event_id"] for row in rows] == ["fine", cut_off, "fine"]


@pytest.mark.parametrize("command", ["poll", "watch"])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_gets_no_control_characters(
    monkeypatch: pytest.MonkeyPatch, command: str, *, is_terminal: bool
) -> None:
    answer_with(escaping_answer, monkeypatch)
    monkeypatch.setattr(output, "_is_terminal", lambda: is_terminal)

    result = CliRunner().invoke(cronofy_async, [command, "-"], input="a\n")

    assert "PWNED" in result.stdout
    assert ("\x1b" in result.stdout) is not is_terminal
    assert "\x1b" not in result.stderr


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("command", ["poll", "watch"])
def test_only_the_user_may_read_the_results(tmp_path: Path, command: str) -> None:
    out = tmp_path / "b.csv"
    before = os.umask(0o022)
    try:
        result = CliRunner().invoke(cronofy_async, [command, "-", "--out", str(out)], input="done\n")
    finally:
        os.umask(before)

    assert result.exit_code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
