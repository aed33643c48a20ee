"""The time zones of the booking page: which one it shows, and the weeks in which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, create, group, period
from .visitor import ShownPage, Visitor


async def visit(sandbox: Sandbox, ada: Account, start: datetime, end: datetime, **changes: Any) -> Visitor:
    query = {
        "participants": [group(ada)],
        "required_duration": {"minutes": 30},
        "query_periods": [period(start, end)],
    }
    return Visitor(sandbox, await create(sandbox, ada, availability=query, formatting={"hour_format": "H"}, **changes))


async def test_the_zone_of_the_event_is_the_default(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada, NOW.replace(hour=9), NOW.replace(hour=10))

    page = await visitor.open()
    assert (page.zone, page.times) == ("Europe/London", ["09:00", "09:30"])
    assert [tag.get("data-detect") for tag in page.all("select")] == ["Europe/London"]
    page_in_kolkata = await visitor.open(tzid="Asia/Kolkata")
    assert (page_in_kolkata.zone, page_in_kolkata.times, page_in_kolkata.slots) == (
        "Asia/Kolkata",
        ["14:30", "15:00"],
        page.slots,
    )
    assert "It is 12:30 there now." in page_in_kolkata.text
    assert not any("data-detect" in tag for tag in page_in_kolkata.all("select"))


async def test_a_day_begins_in_the_zone_of_the_visitor(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada, NOW.replace(hour=23), NOW.replace(hour=23) + timedelta(hours=2))

    assert day_ids(await visitor.open(tzid="America/New_York")) == ["day-2031-03-03"]
    assert day_ids(await visitor.open(tzid="Europe/London")) == ["day-2031-03-03", "day-2031-03-04"]
    assert day_ids(await visitor.open(tzid="Asia/Tokyo")) == ["day-2031-03-04"]


def day_ids(page: ShownPage) -> list[str]:
    return [
        str(tag["id"]) for tag in page.all("section") if "free" not in str(tag.get("class")) and tag["id"] != "times"
    ]


@pytest.mark.parametrize("tzid", ["Nowhere/Land", "<script>alert(1)</script>", "../etc/passwd", "\u202e", "x" * 10_000])
async def test_an_unknown_zone_is_replaced_with_a_message(sandbox: Sandbox, ada: Account, tzid: str) -> None:
    visitor = await visit(sandbox, ada, NOW.replace(hour=9), NOW.replace(hour=10))

    page = await visitor.open(tzid=tzid)

    assert (page.status, page.zone) == (200, "Europe/London")
    assert page.alert == "That time zone is unknown. Times are shown for London."
    assert "tzid" not in page.hidden
    assert len(page.all("script")) == 1
    answer = await visitor.submit(slot=page.slots[0], tzid=tzid)
    assert (answer.status, answer.location) == (303, visitor.path)


@pytest.mark.parametrize(("tzid", "selected"), [("Asia/Calcutta", "Asia/Kolkata"), ("Etc/GMT+5", "Etc/GMT+5")])
async def test_older_and_unusual_names_are_known(sandbox: Sandbox, ada: Account, tzid: str, selected: str) -> None:
    visitor = await visit(sandbox, ada, NOW.replace(hour=9), NOW.replace(hour=10))

    page = await visitor.open(tzid=tzid)

    assert (page.zone, page.alert, page.hidden["tzid"]) == (selected, "", tzid)


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

        page = await visitor.open(tzid=tzid, locale="de")

        expected = [start + timedelta(minutes=30 * step) for step in range(32)]
        if len(page.slots) < 32:  # the change is at the end of a week
            later = await visitor.follow(str(page.link("next")))
            slots, times, text = page.slots + later.slots, page.times + later.times, page.text + later.text
        else:
            slots, times, text = page.slots, page.times, page.text
        assert slots == [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in expected]
        local = [moment.astimezone(ZoneInfo(tzid)) for moment in expected]
        assert [moment[:5] for moment in times] == [f"{moment:%H:%M}" for moment in local]
        doubles = [time for time in times if " " in time]
        assert sorted({double[:5] for double in doubles}) == repeated
        assert len(doubles) == len(set(doubles)) == 2 * len(repeated)
        on_the_day = [
            f"{moment:%H:%M}" for moment in local if moment.date() == change.astimezone(ZoneInfo(tzid)).date()
        ]
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
