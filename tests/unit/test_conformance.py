"""``conform`` against the sandbox, whose assumptions can be switched off."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cronofy_async import CronofyClient
from cronofy_async.conformance import Finding, conform
from cronofy_async.conformance.checks import CHECKS
from cronofy_async.conformance.responses import READS
from cronofy_async.conformance.subject import NotTestable, Subject
from cronofy_async.models import WeeklyPeriod
from cronofy_async.sandbox import Account, Sandbox

CALENDAR = {"calendar_id": "cal_1", "calendar_name": "Home"}
#: An assumption that is tested in an account with availability rules only.
NEEDS_A_RULE = "empty_availability_rule_ids_are_absent"
#: The tested page is on a separate server.
NEEDS_A_SERVER = "authorization_needs_a_browser"


async def findings(sandbox: Sandbox, account: Account | None = None, **options: Any) -> dict[str, Finding]:
    async with sandbox.client(**options) as client:
        tested = client.account(access_token=account.access_token) if account else None
        return {finding.name: finding async for finding in conform(client, tested)}


@pytest.fixture
async def served() -> AsyncGenerator[dict[str, Any]]:
    """The options of a client whose pages are served over HTTP."""
    async with Sandbox() as sandbox, sandbox.serve() as url:
        yield {"app_url": url}


async def check_result(name: str, *, holds: bool, **options: Any) -> bool:
    """Run one check against a sandbox whose assumption holds or does not."""
    sandbox = Sandbox(assume={name: holds, "known_accounts": holds or name != "known_accounts"})
    ada = sandbox.add_account("ada@example.com")
    start = datetime.now(UTC) + timedelta(days=20)
    sandbox.events.add(ada, summary="Free", start=start, end=start + timedelta(hours=1), transparency="transparent")
    if name == NEEDS_A_RULE:
        async with sandbox.client() as client:
            every_day = [WeeklyPeriod("monday", "00:00", "23:59"), WeeklyPeriod("friday", "00:00", "23:59")]
            days = [*every_day, *(WeeklyPeriod(day, "00:00", "23:59") for day in ("tuesday", "wednesday", "thursday"))]
            rules = client.account(access_token=ada.access_token).availability_rules
            await rules.upsert(availability_rule_id="default", tzid="Etc/UTC", weekly_periods=days)
    async with sandbox.client(**options) as client:
        return await CHECKS[name](Subject(client=client, account=client.account(access_token=ada.access_token)))


@pytest.mark.parametrize("holds", [True, False], ids=["holds", "does not hold"])
@pytest.mark.parametrize("name", sorted(CHECKS.keys() - {NEEDS_A_SERVER}))
async def test_a_check_shows_whether_its_assumption_holds(name: str, holds: bool) -> None:
    assert await check_result(name, holds=holds) is holds


@pytest.mark.parametrize("holds", [True, False], ids=["holds", "does not hold"])
async def test_the_page_for_browsers_is_checked_over_http(holds: bool) -> None:
    sandbox = Sandbox(assume={NEEDS_A_SERVER: holds})
    async with sandbox, sandbox.serve() as url, sandbox.client(app_url=url) as client:
        assert await CHECKS[NEEDS_A_SERVER](Subject(client=client, account=None)) is holds


async def test_every_assumption_and_every_read_has_one_finding(served: dict[str, Any]) -> None:
    sandbox = Sandbox()
    results = await findings(sandbox, sandbox.add_account("ada@example.com"), **served)

    assert list(results) == [*Sandbox.assumptions, *READS]
    assert {finding.verdict for finding in results.values()} == {"confirmed", "as documented", "not testable"}
    assert all(finding.reason for finding in results.values() if finding.verdict == "not testable")


async def test_nothing_is_written(served: dict[str, Any]) -> None:
    sandbox = Sandbox()
    ada = sandbox.add_account("ada@example.com")
    before = sandbox.snapshot()["state"]

    await findings(sandbox, ada, **served)

    after = sandbox.snapshot()["state"]
    after["tables"] = {name: records for name, records in after["tables"].items() if records}
    assert after == before


async def test_findings_contain_nothing_from_the_account(served: dict[str, Any]) -> None:
    sandbox = Sandbox()
    ada = sandbox.add_account("ada@secret.example", "Ada Lovelace")
    start = datetime.now(UTC) + timedelta(days=1)
    sandbox.add_busy(ada, start, start + timedelta(hours=1), "Confidential")

    text = str(await findings(sandbox, ada, **served))

    for secret in (ada.sub, ada.email, ada.name, ada.calendar_id, ada.access_token, "Confidential", "sbx_secret"):
        assert secret not in text


async def test_without_an_access_token_little_is_testable(served: dict[str, Any]) -> None:
    results = await findings(Sandbox(), **served)

    assert results["periods_up_to_50"].reason == "needs an access token"
    assert results["calendars.list"].reason == "needs an access token"
    assert results["wrong_kind_is_forbidden"].verdict == "confirmed"


async def test_assumptions_are_not_testable_without_free_time(served: dict[str, Any]) -> None:
    sandbox = Sandbox()
    ada = sandbox.add_account("ada@example.com")
    now = datetime.now(UTC)
    sandbox.add_busy(ada, now - timedelta(days=100), now + timedelta(days=400))

    results = await findings(sandbox, ada, **served)

    assert results["slots_align_to_midnight"].reason == "the account is not free in the next five days"
    assert results["512_results_by_default"].verdict == "not testable"
    assert results["free_periods_are_listed"].verdict == "not testable"
    assert results["periods_up_to_50"].verdict == "confirmed"


async def test_nothing_is_testable_if_the_api_fails(served: dict[str, Any]) -> None:
    sandbox = Sandbox()
    ada = sandbox.add_account("ada@example.com")
    for operation in READS:
        sandbox.faults.add(operation, status=503)
    for operation in ("availability.query", "batch.execute"):
        sandbox.faults.add(operation, reset="before")

    results = await findings(sandbox, ada, retry=None, **served)

    tested = {finding.verdict for name, finding in results.items() if name != NEEDS_A_SERVER}
    assert tested == {"not testable"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"calendars": [{"calendar_name": 7}]}, "$.calendars[0].calendar_name: cannot be decoded"),
        ({"calendars": [CALENDAR]}, "$: sub is missing"),
        ([], "$: cannot be decoded"),
    ],
)
async def test_a_different_response_is_reported_without_its_values(body: Any, reason: str) -> None:
    sandbox = Sandbox()
    ada = sandbox.add_account("ada@example.com")
    sandbox.faults.add("calendars.list", body=body)

    results = await findings(sandbox, ada, app_url="http://127.0.0.1:9")

    assert results["calendars.list"].verdict == "different"
    assert results["calendars.list"].reason.startswith(reason)
    assert "7" not in results["calendars.list"].reason
    assert results[NEEDS_A_SERVER].verdict == "not testable"


async def test_a_client_without_a_token_raises_for_checks_that_need_one() -> None:
    async with CronofyClient(client_secret="s") as client:
        with pytest.raises(NotTestable):
            await Subject(client=client, account=None).sub()
