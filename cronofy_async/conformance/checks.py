"""The checks: functions that return whether an assumption of the sandbox holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import aiohttp

from .subject import NotTestable, Subject, written

__all__ = ["CHECKS", "reason_against"]

Check: TypeAlias = Callable[[Subject], Awaitable[bool]]

CHECKS: Final[dict[str, Check]] = {}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_RESULTS: Final = 512
_FORBIDDEN: Final = 403
_NOT_ACCEPTABLE: Final = 406
_NOT_FOUND: Final = 404
_REASONS: Final = {
    "page_urls_expire": "would take 10 minutes",
    "scopes_are_checked": "needs an account that did not grant some scope",
    "weeks_begin_on_monday": "needs an account with suitable events",
    "events_with_any_tag_count": "needs an account with suitable events",
    "available_periods_extend_rules": "needs an account with suitable rules and periods",
    "weekly_periods_cross_midnight": "needs an account with suitable rules",
    "registration_pages_are_events": "needs an event with several pages of registrations",
}


def reason_against(name: str) -> str:
    """Return why an assumption has no check."""
    return _REASONS.get(name, "would create or change something")


def check(name: str) -> Callable[[Check], Check]:
    """Register the check of an assumption."""

    def register(function: Check) -> Check:
        CHECKS[name] = function
        return function

    return register


def rejected(name: str, member: dict[str, Any] | None = None, **changes: Callable[[Subject], object]) -> None:
    """Register the check that an availability query with changed members, which functions return, gets a 422."""

    async def is_rejected(subject: Subject) -> bool:
        given = {key: value(subject) for key, value in changes.items()}
        return await subject.is_rejected(await subject.query(member, **given))

    CHECKS[name] = is_rejected


# Credentials.


@check("wrong_kind_is_forbidden")
async def wrong_kind(subject: Subject) -> bool:
    status, _ = await subject.send(subject.client.request("GET", "/v1/calendars"))
    if status not in {401, _FORBIDDEN}:
        raise NotTestable(f"the response has the status {status}")
    return status == _FORBIDDEN


@check("authorization_needs_a_browser")
async def page_for_browsers(subject: Subject) -> bool:
    page = subject.client.oauth.authorization_url(redirect_uri="https://example.com", scope="read_only")
    # Not sent by the client: the page is on another host, which must not get a credential.
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30)) as session,
            session.get(page, headers={"Accept": "application/json"}, allow_redirects=False) as response,
        ):
            return response.status == _NOT_ACCEPTABLE
    except (aiohttp.ClientError, TimeoutError):
        raise NotTestable("the page cannot be reached") from None


# Reading events.


def _window(**days: int) -> dict[str, str]:
    today = datetime.now(UTC)
    return {"tzid": "Etc/UTC"} | {name: f"{today + timedelta(days=count):%Y-%m-%d}" for name, count in days.items()}


@check("to_after_from")
async def backwards(subject: Subject) -> bool:
    return await subject.is_rejected(
        subject.with_token.request("GET", "/v1/events", query=_window(**{"from": 2, "to": 1}))
    )


@check("large_windows_are_cut")
async def large_window(subject: Subject) -> bool:
    query = _window(**{"from": -100, "to": 300})
    return not await subject.is_rejected(subject.with_token.request("GET", "/v1/events", query=query))


@check("free_periods_are_listed")
async def free_periods(subject: Subject) -> bool:
    async def statuses(**query: str) -> set[str]:
        _, answer = await subject.send(subject.with_token.request("GET", "/v1/free_busy", query=_window() | query))
        return {period["free_busy_status"] for period in answer["free_busy"]}

    if "free" in await statuses():
        return True
    if "free" not in await statuses(include_free="true"):
        raise NotTestable("the account has no free period")
    return False


# Availability.

_PERIOD: Final = "query_periods"


def _period(*times: datetime) -> list[dict[str, str]]:
    return [{"start": written(times[0]), "end": written(times[1])}]


rejected("required_duration_above_zero", required_duration=lambda _: {"minutes": 0})
rejected("known_accounts", {"sub": "acc_000000000000000000000000"})
rejected(
    "periods_up_to_50",
    query_periods=lambda subject: [
        one
        for hour in range(51)
        for one in _period(subject.tomorrow(hours=hour), subject.tomorrow(hours=hour, minutes=45))
    ],
)
rejected(
    "periods_last_a_minute", query_periods=lambda subject: _period(subject.tomorrow(), subject.tomorrow(seconds=30))
)
rejected(
    "periods_end_in_the_future",
    query_periods=lambda subject: _period(subject.tomorrow(days=-3), subject.tomorrow(days=-2)),
)
rejected("periods_within_35_days", query_periods=lambda subject: _period(subject.tomorrow(), subject.tomorrow(days=40)))
rejected(
    "periods_or_slots",
    query_slots=lambda subject: [{"start": written(subject.tomorrow())}],
)


@check("512_results_by_default")
async def most_results(subject: Subject) -> bool:
    found = await subject.slots(
        query_periods=_period(subject.tomorrow(), subject.tomorrow(days=34)),
        required_duration={"minutes": 5},
        start_interval={"minutes": 5},
    )
    if len(found) < _MAX_RESULTS:
        raise NotTestable(f"the account is free for fewer than {_MAX_RESULTS} slots")
    return len(found) == _MAX_RESULTS


@check("slots_start_on_the_clock")
async def on_the_clock(subject: Subject) -> bool:
    await subject.some_slots()
    start = subject.tomorrow(minutes=7)
    found = await subject.slots(query_periods=_period(start, subject.tomorrow(days=5)))
    half_hour = timedelta(minutes=30)
    on_clock = all((slot - _EPOCH) % half_hour == timedelta() for slot in found)
    from_start = all((slot - start) % half_hour == timedelta() for slot in found)
    if on_clock == from_start:
        raise NotTestable("the slots match neither rule")
    return on_clock


@check("query_slots_may_overlap")
async def overlapping_slots(subject: Subject) -> bool:
    found = set(await subject.some_slots())
    half_hour = timedelta(minutes=30)
    start = next((slot for slot in sorted(found) if slot + half_hour in found), None)
    if start is None:
        raise NotTestable("the account is not free for an hour")
    slots = [{"start": written(start + timedelta(minutes=minutes))} for minutes in (0, 15)]
    return len(await subject.slots(query_periods=..., query_slots=slots)) == len(slots)


@check("empty_available_periods_are_absent")
async def no_available_periods(subject: Subject) -> bool:
    return await subject.some_slots() == await subject.slots({"available_periods": []})


@check("empty_availability_rule_ids_are_absent")
async def no_rule_ids(subject: Subject) -> bool:
    if not (await subject.with_token.availability_rules.list()).availability_rules:
        raise NotTestable("the account has no availability rule")
    managed = {"managed_availability": True}
    expected = await subject.slots(managed)
    if not expected:
        raise NotTestable("the account is not free in the next five days")
    return expected == await subject.slots(managed | {"availability_rule_ids": []})


@check("without_rules_and_periods_is_unavailable")
async def nothing_managed(subject: Subject) -> bool:
    account = subject.with_token
    rules, periods = await account.availability_rules.list(), await account.available_periods.list()
    if rules.availability_rules or periods.items:
        raise NotTestable("the account has availability rules or available periods")
    await subject.some_slots()
    return not await subject.slots({"managed_availability": True})


# Batches.


@check("unsupported_batch_items_are_not_found")
async def unsupported_item(subject: Subject) -> bool:
    item: dict[str, Any] = {"method": "POST", "relative_url": "/v1/no_such_endpoint", "data": {}}
    _, answer = await subject.send(subject.with_token.request("POST", "/v1/batch", json={"batch": [item]}))
    status = answer["batch"][0]["status"]
    if status not in {_NOT_FOUND, 422}:
        raise NotTestable(f"the item has the status {status}")
    return bool(status == _NOT_FOUND)
