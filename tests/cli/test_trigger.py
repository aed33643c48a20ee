"""``cronofy-async trigger`` and ``book``, against a sandbox in another thread."""

from __future__ import annotations

import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cronofy_async import models
from cronofy_async.cli import trigger as module
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.sandbox import RunningSandbox, Sandbox
from cronofy_async.sandbox.control.listing import completions

NOW = datetime(2031, 3, 3, 7, tzinfo=UTC)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Generator[RunningSandbox]:
    with Sandbox.running(now=NOW) as sandbox:
        monkeypatch.setenv("CRONOFY_API_URL", sandbox.url)
        yield sandbox


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cronofy_async, arguments)


def result(*arguments: str) -> Any:
    completed = run("trigger", *arguments)
    assert (completed.exit_code, completed.stderr) == (0, "")
    return json.loads(completed.stdout)


def new_link(sandbox: RunningSandbox, hook: str | None = None) -> models.CreatedLink:
    async def create(inner: Sandbox) -> models.CreatedLink:
        ada = inner.add_account("ada@example.com")
        async with inner.client(base_url=inner.url) as cronofy:
            return await cronofy.real_time_scheduling.create(
                oauth={"redirect_uri": "https://app.example.com/done"},
                event={"event_id": "intro-1", "summary": "Intro", "tzid": "Europe/London"},
                availability=models.AvailabilityQuery(
                    participants=[models.ParticipantGroup([models.Member(ada.sub)])],
                    required_duration=timedelta(hours=1),
                    query_periods=[(NOW + timedelta(hours=2), NOW + timedelta(hours=5))],
                ),
                callback_urls={"completed_url": hook} if hook else {},
            )

    return sandbox.run(create)


def test_actions_are_performed(sandbox: RunningSandbox) -> None:
    assert result("bookable_events.add", "capacity=12")["capacity"] == 12
    assert result("add_account", "email=ada@example.com", "name=5")["name"] == "5"
    busy = ["account=ada@example.com", "start=2031-03-03T09:00:00Z", "end=2031-03-03T10:00:00Z"]
    assert result("add_busy", *busy, "summary=a=b")["details"] == {"summary": "a=b"}
    assert result("clock.advance", "days=2", "hours=0.5") is None
    assert sandbox.clock.now() == NOW + timedelta(days=2, minutes=30)
    people = '[{"email": "karl@example.com"}]'
    talk = result("scheduling_conversations.add", f"participants={people}", "created_by=ada@example.com")
    assert talk["participants"][0]["email"] == "karl@example.com"
    assert result("assume", "name=known_accounts", "holds=false") is None


def test_the_url_option_selects_the_sandbox(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRONOFY_API_URL")
    assert result("accounts", "--url", f"{sandbox.url}/__sandbox__/") == []
    completed = run("trigger", "accounts")
    assert completed.exit_code == 2
    assert "--url: the URL of the sandbox is not known" in completed.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["clock.advanc", "days=2"], 2, "Did you mean clock.advance?"),
        (["clock.advance", "2"], 2, "2: must be NAME=VALUE, such as by=…"),
        (["clock.advance", "=2"], 2, "=2: must be NAME=VALUE"),
        (["reset", "x"], 2, "x: must be NAME=VALUE, such as name=…"),
        (["clock.advance", "dys=2"], 1, "dys: is not known. Did you mean days?"),
        (["clock.advance", "days=two"], 1, "days: must be a number, got 'two'"),
        (["revoke", "account=x\x1b[2J"], 1, "the sandbox has no account x\N{REPLACEMENT CHARACTER}[2J"),
        ([], 2, "Give the NAME of an action."),
    ],
)
def test_wrong_usage_is_explained(sandbox: RunningSandbox, arguments: list[str], status: int, message: str) -> None:
    completed = run("trigger", *arguments)
    assert completed.exit_code == status
    assert message in completed.stderr


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:1", "no sandbox responds at http://127.0.0.1:1: "),
        ("127.0.0.1:8910", "url: must be a URL such as http://127.0.0.1:8910"),
        ("http://[::1", "url: must be a URL"),
        ("https://api.cronofy.com/v1", "got that of Cronofy, api.cronofy.com"),
    ],
)
def test_an_invalid_url_is_rejected(url: str, message: str) -> None:
    completed = run("trigger", "accounts", "--url", url)
    assert completed.exit_code == 1
    assert message in completed.stderr


