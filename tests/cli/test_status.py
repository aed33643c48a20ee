"""``cronofy-async status``, run as a command and in this process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cronofy_async import models
from cronofy_async.cli import status as module
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.client import CronofyClient
from cronofy_async.errors import CronofyError
from cronofy_async.http import RawResponse, Request
from cronofy_async.sandbox import Sandbox
from cronofy_async.transports.memory import MemoryTransport

from .support import escaping_response, surrogate_response

NOW = datetime(2031, 3, 3, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


async def run(url: str, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command against a sandbox that this loop serves."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CRONOFY_")}
    settings = {"CRONOFY_CLIENT_SECRET": "sbx_secret", "CRONOFY_API_URL": url, "COLUMNS": "100", "TZ": "UTC"}
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "cronofy_async", "status", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean | settings | environment,
    )


async def new_link(sandbox: Sandbox, event_id: str = "intro-1") -> models.CreatedLink:
    ada = sandbox.add_account(f"{event_id}@example.com")
    async with sandbox.client() as cronofy:
        return await cronofy.real_time_scheduling.create(
            oauth={"redirect_uri": "https://app.example.com"},
            event={"event_id": event_id, "summary": "Intro", "tzid": "Europe/London"},
            availability=models.AvailabilityQuery(
                participants=[models.ParticipantGroup([models.Member(ada.sub)])],
                required_duration=timedelta(minutes=30),
                query_periods=[(NOW + timedelta(hours=2), NOW + timedelta(days=2))],
            ),
        )


async def test_a_readable_table() -> None:
    async with Sandbox(now=NOW) as sandbox, sandbox.serve() as url:
        open_link, booked = await new_link(sandbox), await new_link(sandbox, "intro-2")
        await sandbox.book(booked)
        process = await run(url, open_link.id, booked.id, "--tz", "Europe/Berlin")
    assert (process.returncode, process.stderr) == (0, "")
    assert [line.split() for line in process.stdout.splitlines()] == [
        ["id", "status", "start", "event", "id"],
        [open_link.id, "open", "intro-1"],
        [booked.id, "completed", "2031-03-03", "10:00", "CET", "intro-2"],
    ]


async def test_machine_readable_lines() -> None:
    async with Sandbox(now=NOW) as sandbox, sandbox.serve() as url:
        links = [await new_link(sandbox, f"intro-{number}") for number in range(70)]
        booking = await sandbox.book(links[68])
        process = await run(url, "--json", "-", stdin="\n".join(link.id for link in links) + "\n\n")
    assert (process.returncode, process.stderr) == (0, "")
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    assert [line["id"] for line in lines] == [link.id for link in links]
    assert lines[68] == {
        "number": 69,
        "id": links[68].id,
        "status": "completed",
        "event_id": "intro-68",
        "start": booking.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "end": booking.end.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert lines[69] == {
        "number": 70,
        "id": links[69].id,
        "status": "open",
        "event_id": "intro-69",
        "start": None,
        "end": None,
    }


async def test_by_token_and_by_url() -> None:
    async with Sandbox(now=NOW) as sandbox, sandbox.serve() as url:
        link = await new_link(sandbox)
        processes = [
            await run(url, "--by", "token", link.token, "no-such-token"),
            await run(url, link.url, link.locale_url("de"), f"http://example.com/{'x' * 32}"),
        ]
    for process, printed, missing in zip(processes, (1, 2), (2, 3), strict=True):
        assert process.returncode == 1
        assert process.stdout.count(link.id) == printed
        assert process.stderr.startswith(
            f"link {missing}: not found: GET /v1/real_time_scheduling (status 404); Check "
        )
        assert process.stderr.count("\n") == 1
        for secret in (link.token, "no-such-token", "x" * 32, "sbx_secret", "http"):
            assert secret not in process.stdout + process.stderr


async def test_unknown_links_are_named() -> None:
    async with Sandbox(now=NOW) as sandbox, sandbox.serve() as url:
        link = await new_link(sandbox)
        process = await run(url, "--json", "sch_no", link.id, "sch_nein")
    assert process.returncode == 1
    assert [json.loads(line)["number"] for line in process.stdout.splitlines()] == [2]
    assert [line.partition(": not found")[0] for line in process.stderr.splitlines()] == ["sch_no", "sch_nein"]
    assert process.stderr.count("For a token, pass --by token.") == 2


async def test_a_rejected_secret_is_reported_once() -> None:
    async with Sandbox(now=NOW) as sandbox, sandbox.serve() as url:
        process = await run(url, "sch_1", "sch_2", "sch_3", CRONOFY_CLIENT_SECRET="made-up")
    assert process.returncode == 1
    assert process.stdout == ""
    assert process.stderr.count("\n") == 1
    assert process.stderr.startswith("the credential was not accepted: ")
    assert "made-up" not in process.stderr


async def test_fail_unless_makes_other_statuses_a_failure() -> None:
    async with Sandbox(now=NOW) as sandbox, sandbox.serve() as url:
        link, booked = await new_link(sandbox), await new_link(sandbox, "intro-2")
        await sandbox.book(booked)
        good = await run(url, booked.id, "--fail-unless", "completed")
        bad = await run(url, booked.id, link.id, "--fail-unless", "completed")
    assert (good.returncode, good.stderr) == (0, "")
    assert (bad.returncode, bad.stderr) == (1, "1 of 2 links are not completed\n")


async def test_progress_is_shown_on_a_terminal() -> None:
    async with Sandbox(now=NOW) as sandbox, sandbox.serve() as url:
        link = await new_link(sandbox)
        many, few = [link.id] * module.PROGRESS_FROM, [link.id] * (module.PROGRESS_FROM - 1)
        on_a_terminal = [(await run(url, *links, FORCE_COLOR="1")).stderr for links in (many, few)]
        elsewhere = (await run(url, *many)).stderr
    assert f"{module.PROGRESS_FROM}/{module.PROGRESS_FROM}" in on_a_terminal[0]
    assert [on_a_terminal[1], elsewhere] == ["", ""]


# The other tests run in this process.


def respond_with(respond: Callable[[Request], RawResponse], monkeypatch: pytest.MonkeyPatch) -> None:
    make = CronofyClient.from_env

    def make_offline(**options: Any) -> CronofyClient:
        return make(**options, transport=MemoryTransport(respond))

    monkeypatch.setattr(CronofyClient, "from_env", make_offline)


def invoke(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cronofy_async, ["status", *arguments], input=stdin)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """Return the requests that are sent; the responses are links with unusual times."""
    requests: list[Request] = []
    events = {
        "sch_day": b'{"event_id": "day", "start": "2031-03-03", "end": "2031-03-04"}',
        "sch_far": b'{"start": {"time": "12031-03-03T09:00:00Z", "tzid": "Etc/UTC"}}',
        "sch_last": b'{"start": "9999-12-31T23:59:59Z"}',
        "sch_bare": b"null",
    }

    def respond(request: Request) -> RawResponse:
        requests.append(request)
        name = request.target.rpartition("/")[2]
        body = b'{"real_time_scheduling": {"real_time_scheduling_id": "%s", "url": "u", "status": "new", "event": %s}}'
        return RawResponse(status=200, body=body % (name.encode(), events.get(name, b"{}")))

    respond_with(respond, monkeypatch)
    return requests


@pytest.mark.usefixtures("sent")
def test_times_out_of_range_for_datetime() -> None:
    links = ["sch_day", "sch_far", "sch_last", "sch_bare", "sch_none"]
    people = invoke(*links, "--tz", "Asia/Tokyo")
    assert people.exit_code == 0
    assert [line.split() for line in people.stdout.splitlines()[1:]] == [
        ["sch_day", "new", "2031-03-03", "day"],
        ["sch_far", "new", "12031-03-03T09:00:00Z"],
        ["sch_last", "new", "9999-12-31T23:59:59Z"],
        ["sch_bare", "new"],
        ["sch_none", "new"],
    ]
    lines = [json.loads(line) for line in invoke(*links, "--json").stdout.splitlines()]
    assert [line["start"] for line in lines] == [
        "2031-03-03",
        "12031-03-03T09:00:00Z",
        "9999-12-31T23:59:59Z",
        None,
        None,
    ]
    assert [line["end"] for line in lines] == ["2031-03-04", None, None, None, None]


async def test_the_default_time_zone_is_local() -> None:
    async with Sandbox(now=NOW) as sandbox, sandbox.serve() as url:
        link = await new_link(sandbox)
        await sandbox.book(link)
        process = await run(url, link.id, TZ="Asia/Tokyo")
    assert "2031-03-03 18:00 JST" in process.stdout


@pytest.mark.parametrize(
    ("variables", "options", "url"),
    [
        ({}, [], "https://api.cronofy.com"),
        ({"CRONOFY_DATA_CENTER": "de"}, [], "https://api-de.cronofy.com"),
        ({"CRONOFY_DATA_CENTER": "de"}, ["--data-center", "uk"], "https://api-uk.cronofy.com"),
        ({"CRONOFY_API_URL": "http://127.0.0.1:1"}, [], "http://127.0.0.1:1"),
        ({"CRONOFY_API_URL": "http://127.0.0.1:1"}, ["--data-center", "uk"], "https://api-uk.cronofy.com"),
        ({"CRONOFY_API_URL": "http://127.0.0.1:1"}, ["--api-url", "http://127.0.0.1:2"], "http://127.0.0.1:2"),
        ({}, ["--data-center", "uk", "--api-url", "http://127.0.0.1:2"], "http://127.0.0.1:2"),
    ],
)
def test_the_host_comes_from_options_and_environment(
    sent: list[Request], monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], options: list[str], url: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert invoke("sch_1", *options).exit_code == 0
    assert [request.base_url for request in sent] == [url]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "LINK"),
        ([""], "LINK 1 is not a valid"),
        (["sch_1", ".."], "LINK 2 is not a valid"),
        (["https://app.cronofy.com"], "LINK 1 is not a valid"),
        (["https://[x/y"], "LINK 1 is not a valid"),
        (["sch_1", "--tz", "Mars/Olympus"], "'Mars/Olympus' is not an IANA time zone"),
        (["sch_1", "--tz", "../zone"], "'../zone' is not an IANA time zone"),
        (["sch_1", "--by", "name"], "--by"),
        (["sch_1", "--data-center", "mars"], "--data-center"),
        (["sch_1", "--api-url", "nowhere"], "base_url: expected an http or https URL"),
        (["sch_1", "--fail-unless", "done"], "--fail-unless"),
        (["sch_1", "--client-secret", "x"], "No such option"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_an_invalid_data_center_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRONOFY_DATA_CENTER", "mars")
    result = invoke("sch_1")
    assert result.exit_code == 2
    assert "data_center: expected one of us, au, ca, de, sg, uk, got 'mars'" in result.stderr


@pytest.mark.parametrize("value", [None, "", " "])
def test_a_missing_secret(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is None:
        monkeypatch.delenv("CRONOFY_CLIENT_SECRET")
    else:
        monkeypatch.setenv("CRONOFY_CLIENT_SECRET", value)
    result = invoke("sch_1")
    assert result.exit_code == 2
    for word in ("CRONOFY_CLIENT_SECRET", "CRONOFY_CLIENT_ID", "CRONOFY_API_URL", "`cronofy-async sandbox`"):
        assert word in result.stderr


def test_a_signal_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(request: Request) -> RawResponse:
        signal.raise_signal(signal.SIGTERM)
        return RawResponse(status=404, body=b"")

    respond_with(respond, monkeypatch)
    assert invoke("sch_1").exit_code == 143


@pytest.mark.usefixtures("sent")
def test_empty_input() -> None:
    result = invoke("-", stdin="\n")
    assert (result.exit_code, result.output) == (0, "")


def test_an_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(CronofyError):
        pass

    def fail(request: Request) -> RawResponse:
        raise errors.pop()

    errors = [Odd(), Odd("one thing\n  and another\nto do")]
    respond_with(fail, monkeypatch)
    result = invoke("sch_1", "sch_2")
    assert result.exit_code == 1
    assert result.stderr == "sch_1: one thing; and another; to do\nsch_2: Odd\n"


@pytest.mark.usefixtures("without_orjson")
def test_an_unpaired_surrogate_does_not_end_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    respond_with(surrogate_response, monkeypatch)

    result = invoke("odd", "fine")

    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == ["odd", "fine"]
    assert "cut off �" in result.stdout


def test_a_terminal_gets_no_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    respond_with(escaping_response, monkeypatch)

    result = invoke("sch_1")

    assert result.exit_code == 0
    assert result.stdout.count("�]0;PWNED�") == 1
    assert "\x1b" not in result.output


def test_standard_input_that_is_not_utf_8() -> None:
    result = CliRunner().invoke(cronofy_async, ["status", "-"], input=b"sch_1\n\xff\n")

    assert result.exit_code == 2
    assert "LINK 2 is not a valid" in result.stderr
