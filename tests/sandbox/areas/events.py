"""Helpers for tests of events."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from cronofy_async.sandbox import Account, Sandbox

from ..support import Json, Reply, at, call, text

__all__ = ["body", "delete", "following", "path", "periods", "read", "times", "upsert"]


def path(account: Account, calendar_id: str | None = None) -> str:
    return f"/v1/calendars/{calendar_id or account.calendar_id}/events"


def body(**changes: Any) -> Json:
    """Return a request that writes an event; ``...`` omits a member."""
    event = {"event_id": "e", "summary": "Fitting", "start": text(at(9)), "end": text(at(10))} | changes
    return {name: value for name, value in event.items() if value is not ...}


async def upsert(sandbox: Sandbox, account: Account, calendar_id: str | None = None, **changes: Any) -> Reply:
    return await call(sandbox, "POST", path(account, calendar_id), body(**changes), token=account.access_token)


async def delete(sandbox: Sandbox, account: Account, **members: Any) -> Reply:
    return await call(sandbox, "DELETE", path(account), members, token=account.access_token)


async def read(sandbox: Sandbox, account: Account, **query: Any) -> list[Json]:
    """Return the events of all pages."""
    return await _all(sandbox, account, "events", query)


async def periods(sandbox: Sandbox, account: Account, **query: Any) -> list[Json]:
    """Return the free/busy periods of all pages."""
    return await _all(sandbox, account, "free_busy", query)


async def _all(sandbox: Sandbox, account: Account, name: str, query: Json) -> list[Json]:
    parameters: Json = {"tzid": "Etc/UTC"} | {key.rstrip("_"): value for key, value in query.items()}
    pairs = [(f"{key}[]" if key == "calendar_ids" else key, value) for key, value in parameters.items()]
    target = f"/v1/{name}?{urlencode([(key, _text(value)) for key, value in pairs], doseq=True)}"
    events: list[Json] = []
    while target:
        reply = await call(sandbox, "GET", target, token=account.access_token)
        assert reply.status == 200, reply
        events += reply.json[name]
        target = following(reply)
    return events


def following(page: Reply) -> str:
    """Return the path of the next page, or an empty string on the last one."""
    url: str = page.json["pages"].get("next_page", "")
    return urlsplit(url).path


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def times(events: list[Json]) -> list[tuple[Any, Any]]:
    return [(event["start"], event["end"]) for event in events]
