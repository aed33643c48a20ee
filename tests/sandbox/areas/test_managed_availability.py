"""Availability rules and available periods: they are stored, and queries follow them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cronofy_async import NotFound
from cronofy_async.models import WeeklyPeriod
from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, ORIGIN, Json, at, call, period, text

RULES = "/v1/availability_rules"
PERIODS = "/v1/available_periods"
MONDAY = {"day": "monday", "start_time": "09:30", "end_time": "11:00"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", "Ada", calendars=2)


def rule(*periods: Json, **changes: Any) -> Json:
    return {"availability_rule_id": "office", "tzid": "Etc/UTC", "weekly_periods": list(periods)} | changes


async def store(sandbox: Sandbox, account: Account, path: str, body: Json) -> None:
    reply = await call(sandbox, "POST", path, body, token=account.access_token)
    assert reply.status in {200, 202}, reply


async def free(sandbox: Sandbox, account: Account, *within: Json, **member: Any) -> list[str]:
    """Return when an account can be booked for half an hour, from 9 to 12 by default."""
    query = {
        "participants": [{"members": [{"sub": account.sub, "managed_availability": True} | member], "required": 1}],
        "required_duration": {"minutes": 30},
        "query_periods": list(within) or [period(at(9), at(12))],
    }
    reply = await call(sandbox, "POST", "/v1/availability", query)
    assert reply.status == 200, reply
    return [f"{period['start'][11:16]}-{period['end'][11:16]}" for period in reply.json["available_periods"]]


# Rules.


async def test_a_rule_is_stored_changed_and_deleted(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    calendars = {"calendar_ids": [ada.calendar_id]}

    reply = await call(sandbox, "POST", RULES, rule(MONDAY, **calendars), token=ada.access_token)
    assert (reply.status, reply.json) == (200, {"availability_rule": rule(MONDAY, **calendars)})
    await store(sandbox, ada, RULES, rule())
    read = await call(sandbox, "GET", f"{RULES}/office", token=ada.access_token)
    assert (read.status, read.json) == (200, {"availability_rule": rule()})
    assert (await call(sandbox, "GET", RULES, token=ada.access_token)).json == {"availability_rules": [rule()]}

    for method, target, status in (("GET", f"{RULES}/office", 404), ("DELETE", f"{RULES}/office", 404)):
        assert (await call(sandbox, method, target, token=bob.access_token)).status == status
    assert (await call(sandbox, "GET", RULES, token=bob.access_token)).json == {"availability_rules": []}

    assert (await call(sandbox, "DELETE", f"{RULES}/office", token=ada.access_token)).status == 202
    assert (await call(sandbox, "GET", f"{RULES}/office", token=ada.access_token)).status == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"availability_rule_id": ""}, "availability_rule_id"),
        ({"availability_rule_id": "é"}, "availability_rule_id"),
        ({"availability_rule_id": "a" * 65}, "availability_rule_id"),
        ({"calendar_ids": []}, "calendar_ids"),
        ({"tzid": "Mars/Olympus"}, "tzid"),
        ({"weekly_periods": [MONDAY | {"day": "Monday"}]}, "weekly_periods[0].day"),
        ({"weekly_periods": [MONDAY | {"start_time": "9:30"}]}, "weekly_periods[0].start_time"),
        ({"weekly_periods": [MONDAY | {"end_time": "24:01"}]}, "weekly_periods[0].end_time"),
    ],
)
async def test_an_invalid_rule_is_a_422(sandbox: Sandbox, ada: Account, changes: Json, field: str) -> None:
    reply = await call(sandbox, "POST", RULES, rule(MONDAY) | changes, token=ada.access_token)

    assert list(reply.errors) == [field]


async def test_only_accounts_have_rules_and_periods(sandbox: Sandbox) -> None:
    for path in (RULES, PERIODS):
        assert (await call(sandbox, "GET", path)).status == 403


# Periods.


async def test_periods_are_listed_page_by_page(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    await store(sandbox, bob, PERIODS, {"available_period_id": "bob", **period(at(9), at(10))})
    for day in (6, 4, 5):
        body = {"available_period_id": f"day {day}", **period(at(9, day=day), at(10, day=day))}
        await store(sandbox, ada, PERIODS, body)
    await store(sandbox, ada, PERIODS, {"available_period_id": "day 6", **period(at(7, day=6), at(8, day=6))})

    first = (await call(sandbox, "GET", PERIODS, token=ada.access_token)).json
    path = first["pages"].pop("next_page").removeprefix("http://sandbox.test")
    second = (await call(sandbox, "GET", path, token=ada.access_token)).json

    assert first["pages"] == {"current": 1, "total": 2}
    assert [period["available_period_id"] for period in first["available_periods"]] == ["day 4", "day 5"]
    assert second == {
        "pages": {"current": 2, "total": 2},
        "available_periods": [{"available_period_id": "day 6", **period(at(7, day=6), at(8, day=6))}],
    }
    assert (await call(sandbox, "GET", path, token=bob.access_token)).status == 404


async def test_periods_are_filtered_by_date(sandbox: Sandbox, ada: Account) -> None:
    """Auckland is 13 hours ahead: there, 11:00 UTC on the 3rd is the 4th."""
    for hour in (9, 12):
        await store(sandbox, ada, PERIODS, {"available_period_id": str(hour), **period(at(hour), at(hour + 1))})

    async def listed(query: str) -> list[str]:
        body = (await call(sandbox, "GET", f"{PERIODS}?{query}", token=ada.access_token)).json
        return [period["available_period_id"] for period in body["available_periods"]]

    assert await listed("tzid=Pacific/Auckland&from=2031-03-04") == ["12"]
    assert await listed("tzid=Pacific/Auckland&to=2031-03-04") == ["9"]
    assert await listed("tzid=Etc/UTC&from=2031-03-03&to=2031-03-04") == ["9", "12"]
    assert await listed("tzid=Etc/UTC&to=2031-03-03") == []


async def test_dates_of_a_list_require_a_time_zone(sandbox: Sandbox, ada: Account) -> None:
    for query in ("from=2031-03-03", "to=2031-03-03"):
        reply = await call(sandbox, "GET", f"{PERIODS}?{query}", token=ada.access_token)
        assert reply.errors == {"tzid": "errors.required"}
    reply = await call(sandbox, "GET", f"{PERIODS}?tzid=Etc/UTC&from=03/03/2031", token=ada.access_token)
    assert list(reply.errors) == ["from"]


async def test_localized_times(sandbox: Sandbox, ada: Account) -> None:
    end = {"time": text(at(10)), "tzid": "Europe/Paris"}
    await store(sandbox, ada, PERIODS, {"available_period_id": "a", "start": text(at(9)), "end": end})
    await store(
        sandbox,
        ada,
        PERIODS,
        {"available_period_id": "b", "start": text(at(11)), "end": {"time": text(at(12))}, "tzid": "Asia/Tokyo"},
    )

    reply = await call(sandbox, "GET", f"{PERIODS}?localized_times=true", token=ada.access_token)

    assert reply.json["available_periods"] == [
        {
            "available_period_id": "a",
            "start": {"time": "2031-03-03T09:00:00Z", "tzid": "Etc/UTC"},
            "end": {"time": "2031-03-03T11:00:00+01:00", "tzid": "Europe/Paris"},
        },
        {
            "available_period_id": "b",
            "start": {"time": "2031-03-03T20:00:00+09:00", "tzid": "Asia/Tokyo"},
            "end": {"time": "2031-03-03T21:00:00+09:00", "tzid": "Asia/Tokyo"},
        },
    ]


async def test_a_period_must_end_after_it_starts(sandbox: Sandbox, ada: Account) -> None:
    body = {"available_period_id": "a", **period(at(9), at(9))}

    assert (await call(sandbox, "POST", PERIODS, body, token=ada.access_token)).errors == {
        "end": "errors.invalid_time_pair"
    }


async def test_pages_stay_as_they_were_for_ten_minutes(sandbox: Sandbox, ada: Account) -> None:
    for number in range(5):
        start = at(9 + number)
        body = {"available_period_id": f"p{number}", **period(start, start + timedelta(hours=1))}
        await store(sandbox, ada, PERIODS, body)
    first = (await call(sandbox, "GET", PERIODS, token=ada.access_token)).json
    await call(sandbox, "DELETE", PERIODS, {"available_period_id": "p0"}, token=ada.access_token)

    following = first["pages"]["next_page"].removeprefix(ORIGIN)
    second = (await call(sandbox, "GET", following, token=ada.access_token)).json
    listing = [period["available_period_id"] for page in (first, second) for period in page["available_periods"]]
    assert listing == ["p0", "p1", "p2", "p3"]
    sandbox.clock.advance(minutes=10, seconds=1)
    assert (await call(sandbox, "GET", following, token=ada.access_token)).status == 404


async def test_periods_are_deleted_one_by_one_or_all(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    for account in (ada, bob):
        for name in "abc":
            await store(sandbox, account, PERIODS, {"available_period_id": name, **period(at(9), at(10))})

    async def left(account: Account) -> int:
        reply = await call(sandbox, "GET", PERIODS, token=account.access_token)
        total: int = reply.json["pages"]["total"]
        return total

    for body, pages in (
        ({"available_period_id": "a"}, 1),
        ({"available_period_id": "a"}, 1),
        ({"delete_all": True}, 1),
    ):
        assert (await call(sandbox, "DELETE", PERIODS, body, token=ada.access_token)).status == 202
        assert await left(ada) == pages
    assert (await call(sandbox, "GET", PERIODS, token=ada.access_token)).json["available_periods"] == []
    assert await left(bob) == 2
    members: Json = {"delete_all": True, "available_period_id": "a"}
    for body, field in (({}, "available_period_id"), ({"delete_all": False}, "delete_all"), (members, "delete_all")):
        assert list((await call(sandbox, "DELETE", PERIODS, body, token=ada.access_token)).errors) == [field]


async def test_a_202_takes_effect_later() -> None:
    sandbox = Sandbox(now=NOW, strict=True, write_delay=5)
    ada = sandbox.add_account("ada@example.com")

    await store(sandbox, ada, PERIODS, {"available_period_id": "a", **period(at(9), at(10))})
    assert await free(sandbox, ada) == []

    sandbox.clock.advance(seconds=5)
    assert await free(sandbox, ada) == ["09:00-10:00"]


# Queries.


async def test_only_times_within_rules_and_periods_are_offered(sandbox: Sandbox, ada: Account) -> None:
    assert await free(sandbox, ada) == []  # nothing is stored
    assert await free(sandbox, ada, managed_availability=False) == ["09:00-12:00"]

    await store(sandbox, ada, RULES, rule(MONDAY))
    assert await free(sandbox, ada) == ["09:30-11:00"]

    await store(sandbox, ada, PERIODS, {"available_period_id": "a", **period(at(11), at(11, 45))})
    assert await free(sandbox, ada) == ["09:30-11:45"]
    assert await free(sandbox, ada, available_periods=[period(at(10), at(14))]) == ["10:00-11:45"]


async def test_a_member_can_choose_rules(sandbox: Sandbox, ada: Account) -> None:
    await store(sandbox, ada, RULES, rule(MONDAY))
    await store(
        sandbox, ada, RULES, rule(MONDAY | {"start_time": "11:30", "end_time": "12:00"}, availability_rule_id="late")
    )

    for ids, expected in (
        (["late"], ["11:30-12:00"]),
        (["office", "late"], ["09:30-11:00", "11:30-12:00"]),
        ([], ["09:30-11:00", "11:30-12:00"]),
        (["none"], []),
    ):
        assert await free(sandbox, ada, availability_rule_ids=ids) == expected


async def test_rules_choose_the_calendars(sandbox: Sandbox, ada: Account) -> None:
    work, home = ada.calendar_ids
    sandbox.add_busy(ada, at(9, 30), at(10), calendar_id=work)
    sandbox.add_busy(ada, at(10, 30), at(11), calendar_id=home)

    await store(sandbox, ada, RULES, rule(MONDAY, calendar_ids=[work]))
    assert await free(sandbox, ada) == ["10:00-11:00"]
    assert await free(sandbox, ada, calendar_ids=[home]) == ["09:30-10:30"]

    await store(sandbox, ada, RULES, rule(MONDAY, availability_rule_id="all calendars"))
    assert await free(sandbox, ada) == ["10:00-10:30"]


async def test_assumptions_can_be_switched_off() -> None:
    names = [
        "without_rules_and_periods_is_unavailable",
        "available_periods_extend_rules",
        "empty_availability_rule_ids_are_absent",
        "empty_available_periods_are_absent",
    ]
    sandbox = Sandbox(now=NOW, assume=dict.fromkeys(names, False))
    ada = sandbox.add_account("ada@example.com")
    assert await free(sandbox, ada) == ["09:00-12:00"]
    assert await free(sandbox, ada, available_periods=[]) == []

    await store(sandbox, ada, PERIODS, {"available_period_id": "a", **period(at(10), at(12))})
    assert await free(sandbox, ada) == ["10:00-12:00"]
    await store(sandbox, ada, RULES, rule(MONDAY))
    assert await free(sandbox, ada) == ["10:00-11:00"]
    assert await free(sandbox, ada, availability_rule_ids=[]) == ["10:00-12:00"]


async def test_hours_over_midnight() -> None:
    night = MONDAY | {"start_time": "22:00", "end_time": "02:00"}
    query_periods = [period(at(20), at(6, day=4))]
    for assumed, expected in ((True, ["22:00-02:00"]), (False, [])):
        sandbox = Sandbox(now=NOW, assume={"weekly_periods_cross_midnight": assumed})
        ada = sandbox.add_account("ada@example.com")
        await store(sandbox, ada, RULES, rule(night))
        assert await free(sandbox, ada, *query_periods) == expected


async def test_rules_follow_daylight_saving_to_the_minute() -> None:
    """On 30 March 2031 clocks in Berlin go from 2:00 to 3:00 at 1:00 UTC; on 26 October they go back."""
    sandbox = Sandbox(now=NOW, assume={"periods_within_35_days": False})
    ada = sandbox.add_account("ada@example.com")
    night = {"day": "sunday", "start_time": "01:30", "end_time": "03:30"}
    await store(sandbox, ada, RULES, rule(night, tzid="Europe/Berlin"))

    def whole(month: int, day: int) -> Json:
        start = at(0).replace(month=month, day=day)
        return period(start, start.replace(hour=12))

    assert await free(sandbox, ada, whole(3, 23)) == ["00:30-02:30"]
    assert await free(sandbox, ada, whole(3, 30)) == ["00:30-01:30"]  # 1:30 to 2:00 and 3:00 to 3:30
    assert await free(sandbox, ada, period(at(20).replace(month=10, day=25), at(12).replace(month=10, day=26))) == [
        "23:30-02:30"  # the hour from 2:00 to 3:00 occurs twice
    ]


async def test_rules_and_periods_survive_a_revocation_and_a_snapshot(sandbox: Sandbox, ada: Account) -> None:
    await store(sandbox, ada, RULES, rule(MONDAY))
    await store(sandbox, ada, PERIODS, {"available_period_id": "a", **period(at(11), at(12))})
    sandbox.revoke(ada)
    other = Sandbox(now=NOW)
    other.restore(sandbox.snapshot())

    assert await free(sandbox, ada) == await free(other, ada) == ["09:30-12:00"]


async def test_the_sdk_stores_rules_and_periods(sandbox: Sandbox, ada: Account) -> None:
    async with sandbox.client() as client:
        account = client.account(access_token=ada.access_token)
        stored = await account.availability_rules.upsert(
            availability_rule_id="office", tzid="Etc/UTC", weekly_periods=[WeeklyPeriod("monday", "09:30", "11:00")]
        )
        assert await account.availability_rules.read(stored) == stored
        assert list(await account.availability_rules.list()) == [stored]
        for number in range(3):
            await account.available_periods.upsert(
                available_period_id=f"period {number}", start=at(11 + number), end=at(12 + number)
            )
        listing = account.available_periods.list(from_=date(2031, 3, 3), tzid="Etc/UTC")
        assert [item.start.utc async for item in listing] == [at(11), at(12), at(13)]
        assert await free(sandbox, ada) == ["09:30-12:00"]

        await account.availability_rules.delete(stored)
        await account.available_periods.delete("period 1")
        assert await free(sandbox, ada, period(at(9), at(18))) == ["11:00-12:00", "13:00-14:00"]
        await account.available_periods.bulk_delete()
        assert [item async for item in account.available_periods.list()] == []
        with pytest.raises(NotFound):
            await account.availability_rules.read("office")
