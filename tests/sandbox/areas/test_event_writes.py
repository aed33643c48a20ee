"""Writing and deleting events, and the effects on reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..support import NOW, Json, at, call, create, link_body, text
from .events import body, delete, path, periods, read, times, upsert


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


PARIS = {"tzid": "Europe/Paris"}


async def managed(sandbox: Sandbox, account: Account, **query: Any) -> list[Json]:
    return await read(sandbox, account, only_managed=True, **query)


async def test_an_event_is_created_and_updated_by_its_id(sandbox: Sandbox, ada: Account) -> None:
    reply = await upsert(sandbox, ada, description="Bring shoes", location={"description": "Shop"})
    assert (reply.status, reply.json) == (202, None)
    (first,) = await managed(sandbox, ada)
    sandbox.clock.advance(minutes=30)
    await upsert(sandbox, ada, summary="Moved", start=text(at(11)), end=text(at(12)))
    await upsert(sandbox, ada, ada.calendar_ids[1], summary="Elsewhere")

    result = {event["summary"]: event for event in await managed(sandbox, ada)}
    assert set(result) == {"Moved", "Elsewhere"}
    moved = result["Moved"]
    assert times([moved]) == [(text(at(11)), text(at(12)))]
    assert (moved["event_uid"], moved["created"]) == (first["event_uid"], text(NOW))
    assert moved["updated"] == text(NOW + timedelta(minutes=30))
    assert (moved["description"], moved["location"]) == ("Bring shoes", {"description": "Shop"}), "kept"


async def test_attendees_change_the_existing_list(sandbox: Sandbox, ada: Account) -> None:
    def people(*addresses: str) -> list[Json]:
        return [{"email": address} for address in addresses]

    for change, expected in (
        ({"invite": people("a@x.example", "b@x.example")}, ["a@x.example", "b@x.example"]),
        ({"invite": people("A@x.example", "c@x.example")}, ["A@x.example", "b@x.example", "c@x.example"]),
        (
            {"invite": people("d@x.example"), "remove": people("d@x.example", "B@x.example")},
            ["A@x.example", "c@x.example"],
        ),
        (None, ["A@x.example", "c@x.example"]),
    ):
        await upsert(sandbox, ada, attendees=... if change is None else change)
        (event,) = await managed(sandbox, ada)
        assert [attendee["email"] for attendee in event["attendees"]] == expected


async def test_omitted_members_are_kept_and_empty_ones_removed(sandbox: Sandbox, ada: Account) -> None:
    everything: Json = {
        "url": "https://x.example",
        "reminders": [{"minutes": 5}],
        "subscriptions": [{"type": "webhook", "uri": "https://x.example", "interactions": []}],
        "recurrence": {"rules": [{"frequency": "daily", "count": 2}]},
        "conferencing": {"profile_id": "default"},
        "color": "#49BED8",
    }
    await upsert(sandbox, ada, **everything)
    await upsert(sandbox, ada)
    assert {name: ada.events[0].details[name] for name in everything} == everything

    await upsert(
        sandbox,
        ada,
        url=None,
        reminders=[],
        subscriptions=[],
        recurrence={"rules": []},
        conferencing={"profile_id": "none"},
    )
    assert ada.events[0].details == {
        "summary": "Fitting",
        "reminders": [],
        "subscriptions": [],
        "color": "#49BED8",
    }


async def test_reminders_can_be_set_on_creation_only(sandbox: Sandbox, ada: Account) -> None:
    await upsert(sandbox, ada, reminders=[{"minutes": 5}], reminders_create_only=True)
    await upsert(sandbox, ada, reminders=[{"minutes": 9}], reminders_create_only=True)
    assert ada.events[0].details["reminders"] == [{"minutes": 5}]
    await upsert(sandbox, ada, reminders=[{"minutes": 9}], reminders_create_only=False)
    assert ada.events[0].details["reminders"] == [{"minutes": 9}]


@pytest.mark.parametrize(
    ("start", "end", "members", "zone"),
    [
        ("2031-03-05T09:00:00Z", "2031-03-05T10:00:00Z", {}, "Etc/UTC"),
        ("2031-03-05T09:00:00Z", "2031-03-05T10:00:00Z", PARIS, "Europe/Paris"),
        (
            {"time": "2031-03-05T09:00:00Z", "tzid": "Europe/Paris"},
            {"time": "2031-03-05T10:00:00Z"},
            {},
            "Europe/Paris",
        ),
        (
            {"time": "2031-03-05T09:00:00Z", "tzid": "Asia/Tokyo"},
            "2031-03-05T10:00:00Z",
            PARIS,
            "Europe/Paris",
        ),
    ],
)
async def test_an_event_has_a_time_zone(start: Any, end: Any, members: Json, zone: str) -> None:
    sandbox = Sandbox(now=NOW, strict=True)
    ada = sandbox.add_account("ada@example.com")
    await upsert(sandbox, ada, start=start, end=end, **members)

    (event,) = await managed(sandbox, ada, localized_times=True)
    assert (event["start"]["tzid"], event["end"]["tzid"]) == (zone, zone)
    assert (ada.events[0].start, ada.events[0].end) == (at(9, day=5), at(10, day=5))


async def test_a_202_takes_effect_later_in_reads_and_availability() -> None:
    sandbox = Sandbox(now=NOW, strict=True, write_delay=30)
    ada = sandbox.add_account("ada@example.com")
    ident = await create(sandbox, ada)
    assert (await upsert(sandbox, ada, start=text(at(9)), end=text(at(11)))).status == 202
    assert (await managed(sandbox, ada), len(sandbox.slots(ident))) == ([], 3)

    sandbox.clock.advance(seconds=30)
    assert len(await managed(sandbox, ada)) == 1
    assert [slot.start for slot in sandbox.slots(ident)] == [at(11)]
    assert (await periods(sandbox, ada, include_managed=True))[0]["free_busy_status"] == "busy"

    assert (await delete(sandbox, ada, event_id="e")).status == 202
    assert len(await managed(sandbox, ada)) == 1
    sandbox.clock.advance(seconds=30)
    assert (await managed(sandbox, ada), len(sandbox.slots(ident))) == ([], 3)


async def test_userinfo_is_returned_on_request(sandbox: Sandbox, ada: Account) -> None:
    """It equals the response of ``GET /v1/userinfo``."""
    userinfo = await call(sandbox, "GET", "/v1/userinfo", token=ada.access_token)
    emulated = userinfo.status == 200
    for reply in (
        await upsert(sandbox, ada, include_userinfo=True),
        await delete(sandbox, ada, event_id="e", include_userinfo=True),
    ):
        assert reply.status == (202 if emulated else 501)
        assert reply.json == ({"userinfo": userinfo.json} if emulated else userinfo.json)
    assert len(ada.calendars[0].deleted_events) == emulated
    assert (await upsert(sandbox, ada, include_userinfo=False)).json is None


async def test_a_delayed_write_survives_a_snapshot() -> None:
    sandbox = Sandbox(now=NOW, write_delay=30)
    ada = sandbox.add_account("ada@example.com")
    await upsert(sandbox, ada)
    other = Sandbox(now=NOW, write_delay=30)
    other.restore(sandbox.snapshot())

    other.clock.advance(seconds=30)

    assert [event.event_id for event in other.accounts[0].events] == ["e"]


async def test_an_event_is_deleted_once(sandbox: Sandbox, ada: Account) -> None:
    await upsert(sandbox, ada)
    for _ in range(2):
        assert (await delete(sandbox, ada, event_id="e")).status == 202
        assert ada.events == []
    (event,) = await managed(sandbox, ada, include_deleted=True)
    assert (event["event_id"], event["deleted"]) == ("e", True)

    await upsert(sandbox, ada)
    again = await managed(sandbox, ada, include_deleted=True)
    assert [event["deleted"] for event in again].count(False) == 1


async def test_events_are_deleted_in_bulk(sandbox: Sandbox, ada: Account) -> None:
    first, second = ada.calendar_ids
    for calendar_id in (first, second):
        await upsert(sandbox, ada, calendar_id)
        sandbox.events.add(ada, calendar_id=calendar_id)
    target, token = "/v1/events", ada.access_token

    assert (await call(sandbox, "DELETE", target, {"calendar_ids": [first]}, token=token)).status == 202
    assert [event["calendar_id"] for event in await managed(sandbox, ada)] == [second]
    assert (await call(sandbox, "DELETE", f"{target}?delete_all=True", {}, token=token)).status == 202
    assert await managed(sandbox, ada) == []
    assert len(await read(sandbox, ada)) == 2, "external events stay"
    await upsert(sandbox, ada, second)
    by_query = f"{target}?calendar_ids%5B%5D={second}"
    assert (await call(sandbox, "DELETE", by_query, {}, token=token)).status == 202
    assert await managed(sandbox, ada) == []


async def test_a_read_only_calendar_rejects_writes(sandbox: Sandbox, ada: Account) -> None:
    external = sandbox.events.add(ada, participation_status="needs_action")
    uid, token = external.event_uid, ada.access_token
    requests = (
        ("POST", path(ada), body()),
        ("POST", path(ada), body(event_id=..., event_uid=uid)),
        ("DELETE", path(ada), {"event_id": "e"}),
        ("DELETE", path(ada), {"event_uid": uid}),
        ("POST", f"{path(ada)}/{uid}/participation_status", {"status": "accepted"}),
    )
    for readonly in (True, False):
        sandbox.calendars.change(
            ada.calendars[0], permission_level="unrestricted", readonly=readonly, deleted=not readonly
        )
        for method, target, sent in requests:
            reply = await call(sandbox, method, target, sent, token=token)
            assert (reply.status, reply.json) == (403, None)
    for method, target, sent in requests:
        elsewhere = target.replace(ada.calendar_id, "cal_0")
        reply = await call(sandbox, method, elsewhere, sent, token=token)
        assert (reply.status, reply.json) == (404, None)
    assert ada.events == [external]


async def test_writes_require_access_to_the_calendar(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    assert (await call(sandbox, "POST", path(ada), body(), token=bob.access_token)).status == 404
    assert (await call(sandbox, "POST", path(ada), body())).status == 403
    assert (await call(sandbox, "POST", path(ada), body(), token=None)).status == 401


# External events.


async def test_external_events_require_elevated_permissions(sandbox: Sandbox, ada: Account) -> None:
    event = sandbox.events.add(ada, at(9), at(10), "Theirs", description="Old")
    edit = {"event_uid": event.event_uid, "summary": "Ours", "start": text(at(11)), "end": text(at(12))}
    token = ada.access_token

    assert (await call(sandbox, "POST", path(ada), edit, token=token)).status == 202
    assert (await delete(sandbox, ada, event_uid=event.event_uid)).status == 202
    assert ada.events == [event], "accepted without an effect"

    sandbox.calendars.change(ada.calendar_id, permission_level="unrestricted")
    (rendered,) = await read(sandbox, ada)
    assert rendered["options"] == {"delete": True, "update": True, "change_participation_status": False}
    assert (await call(sandbox, "POST", path(ada), edit, token=token)).status == 202
    (rendered,) = await read(sandbox, ada)
    assert (rendered["summary"], rendered["description"], rendered["start"]) == ("Ours", "Old", text(at(11)))
    assert (rendered["event_uid"], "event_id" in rendered) == (event.event_uid, False)
    await call(sandbox, "POST", path(ada), {"event_uid": event.event_uid, "summary": "Only this"}, token=token)
    (rendered,) = await read(sandbox, ada)
    assert (rendered["summary"], rendered["start"]) == ("Only this", text(at(11)))
    one_of_two = {"event_uid": event.event_uid, "start": text(at(11))}
    assert (await call(sandbox, "POST", path(ada), one_of_two, token=token)).status == 422
    assert (await delete(sandbox, ada, event_uid=event.event_uid)).status == 202
    assert ada.events == []


async def test_writes_without_permission_may_be_403() -> None:
    sandbox = Sandbox(now=NOW, assume={"external_writes_are_ignored": False})
    ada = sandbox.add_account("ada@example.com")
    event = sandbox.events.add(ada)
    assert (await delete(sandbox, ada, event_uid=event.event_uid)).status == 403


async def test_recurring_external_events_cannot_be_changed(sandbox: Sandbox, ada: Account) -> None:
    sandbox.calendars.change(ada.calendar_id, permission_level="unrestricted")
    event = sandbox.events.add(ada, recurrence={"rules": [{"frequency": "daily", "count": 2}]})
    assert (await delete(sandbox, ada, event_uid=event.event_uid)).status == 202
    assert ada.events == [event]
    for rendered in await read(sandbox, ada):
        assert (rendered["options"]["delete"], rendered["options"]["update"], rendered["recurring"]) == (
            False,
            False,
            True,
        )


async def test_the_id_of_an_external_event_is_checked(sandbox: Sandbox, ada: Account) -> None:
    sandbox.calendars.change(ada.calendar_id, permission_level="unrestricted")
    await upsert(sandbox, ada)
    (managed_one,) = ada.events
    for uid in ("evt_external_0", managed_one.event_uid):
        for method, sent in (("POST", body(event_id=..., event_uid=uid)), ("DELETE", {"event_uid": uid})):
            reply = await call(sandbox, method, path(ada), sent, token=ada.access_token)
            assert reply.json["errors"] == {
                "event_uid": [
                    {
                        "key": "errors.must_be_external_event_uid",
                        "description": "event uid must be a valid external event uid",
                    }
                ]
            }


async def test_an_event_id_with_an_event_uid_makes_a_managed_event(sandbox: Sandbox, ada: Account) -> None:
    external = sandbox.events.add(ada, at(9), at(10))
    assert (await upsert(sandbox, ada, event_uid=external.event_uid)).status == 202
    assert {event.event_id for event in ada.events} == {None, "e"}


async def test_a_delayed_write_does_not_restore_a_deleted_event() -> None:
    sandbox = Sandbox(now=NOW, write_delay=30)
    ada = sandbox.add_account("ada@example.com")
    sandbox.calendars.change(ada.calendar_id, permission_level="unrestricted")
    event = sandbox.events.add(ada, participation_status="needs_action")
    edit = {"event_uid": event.event_uid, "summary": "Ours"}
    answer = f"{path(ada)}/{event.event_uid}/participation_status"
    assert (await call(sandbox, "POST", path(ada), edit, token=ada.access_token)).status == 202
    assert (await call(sandbox, "POST", answer, {"status": "accepted"}, token=ada.access_token)).status == 202
    assert (await delete(sandbox, ada, event_uid=event.event_uid)).status == 202
    sandbox.events.delete(event)
    sandbox.clock.advance(seconds=30)
    assert ada.events == []


# Invitations.


@pytest.mark.parametrize("status", ["accepted", "tentative", "declined"])
async def test_a_participation_status_is_changed(sandbox: Sandbox, ada: Account, status: str) -> None:
    people = {"invite": [{"email": "Ada@example.com"}, {"email": "x@example.com"}]}
    event = sandbox.events.add(ada, at(9), at(10), attendees=people, participation_status="needs_action")
    target = f"{path(ada)}/{event.event_uid}/participation_status"

    assert (await call(sandbox, "POST", target, {"status": status}, token=ada.access_token)).status == 202

    (rendered,) = await read(sandbox, ada)
    assert rendered["participation_status"] == status
    assert [attendee["status"] for attendee in rendered["attendees"]] == [status, "needs_action"]
    assert len(await periods(sandbox, ada)) == (0 if status == "declined" else 1)


async def test_only_an_invitee_can_change_the_participation_status(sandbox: Sandbox, ada: Account) -> None:
    event = sandbox.events.add(ada)
    target = f"{path(ada)}/{event.event_uid}/participation_status"
    token = ada.access_token
    assert (await call(sandbox, "POST", target, {"status": "accepted"}, token=token)).status == 403
    assert (await call(sandbox, "POST", target, {"status": "maybe"}, token=token)).errors == {
        "status": "errors.not_included"
    }
    unknown = f"{path(ada)}/evt_external_0/participation_status"
    assert (await call(sandbox, "POST", unknown, {"status": "accepted"}, token=token)).status == 404


async def test_microsoft_calendars_delete_declined_events(sandbox: Sandbox, ada: Account) -> None:
    office = sandbox.runtime.state.add_profile(ada, "ada@work.example", "office365")
    calendar = sandbox.calendars.add(ada, profile_id=office.profile_id)
    event = sandbox.events.add(ada, calendar_id=calendar.calendar_id, participation_status="needs_action")
    sandbox.events.answer(event, "tentative")
    assert calendar.events[0].details["participation_status"] == "tentative"
    sandbox.events.answer(event.event_uid, "declined")
    assert (calendar.events, [event.deleted for event in calendar.deleted_events]) == ([], [True])


# Actions of tests.


async def test_people_can_change_managed_events(sandbox: Sandbox, ada: Account) -> None:
    await upsert(sandbox, ada, attendees={"invite": [{"email": "x@example.com"}]})
    (event,) = sandbox.events.all(ada)
    sandbox.events.answer_as_attendee(event, "X@example.com", "accepted")
    moved = sandbox.events.change(event.event_uid, start=at(14), tzid="Europe/Paris")

    assert (moved.start, moved.end, moved.event_id) == (at(14), at(15), "e")
    (rendered,) = await managed(sandbox, ada, localized_times=True)
    assert rendered["attendees"] == [{"email": "X@example.com", "display_name": None, "status": "accepted"}]
    assert rendered["start"] == {"time": "2031-03-03T15:00:00+01:00", "tzid": "Europe/Paris"}
    assert sandbox.events.change(event, end=at(17)).end == at(17)
    assert sandbox.events.delete(event).deleted


def test_times_may_be_strings(sandbox: Sandbox, ada: Account) -> None:
    timed = sandbox.events.add(ada, "2031-03-03T10:00:00+01:00", "2031-03-03T09:30:00Z")
    all_day = sandbox.events.add(ada, "2031-03-05", tzid="Europe/Paris")
    longer = sandbox.events.change(all_day, end="2031-03-08")
    moved = sandbox.events.change(timed, start="2031-03-06")
    assert (timed.start, timed.end, timed.all_day) == (at(9), at(9, 30), False)
    assert (all_day.start, all_day.end, all_day.all_day) == (at(23, day=4), at(23, day=5), True)
    assert (longer.start, longer.end) == (at(23, day=4), at(23, day=7))
    assert (moved.start, moved.end, moved.all_day) == (at(0, day=6), at(0, day=7), True)


def test_invalid_events_cannot_be_added(sandbox: Sandbox, ada: Account) -> None:
    event = sandbox.events.add(ada, external=False, event_id="mine")
    assert (event.event_id, event.start, event.end) == ("mine", at(7, day=4), at(8, day=4))
    wrong: Any
    for wrong, problem in (
        ({"external": False}, "event_id: required with external=False"),
        ({"event_id": "x"}, "event_id: required with external=False, and not allowed otherwise"),
        ({"start": at(9), "end": at(9)}, "end: must be after the start"),
        ({"start": at(9), "end": at(10).date()}, "end: must be a date if start is one"),
        ({"start": at(9).replace(tzinfo=None)}, "start: must have a time zone"),
    ):
        with pytest.raises(ValueError, match=problem):
            sandbox.events.add(ada, **wrong)
    with pytest.raises(SandboxError, match="has no calendar cal_0"):
        sandbox.events.add(ada, calendar_id="cal_0")
    with pytest.raises(SandboxError, match="no account acc_0"):
        sandbox.events.add("acc_0")
    with pytest.raises(SandboxError, match="no event evt_external_0"):
        sandbox.events.delete("evt_external_0")
    with pytest.raises(SandboxError, match=r"y@example\.com is not invited"):
        sandbox.events.answer_as_attendee(event, "y@example.com", "accepted")
    assert sandbox.events.all(ada.sub) == [event]


async def test_booking_a_link_again_updates_its_event(sandbox: Sandbox, ada: Account) -> None:
    for _ in range(2):
        created = await call(
            sandbox, "POST", "/v1/real_time_scheduling", link_body(ada, target_calendars=[ada.target_calendar])
        )
        await sandbox.book(created.json["real_time_scheduling"]["url"])
    (event,) = await managed(sandbox, ada, include_moved=True)
    assert (event["event_id"], event["start"]) == ("intro-1", text(at(10)))
