"""Availability queries over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cronofy_async.models import Buffer, BufferLength, Member, ParticipantGroup, SequenceStep
from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, Json, Reply, at, call, create, group, period, text

PATH = "/v1/availability"
SEQUENCED = "/v1/sequenced_availability"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", "Ada", calendars=2)


def body(*members: Account | str | Json, **changes: Any) -> Json:
    """An hour between 9 and 12."""
    listing = [member if isinstance(member, dict) else group(member)["members"][0] for member in members]
    return {
        "participants": [{"members": listing, "required": "all"}],
        "required_duration": {"minutes": 60},
        "query_periods": [period(at(9), at(12))],
    } | changes


async def ask(sandbox: Sandbox, query: Json, **options: Any) -> Reply:
    reply = await call(sandbox, "POST", PATH, query, **options)
    assert reply.status == 200, reply
    return reply


async def periods(sandbox: Sandbox, query: Json) -> list[str]:
    reply = await ask(sandbox, query)
    return [f"{period['start'][11:16]}-{period['end'][11:16]}" for period in reply.json["available_periods"]]


def write(sandbox: Sandbox, account: Account, start: datetime, end: datetime, **details: Any) -> None:
    """Write an event of the application."""
    details.setdefault("event_id", f"event at {start}")
    sandbox.runtime.state.write_event(account.sub, account.calendar_id, details, start, end)


# Responses.


async def test_the_documented_example(sandbox: Sandbox) -> None:
    """Two people and one of three rooms, with buffers: the docs answer with exactly these slots."""
    people = [sandbox.add_account(f"{name}@example.com", name) for name in ("ada", "bob")]
    rooms = [sandbox.add_account(f"{name}@example.com", name) for name in ("red", "green", "blue")]
    sandbox.add_busy(people[0], at(10, 15, day=21), at(18, day=21))  # 15 minutes after the only slot of the first day
    sandbox.add_busy(people[1], at(6, day=22), at(9, 30, day=22))
    sandbox.add_busy(people[1], at(12, 30, day=22), at(18, day=22))
    sandbox.add_busy(rooms[2], at(8, 31, day=21), at(8, 32, day=21))  # less than 30 minutes before it
    for room in rooms[:2]:
        sandbox.add_busy(room, at(9, day=22), at(18, day=22))
    buffer = {"before": {"minutes": 30}, "after": {"minutes": 15}}
    query = body(
        participants=[group(*people), group(*rooms, required=1)],
        query_periods=[period(at(9, day=day), at(18, day=day)) for day in (21, 22)],
        buffer=buffer,
        response_format="slots",
    )

    rendered = (await ask(sandbox, query)).json

    def slot(day: int, hour: int, *free: Account) -> Json:
        return period(at(hour, day=day), at(hour + 1, day=day)) | {
            "participants": [{"sub": account.sub} for account in free]
        }

    assert rendered == {
        "available_slots": [
            slot(21, 9, *people, *rooms[:2]),
            slot(22, 10, *people, rooms[2]),
            slot(22, 11, *people, rooms[2]),
        ]
    }


async def test_the_format_of_the_response(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_busy(ada, at(9, 30), at(10, 30))
    half_hourly = {"start_interval": {"minutes": 30}}
    free = {"participants": [{"sub": ada.sub}]}

    for values, name, expected in (
        ({}, "available_periods", [(at(10, 30), at(12))]),
        ({"response_format": "periods"}, "available_periods", [(at(10, 30), at(12))]),
        ({"response_format": "slots"}, "available_slots", [(at(11), at(12))]),
        ({"response_format": "slots"} | half_hourly, "available_slots", [(at(10, 30), at(11, 30))]),
        (
            {"response_format": "overlapping_slots"} | half_hourly,
            "available_slots",
            [(at(10, 30), at(11, 30)), (at(11), at(12))],
        ),
    ):
        reply = await ask(sandbox, body(ada, **values))
        assert reply.json == {name: [period(*moment) | free for moment in expected]}


async def test_slots_use_the_requested_format(sandbox: Sandbox, ada: Account) -> None:
    query = body(ada, query_slots=[{"start": text(at(9, 10))}])
    del query["query_periods"]

    assert await periods(sandbox, query) == ["09:10-10:10"]
    assert len((await ask(sandbox, query | {"response_format": "slots"})).json["available_slots"]) == 1


async def test_the_statuses_of_members(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    sandbox.revoke(bob)
    query = body(ada, bob, "res_1", include_member_statuses=True)

    assert (await ask(sandbox, query)).json["member_statuses"] == [
        {"sub": ada.sub, "sync_status": "active"},
        {"sub": bob.sub, "sync_status": "disconnected"},
    ]


async def test_the_default_limit_is_512_results(ada: Account, sandbox: Sandbox) -> None:
    month = {"query_periods": [period(at(9), at(9) + timedelta(days=35))], "response_format": "overlapping_slots"}
    query = month | {"start_interval": {"minutes": 5}}

    assert len((await ask(sandbox, body("res_1", **query))).json["available_slots"]) == 512

    everything = Sandbox(now=NOW, assume={"512_results_by_default": False})
    assert len((await ask(everything, body("res_1", **query))).json["available_slots"]) == 35 * 288 - 11


async def test_an_account_can_query_too(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")

    assert (await ask(sandbox, body(ada, bob), token=bob.access_token)).json["available_periods"]
    assert (await call(sandbox, "POST", PATH, body(ada), token=None)).status == 401


async def test_huge_durations_are_handled(sandbox: Sandbox, ada: Account) -> None:
    huge = {"hours": 2**31 - 1}
    sandbox.add_busy(ada, at(18, day=20), at(19, day=20))
    limit = {"limit": 1, "period": "week", "tzid": "Europe/Berlin"}
    member: Json = {"sub": ada.sub, "availability_constraints": [limit], "managed_availability": True}
    member["buffer"] = {"before": huge, "after": huge}

    assert await periods(sandbox, body(member)) == []
    assert await periods(sandbox, body("res_1", required_duration=huge)) == []
    exact = body(
        "res_1", required_duration=huge, query_slots=[{"start": text(at(9))}, {"start": "9999-12-31T23:59:59Z"}]
    )
    del exact["query_periods"]
    assert await periods(sandbox, exact) == []
    assert await periods(sandbox, exact | {"required_duration": {"hours": 366 * 24}}) == ["09:00-09:00"]
    assert await sequences(sandbox, step("a", ada, buffer={"after": {"minimum": huge, "maximum": huge}})) == []


async def test_request_forms_of_official_sdks_are_accepted(sandbox: Sandbox, ada: Account) -> None:
    query = body({"sub": ada.sub, "available_periods": [], "availability_rule_ids": []}, start_interval=None)
    query["available_periods"] = [{"start": "2031-03-03 09:00:00Z", "end": "2031-03-03 10:00:00Z"}]
    del query["query_periods"], query["participants"][0]["required"]

    assert await periods(sandbox, query) == ["09:00-10:00"]


# Busy time.


async def test_query_options_select_the_events_that_count(sandbox: Sandbox, ada: Account) -> None:
    write(sandbox, ada, at(9), at(10), status="tentative")
    write(sandbox, ada, at(10), at(11), transparency="transparent")
    sandbox.add_busy(ada, at(11), at(12), calendar_id=ada.calendar_ids[1])

    rows: list[tuple[Json, list[str]]] = [
        ({}, ["10:00-11:00"]),
        ({"ignore_tentative": True}, ["09:00-11:00"]),
        ({"only_managed_events": True}, ["10:00-12:00"]),
        ({"calendar_ids": [ada.calendar_ids[1]]}, ["09:00-11:00"]),
        ({"calendar_ids": []}, ["09:00-12:00"]),
    ]
    for changes, expected in rows:
        assert await periods(sandbox, body({"sub": ada.sub} | changes)) == expected, changes


async def test_all_day_events_are_transparent_by_default(sandbox: Sandbox, ada: Account) -> None:
    write_event = sandbox.runtime.state.write_event
    write_event(ada.sub, ada.calendar_id, {"event_id": "a"}, at(0), at(0, day=4), all_day=True)
    assert await periods(sandbox, body(ada)) == ["09:00-12:00"]

    details = {"event_id": "a", "transparency": "opaque"}
    write_event(ada.sub, ada.calendar_id, details, at(0), at(0, day=4), all_day=True)
    assert await periods(sandbox, body(ada)) == []


async def test_limits_on_the_number_of_events(sandbox: Sandbox, ada: Account) -> None:
    """2031-03-03 is a Monday."""
    tags = {"private": [{"value": "interview"}]}
    write(sandbox, ada, at(18), at(19), tags=tags)
    write(sandbox, ada, at(18, day=5), at(19, day=5))
    sandbox.add_busy(ada, at(20), at(21))  # not of the application
    three_days = [period(at(9, day=day), at(10, day=day)) for day in (3, 4, 9)]

    async def days(*constraints: Json) -> list[int]:
        member = {"sub": ada.sub, "availability_constraints": list(constraints)}
        rendered = (await ask(sandbox, body(member, query_periods=three_days))).json["available_periods"]
        return [int(item["start"][8:10]) for item in rendered]

    assert await days({"limit": 2, "period": "day"}) == [3, 4, 9]
    assert await days({"limit": 1, "period": "day"}) == [4, 9]
    assert await days({"limit": 1, "period": "day", "tags": tags}) == [4, 9]
    assert await days({"limit": 2, "period": "week", "tags": tags}) == [3, 4, 9]
    assert await days({"limit": 2, "period": "week"}) == []
    assert await days({"limit": 2, "period": "week", "tzid": "Pacific/Kiritimati"}) == []
    # In Kiritimati, 14 hours ahead, the event at 18:00 is on Tuesday, and so is 10:00.
    assert await days({"limit": 1, "period": "day", "tzid": "Pacific/Kiritimati"}) == [3, 9]
    assert await days({"limit": 3, "period": "week"}, {"limit": 1, "period": "day"}) == [4, 9]


async def test_weeks_and_tags_can_be_switched_off() -> None:
    sandbox = Sandbox(now=NOW, assume={"weeks_begin_on_monday": False, "events_with_any_tag_count": False})
    ada = sandbox.add_account("ada@example.com")
    write(sandbox, ada, at(18), at(19), tags={"private": [{"value": "a"}, {"value": "b"}]})
    sunday = [period(at(9, day=9), at(10, day=9))]

    def asked(*tags: str) -> Json:
        limit: Json = {"limit": 1, "period": "week", "tags": {"private": [{"value": tag} for tag in tags]}}
        return body({"sub": ada.sub, "availability_constraints": [limit]})

    assert await periods(sandbox, asked("a", "b")) == []
    assert await periods(sandbox, asked("a", "c")) == ["09:00-12:00"]
    assert await periods(sandbox, asked("a", "b") | {"query_periods": sunday}) == ["09:00-10:00"]


# Links use the same search.


async def test_links_offer_managed_availability(sandbox: Sandbox, ada: Account) -> None:
    weekly = [{"day": "monday", "start_time": "10:00", "end_time": "11:00"}]
    rule = {"availability_rule_id": "a", "tzid": "Etc/UTC", "weekly_periods": weekly}
    await call(sandbox, "POST", "/v1/availability_rules", rule, token=ada.access_token)
    ident = await create(sandbox, availability=body({"sub": ada.sub, "managed_availability": True}))

    assert [slot.start for slot in sandbox.slots(ident)] == [at(10)]

    weekly[0]["start_time"] = "09:00"
    await call(sandbox, "POST", "/v1/availability_rules", rule, token=ada.access_token)
    assert [slot.start for slot in sandbox.slots(ident)] == [at(9), at(10)]


async def test_a_link_selects_the_required_number_of_members(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    ident = await create(sandbox, availability=body(participants=[group(bob, ada, required=1)]))

    slot = sandbox.slots(ident)[0]

    assert (slot.participants, slot.free) == ((bob.sub,), (bob.sub, ada.sub))


# Sequences.


def step(name: str, *accounts: Account | str, **changes: Any) -> Json:
    return {"sequence_id": name, "participants": [group(*accounts)], "required_duration": {"minutes": 60}} | changes


async def sequences(sandbox: Sandbox, *steps: Json, **changes: Any) -> list[list[str]]:
    query = {"query_periods": [period(at(9), at(12))], "sequence": list(steps)} | changes
    reply = await call(sandbox, "POST", SEQUENCED, query)
    assert reply.status == 200, reply
    return [
        [f"{item['sequence_id']} {item['start'][11:16]}" for item in sequence["sequence"]]
        for sequence in reply.json["sequences"]
    ]


async def test_a_sequence_follows_the_ordinals(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    sandbox.add_busy(bob, at(10), at(11))

    assert await sequences(sandbox, step("b", bob, ordinal=2), step("a", ada, ordinal=1)) == [
        ["a 09:00", "b 11:00"],
        ["a 10:00", "b 11:00"],
    ]
    assert await sequences(sandbox, step("a", ada), step("b", bob), step("c", ada)) == []


async def test_buffers_bound_the_gap_between_steps(sandbox: Sandbox) -> None:
    def after(**bounds: int) -> Json:
        return {"buffer": {"after": {name: {"minutes": minutes} for name, minutes in bounds.items()}}}

    first, second = step("a", "res_1"), step("b", "res_1", buffer={"before": {"minutes": 60}})

    assert await sequences(sandbox, first | after(maximum=0), step("b", "res_1")) == [
        ["a 09:00", "b 10:00"],
        ["a 10:00", "b 11:00"],
    ]
    assert await sequences(sandbox, first | after(minimum=60), step("b", "res_1")) == [["a 09:00", "b 11:00"]]
    assert await sequences(sandbox, first | after(minimum=0, maximum=60), second) == [["a 09:00", "b 11:00"]]
    assert await sequences(sandbox, first | after(maximum=30), second) == []


async def test_an_early_step_is_moved_closer_to_a_late_one(sandbox: Sandbox, ada: Account) -> None:
    """The earliest second step would leave the third too far behind."""
    sandbox.add_busy(ada, at(9), at(11, 30))
    near = {"buffer": {"after": {"maximum": {"minutes": 0}}}}
    half = {"required_duration": {"minutes": 30}}

    result = await sequences(
        sandbox, step("a", "res_1", **half), step("b", "res_1", **half, **near), step("c", ada, **half)
    )

    assert result == [[f"a {start}", "b 11:00", "c 11:30"] for start in ("09:00", "09:30", "10:00", "10:30")]


async def test_a_step_may_have_its_own_periods(sandbox: Sandbox) -> None:
    late = {"query_periods": [period(at(11), at(14))]}

    assert await sequences(sandbox, step("a", "res_1"), step("b", "res_1") | late) == [
        ["a 09:00", "b 11:00"],
        ["a 10:00", "b 11:00"],
    ]
    assert await sequences(sandbox, step("a", "res_1"), query_periods=[period(at(9), at(9, 1))]) == []


async def test_a_sequence_in_less_than_a_minute_is_empty() -> None:
    sandbox = Sandbox(now=NOW, assume={"periods_last_a_minute": False})

    assert await sequences(sandbox, step("a", "res_1"), query_periods=[period(at(9), at(9))]) == []


async def test_step_ids_are_unique(sandbox: Sandbox) -> None:
    query = {"query_periods": [period(at(9), at(12))], "sequence": [step("a", "res_1"), step("a", "res_1")]}

    reply = await call(sandbox, "POST", SEQUENCED, query)

    assert reply.errors == {"sequence[1].sequence_id": "errors.invalid"}


async def test_a_sequenced_query_follows_the_rules_of_queries(sandbox: Sandbox) -> None:
    wrong = step("a", "acc_0", start_interval={"minutes": 7})

    assert (await call(sandbox, "POST", SEQUENCED, {"sequence": [wrong]})).errors == {
        "query_periods": "errors.required",
        "sequence[0].participants[0].members[0].sub": "errors.unknown",
        "sequence[0].start_interval": "errors.invalid",
    }


# With the client.


async def test_the_sdk_queries_availability(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_busy(ada, at(9, 30), at(10, 30))
    hour = timedelta(hours=1)
    query: Any = {
        "participants": [ParticipantGroup([Member(ada.sub), Member("res_1")])],
        "query_periods": [(at(9), at(12))],
    }
    async with sandbox.client() as client:
        account = client.account(access_token=ada.access_token)
        free = await client.availability.query(**query, required_duration=hour, response_format="periods")
        slots = await account.availability.query(**query, required_duration=hour, response_format="slots")
        result = await client.availability.query_sequence(
            query_periods=[(at(9), at(12))],
            sequence=[
                SequenceStep(
                    sequence_id="a",
                    participants=[ParticipantGroup([Member("res_1")])],
                    required_duration=hour,
                    buffer=Buffer(after=BufferLength(maximum=timedelta(0))),
                ),
                SequenceStep(
                    sequence_id="b", participants=[ParticipantGroup([Member(ada.sub)])], required_duration=hour
                ),
            ],
        )

    assert [(period.start, period.end) for period in free.available_periods] == [(at(10, 30), at(12))]
    assert [(slot.start, slot.subs) for slot in slots.available_slots] == [(at(11), (ada.sub, "res_1"))]
    assert [[item.start for item in sequence.sequence] for sequence in result.sequences] == [[at(10), at(11)]]
