"""The checks: functions that return whether an assumption of the sandbox holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import aiohttp

from .subject import NotTestable, Subject, format_time

__all__ = ["CHECKS", "untested_reason"]

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


def untested_reason(name: str) -> str:
    """Return the reason why an assumption has no check."""
    return _REASONS.get(name, "would create or change something")


def check(name: str) -> Callable[[Check], Check]:
    """Register the check of an assumption."""

    def register(function: Check) -> Check:
        CHECKS[name] = function
        return function

    return register


def check_rejection(name: str, member: dict[str, Any] | None = None, **changes: Callable[[Subject], object]) -> None:
    """Register a check that an availability query gets a 422 if its members are changed to what the functions return."""

    async def is_rejected(subject: Subject) -> bool:
        values = {key: value(subject) for key, value in changes.items()}
        return await subject.is_rejected(await subject.query(member, **values))

    CHECKS[name] = is_rejected


# Credentials.


@check("wrong_kind_is_forbidden")
async def check_wrong_credential(subject: Subject) -> bool:
    status, _ = await subject.send(subject.client.request("GET", "/v1/calendars"))
    if status not in {401, _FORBIDDEN}:
        raise NotTestable(f"the response has the status {status}")
    return status == _FORBIDDEN


@check("authorization_needs_a_browser")
async def check_authorization_page(subject: Subject) -> bool:
    page = subject.client.oauth.authorization_url(redirect_uri="https://example.com", scope="read_only")
    # The page is on another host, which must not get a credential, so the client does not send this request.
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
async def check_reversed_window(subject: Subject) -> bool:
    return await subject.is_rejected(
        subject.required_account.request("GET", "/v1/events", query=_window(**{"from": 2, "to": 1}))
    )


@check("large_windows_are_cut")
async def check_large_window(subject: Subject) -> bool:
    query = _window(**{"from": -100, "to": 300})
    return not await subject.is_rejected(subject.required_account.request("GET", "/v1/events", query=query))


@check("free_periods_are_listed")
async def check_free_periods(subject: Subject) -> bool:
    async def statuses(**query: str) -> set[str]:
        _, body = await subject.send(subject.required_account.request("GET", "/v1/free_busy", query=_window() | query))
        return {period["free_busy_status"] for period in body["free_busy"]}

    if "free" in await statuses():
        return True
    if "free" not in await statuses(include_free="true"):
        raise NotTestable("the account has no free period")
    return False


# Availability.

_PERIOD: Final = "query_periods"


def _period(*times: datetime) -> list[dict[str, str]]:
    return [{"start": format_time(times[0]), "end": format_time(times[1])}]


check_rejection("required_duration_above_zero", required_duration=lambda _: {"minutes": 0})
check_rejection("known_accounts", {"sub": "acc_000000000000000000000000"})
check_rejection(
    "periods_up_to_50",
    query_periods=lambda subject: [
        period
        for hour in range(51)
        for period in _period(subject.tomorrow(hours=hour), subject.tomorrow(hours=hour, minutes=45))
    ],
)
check_rejection(
    "periods_last_a_minute", query_periods=lambda subject: _period(subject.tomorrow(), subject.tomorrow(seconds=30))
)
check_rejection(
    "periods_end_in_the_future",
    query_periods=lambda subject: _period(subject.tomorrow(days=-3), subject.tomorrow(days=-2)),
)
check_rejection(
    "periods_within_35_days", query_periods=lambda subject: _period(subject.tomorrow(), subject.tomorrow(days=40))
)
check_rejection(
    "periods_or_slots",
    query_slots=lambda subject: [{"start": format_time(subject.tomorrow())}],
)


@check("512_results_by_default")
async def check_result_limit(subject: Subject) -> bool:
    slots = await subject.slots(
        query_periods=_period(subject.tomorrow(), subject.tomorrow(days=34)),
        required_duration={"minutes": 5},
        start_interval={"minutes": 5},
    )
    if len(slots) < _MAX_RESULTS:
        raise NotTestable(f"the account is free for fewer than {_MAX_RESULTS} slots")
    return len(slots) == _MAX_RESULTS


@check("slots_align_to_midnight")
async def check_slot_starts(subject: Subject) -> bool:
    await subject.some_slots()
    start = subject.tomorrow(minutes=7)
    slots = await subject.slots(query_periods=_period(start, subject.tomorrow(days=5)))
    half_hour = timedelta(minutes=30)
    on_clock = all((slot - _EPOCH) % half_hour == timedelta() for slot in slots)
    from_start = all((slot - start) % half_hour == timedelta() for slot in slots)
    if on_clock == from_start:
        raise NotTestable("the slots match neither rule")
    return on_clock


@check("query_slots_may_overlap")
async def check_overlapping_slots(subject: Subject) -> bool:
    free_slots = set(await subject.some_slots())
    half_hour = timedelta(minutes=30)
    start = next((slot for slot in sorted(free_slots) if slot + half_hour in free_slots), None)
    if start is None:
        raise NotTestable("the account is not free for an hour")
    slots = [{"start": format_time(start + timedelta(minutes=minutes))} for minutes in (0, 15)]
    return len(await subject.slots(query_periods=..., query_slots=slots)) == len(slots)


@check("empty_available_periods_are_absent")
async def check_empty_periods(subject: Subject) -> bool:
    return await subject.some_slots() == await subject.slots({"available_periods": []})


@check("empty_availability_rule_ids_are_absent")
async def check_empty_rule_ids(subject: Subject) -> bool:
    if not (await subject.required_account.availability_rules.list()).availability_rules:
        raise NotTestable("the account has no availability rule")
    managed = {"managed_availability": True}
    expected = await subject.slots(managed)
    if not expected:
        raise NotTestable("the account is not free in the next five days")
    return expected == await subject.slots(managed | {"availability_rule_ids": []})


@check("without_rules_and_periods_is_unavailable")
async def check_nothing_managed(subject: Subject) -> bool:
    account = subject.required_account
    rules, periods = await account.availability_rules.list(), await account.available_periods.list()
    if rules.availability_rules or periods.items:
        raise NotTestable("the account has availability rules or available periods")
    await subject.some_slots()
    return not await subject.slots({"managed_availability": True})


# Batches.


@check("unsupported_batch_items_are_not_found")
async def check_unsupported_item(subject: Subject) -> bool:
    item: dict[str, Any] = {"method": "POST", "relative_url": "/v1/no_such_endpoint", "data": {}}
    _, body = await subject.send(subject.required_account.request("POST", "/v1/batch", json={"batch": [item]}))
    status = body["batch"][0]["status"]
    if status not in {_NOT_FOUND, 422}:
        raise NotTestable(f"the item has the status {status}")
    return bool(status == _NOT_FOUND)
