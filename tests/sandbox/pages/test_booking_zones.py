"""The time zones of the booking page: which one it shows, and the weeks in which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, create, group, period
from .visitor import Shown, Visitor


async def visit(sandbox: Sandbox, ada: Account, start: datetime, end: datetime, **changes: Any) -> Visitor:
    query = {
        "participants": [group(ada)],
        "required_duration": {"minutes": 30},
        "query_periods": [period(start, end)],
    }
    return Visitor(sandbox, await create(sandbox, ada, availability=query, formatting={"hour_format": "H"}, **changes))


async def test_the_zone_of_the_event_is_the_default(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada, NOW.replace(hour=9), NOW.replace(hour=10))

    shown = await visitor.open()
    assert (shown.zone, shown.times) == ("Europe/London", ["09:00", "09:30"])
    assert [one.get("data-detect") for one in shown.all("select")] == ["Europe/London"]
    asked = await visitor.open(tzid="Asia/Kolkata")
    assert (asked.zone, asked.times, asked.slots) == ("Asia/Kolkata", ["14:30", "15:00"], shown.slots)
    assert "It is 12:30 there now." in asked.text
    assert not any("data-detect" in one for one in asked.all("select"))


async def test_a_day_begins_in_the_zone_of_the_visitor(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada, NOW.replace(hour=23), NOW.replace(hour=23) + timedelta(hours=2))

    assert day_ids(await visitor.open(tzid="America/New_York")) == ["day-2031-03-03"]
    assert day_ids(await visitor.open(tzid="Europe/London")) == ["day-2031-03-03", "day-2031-03-04"]
    assert day_ids(await visitor.open(tzid="Asia/Tokyo")) == ["day-2031-03-04"]


def day_ids(shown: Shown) -> list[str]:
    return [
        str(one["id"]) for one in shown.all("section") if "free" not in str(one.get("class")) and one["id"] != "times"
    ]


@pytest.mark.parametrize("tzid", ["Nowhere/Land", "<script>alert(1)</script>", "../etc/passwd", "\u202e", "x" * 10_000])
async def test_an_unknown_zone_is_replaced_with_a_message(sandbox: Sandbox, ada: Account, tzid: str) -> None:
    visitor = await visit(sandbox, ada, NOW.replace(hour=9), NOW.replace(hour=10))

    shown = await visitor.open(tzid=tzid)

    assert (shown.status, shown.zone) == (200, "Europe/London")
    assert shown.alert == "That time zone is not known. Times are shown for London."
    assert "tzid" not in shown.hidden
    assert len(shown.all("script")) == 1
    answer = await visitor.submit(slot=shown.slots[0], tzid=tzid)
    assert (answer.status, answer.location) == (303, visitor.path)


@pytest.mark.parametrize(("tzid", "selected"), [("Asia/Calcutta", "Asia/Kolkata"), ("Etc/GMT+5", "Etc/GMT+5")])
async def test_older_and_unusual_names_are_known(sandbox: Sandbox, ada: Account, tzid: str, selected: str) -> None:
    visitor = await visit(sandbox, ada, NOW.replace(hour=9), NOW.replace(hour=10))

    shown = await visitor.open(tzid=tzid)

    assert (shown.zone, shown.alert, shown.hidden["tzid"]) == (selected, "", tzid)


async def test_the_zones_are_localized_and_sorted(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada, NOW.replace(hour=9), NOW.replace(hour=10))

    body = (await visitor.open(locale="de")).body

    options = [line.partition(">")[2].partition("<")[0] for line in body.splitlines() if "<option" in line]
    assert len(options) > 400
    assert "Lissabon (UTC+0)" in options
    assert "New York (UTC−5)" in options
    assert "Chatham (UTC+13:45)" in options
    assert options.index("Athen (UTC+2)") < options.index("Berlin (UTC+1)") < options.index("Zürich (UTC+1)")


@pytest.mark.parametrize(
    ("tzid", "change", "offsets", "repeated", "missing"),
    [
        ("Europe/Berlin", datetime(2031, 10, 26, 1, tzinfo=UTC), "UTC+2, UTC+1", ["02:00", "02:30"], []),
        ("Europe/Berlin", datetime(2031, 3, 30, 1, tzinfo=UTC), "UTC+1, UTC+2", [], ["02:00", "02:30"]),
        ("America/New_York", datetime(2031, 11, 2, 6, tzinfo=UTC), "UTC−4, UTC−5", ["01:00", "01:30"], []),
        ("America/New_York", datetime(2031, 3, 9, 7, tzinfo=UTC), "UTC−5, UTC−4", [], ["02:00", "02:30"]),
        ("Australia/Lord_Howe", datetime(2031, 4, 5, 15, tzinfo=UTC), "UTC+11, UTC+10:30", ["01:30"], []),
    ],
)
async def test_a_week_in_which_the_clocks_change(
    tzid: str, change: datetime, offsets: str, repeated: list[str], missing: list[str]
) -> None:
    """Every slot is shown once; slots that look the same are shown with their offsets."""
    async with Sandbox(now=change - timedelta(days=10)) as sandbox:
        ada = sandbox.add_account("ada@example.com")
        start, end = change - timedelta(hours=8), change + timedelta(hours=8)
        visitor = await visit(sandbox, ada, start, end)

        shown = await visitor.open(tzid=tzid, locale="de")

        expected = [start + timedelta(minutes=30 * step) for step in range(32)]
        if len(shown.slots) < 32:  # the change is at the end of a week
            later = await visitor.follow(str(shown.link("next")))
            slots, times, text = shown.slots + later.slots, shown.times + later.times, shown.text + later.text
        else:
            slots, times, text = shown.slots, shown.times, shown.text
        assert slots == [one.strftime("%Y-%m-%dT%H:%M:%SZ") for one in expected]
        local = [one.astimezone(ZoneInfo(tzid)) for one in expected]
        assert [one[:5] for one in times] == [f"{one:%H:%M}" for one in local]
        doubles = [one for one in times if " " in one]
        assert sorted({one[:5] for one in doubles}) == repeated
        assert len(doubles) == len(set(doubles)) == 2 * len(repeated)
        on_the_day = [f"{one:%H:%M}" for one in local if one.date() == change.astimezone(ZoneInfo(tzid)).date()]
        assert not set(missing) & set(on_the_day)
        assert offsets in text


async def test_the_confirmation_has_the_offset_of_its_time() -> None:
    async with Sandbox(now=datetime(2031, 10, 20, tzinfo=UTC)) as sandbox:
        ada = sandbox.add_account("ada@example.com")
        start = datetime(2031, 10, 26, tzinfo=UTC)
        visitor = await visit(sandbox, ada, start, start + timedelta(hours=2), selection_mode="confirm")

        texts = [
            (await visitor.open(tzid="Europe/Berlin", slot=slot)).text
            for slot in ("2031-10-26T00:00:00Z", "2031-10-26T01:00:00Z")
        ]

        assert "02:00 – 02:30 Berlin (UTC+2)" in texts[0]
        assert "02:00 – 02:30 Berlin (UTC+1)" in texts[1]
