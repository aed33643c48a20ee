"""``cronofy-async verify``, run as a command and in this process."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cronofy_async import models, webhooks
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.sandbox import Delivery, Sandbox

NOW = datetime(2031, 3, 3, 7, tzinfo=UTC)
SECRET = "sbx_secret"
HOOK = "https://app.example.com/hook"
NOTHING_SUITABLE = (
    b'{"notification": {"type": "real_time_scheduling_no_times_suitable"}, "user": {"tzid": "Asia/Tokyo"}}'
)


async def a_callback(sandbox: Sandbox) -> Delivery:
    ada = sandbox.add_account("ada@example.com")
    sandbox.mount("https://app.example.com", lambda _: 200)
    async with sandbox.client() as cronofy:
        link = await cronofy.real_time_scheduling.create(
            oauth={"redirect_uri": "https://app.example.com"},
            event={"event_id": "intro-1", "summary": "Intro", "tzid": "Europe/Berlin"},
            availability=models.AvailabilityQuery(
                participants=[models.ParticipantGroup([models.Member(ada.sub)])],
                required_duration=timedelta(minutes=30),
                query_periods=[(NOW + timedelta(hours=2), NOW + timedelta(days=2))],
            ),
            callback_urls={"completed_url": cronofy.webhooks.url(HOOK, ref="candidate-7")},
        )
    booking = await sandbox.book(link, tzid="America/New_York")
    return booking.delivery


async def test_a_captured_callback(tmp_path: Path) -> None:
    """Run the command with the body in a file, and on standard input with ``--json``."""
    async with Sandbox(now=NOW) as sandbox, sandbox.serve():
        delivery = await a_callback(sandbox)
        sub = sandbox.accounts[0].sub
    file = tmp_path / "body.json"
    file.write_bytes(delivery.body)
    options = ["--signature", delivery.headers["Cronofy-HMAC-SHA256"], "--url", delivery.url]

    async def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "cronofy_async", "verify", *arguments, *options],
            input=delivery.body,
            capture_output=True,
            timeout=60,
            check=False,
            env=os.environ | {"CRONOFY_CLIENT_SECRET": SECRET, "COLUMNS": "100"},
        )

    people, programs = await run(str(file)), await run("-", "--json")
    assert (people.returncode, people.stderr, programs.returncode, programs.stderr) == (0, b"", 0, b"")
    fingerprint = webhooks.parse(delivery.body, delivery.headers, secrets=SECRET, url=delivery.url).fingerprint
    assert [line.rstrip() for line in people.stdout.decode().splitlines()] == [
        "Genuine. A captured callback stays valid, so it may still be a replay.",
        "",
        "type          real_time_scheduling_time_chosen",
        "ref           candidate-7",
        f"fingerprint   {fingerprint}",
        "event id      intro-1",
        "start         2031-03-03 10:00 CET",
        "end           2031-03-03 10:30 CET",
        "visitor tzid  America/New_York",
        f"participants  {sub}",
    ]
    assert json.loads(programs.stdout) == {
        "type": "real_time_scheduling_time_chosen",
        "ref": "candidate-7",
        "fingerprint": fingerprint,
        "event_id": "intro-1",
        "start": "2031-03-03T09:00:00Z",
        "end": "2031-03-03T09:30:00Z",
        "visitor_tzid": "America/New_York",
        "participants": [sub],
    }


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRONOFY_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "100")


def invoke(body: bytes, signature: str | None = None, *options: str) -> Result:
    signature = webhooks.sign(body, SECRET) if signature is None else signature
    return CliRunner().invoke(cronofy_async, ["verify", "-", "--signature", signature, *options], input=body)


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        (NOTHING_SUITABLE, ["real_time_scheduling_no_times_suitable", "Asia/Tokyo"]),
        (
            NOTHING_SUITABLE.replace(b"suitable", b"displayed"),
            ["real_time_scheduling_no_times_displayed", "Asia/Tokyo"],
        ),
        (b'{"notification": {"type": "brand_new"}, "channel": {}}', ["brand_new"]),
        (b"{}", []),
    ],
)
def test_callbacks_without_optional_members(body: bytes, cells: list[str]) -> None:
    people = invoke(body)
    assert people.exit_code == 0
    rows = [line.split()[-1] for line in people.stdout.splitlines()[2:]]
    facts = json.loads(invoke(body, None, "--json").stdout)
    assert rows == [*cells[:1], facts["fingerprint"], *cells[1:]]
    assert (facts["type"], facts["visitor_tzid"]) == (*cells, None, None)[:2]
    assert facts["start"] is facts["end"] is facts["event_id"] is facts["ref"] is None
    assert facts["participants"] == []


@pytest.mark.parametrize(
    ("zone", "start"),
    [("Mars/Olympus", "2031-03-03 09:00 UTC"), ("Asia/Tokyo", "2031-03-03 18:00 JST"), (None, "2031-03-03 09:00 UTC")],
)
def test_times_are_in_the_time_zone_of_the_event(zone: str | None, start: str) -> None:
    time = {"time": "2031-03-03T09:00:00Z", "tzid": zone}
    notification = {"type": "real_time_scheduling_time_chosen"}
    body = json.dumps({"notification": notification, "event": {"start": time, "end": time}}).encode()
    assert start in invoke(body).stdout


@pytest.mark.parametrize(
    "signature",
    [
        "Cronofy-HMAC-SHA256: {}",
        "cronofy-hmac-sha256:{}",
        "AAAA,{}",
        " {} , AAAA",
    ],
)
def test_pasted_forms_of_a_signature(signature: str) -> None:
    assert invoke(b"{}", signature.format(webhooks.sign(b"{}", SECRET))).exit_code == 0


def test_replaced_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    signature = webhooks.sign(b"{}", "older")
    assert invoke(b"{}", signature).exit_code == 1
    monkeypatch.setenv("CRONOFY_PREVIOUS_SECRETS", "oldest, older,")
    assert invoke(b"{}", signature).exit_code == 0
    assert invoke(b"{}").exit_code == 0


@pytest.mark.parametrize("signature", ["AAAA", "ÄÖÜ", webhooks.sign(b"{}", "another")])
def test_a_callback_that_is_not_genuine(signature: str) -> None:
    result = invoke(b"{}", signature, "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Not genuine: no signature matches the body of the callback.\nCheck that\n")
    for word in ("raw request body", "CRONOFY_CLIENT_SECRET", "data center", "CRONOFY_PREVIOUS_SECRETS"):
        assert word in result.stderr
    assert SECRET not in result.stderr


@pytest.mark.parametrize(
    ("body", "signature", "reason"),
    [
        (NOTHING_SUITABLE + b"\n", webhooks.sign(NOTHING_SUITABLE, SECRET), "the newline at its end"),
        (NOTHING_SUITABLE.replace(b" ", b""), webhooks.sign(NOTHING_SUITABLE, SECRET), "serialized again"),
        (NOTHING_SUITABLE, "", "has no signature"),
    ],
)
def test_the_reason_for_a_mismatch_is_reported(body: bytes, signature: str, reason: str) -> None:
    result = invoke(body, signature)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert "Check that" not in result.stderr


def test_an_unsigned_reference() -> None:
    url = webhooks.signed_url(HOOK, ref="candidate-7", secret=SECRET)
    assert invoke(b"{}", None, "--url", url).exit_code == 0
    result = invoke(b"{}", None, "--url", url.replace("candidate-7", "candidate-8"))
    assert result.exit_code == 1
    assert "The body is genuine, but the reference in the URL is not." in result.stderr
    assert "raw request body" not in result.stderr


def test_a_signed_body_that_is_not_a_notification() -> None:
    result = invoke(b"[1]")
    assert result.exit_code == 1
    assert result.stderr == "Genuine, but malformed: the body of the callback is not a JSON object.\n"


def test_a_missing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRONOFY_CLIENT_SECRET")
    monkeypatch.setenv("CRONOFY_PREVIOUS_SECRETS", SECRET)
    result = invoke(b"{}")
    assert result.exit_code == 2
    assert "CRONOFY_CLIENT_SECRET is not set" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "BODYFILE"),
        (["no/such/file", "--signature", "x"], "'no/such/file': No such file or directory"),
        (["-"], "--signature"),
        (["-", "--signature", "x", "--secret", "y"], "No such option"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(cronofy_async, ["verify", *arguments])
    assert result.exit_code == 2
    assert message in result.stderr
