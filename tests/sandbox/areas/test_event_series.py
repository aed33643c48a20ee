"""Recurring events: their occurrences in reads, in free/busy periods, and in availability."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async.sandbox import Account, Event, Sandbox
from cronofy_async.sandbox.kernel.events.occurrences import occurrences

from ..support import NOW, Json, at, call, group, link_body, period, text
from .events import body, path, periods, read, times, upsert

PARIS = "Europe/Paris"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True, page_size=50)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


async def series(sandbox: Sandbox, account: Account, rule: Json, **members: Any) -> list[Json]:
    """Write a series, and return its occurrences until the end of May."""
    reply = await upsert(sandbox, account, recurrence={"rules": [rule], **members.pop("more", {})}, **members)
    assert reply.status == 202, reply
    return await read(sandbox, account, only_managed=True, to="2031-06-01", localized_times=True)


def starts(events: list[Json]) -> list[str]:
    return [event["start"]["time"] for event in events]


WEEKLY = ["2031-03-03", "2031-03-10", "2031-03-17", "2031-03-24"]
RULES: list[tuple[Json, list[str]]] = [
    ({"frequency": "daily", "count": 3}, ["2031-03-03", "2031-03-04", "2031-03-05"]),
    ({"frequency": "daily", "until": "2031-03-04"}, ["2031-03-03", "2031-03-04"]),
    ({"frequency": "daily", "interval": 10, "count": 3}, ["2031-03-03", "2031-03-13", "2031-03-23"]),
    ({"frequency": "weekly", "until": "2031-03-24"}, WEEKLY),
    ({"frequency": "weekly", "by_day": ["monday"], "until": "2031-03-24"}, WEEKLY),
    ({"frequency": "weekly", "by_day": [{"day": "monday"}], "count": 4}, WEEKLY),
    (
        {"frequency": "weekly", "interval": 2, "by_day": ["monday", "wednesday"], "until": "2031-03-20"},
        ["2031-03-03", "2031-03-05", "2031-03-17", "2031-03-19"],
    ),
    ({"frequency": "monthly", "count": 3}, ["2031-03-03", "2031-04-03", "2031-05-03"]),
    (
        {"frequency": "monthly", "by_day": [{"day": "monday", "nth_of_period": 1}], "count": 3},
        ["2031-03-03", "2031-04-07", "2031-05-05"],
    ),
    (
        {"frequency": "monthly", "by_day": [{"day": "friday", "nth_of_period": -1}], "until": "2031-05-31"},
        ["2031-03-03", "2031-03-28", "2031-04-25", "2031-05-30"],
    ),
    ({"frequency": "yearly", "count": 5}, ["2031-03-03"]),
    ({"frequency": "daily", "count": 3, "exceptions": ["2031-03-04"]}, ["2031-03-03", "2031-03-05"]),
]


@pytest.mark.parametrize(("rule", "days"), RULES)
async def test_a_series_follows_its_recurrence_rule(
    sandbox: Sandbox, ada: Account, rule: Json, days: list[str]
) -> None:
    result = await series(sandbox, ada, rule)

    assert [start[:10] for start in starts(result)] == days
    assert {start[10:] for start in starts(result)} == {"T09:00:00Z"}


async def test_exceptions_may_be_next_to_the_rules(sandbox: Sandbox, ada: Account) -> None:
    result = await series(sandbox, ada, {"frequency": "daily", "count": 3}, more={"exceptions": ["2031-03-05"]})

    assert [start[:10] for start in starts(result)] == ["2031-03-03", "2031-03-04"]


async def test_a_series_keeps_its_local_time_when_the_clocks_change(sandbox: Sandbox, ada: Account) -> None:
    rule = {"frequency": "weekly", "until": "2031-04-07"}
    members = {"start": "2031-03-24T08:00:00Z", "end": "2031-03-24T09:00:00Z"}

    in_paris = await series(sandbox, ada, rule, **members, tzid=PARIS)
    assert starts(in_paris) == ["2031-03-24T09:00:00+01:00", "2031-03-31T09:00:00+02:00", "2031-04-07T09:00:00+02:00"]
    plain = await read(sandbox, ada, only_managed=True)
    assert [event["start"] for event in plain] == [
        "2031-03-24T08:00:00Z",
        "2031-03-31T07:00:00Z",
        "2031-04-07T07:00:00Z",
    ]

    without_zone = await series(sandbox, ada, rule, **members, event_id="utc")
    assert [start for start in starts(without_zone) if start.endswith("Z")] == [
        "2031-03-24T08:00:00Z",
        "2031-03-31T08:00:00Z",
        "2031-04-07T08:00:00Z",
    ]


async def test_an_all_day_series_has_dates(sandbox: Sandbox, ada: Account) -> None:
    rule = {"frequency": "weekly", "count": 3}
    await series(sandbox, ada, rule, start="2031-03-24", end="2031-03-26", tzid=PARIS)

    response = await read(sandbox, ada, only_managed=True, tzid="America/New_York")
    assert times(response) == [("2031-03-24", "2031-03-26"), ("2031-03-31", "2031-04-02"), ("2031-04-07", "2031-04-09")]
    window = {"from_": "2031-03-26", "to": "2031-03-31"}
    assert await read(sandbox, ada, only_managed=True, tzid="America/New_York", **window) == []


async def test_only_the_first_occurrence_has_the_event_id(sandbox: Sandbox, ada: Account) -> None:
    rule = {"frequency": "daily", "count": 3}
    first, second, third = await series(sandbox, ada, rule)

    assert (first["event_id"], first["recurrence"]) == ("e", {"rules": [rule]})
    assert first["options"]["update"]
    for later in (second, third):
        assert "event_id" not in later
        assert "recurrence" not in later
        assert later["series_master"] == {"event_id": "e", "event_uid": first["event_uid"]}
        assert later["options"] == {"delete": False, "update": False, "change_participation_status": False}
    assert {item["recurring"] for item in (first, second, third)} == {True}
    assert len({item["series_identifier"] for item in (first, second, third)}) == 1
    assert len({item["event_uid"] for item in (first, second, third)}) == 3


async def test_a_series_is_kept_until_its_rules_are_removed(sandbox: Sandbox, ada: Account) -> None:
    assert len(await series(sandbox, ada, {"frequency": "daily", "count": 3})) == 3
    await upsert(sandbox, ada)
    assert len(await read(sandbox, ada, only_managed=True)) == 3
    nothings: list[Json | None] = [{"rules": []}, None]
    for nothing in nothings:
        await series(sandbox, ada, {"frequency": "daily", "count": 3})
        await upsert(sandbox, ada, recurrence=nothing)
        (event,) = await read(sandbox, ada, only_managed=True)
        assert not event["recurring"]


async def test_occurrences_that_a_change_removes_are_deleted(sandbox: Sandbox, ada: Account) -> None:
    await series(sandbox, ada, {"frequency": "daily", "count": 4})
    query = {"only_managed": True, "include_deleted": True}
    before = {event["start"]: event["event_uid"] for event in await read(sandbox, ada, **query)}
    sandbox.clock.advance(minutes=5)
    since = text(sandbox.clock.now())

    await series(sandbox, ada, {"frequency": "daily", "interval": 2, "count": 2})
    changed = await read(sandbox, ada, last_modified=since, **query)
    assert [(event["start"][:10], event["deleted"]) for event in changed] == [
        ("2031-03-03", False),
        ("2031-03-04", True),
        ("2031-03-05", False),
        ("2031-03-06", True),
    ]
    assert {event["start"]: event["event_uid"] for event in changed} == before
    await upsert(sandbox, ada, recurrence=None, start=text(at(12)), end=text(at(13)))
    assert [(event["start"], event["deleted"]) for event in await read(sandbox, ada, **query)] == [
        (text(at(12)), False),
        *((text(at(9, day=day)), True) for day in (4, 5, 6)),
    ]
    sandbox.events.delete(ada.events[0])
    deleted = await read(sandbox, ada, **query)
    assert {event["deleted"] for event in deleted} == {True}
    assert len({event["event_uid"] for event in deleted}) == len(deleted) == 4


async def test_a_series_without_an_end_is_read_within_the_window(sandbox: Sandbox, ada: Account) -> None:
    sandbox.events.add(
        ada, at(9) - timedelta(days=3650), summary="Daily", recurrence={"rules": [{"frequency": "daily"}]}
    )
    assert len(await read(sandbox, ada, from_="2031-03-03", to="2031-03-10")) == 7
    assert len(await read(sandbox, ada)) == 42 + 201
    await series(sandbox, ada, {"frequency": "daily"})
    assert len(await read(sandbox, ada, only_managed=True)) == 201, "from its start to the end of the window"


async def test_a_series_beyond_the_window_has_its_first_occurrence(sandbox: Sandbox, ada: Account) -> None:
    start = at(9) + timedelta(days=400)
    times_ = {"start": text(start), "end": text(start + timedelta(hours=1))}
    await upsert(sandbox, ada, recurrence={"rules": [{"frequency": "daily"}]}, **times_)
    assert [event["start"] for event in await read(sandbox, ada, only_managed=True)] == [text(start)]


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Europe/Paris", "America/New_York"])
@pytest.mark.parametrize(
    "span",
    [("2044-11-09", "2044-11-10"), ("2044-11-09T00:30:00Z", "2044-11-09T01:00:00Z"), ("2044-11-09T23:30:00Z",) * 2],
)
async def test_a_series_far_ahead_is_read_once_in_any_zone(
    sandbox: Sandbox, ada: Account, span: tuple[str, str], zone: str
) -> None:
    rules = {"rules": [{"frequency": "daily"}]}
    await upsert(sandbox, ada, start=span[0], end=span[1], tzid=zone, recurrence=rules)
    for tzid in ("Etc/UTC", zone):
        response = await read(sandbox, ada, only_managed=True, tzid=tzid)
        assert [(item["start"], item["event_id"]) for item in response] == [(span[0], "e")]


async def test_occurrences_are_busy(sandbox: Sandbox, ada: Account) -> None:
    await series(sandbox, ada, {"frequency": "daily", "count": 3})
    result = await periods(sandbox, ada, include_managed=True, include_ids=True)
    assert times(result) == [(text(at(9, day=day)), text(at(10, day=day))) for day in (3, 4, 5)]
    assert ["event_id" in item for item in result] == [True, False, False]
    assert len({item["event_uid"] for item in result}) == 3


async def slots(sandbox: Sandbox, account: Account, start: datetime, **changes: Any) -> list[datetime]:
    query = {
        "participants": [group(account)],
        "required_duration": {"minutes": 60},
        "query_periods": [period(start, start + timedelta(hours=3))],
    }
    created = await call(sandbox, "POST", "/v1/real_time_scheduling", link_body(account, availability=query | changes))
    assert created.status == 200, created
    return [slot.start for slot in sandbox.slots(created.json["real_time_scheduling"]["url"])]


async def test_availability_includes_occurrences_beyond_the_window(sandbox: Sandbox, ada: Account) -> None:
    await series(sandbox, ada, {"frequency": "weekly"}, tzid=PARIS)
    far = datetime(2031, 8, 4, 8, tzinfo=UTC)  # 8:00 UTC is 10:00 in Paris in August, as 9:00 UTC is in March

    assert await slots(sandbox, ada, far) == [far + timedelta(hours=1), far + timedelta(hours=2)]
    (occurrence,) = await read(sandbox, ada, only_managed=True, from_="2031-08-04", to="2031-08-05")
    excluded = [{"event_uid": occurrence["event_uid"]}]
    assert len(await slots(sandbox, ada, far, excluded_events=excluded)) == 3
    assert len(await slots(sandbox, ada, far + timedelta(days=7), excluded_events=excluded)) == 2
    of_all = [{"event_id": "e"}]
    assert len(await slots(sandbox, ada, far, excluded_events=of_all)) == 3


async def test_single_occurrences_cannot_be_changed(sandbox: Sandbox, ada: Account) -> None:
    _, second, _ = await series(sandbox, ada, {"frequency": "daily", "count": 3})
    edit = body(event_id=..., event_uid=second["event_uid"])
    assert (await call(sandbox, "POST", path(ada), edit, token=ada.access_token)).status == 422


@given(
    start=st.datetimes(datetime(2030, 1, 1), datetime(2032, 1, 1)),  # noqa: DTZ001 - local times
    zone=st.sampled_from(["Etc/UTC", PARIS, "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"]),
    days=st.integers(-60, 60),
    all_day=st.booleans(),
)
def test_a_window_has_the_same_occurrences_as_a_larger_one(
    start: datetime, zone: str, days: int, all_day: bool
) -> None:
    """An occurrence is found in each window that it is in, however the local time differs from UTC."""
    begin = start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    event = Event(
        event_id="e",
        event_uid="u",
        start=begin,
        end=begin + timedelta(hours=30),
        all_day=all_day,
        tzid=zone,
        created=NOW,
        updated=NOW,
        details={"recurrence": {"rules": [{"frequency": "daily", "interval": 2}]}},
    )
    since, until = begin + timedelta(days=days), begin + timedelta(days=days + 7)

    everything = list(occurrences(event, None, begin + timedelta(days=100)))
    inside = [event for event in everything if event.start < until and event.end >= since]

    assert list(occurrences(event, since, until)) == inside
    assert all(event.start.astimezone(ZoneInfo(zone)).date() >= date(2029, 12, 31) for event in everything)
    assert [event.is_first for event in everything].count(True) == 1
