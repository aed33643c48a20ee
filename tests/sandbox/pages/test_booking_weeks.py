"""The weeks of the booking page: their days and times."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import at, create, group, period
from .visitor import Visitor


async def visit(sandbox: Sandbox, ada: Account, **changes: Any) -> Visitor:
    """Create a link for a visitor."""
    return Visitor(sandbox, await create(sandbox, ada, **changes))


@pytest.mark.parametrize(
    ("hour_format", "locale", "times"),
    [
        ("h", "de", ["9:00 AM", "10:00 AM", "11:00 AM"]),
        ("H", "en", ["09:00", "10:00", "11:00"]),
        (None, "en", ["9:00 AM", "10:00 AM", "11:00 AM"]),
        (None, "de", ["09:00", "10:00", "11:00"]),
        (None, "ja", ["9:00", "10:00", "11:00"]),
    ],
)
async def test_times_follow_the_hour_format(
    sandbox: Sandbox, ada: Account, hour_format: str | None, locale: str, times: list[str]
) -> None:
    formatting = {"formatting": {"hour_format": hour_format}} if hour_format else {}

    page = await (await visit(sandbox, ada, **formatting)).open(locale=locale)

    assert page.times == times


async def test_weeks_without_times_are_skipped(sandbox: Sandbox, ada: Account) -> None:
    days = [0, 21, 34]
    query = {
        "participants": [group(ada)],
        "required_duration": {"minutes": 60},
        "query_periods": [period(at(9) + timedelta(days=day), at(10) + timedelta(days=day)) for day in days],
    }
    visitor = await visit(sandbox, ada, availability=query)

    first = await visitor.open(locale="de", tzid="Asia/Tokyo")
    assert first.link("prev") is None
    second = await visitor.follow(str(first.link("next")))
    third = await visitor.follow(str(second.link("next")))

    assert [item.slots for item in (first, second, third)] == [
        [f"{(at(9) + timedelta(days=day)).date()}T09:00:00Z"] for day in days
    ]
    assert third.link("next") is None
    assert (await visitor.follow(str(third.link("prev")))).slots == second.slots
    assert third.zone == "Asia/Tokyo"
    for week, expected in {
        "0001-01-01": first,
        "2031-03-09": first,
        "2031-03-10": second,
        "2031-03-30": second,
        "9999-12-31": third,
        "never": first,
    }.items():
        assert (await visitor.open(week=week, locale="de")).slots == expected.slots


async def test_only_the_week_that_is_shown_is_rendered(sandbox: Sandbox, ada: Account) -> None:
    query = {
        "participants": [group(ada)],
        "required_duration": {"minutes": 5},
        "start_interval": {"minutes": 5},
        "response_format": "overlapping_slots",
        "query_periods": [period(at(9), at(9) + timedelta(days=35))],
    }
    visitor = await visit(sandbox, ada, availability=query)
    assert len(sandbox.slots(sandbox.links[0])) == 10_080

    page = await visitor.open(week="2031-03-12", locale="de")

    assert len(page.slots) == 7 * 24 * 12
    assert (page.slots[0], page.slots[-1]) == ("2031-03-10T00:00:00Z", "2031-03-16T23:55:00Z")


async def test_days_of_the_weekend_are_shown_if_they_have_times(sandbox: Sandbox, ada: Account) -> None:
    query = {
        "participants": [group(ada)],
        "required_duration": {"minutes": 60},
        "query_periods": [period(at(9, day=7), at(10, day=9))],
    }
    visitor = await visit(sandbox, ada, availability=query)

    for locale, days in {"de": range(3, 10), "he": range(2, 9), "en": range(2, 9)}.items():
        page = await visitor.open(locale=locale)
        assert [tag["id"] for tag in page.all("section")[1:]] == [f"day-2031-03-{day:02}" for day in days]
