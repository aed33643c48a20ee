"""Availability, availability rules, available periods, and channels."""

from __future__ import annotations

from datetime import datetime, timedelta

from cronofy_async.models import (
    AvailablePeriod,
    EventsChanged,
    Member,
    ParticipantGroup,
    SequenceStep,
    WeeklyPeriod,
)
from cronofy_async.sandbox import Delivery

from ..support import at
from .exercise import Site, exercise

HOUR = timedelta(hours=1)


def everybody(site: Site, *, managed: bool = False) -> list[ParticipantGroup]:
    member = Member(site.ada.sub, managed_availability=True) if managed else Member(site.ada.sub)
    return [ParticipantGroup([member])]


async def write(site: Site, hour: int) -> None:
    await site.account.events.upsert(
        site.ada.calendar_id, event_id=f"at {hour}", summary="Busy", start=at(hour), end=at(hour) + HOUR
    )


async def free(site: Site, *, managed: bool = False) -> list[tuple[datetime, datetime]]:
    """Return when Ada is free between 9 and 13 o'clock."""
    result = await site.cronofy.availability.query(
        participants=everybody(site, managed=managed), required_duration=HOUR, query_periods=[(at(9), at(13))]
    )
    return [(period.start, period.end) for period in result.available_periods]


@exercise("availability.query")
async def an_event_takes_its_time_from_availability(site: Site) -> None:
    assert await free(site) == [(at(9), at(13))]

    await write(site, 10)

    assert await free(site) == [(at(9), at(10)), (at(11), at(13))]


@exercise("availability.query_sequence")
async def an_event_moves_a_sequence(site: Site) -> None:
    async def starts() -> list[datetime]:
        result = await site.account.availability.query_sequence(
            sequence=[
                SequenceStep(sequence_id=name, participants=everybody(site), required_duration=HOUR)
                for name in ("first", "second")
            ],
            query_periods=[(at(9), at(13))],
        )
        return [step.start for step in result.sequences[0].sequence]

    assert await starts() == [at(9), at(10)]

    await write(site, 9)

    assert await starts() == [at(10), at(11)]


@exercise(
    "availability_rules.upsert", "availability_rules.read", "availability_rules.list", "availability_rules.delete"
)
async def a_rule_limits_availability_until_it_is_deleted(site: Site) -> None:
    rules = site.account.availability_rules
    day = at(9).strftime("%A").lower()
    await rules.upsert(
        availability_rule_id="mornings",
        tzid="Etc/UTC",
        weekly_periods=[WeeklyPeriod(day=day, start_time="10:00", end_time="12:00")],
    )

    assert (await rules.read("mornings")).weekly_periods[0].start_time == "10:00"
    assert await free(site, managed=True) == [(at(10), at(12))]

    await rules.delete("mornings")
    assert list((await rules.list()).availability_rules) == []
    assert await free(site, managed=True) == []


@exercise(
    "available_periods.upsert",
    "available_periods.list",
    "available_periods.list_page",
    "available_periods.delete",
    "available_periods.bulk_delete",
)
async def available_periods_are_listed_until_they_are_deleted(site: Site) -> None:
    periods = site.account.available_periods

    async def listed() -> list[AvailablePeriod]:
        return [item async for item in periods.list()]

    for hour in (9, 10, 11):
        await periods.upsert(available_period_id=str(hour), start=at(hour), end=at(hour) + HOUR)
    first = await periods.list()
    assert first.next_page is not None
    last = await periods.list_page(first.next_page.rpartition("/")[2])
    assert [item.available_period_id for item in (*first.items, *last.items)] == ["9", "10", "11"]
    assert await free(site, managed=True) == [(at(9), at(12))]

    await periods.delete("10")
    assert [callback.available_period_id for callback in await listed()] == ["9", "11"]

    await periods.bulk_delete()
    assert await listed() == []


@exercise("channels.create", "channels.list", "channels.close")
async def a_channel_is_notified_until_it_is_closed(site: Site) -> None:
    received: list[Delivery] = []
    site.sandbox.mount("https://app.example.com", received.append)
    channels = site.account.channels

    channel = await channels.create(callback_url="https://app.example.com/hooks")
    assert [item.channel_id for item in await channels.list()] == [channel.channel_id]
    site.sandbox.events.add(site.ada, at(9))
    await site.sandbox.wait_for_callbacks()
    last = site.cronofy.webhooks.parse(received[-1].body, received[-1].headers, url=received[-1].url)
    assert isinstance(last, EventsChanged)

    await channels.close(channel)
    assert list(await channels.list()) == []
    site.sandbox.events.add(site.ada, at(10))
    await site.sandbox.wait_for_callbacks()
    assert [item.json["notification"]["type"] for item in received] == ["verification", "change"]
