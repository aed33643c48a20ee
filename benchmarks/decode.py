"""Decoding bytes to models with the SDK (cattrs), compared with msgspec, which is written in C.

msgspec reads attrs classes too, but not those of the SDK: it does not support open sets (``Literal[…] | str``),
``EventTime`` and ``extra``. So it gets the most similar classes that it supports, with strings for open sets and an object
``{time, tzid}`` or a string for event times. It drops unknown members, so it does slightly less work.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from cronofy_async._codec import decode, parse_json
from cronofy_async.models import EventsPage, SchedulingLink

from .report import Row, json_reader
from .server import STATUS

TITLE = "Decoding, from bytes to models"


def run(*, quick: bool) -> Sequence[Row]:
    import msgspec  # noqa: PLC0415 - a peer, imported when it is needed

    link = msgspec.json.Decoder(NearLinkEnvelope)
    page = msgspec.json.Decoder(NearPage)
    rounds = 3 if quick else 25
    return [
        *_against(
            "a status response",
            lambda: decode(SchedulingLink, STATUS, envelope="real_time_scheduling"),
            lambda: link.decode(STATUS),
            STATUS,
            number=2_000,
            rounds=rounds,
        ),
        *_against(
            "a page of 100 events",
            lambda: decode(EventsPage, PAGE),
            lambda: page.decode(PAGE),
            PAGE,
            number=20,
            rounds=rounds,
        ),
    ]


def _against(
    label: str, sdk: Callable[[], object], msgspec: Callable[[], object], body: bytes, *, number: int, rounds: int
) -> list[Row]:
    times = [
        [_seconds(function, number) for function in (sdk, msgspec, lambda: parse_json(body))] for _ in range(rounds + 1)
    ]
    sdk_times, peer_times, json_times = zip(*times[1:], strict=True)  # the first round generates the hooks
    ratio = statistics.median(ours / theirs for ours, theirs in zip(sdk_times, peer_times, strict=True))
    return [
        Row(label=f"msgspec: {label}", value=statistics.median(peer_times) * 1e6, unit="µs"),
        Row(
            label=f"cronofy_async: {label}",
            value=statistics.median(sdk_times) * 1e6,
            unit="µs",
            ratio=ratio,
            note=f"parsing the JSON alone, with {json_reader()}, takes {statistics.median(json_times) * 1e6:.1f} µs of it.",
        ),
    ]


def _seconds(function: Callable[[], object], number: int) -> float:
    started = time.process_time()
    for _ in range(number):
        function()
    return (time.process_time() - started) / number


# The classes of a status response for msgspec.


@attrs.frozen(kw_only=True)
class NearLinkEvent:
    event_id: str | None = None
    summary: str | None = None
    description: str | None = None
    tzid: str | None = None
    start: str | None = None
    end: str | None = None
    event_private: bool | None = None


@attrs.frozen(kw_only=True)
class NearLink:
    real_time_scheduling_id: str
    url: str
    status: str
    event: NearLinkEvent | None = None


@attrs.frozen(kw_only=True)
class NearLinkEnvelope:
    real_time_scheduling: NearLink


# The classes of a page of events for msgspec.


@attrs.frozen(kw_only=True)
class NearTime:
    time: str
    tzid: str


@attrs.frozen(kw_only=True)
class NearPages:
    current: int
    total: int
    next_page: str | None = None


@attrs.frozen(kw_only=True)
class NearPlace:
    description: str | None = None
    lat: str | None = None
    long: str | None = None


@attrs.frozen(kw_only=True)
class NearPerson:
    email: str | None = None
    display_name: str | None = None
    status: str | None = None


@attrs.frozen(kw_only=True)
class NearOptions:
    delete: bool | None = None
    update: bool | None = None
    change_participation_status: bool | None = None


@attrs.frozen(kw_only=True)
class NearEvent:
    calendar_id: str
    event_uid: str
    start: NearTime | str
    end: NearTime | str
    deleted: bool
    event_id: str | None = None
    summary: str | None = None
    description: str | None = None
    created: str | None = None
    updated: str | None = None
    location: NearPlace | None = None
    participation_status: str | None = None
    attendees: tuple[NearPerson, ...] = ()
    organizer: NearPerson | None = None
    transparency: str | None = None
    status: str | None = None
    categories: tuple[str, ...] = ()
    recurring: bool | None = None
    series_identifier: str | None = None
    event_private: bool | None = None
    options: NearOptions | None = None
    meeting_url: str | None = None


@attrs.frozen(kw_only=True)
class NearPage:
    pages: NearPages
    events: tuple[NearEvent, ...]


def _event(number: int) -> dict[str, Any]:
    return {
        "calendar_id": "cal_U9uuErStTG@EAAAB_IsAsykA2DBTWqQTf-f0kJw",
        "event_uid": f"evt_external_{number:024x}",
        "event_id": f"order-{number}",
        "summary": "Fitting",
        "description": "Bring the blue one.",
        "start": {"time": "2030-02-01T10:30:00+01:00", "tzid": "Europe/Paris"},
        "end": {"time": "2030-02-01T11:00:00+01:00", "tzid": "Europe/Paris"},
        "deleted": False,
        "created": "2030-01-02T08:00:01Z",
        "updated": "2030-01-02T08:00:02Z",
        "location": {"description": "Shop"},
        "participation_status": "accepted",
        "attendees": [
            {"email": "pat@example.org", "display_name": None, "status": "needs_action"},
            {"email": "sam@example.org", "display_name": "Sam", "status": "accepted"},
        ],
        "organizer": {"email": "kim@example.org", "display_name": "Kim"},
        "transparency": "opaque",
        "status": "confirmed",
        "categories": [],
        "recurring": False,
        "event_private": False,
        "options": {"delete": True, "update": True, "change_participation_status": False},
    }


PAGE = json.dumps({"pages": {"current": 1, "total": 1}, "events": [_event(n) for n in range(100)]}).encode()
