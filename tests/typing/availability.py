"""The types of availability queries. Type checkers read this; it is never run.

Lines that end in ``type: ignore`` are mistakes: mypy reports an ignore that is not needed.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import assert_type
from zoneinfo import ZoneInfo

from cronofy_async import Call, CronofyAccount, CronofyClient
from cronofy_async.models import (
    AvailabilityPeriods,
    AvailabilityRule,
    AvailabilityRuleList,
    AvailabilitySequences,
    AvailabilitySlots,
    AvailablePeriod,
    AvailablePeriodsPage,
    Member,
    ParticipantGroup,
    SequenceStep,
    WeeklyPeriod,
)
from cronofy_async.pages import Paginated


async def queries(client: CronofyClient, account: CronofyAccount, start: datetime, end: datetime) -> None:
    who = [ParticipantGroup([Member("acc_1")], required=1)]
    hour, when = timedelta(hours=1), [(start, end)]
    query = client.availability.query

    _ = assert_type(query(participants=who, required_duration=hour, query_periods=when), Call[AvailabilityPeriods])
    periods = await account.availability.query(participants=who, required_duration=hour, response_format="periods")
    assert_type(periods, AvailabilityPeriods)
    assert_type(periods.available_periods[0].start, datetime)
    assert_type(periods.available_periods[0].subs, tuple[str, ...])
    slots = await query(participants=who, required_duration={"minutes": 30}, response_format="slots")
    assert_type(slots, AvailabilitySlots)
    assert_type(
        await query(participants=who, required_duration=hour, response_format="overlapping_slots"), AvailabilitySlots
    )
    step = SequenceStep(sequence_id="a", participants=who, required_duration=hour)
    assert_type(await client.availability.query_sequence(query_periods=when, sequence=[step]), AvailabilitySequences)
    _ = periods.available_slots  # type: ignore[attr-defined]
    _ = query(participants=who, required_duration=hour, response_format="slot")  # type: ignore[call-overload]
    _ = query(participants=who, query_periods=when)  # type: ignore[call-overload]
    _ = client.availability_rules  # type: ignore[attr-defined]


async def managed_availability(account: CronofyAccount, start: datetime, day: date, rule: AvailabilityRule) -> None:
    rules, periods = account.availability_rules, account.available_periods
    weekly = [WeeklyPeriod("monday", "09:00", time(17))]

    stored = rules.upsert(availability_rule_id="a", tzid=ZoneInfo("Etc/UTC"), weekly_periods=weekly)
    _ = assert_type(stored, Call[AvailabilityRule])
    assert_type(await rules.list(), AvailabilityRuleList)
    assert_type([item.tzid for item in await rules.list()], list[str])
    assert_type(await rules.read(rule), AvailabilityRule)
    _ = rules.upsert(availability_rule_id="a", tzid="Etc/UTC", weekly_periods=rule.weekly_periods)
    await rules.delete("a")

    await periods.upsert(available_period_id="a", start=start, end={"time": start, "tzid": "Etc/UTC"})
    _ = assert_type(periods.list(from_=day, tzid="Etc/UTC"), Paginated[AvailablePeriod])
    assert_type(await periods.list_page("token"), AvailablePeriodsPage)
    async for period in periods.list():
        assert_type(period.start.utc, datetime | None)
    await periods.bulk_delete()
