from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async._json import is_array, is_object
from cronofy_async._redaction import hide
from cronofy_async._unset import UNSET, Unset
from cronofy_async.http import Timeout
from cronofy_async.times import (
    AnyTimeZone,
    Duration,
    EventTime,
    Period,
    as_duration,
    as_periods,
    as_tzid,
    read_time,
    wire_time,
)

START = datetime(2030, 2, 1, 9, 30, tzinfo=UTC)
END = START + timedelta(hours=1)
AWARE = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


class Vague(tzinfo):
    """A time zone without an offset: a datetime with it counts as naive."""

    def utcoffset(self, _: datetime | None, /) -> None:
        return None

    def dst(self, _: datetime | None, /) -> None:
        return None

    def tzname(self, _: datetime | None, /) -> None:
        return None


def test_unset_is_one_false_value_that_survives_copies() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    for twin in (pickle.loads(pickle.dumps(UNSET)), copy.copy(UNSET), copy.deepcopy(UNSET), Unset("UNSET")):
        assert twin is UNSET


@pytest.mark.parametrize(("value", "shown"), [("secret", "…"), (b"secret", "…"), ("", "…"), (0, "…"), (None, "None")])
def test_hide_replaces_any_value_but_none(value: object, shown: str) -> None:
    assert hide(value) == shown


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (START, "2030-02-01T09:30:00Z"),
        (START.replace(second=7, microsecond=999_999), "2030-02-01T09:30:07Z"),
        (datetime(2030, 7, 1, 9, 30, tzinfo=ZoneInfo("Europe/Berlin")), "2030-07-01T07:30:00Z"),
        (datetime(2030, 7, 1, 0, 0, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))), "2030-06-30T18:15:00Z"),
        (datetime(1000, 1, 1, tzinfo=timezone(timedelta(hours=2))), "0999-12-31T22:00:00Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59Z"),
    ],
)
def test_times_are_written_in_utc_to_the_second(moment: datetime, written: str) -> None:
    assert wire_time(moment) == written


@given(AWARE)
def test_a_written_time_is_the_same_moment_without_its_microseconds(moment: datetime) -> None:
    written = wire_time(moment)
    assert len(written) == 20
    assert read_time(written) == moment.astimezone(UTC).replace(microsecond=0)


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        (datetime(2030, 2, 1, 9, 30), "2030-02-01T09:30:00 has no time zone"),  # noqa: DTZ001
        (datetime(2030, 2, 1, 9, 30, tzinfo=Vague()), "2030-02-01T09:30:00 has no time zone"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "cannot be written in UTC"),
        (datetime(9999, 12, 31, 23, 30, tzinfo=timezone(-timedelta(hours=1))), "cannot be written in UTC"),
    ],
)
def test_invalid_times_are_rejected(moment: datetime, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wire_time(moment)


@pytest.mark.parametrize("text", ["2030-02-01T09:30:00", "2030-02-01", "", "soon", "0000-01-01T00:00:00Z"])
def test_invalid_texts_of_times_are_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"UTC offset|isoformat|year"):
        read_time(text)


@pytest.mark.parametrize(
    ("value", "kinds"),
    [({}, (True, False)), ([], (False, True)), ((), (False, False)), ("x", (False, False)), (None, (False, False))],
)
def test_is_object_and_is_array(value: object, kinds: tuple[bool, bool]) -> None:
    assert (is_object(value), is_array(value)) == kinds


