"""Available periods, which queries apply to members with ``managed_availability``.

They are kept when a user revokes the authorization.

Docs: https://docs.cronofy.com/developers/api/scheduling/available-periods/
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from ..kernel.area import (
    Context,
    Field,
    Json,
    Problem,
    Problems,
    Runtime,
    SandboxResponse,
    accepted,
    effect,
    not_found,
    ok,
    operation,
    rule,
)
from ..kernel.availability.managed import AvailablePeriod
from ..kernel.times import format_time, parse_time

__all__: list[str] = []

DOCS: Final = "https://docs.cronofy.com/developers/api/scheduling/available-periods/"
PAGES: Final = "/v1/available_periods/pages/{page_token}"


@rule("available_periods.upsert", docs=f"{DOCS}upsert/", fidelity="assumed")
def periods_end_after_they_start(body: Json, field: Field, context: Context) -> Problems:
    """An available period ends after it starts."""
    if parse_time(_time(body["end"])) <= parse_time(_time(body["start"])):
        yield Problem(field / "end", "errors.invalid_time_pair", "must be after start")


@rule("available_periods.list", docs=f"{DOCS}read/")
def dates_have_a_zone(query: Json, field: Field, context: Context) -> Problems:
    """``tzid`` is required with ``from`` or ``to``."""
    if ("from" in query or "to" in query) and "tzid" not in query:
        yield Problem(field / "tzid", "errors.required", "must be specified")


@rule("available_periods.bulk_delete", docs=f"{DOCS}bulk-delete/")
def one_period_or_all(body: Json, field: Field, context: Context) -> Problems:
    """There is either ``available_period_id`` or ``delete_all``."""
    if "available_period_id" in body:
        yield Problem(field / "delete_all", "errors.invalid", "cannot be combined with available_period_id")


@operation("available_periods.upsert")
def upsert(context: Context) -> SandboxResponse:
    """Store a period, in place of the one with the same ID."""
    body = context.body
    context.later(
        store,
        sub=context.account.sub,
        available_period_id=body["available_period_id"],
        **{name: _time(body[name]) for name in ("start", "end")},
        **{f"{name}_tzid": _tzid(body[name], body.get("tzid", "Etc/UTC")) for name in ("start", "end")},
    )
    return accepted()


@effect("available_periods.store")
def store(
    runtime: Runtime, *, sub: str, available_period_id: str, start: str, end: str, start_tzid: str, end_tzid: str
) -> None:
    """Store a period."""
    runtime.state.table(AvailablePeriod)[f"{sub}/{available_period_id}"] = AvailablePeriod(
        sub=sub,
        available_period_id=available_period_id,
        start=parse_time(start),
        end=parse_time(end),
        start_tzid=start_tzid,
        end_tzid=end_tzid,
    )


@operation("available_periods.list")
def list_periods(context: Context) -> SandboxResponse:
    """Return the first page of the account's periods."""
    return ok(_page(context))


@operation("available_periods.list_page")
def list_page(context: Context) -> SandboxResponse:
    """Return another page."""
    first = context.resume_listing()
    return not_found() if first is None else ok(_page(first))


@operation("available_periods.delete")
def delete(context: Context) -> SandboxResponse:
    """Delete a period."""
    context.later(forget, sub=context.account.sub, available_period_id=context.body["available_period_id"])
    return accepted()


@operation("available_periods.bulk_delete")
def bulk_delete(context: Context) -> SandboxResponse:
    """Delete all periods of the account."""
    context.later(forget, sub=context.account.sub)
    return accepted()


@effect("available_periods.forget")
def forget(runtime: Runtime, *, sub: str, available_period_id: str | None = None) -> None:
    """Delete one period of an account, or all of them."""
    table = runtime.state.table(AvailablePeriod)
    for key, period in list(table.items()):
        if period.sub == sub and available_period_id in {None, period.available_period_id}:
            del table[key]


def _page(context: Context) -> dict[str, Any]:
    page = context.snapshot_page(lambda: _find(context), PAGES)
    return {"pages": page.pages, "available_periods": page.items}


def _find(context: Context) -> list[dict[str, Any]]:
    query = context.query
    zone = ZoneInfo(query.get("tzid", "Etc/UTC"))
    since, until = (_midnight(query[name], zone) if name in query else None for name in ("from", "to"))
    periods = [
        period
        for period in context.state.table(AvailablePeriod).values()
        if period.sub == context.account.sub
        and (since is None or period.end >= since)
        and (until is None or period.start < until)
    ]
    localized = bool(query.get("localized_times"))
    ordered = sorted(periods, key=lambda period: (period.start, period.available_period_id))
    return [_render(period, localized=localized) for period in ordered]


def _render(period: AvailablePeriod, *, localized: bool) -> dict[str, Any]:
    return {
        "available_period_id": period.available_period_id,
        "start": _localized(period.start, period.start_tzid) if localized else format_time(period.start),
        "end": _localized(period.end, period.end_tzid) if localized else format_time(period.end),
    }


def _localized(moment: datetime, tzid: str) -> dict[str, str]:
    local = moment.astimezone(ZoneInfo(tzid))
    return {"time": local.isoformat() if local.utcoffset() else format_time(moment), "tzid": tzid}


def _midnight(day: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), zone)


def _time(value: str | Json) -> str:
    text: str = value if isinstance(value, str) else value["time"]
    return text


def _tzid(value: str | Json, default: str) -> str:
    return default if isinstance(value, str) else value.get("tzid", default)
