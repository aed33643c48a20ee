"""Links: the API, and the actions of visitors."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cronofy_async.sandbox import Account, Event, Sandbox, SandboxError

from ..support import LINKS, NOW, ORIGIN, Json, at, call, create, group, link_body, period, put, status

HOOK = "https://app.example.com/hook"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


@pytest.fixture
def bob(sandbox: Sandbox) -> Account:
    return sandbox.add_account("bob@example.com")


@pytest.fixture
def cleo(sandbox: Sandbox) -> Account:
    return sandbox.add_account("cleo@example.com")


def written(account: Account) -> list[str | None]:
    return [event.event_id for event in account.events]


def panel(*accounts: Account, required: Any, targets: list[Json], **changes: Any) -> Json:
    """Return a request for a link whose event is written to one calendar."""
    body = link_body(*accounts, event_creation="single", target_calendars=targets, **changes)
    body["availability"]["participants"] = [group(*accounts, required=required)]
    body["event"]["attendees"] = {"invite": [{"email": "candidate@example.com", "display_name": "Jim"}]}
    return body


def target(account: Account, *, attendee: bool = True, profile: str | None = None) -> Json:
    result: Json = dict(account.target_calendar)
    if attendee:
        result["attendee"] = {"email": account.email, "display_name": account.name}
    if profile:
        result["event"] = {"conferencing": {"profile_id": profile}}
    return result


async def book(sandbox: Sandbox, body: Json) -> dict[str, Event]:
    """Create a link, book it, and return the written events by calendar."""
    reply = await call(sandbox, "POST", LINKS, body)
    assert reply.status == 200, reply
    booking = await sandbox.book(reply.json["real_time_scheduling"]["real_time_scheduling_id"])
    result = {
        calendar.calendar_id: event
        for account in sandbox.accounts
        for calendar in account.calendars
        for event in calendar.events
        if event in booking.events
    }
    assert len(result) == len(booking.events)
    return result


def invited(event: Event) -> list[str]:
    return [attendee["email"] for attendee in event.details.get("attendees", {}).get("invite", [])]


# The API.


async def test_create_returns_the_link(sandbox: Sandbox, ada: Account) -> None:
    reply = await call(sandbox, "POST", LINKS, link_body(ada))
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    (link,) = sandbox.links
    assert reply.json == {
        "real_time_scheduling": {
            "real_time_scheduling_id": link.id,
            "url": f"{ORIGIN}/add_to_calendar/scheduling/{link.token}",
            "event": link_body()["event"],
            "status": "open",
        },
        "url": f"{ORIGIN}/add_to_calendar/scheduling/{link.token}",
    }
    assert link.id.startswith("sch_")


async def test_creating_twice_makes_two_links(sandbox: Sandbox, ada: Account) -> None:
    assert await create(sandbox, ada) != await create(sandbox, ada)


async def test_status_is_read_by_id_and_by_token(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    by_id = await status(sandbox, ident)
    token = by_id["url"].rpartition("/")[2]
    by_token = await call(sandbox, "GET", f"{LINKS}?token={token}")
    assert by_token.json["real_time_scheduling"] == by_id
    assert by_id["status"] == "open"
    assert by_id["real_time_scheduling_id"] == ident


@pytest.mark.parametrize("target", [f"{LINKS}/sch_0", f"{LINKS}?token=sch_0"])
async def test_an_unknown_link_is_404(sandbox: Sandbox, target: str) -> None:
    reply = await call(sandbox, "GET", target)
    assert (reply.status, reply.json) == (404, None)


async def test_ids_and_tokens_are_not_interchangeable(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    assert (await call(sandbox, "GET", f"{LINKS}?token={ident}")).status == 404
    assert (await call(sandbox, "GET", f"{LINKS}/{sandbox.link(ident).token}")).status == 404


async def test_an_unknown_target_calendar_is_404(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    for sub, calendar, said in (
        (ada.sub, "cal_0", f"calendar_id: {ada.sub} has no calendar cal_0"),
        ("acc_0", ada.calendar_id, "sub: no account acc_0"),
        (bob.sub, ada.calendar_id, f"calendar_id: {bob.sub} has no calendar {ada.calendar_id}"),
    ):
        targets = [ada.target_calendar, {"sub": sub, "calendar_id": calendar}]
        reply = await call(sandbox, "POST", LINKS, link_body(ada, target_calendars=targets))
        assert reply.status == 404
        assert reply.json == {"error": "not_found", "error_description": f"target_calendars[1].{said}"}
    assert sandbox.links == []


async def test_only_a_completed_link_has_event_times(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    event = (await status(sandbox, ident))["event"]
    assert event == {"event_id": "intro-1", "summary": "Intro", "tzid": "Europe/London"}
    await sandbox.book(ident)
    response = await status(sandbox, ident)
    assert response["status"] == "completed"
    assert response["event"] == event | {"start": "2031-03-03T09:00:00Z", "end": "2031-03-03T10:00:00Z"}


async def test_a_link_expires_at_the_end_of_its_last_period(sandbox: Sandbox, ada: Account) -> None:
    body = link_body(ada)
    body["availability"]["query_periods"] = [period(at(15), at(16)), period(at(9), at(12))]
    ident = (await call(sandbox, "POST", LINKS, body)).json["real_time_scheduling"]["real_time_scheduling_id"]
    sandbox.clock.advance(at(16) - NOW)
    sandbox_time = sandbox.clock.now()
    assert sandbox_time == at(16)
    assert (await status(sandbox, ident))["status"] == "expired"
    with pytest.raises(SandboxError, match="is expired"):
        await sandbox.book(ident)
    with pytest.raises(SandboxError, match="is expired"):
        await sandbox.no_times_suitable(ident)


async def test_a_link_without_slots_stays_open_until_it_expires(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    sandbox.clock.advance(hours=4, minutes=59, seconds=59)
    assert sandbox.slots(ident) == []
    assert (await status(sandbox, ident))["status"] == "open"
    with pytest.raises(SandboxError, match="offers no slot"):
        await sandbox.book(ident)


@pytest.mark.parametrize("final", ["completed", "disabled"])
async def test_terminal_links_do_not_change(sandbox: Sandbox, ada: Account, final: str) -> None:
    ident = await create(sandbox, ada)
    if final == "completed":
        await sandbox.book(ident)
    else:
        await call(sandbox, "POST", f"{LINKS}/{ident}/disable", {"display_message": "Sorry"})
    sandbox.clock.advance(days=40)
    assert (await status(sandbox, ident))["status"] == final
    with pytest.raises(SandboxError, match=f"is {final}"):
        await sandbox.book(ident)


async def test_a_link_is_disabled(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    reply = await call(sandbox, "POST", f"{LINKS}/{ident}/disable", {"display_message": "Sorry\nwe are full"})
    assert reply.status == 200
    assert reply.json["real_time_scheduling"] == await status(sandbox, ident)
    assert reply.json["real_time_scheduling"]["status"] == "disabled"
    assert sandbox.link(ident).display_message == "Sorry\nwe are full"
    again = await call(sandbox, "POST", f"{LINKS}/{ident}/disable", {"display_message": "Gone"})
    assert (again.status, sandbox.link(ident).display_message) == (200, "Gone")


async def test_only_links_that_are_not_completed_can_be_disabled(sandbox: Sandbox, ada: Account) -> None:
    booked, late = await create(sandbox, ada), await create(sandbox, ada)
    await sandbox.book(booked)
    reply = await call(sandbox, "POST", f"{LINKS}/{booked}/disable", {"display_message": "Sorry"})
    assert reply.errors == {"real_time_scheduling_id": "errors.not_allowed"}
    assert (await status(sandbox, booked))["status"] == "completed"
    sandbox.clock.advance(days=1)
    reply = await call(sandbox, "POST", f"{LINKS}/{late}/disable", {"display_message": "Sorry"})
    assert reply.json["real_time_scheduling"]["status"] == "disabled"
    assert (await call(sandbox, "POST", f"{LINKS}/sch_0/disable", {"display_message": "Sorry"})).status == 404


# The page.


async def test_a_link_is_found_by_any_identifier(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    (link,) = sandbox.links
    url = (await status(sandbox, ident))["url"]

    class OfTheSdk:
        real_time_scheduling_id = ident

    for name in (ident, link, link.token, url, f"{url}?locale=de", OfTheSdk()):
        assert sandbox.link(name) is link
    for name in ("", "sch_0", "https://app.example.com/", 7, None):
        with pytest.raises(SandboxError, match="no such link"):
            sandbox.link(name)


async def test_booking_selects_the_first_or_the_requested_slot(sandbox: Sandbox, ada: Account) -> None:
    first, other, none = [await create(sandbox, ada) for _ in range(3)]
    booking = await sandbox.book(first)
    assert (booking.start, booking.end, booking.participants) == (at(9), at(10), (ada.sub,))
    assert (await sandbox.book(other, at(11))).start == at(11)
    with pytest.raises(SandboxError, match=r"no slot that starts at 2031-03-03 09:30:00\+00:00. It offers 3 slots"):
        await sandbox.book(none, at(9, 30))
    with pytest.raises(ValueError, match="start: must have a time zone"):
        await sandbox.book(none, at(9).replace(tzinfo=None))
    assert (await status(sandbox, none))["status"] == "open"


async def test_minimum_notice_removes_early_slots(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada, minimum_notice={"hours": 3})
    assert [slot.start for slot in sandbox.slots(ident)] == [at(10), at(11)]


async def test_busy_accounts_are_offered_fewer_slots(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com", calendars=2)
    first, second = ada.calendar_ids
    ident = await create(sandbox, ada)
    sandbox.add_busy(ada, at(9), at(10), "First")
    event = sandbox.add_busy(ada, at(11), at(12), "Second", calendar_id=second)
    assert [slot.start for slot in sandbox.slots(ident)] == [at(10)]
    body = link_body(ada)
    member = body["availability"]["participants"][0]["members"][0]
    for calendars, expected in ([first], [10, 11]), ([second], [9, 10]), ([], [9, 10, 11]), (["cal_0"], [9, 10, 11]):
        member["calendar_ids"] = calendars
        reply = await call(sandbox, "POST", LINKS, body)
        offered = sandbox.slots(reply.json["real_time_scheduling"]["url"])
        assert [slot.start for slot in offered] == [at(hour) for hour in expected]
    del member["calendar_ids"]
    body["availability"]["excluded_events"] = [{"event_uid": event.event_uid}, {"event_id": "none"}]
    reply = await call(sandbox, "POST", LINKS, body)
    assert [slot.start for slot in sandbox.slots(reply.json["real_time_scheduling"]["url"])] == [at(10), at(11)]


async def test_an_account_may_use_other_calendars_in_another_group(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com", calendars=2)
    sandbox.add_busy(ada, at(9), at(10), calendar_id=ada.calendar_ids[1])
    body = link_body(ada)
    body["availability"]["participants"] = [
        {"members": [{"sub": ada.sub, "calendar_ids": [ada.calendar_id]}]},
        {"members": [{"sub": ada.sub}]},
    ]
    reply = await call(sandbox, "POST", LINKS, body)
    assert [slot.start for slot in sandbox.slots(reply.json["real_time_scheduling"]["url"])] == [at(10), at(11)]


async def test_resources_are_always_free(sandbox: Sandbox, ada: Account) -> None:
    body = link_body(ada)
    body["availability"]["participants"].append(group("res_1"))
    reply = await call(sandbox, "POST", LINKS, body)
    assert sandbox.slots(reply.json["real_time_scheduling"]["url"])[0].participants == (ada.sub, "res_1")


# Events.


async def test_an_event_goes_into_each_target_calendar(
    sandbox: Sandbox, ada: Account, bob: Account, cleo: Account
) -> None:
    """This includes the calendars of accounts that were not selected."""
    body = link_body(ada, bob, cleo, target_calendars=[account.target_calendar for account in (ada, bob, cleo)])
    body["availability"]["participants"][0]["required"] = 1
    result = await book(sandbox, body)
    assert set(result) == {ada.calendar_id, bob.calendar_id, cleo.calendar_id}
    event = result[ada.calendar_id]
    assert (event.event_id, event.start, event.end) == ("intro-1", at(9), at(10))
    assert event.details == {"summary": "Intro", "tzid": "Europe/London"}
    assert event.event_uid.startswith("evt_external_")


async def test_an_event_is_written_once_per_account(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com", calendars=2)
    targets = [{"sub": bob.sub, "calendar_id": calendar_id} for calendar_id in reversed(bob.calendar_ids)]
    result = await book(sandbox, link_body(ada, bob, target_calendars=[*targets, ada.target_calendar]))
    assert set(result) == {bob.calendar_ids[1], ada.calendar_id}


@pytest.mark.parametrize("targets", [{}, {"target_calendars": []}, {"target_calendars": None}])
async def test_without_target_calendars_only_a_callback_is_sent(sandbox: Sandbox, ada: Account, targets: Json) -> None:
    sandbox.mount("https://app.example.com", lambda _: None)
    ident = await create(sandbox, ada, callback_urls={"completed_url": HOOK}, **targets)
    booking = await sandbox.book(ident)
    assert booking.events == ()
    assert ada.events == []
    assert booking.delivery.outcome == "answered"
    assert (await status(sandbox, ident))["status"] == "completed"


async def test_a_booked_event_makes_its_calendar_busy(sandbox: Sandbox, ada: Account) -> None:
    targets = [ada.target_calendar]
    link = await create(sandbox, ada, target_calendars=targets)
    other = await create(sandbox, ada, event={"event_id": "intro-2", "summary": "x", "tzid": "Etc/UTC"})
    await sandbox.book(link)
    assert [slot.start for slot in sandbox.slots(other)] == [at(10), at(11)]


async def test_a_transparent_booked_event_keeps_its_calendar_free(sandbox: Sandbox, ada: Account) -> None:
    event = {"event_id": "focus", "summary": "x", "tzid": "Etc/UTC", "transparency": "transparent"}
    link = await create(sandbox, ada, target_calendars=[ada.target_calendar], event=event)
    await sandbox.book(link)
    assert len(sandbox.slots(await create(sandbox, ada))) == 3


async def test_two_links_with_one_event_id_share_the_event(sandbox: Sandbox, ada: Account) -> None:
    links = [await create(sandbox, ada, target_calendars=[ada.target_calendar]) for _ in range(2)]
    first = await sandbox.book(links[0])
    second = await sandbox.book(links[1], at(11))
    (event,) = ada.events
    assert event == second.events[0]
    assert (event.start, event.event_uid) == (at(11), first.events[0].event_uid)


# A single event for all.


async def test_single_picks_the_organizer_by_the_order_of_participants(
    sandbox: Sandbox, ada: Account, bob: Account, cleo: Account
) -> None:
    """The order of target calendars does not matter. The candidate is always invited, the organizer never."""
    targets = [target(account, profile=f"pro_{account.name}") for account in (cleo, bob, ada)]
    result = await book(sandbox, panel(ada, bob, cleo, required=2, targets=targets))
    assert list(result) == [ada.calendar_id]
    event = result[ada.calendar_id]
    assert invited(event) == ["candidate@example.com", "bob@example.com"]
    assert event.details["attendees"]["invite"][1]["display_name"] == "Bob"
    assert event.details["conferencing"] == {"profile_id": "pro_Ada"}


async def test_single_writes_the_event_for_selected_members(
    sandbox: Sandbox, ada: Account, bob: Account, cleo: Account
) -> None:
    sandbox.add_busy(ada, at(9), at(12))
    targets = [target(account) for account in (ada, bob, cleo)]
    result = await book(sandbox, panel(ada, bob, cleo, required=2, targets=targets))
    assert {name: invited(event) for name, event in result.items()} == {
        bob.calendar_id: ["candidate@example.com", "cleo@example.com"]
    }
    assert "conferencing" not in result[bob.calendar_id].details


async def test_selected_members_are_invited_only_where_they_have_attendee(
    sandbox: Sandbox, ada: Account, bob: Account, cleo: Account
) -> None:
    targets = [target(ada), target(bob, attendee=False), target(cleo)]
    result = await book(sandbox, panel(ada, bob, cleo, required="all", targets=targets))
    assert invited(result[ada.calendar_id]) == ["candidate@example.com", "cleo@example.com"]
    alone = panel(ada, bob, cleo, required="all", targets=[target(ada)])
    result = await book(sandbox, put(alone, "event.event_id", "intro-2"))
    assert invited(result[ada.calendar_id]) == ["candidate@example.com"]


async def test_the_first_selected_member_with_a_calendar_is_the_organizer(
    sandbox: Sandbox, ada: Account, bob: Account
) -> None:
    result = await book(sandbox, panel(ada, bob, required="all", targets=[target(bob)]))
    assert list(result) == [bob.calendar_id]


async def test_single_without_a_selected_calendar_writes_no_event(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    assert await book(sandbox, panel(ada, bob, required=1, targets=[target(bob)])) == {}
    assert written(ada) == written(bob) == []


async def test_single_without_invitees(sandbox: Sandbox, ada: Account) -> None:
    body = panel(ada, required="all", targets=[target(ada)])
    del body["event"]["attendees"]
    result = await book(sandbox, body)
    assert "attendees" not in result[ada.calendar_id].details


async def test_a_booking_does_not_change_the_request(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    body = panel(ada, bob, required="all", targets=[target(ada, profile="integrated"), target(bob)])
    before = json.dumps(body["event"], sort_keys=True)
    await book(sandbox, body)
    assert json.dumps(sandbox.links[0].params["event"], sort_keys=True) == before


# The redirect.


@pytest.mark.parametrize(
    ("completed_url", "expected"),
    [
        ("https://app.example.com/ok", "https://app.example.com/ok?token={}"),
        ("https://app.example.com/ok?a=1", "https://app.example.com/ok?a=1&token={}"),
        ("https://app.example.com/ok?a=1#part", "https://app.example.com/ok?a=1&token={}#part"),
        (None, "https://app.example.com/done"),
    ],
)
async def test_the_redirect_token_works_with_the_status_endpoint(
    sandbox: Sandbox, ada: Account, completed_url: str | None, expected: str
) -> None:
    redirect = {"redirect_urls": {"completed_url": completed_url}} if completed_url else {}
    ident = await create(sandbox, ada, **redirect)
    booking = await sandbox.book(ident)
    assert booking.redirect_url == expected.format(sandbox.link(ident).token)
    for token in parse_qs(urlsplit(booking.redirect_url).query).get("token", []):
        reply = await call(sandbox, "GET", f"{LINKS}?token={token}")
        assert reply.json["real_time_scheduling"]["real_time_scheduling_id"] == ident
    assert booking.redirect_url not in repr(booking)


async def test_the_older_position_of_tzid_is_accepted(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada, event={"event_id": "e", "summary": "s"}, tzid="Europe/Paris")
    assert sandbox.link(ident).tzid == "Europe/Paris"


async def test_link_tokens_are_hidden(sandbox: Sandbox, ada: Account) -> None:
    link = sandbox.link(await create(sandbox, ada))
    assert link.token not in repr(link)