class SomethingElse(BaseHTTPRequestHandler):
    """A server that is not a sandbox."""

    status = 200
    body = b"<html>"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Print nothing."""


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"<html>", "the response is not from a sandbox"),
        (404, b"[]", "the response has the status 404"),
        (502, b"x", "status 502"),
    ],
)
def test_a_server_that_is_not_a_sandbox_is_reported(
    monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, message: str
) -> None:
    monkeypatch.setattr(SomethingElse, "status", status)
    monkeypatch.setattr(SomethingElse, "body", body)
    with HTTPServer(("127.0.0.1", 0), SomethingElse) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        completed = run("trigger", "accounts", "--url", f"http://127.0.0.1:{server.server_port}")
        thread.join()
    assert completed.exit_code == 1
    assert message in completed.stderr


def test_actions_are_listed() -> None:
    listed = run("trigger", "--list").stdout
    assert [line.split()[0] for line in listed.splitlines()] == sorted(Sandbox.actions())
    described = run("trigger", "--list", "add_busy").stdout
    assert "  account=<the sub or email address of an account>. The account" in described
    assert "  calendar_id=<text>, optional. The calendar." in described
    assert "others" in run("trigger", "--list", "events.add").stdout
    assert "Did you mean add_busy?" in run("trigger", "--list", "add_bus").stderr


def test_a_terminal_gets_wrapped_descriptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")

    lines = run("trigger", "--list").stdout.splitlines()

    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines if line[0] != " "] == sorted(Sandbox.actions())


@pytest.mark.parametrize(
    ("typed", "action"),
    [
        ("decline", "real_time_scheduling.no_times_suitable"),
        ("book", "real_time_scheduling.book"),
        ("busy", "add_busy"),
        ("advance", "clock.advance"),
        ("redeliverd", "redeliver"),
    ],
)
def test_a_part_of_a_name_or_path_leads_to_the_action(typed: str, action: str) -> None:
    assert f"Did you mean {action}?" in run("trigger", typed).stderr


def test_an_object_is_read_from_a_file(sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.add_account("ada@example.com")
    (tmp_path / "state.json").write_text(run("trigger", "snapshot").stdout)
    result("reset")
    assert sandbox.accounts == []
    result("restore", f"document=@{tmp_path}/state.json")
    assert [account.email for account in sandbox.accounts] == ["ada@example.com"]


def test_text_may_begin_with_an_at_sign(sandbox: RunningSandbox) -> None:
    assert result("add_account", "email=ada@example.com", "name=@ada")["name"] == "@ada"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    missing = run("trigger", "restore", f"document=@{tmp_path}/missing.json")
    assert missing.exit_code == 2
    assert "document: cannot read" in missing.stderr
    assert "No such file" in missing.stderr
    (tmp_path / "binary").write_bytes(b"\xff")
    assert "it is not UTF-8" in run("trigger", "restore", f"document=@{tmp_path}/binary").stderr


def test_names_and_arguments_are_completed() -> None:
    assert completions(None, "clock.") == ["clock.advance", "clock.freeze", "clock.run"]
    assert completions("clock.advance", "h") == ["hours="]
    assert completions("nothing", "redel") == ["redeliver"]
    completed = CliRunner().invoke(
        cronofy_async,
        env={
            "_CRONOFY_ASYNC_COMPLETE": "zsh_complete",
            "COMP_WORDS": "cronofy-async trigger clock.adv",
            "COMP_CWORD": "2",
        },
        prog_name="cronofy-async",
    )
    assert completed.stdout.split("\n")[:2] == ["plain", "clock.advance"]


# Booking.


def test_a_link_is_booked_by_its_url(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRONOFY_API_URL", "http://127.0.0.1:1")  # the link knows its sandbox
    link = new_link(sandbox)
    completed = run("book", link.url, "--start", "2031-03-03T10:00:00Z", "--tzid", "Europe/Paris")
    assert (completed.exit_code, completed.stderr) == (0, "")
    rows = dict(line.split(maxsplit=1) for line in completed.stdout.splitlines())
    assert (rows["start"], rows["end"]) == ("2031-03-03T10:00:00Z", "2031-03-03T11:00:00Z")
    assert rows["participants"] == sandbox.accounts[0].sub
    assert rows["redirect"] == "https://app.example.com/done"
    assert "no completed_url" in rows["callback"]
    assert sandbox.link(link).state == "completed"


def test_a_link_is_booked_by_its_id(sandbox: RunningSandbox) -> None:
    link = new_link(sandbox)
    completed = run("book", link.id, "--json")
    assert json.loads(completed.stdout)["start"] == "2031-03-03T09:00:00Z"
    again = run("book", link.id)
    assert (again.exit_code, again.stderr) == (1, f"Error: {link.id} is completed\n")


def test_advice_about_a_failed_callback_is_shown(sandbox: RunningSandbox) -> None:
    sandbox.mount("https://app.example.com", lambda _: 404)
    completed = run("book", new_link(sandbox, "https://app.example.com/hooks").id)
    assert "404. The application has no route for POST /hooks" in completed.stdout
    blocked = run("book", new_link(sandbox, "https://elsewhere.example/hooks").id)
    assert "Or use a callback URL on this machine, such as http://127.0.0.1:8000/hooks." in blocked.stdout