@pytest.mark.parametrize(
    ("parts", "length"),
    [
        ({"minutes": 90}, timedelta(minutes=90)),
        ({"hours": 2}, timedelta(hours=2)),
        ({"hours": 2, "minutes": 59}, timedelta(minutes=179)),
        ({"minutes": 0}, timedelta(0)),
    ],
)
def test_durations_convert_to_timedelta(parts: dict[str, int], length: timedelta) -> None:
    assert Duration(**parts).length == length


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "needs minutes, hours or both"),
        ({"minutes": -1}, "negative"),
        ({"hours": -1}, "negative"),
        ({"hours": 1, "minutes": -1}, "negative"),
        ({"hours": 0, "minutes": 60}, "below 60"),
    ],
)
def test_invalid_durations_are_rejected(parts: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Duration(**parts)


def test_a_number_is_not_a_duration() -> None:
    with pytest.raises(TypeError, match="positional"):
        Duration(30)  # type: ignore[call-arg]


@given(st.integers(0, 10**6))
def test_a_timedelta_of_whole_minutes_makes_a_duration(minutes: int) -> None:
    length = timedelta(minutes=minutes)
    assert Duration.of(length) == Duration(minutes=minutes)
    assert Duration.of(length).length == length


@pytest.mark.parametrize("length", [timedelta(seconds=90), timedelta(microseconds=1), -timedelta(minutes=1)])
def test_a_timedelta_with_seconds_is_rejected(length: timedelta) -> None:
    with pytest.raises(ValueError, match=r"not a whole number of minutes|negative"):
        Duration.of(length)


def test_only_convertible_parameters_are_converted() -> None:
    free = {"minutes": 5}
    assert as_duration(timedelta(minutes=5)) == Duration(minutes=5)
    assert as_duration(free) is free
    assert as_duration(UNSET) is UNSET
    assert as_tzid(ZoneInfo("Europe/Berlin")) == "Europe/Berlin"
    assert as_tzid("Mars/Phobos") == "Mars/Phobos"
    assert as_tzid(UNSET) is UNSET
    assert as_periods(UNSET) is UNSET
    period, mapping = Period(START, END), {"start": "x", "end": "y"}
    assert as_periods([(START, END), period, mapping]) == (period, period, mapping)
    assert as_periods((START + i * (END - START), END) for i in range(2)) == (period, Period(END, END))


@pytest.mark.parametrize(
    ("raw", "utc", "day", "tzid", "all_day", "shown"),
    [
        ("2030-02-01T09:30:00Z", START, date(2030, 2, 1), None, False, "EventTime('2030-02-01T09:30:00Z')"),
        (
            "2030-02-01T00:30:00+09:00",
            datetime(2030, 1, 31, 15, 30, tzinfo=UTC),
            date(2030, 2, 1),
            None,
            False,
            "EventTime('2030-02-01T00:30:00+09:00')",
        ),
        ("2030-02-01", None, date(2030, 2, 1), None, True, "EventTime('2030-02-01')"),
        (
            {"time": "2030-02-01T09:30:00Z", "tzid": "Europe/London"},
            START,
            date(2030, 2, 1),
            "Europe/London",
            False,
            "EventTime('2030-02-01T09:30:00Z', tzid='Europe/London')",
        ),
        (
            {"time": "2030-02-01", "tzid": "Etc/UTC"},
            None,
            date(2030, 2, 1),
            "Etc/UTC",
            True,
            "EventTime('2030-02-01', tzid='Etc/UTC')",
        ),
        ({"time": "2030-02-01", "tzid": None}, None, date(2030, 2, 1), None, True, "EventTime('2030-02-01')"),
        ("2030-02-01 09:30:00 UTC", None, date(2030, 2, 1), None, False, "EventTime('2030-02-01 09:30:00 UTC')"),
        ("2030-02-01T09:30:00", None, date(2030, 2, 1), None, False, "EventTime('2030-02-01T09:30:00')"),
        ("0000-01-01T00:00:00Z", None, None, None, False, "EventTime('0000-01-01T00:00:00Z')"),
        ("0000-12-30", None, None, None, True, "EventTime('0000-12-30')"),
        ("0001-01-01T00:00:00+01:00", None, date(1, 1, 1), None, False, "EventTime('0001-01-01T00:00:00+01:00')"),
        ("12030-02-01T09:30:00Z", None, None, None, False, "EventTime('12030-02-01T09:30:00Z')"),
        ("", None, None, None, True, "EventTime('')"),
    ],
)
def test_event_times_in_all_forms(  # noqa: PLR0917
    raw: Any, utc: datetime | None, day: date | None, tzid: str | None, all_day: bool, shown: str
) -> None:
    time = EventTime(raw)
    assert (time.utc, time.date, time.tzid, time.is_all_day, repr(time)) == (utc, day, tzid, all_day, shown)
    assert time.raw is raw
    if utc is None:
        assert time.in_zone("Europe/Berlin") is None
    else:
        assert time.in_zone("Europe/Berlin") == utc
    for twin in (pickle.loads(pickle.dumps(time)), copy.copy(time), copy.deepcopy(time)):
        assert (twin, hash(twin)) == (time, hash(time))


@pytest.mark.parametrize("zone", ["Asia/Tokyo", ZoneInfo("Asia/Tokyo")])
def test_an_event_time_in_another_zone(zone: AnyTimeZone) -> None:
    there = EventTime("2030-02-01T22:30:00Z").in_zone(zone)
    assert there is not None
    assert there.isoformat() == "2030-02-02T07:30:00+09:00"


def test_an_event_time_outside_the_years_of_a_zone_is_none() -> None:
    assert EventTime("0001-01-01T00:00:00Z").in_zone("America/New_York") is None


@given(AWARE)
def test_an_event_time_keeps_its_moment(moment: datetime) -> None:
    assert EventTime(moment.isoformat()).utc == moment
    assert EventTime(moment.isoformat()).date == moment.date()


def test_different_event_times_differ() -> None:
    bare, zoned = EventTime("2030-02-01"), EventTime({"time": "2030-02-01", "tzid": "Etc/UTC"})
    assert bare != zoned
    assert len({bare, zoned, EventTime("2030-02-01")}) == 2


def test_timeouts_have_production_defaults() -> None:
    assert Timeout() == Timeout(connect=10, attempt=30, total=60)
