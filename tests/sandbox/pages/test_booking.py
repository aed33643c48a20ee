"""The booking page: choose a time, confirm it, report that none suits, and open a link that is no longer open."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..callbacks import APP, Receiver
from ..support import NOW, at, call, create, group, period, status
from .visitor import Visitor

NINE, TEN, ELEVEN = (f"2031-03-03T{hour:02}:00:00Z" for hour in (9, 10, 11))
HOOKS = {f"{kind}_url": f"{APP}/{kind}" for kind in ("completed", "no_times_suitable", "no_times_displayed")}


async def visit(sandbox: Sandbox, ada: Account, **changes: Any) -> Visitor:
    """Create a link for a visitor."""
    defaults: dict[str, Any] = {"target_calendars": [ada.target_calendar], "callback_urls": HOOKS}
    return Visitor(sandbox, await create(sandbox, ada, **defaults | changes))


def kinds(app: Receiver) -> list[str]:
    prefix = "real_time_scheduling_"
    return [delivery.json["notification"]["type"].removeprefix(prefix) for delivery in app.seen]


async def test_the_page_shows_the_event_its_hosts_and_the_slots(sandbox: Sandbox, ada: Account) -> None:
    event = {"event_id": "1", "summary": "Intro", "tzid": "Europe/London", "description": "We talk."}
    visitor = await visit(sandbox, ada, event=event | {"location": {"description": "Room 1"}})

    page = await visitor.open()

    assert (page.status, page.slots) == (200, [NINE, TEN, ELEVEN])
    assert page.heading == "Intro"
    assert page.week == "Mar 3 – 7, 2031"
    for text in ("We talk.", "Room 1", "60 minutes", "You will meet ALAda Lovelace", "It is 7:00 AM there now."):
        assert text in page.text


async def test_only_some_of_the_hosts_are_needed(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com", "Bob")
    query = {
        "participants": [group(ada, bob, required=1)],
        "required_duration": {"hours": 2},
        "query_periods": [period(at(9), at(12))],
    }
    page = await (await visit(sandbox, ada, availability=query)).open()

    assert "You will meet 1 of" in page.text
    assert "2 hours" in page.text


async def test_a_chosen_time_is_booked_immediately(sandbox: Sandbox, ada: Account, app: Receiver) -> None:
    visitor = await visit(sandbox, ada)

    answer = await visitor.submit(slot=TEN, tzid="Asia/Tokyo")

    assert (answer.status, answer.location) == (303, f"{visitor.path}?tzid=Asia%2FTokyo")
    assert kinds(app) == ["time_chosen"]
    assert app.seen[0].json["user"] == {"tzid": "Asia/Tokyo"}
    assert [event.start for event in ada.events] == [at(10)]
    done = await visitor.follow(answer.location)
    assert (done.heading, done.alert) == ("You are booked", "")
    assert "Tokyo (UTC+9)" in done.text
    assert "https://app.example.com/done" in [link["href"] for link in done.all("a")]


async def test_the_browser_is_redirected_with_the_token(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada, redirect_urls={"completed_url": "https://app.example.com/ok?id=7"})
    token = visitor.path.rpartition("/")[2]

    answer = await visitor.submit(slot=NINE)

    assert (answer.status, answer.location) == (303, f"https://app.example.com/ok?id=7&token={token}")
    reply = await call(sandbox, "GET", f"/v1/real_time_scheduling?token={token}")
    assert reply.json["real_time_scheduling"]["event"]["start"] == NINE


async def test_the_assumption_decides_where_booking_ends(ada: Account) -> None:
    async with Sandbox(now=NOW, assume={"booking_ends_on_a_page": False}) as sandbox:
        ada = sandbox.add_account("ada@example.com")
        answer = await (await visit(sandbox, ada)).submit(slot=NINE)

    assert answer.location == "https://app.example.com/done"


async def test_confirm_shows_the_details_before_booking(sandbox: Sandbox, ada: Account, app: Receiver) -> None:
    visitor = await visit(sandbox, ada, selection_mode="confirm")
    page = await visitor.open(tzid="Asia/Tokyo")
    assert {form["method"] for form in page.all("form") if "action" in form} == {"get", "post"}

    confirm = await visitor.open(slot=page.slots[1], **page.hidden)

    assert confirm.heading == "Check the details"
    assert "Monday, March 3, 2031 7:00 PM – 8:00 PM Tokyo (UTC+9)" in confirm.text
    assert (await status(sandbox, sandbox.links[0].id))["status"] == "open"
    answer = await visitor.submit(slot=confirm.slots[0], **confirm.hidden)
    assert answer.status == 303
    assert kinds(app) == ["time_chosen"]
    assert [event.start for event in ada.events] == [at(10)]


async def test_a_time_that_was_taken_leaves_the_others(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada)
    await visitor.open()
    sandbox.add_busy(ada, at(9), at(10))

    answer = await visitor.submit(slot=NINE, tzid="Asia/Tokyo", locale="en")

    assert (answer.status, answer.slots) == (409, [TEN, ELEVEN])
    assert answer.alert == "That time has just been taken. Please choose another."
    assert answer.hidden["tzid"] == "Asia/Tokyo"
    assert not any("data-detect" in tag for tag in answer.all("select"))
    assert sandbox.deliveries == []


async def test_a_time_that_was_taken_before_it_is_confirmed(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada, selection_mode="confirm")
    sandbox.add_busy(ada, at(9), at(10))

    answer = await visitor.open(slot=NINE)

    assert (answer.status, answer.slots) == (409, [TEN, ELEVEN])


async def test_the_last_time_is_taken(sandbox: Sandbox, ada: Account, app: Receiver) -> None:
    visitor = await visit(sandbox, ada)
    sandbox.add_busy(ada, at(9), at(12))

    answer = await visitor.submit(slot=NINE)

    assert answer.status == 409
    assert "There are no times available" in answer.text
    assert kinds(app) == ["no_times_displayed"]


async def test_no_event_is_written_to_a_removed_target_calendar(sandbox: Sandbox, ada: Account, app: Receiver) -> None:
    bob = sandbox.add_account("bob@example.com")
    visitor = await visit(sandbox, ada, target_calendars=[ada.target_calendar, bob.target_calendar])
    await call(sandbox, "POST", f"/v1/profiles/{ada.profile_id}/revoke", token=ada.access_token)

    assert (await visitor.submit(slot=NINE)).status == 303

    assert (ada.calendars, len(bob.events)) == ([], 1)
    assert kinds(app) == ["time_chosen"]


async def test_submitting_the_same_choice_twice_returns_the_same_result(
    sandbox: Sandbox, ada: Account, app: Receiver
) -> None:
    """A second click cancels the response to the first one."""
    visitor = await visit(sandbox, ada, redirect_urls={"completed_url": "https://app.example.com/ok"})

    answers = [await visitor.submit(slot=NINE) for _ in range(2)]

    assert answers[0].location == answers[1].location
    assert kinds(app) == ["time_chosen"]
    assert len(ada.events) == 1


async def test_another_choice_comes_too_late(sandbox: Sandbox, ada: Account, app: Receiver) -> None:
    visitor = await visit(sandbox, ada)
    await visitor.submit(slot=NINE)

    answer = await visitor.submit(slot=TEN)

    assert (answer.status, answer.alert) == (409, "A time has already been booked with this link.")
    assert "9:00 AM – 10:00 AM" in answer.text
    assert (await visitor.submit(none_suit="1")).status == 409
    assert kinds(app) == ["time_chosen"]


@pytest.mark.parametrize(
    "slot", ["", "soon", "2031-03-03", "2031-03-03T09:00:00", "9" * 10_000, "0001-01-01T00:00:00+14:00"]
)
async def test_an_invalid_slot_is_an_error(sandbox: Sandbox, ada: Account, slot: str) -> None:
    visitor = await visit(sandbox, ada)

    answer = await visitor.submit(slot=slot)

    assert (answer.status, answer.body.partition(":")[0]) == (400, "slot")
    assert len(sandbox.slots(sandbox.links[0])) == 3


async def test_a_visitor_reports_that_no_time_suits(sandbox: Sandbox, ada: Account, app: Receiver) -> None:
    visitor = await visit(sandbox, ada)

    answer = await visitor.submit(none_suit="1", tzid="Asia/Tokyo")
    notified = await visitor.follow(answer.location)
    again = await visitor.follow(answer.location)

    assert notified.heading == again.heading == "The organizer has been notified"
    assert kinds(app) == ["no_times_suitable"]
    assert app.seen[0].json["user"] == {"tzid": "Asia/Tokyo"}
    back = next(str(link["href"]) for link in notified.all("a") if "tzid" in str(link["href"]))
    assert (await visitor.follow(back)).slots == [NINE, TEN, ELEVEN]


async def test_a_page_without_times_is_reported_once_for_each_browser(
    sandbox: Sandbox, ada: Account, app: Receiver
) -> None:
    visitor = await visit(sandbox, ada)
    link = sandbox.links[0].id
    busy = sandbox.add_busy(ada, at(9), at(12))

    page = await visitor.open()

    assert (page.status, page.slots) == (200, [])
    assert kinds(app) == ["no_times_displayed"]
    assert app.seen[0].json["user"] == {"tzid": "Europe/London"}
    await visitor.open()
    await visitor.open(tzid="Asia/Tokyo", locale="de")
    assert len(app.seen) == 1
    await Visitor(sandbox, link).open()  # another browser
    assert len(app.seen) == 2
    sandbox.events.delete(busy)
    assert (await visitor.open()).slots == [NINE, TEN, ELEVEN]
    sandbox.add_busy(ada, at(9), at(12))
    await visitor.open()
    assert len(app.seen) == 3
    assert (await visitor.submit(none_suit="1")).status == 303
    assert kinds(app)[-1] == "no_times_suitable"


async def test_the_assumption_about_reloads_can_be_switched_off() -> None:
    async with Sandbox(now=NOW, assume={"reloads_are_not_reported": False}) as sandbox:
        ada = sandbox.add_account("ada@example.com")
        visitor = await visit(sandbox, ada)
        sandbox.add_busy(ada, at(9), at(12))
        for _ in range(3):
            await visitor.open()

        assert len(sandbox.deliveries) == 3


async def test_head_requests_and_prefetches_are_not_reported(sandbox: Sandbox, ada: Account, app: Receiver) -> None:
    visitor = await visit(sandbox, ada)
    sandbox.add_busy(ada, at(9), at(12))

    await visitor.open("HEAD")
    await Visitor(sandbox, sandbox.links[0].id, **{"sec-purpose": "prefetch"}).open()

    assert app.seen == []


async def test_reading_changes_nothing(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada, selection_mode="confirm")
    assert len(sandbox.slots(sandbox.links[0])) == 3
    before = sandbox.snapshot()

    for query in (
        {},
        {"tzid": "Asia/Tokyo"},
        {"slot": NINE},
        {"reported": "1"},
        {"none_suit": "1"},
        {"week": "2031-03-10"},
    ):
        assert (await visitor.open(**query)).status == 200

    assert sandbox.snapshot() == before


async def test_a_disabled_link_shows_its_message(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada)
    path = f"/v1/real_time_scheduling/{sandbox.links[0].id}/disable"
    await call(sandbox, "POST", path, {"display_message": "Filled.\n\n  <b>Thanks</b> & bye"})

    page = await visitor.open()
    answer = await visitor.submit(slot=NINE)

    assert (page.status, answer.status) == (200, 409)
    for item in (page, answer):
        assert item.heading == "This link is no longer in use"
        assert "Filled.\n\n  &lt;b&gt;Thanks&lt;/b&gt; &amp; bye</bdi>" in item.body
        assert "Message from the organizer of Intro" in item.text


async def test_an_expired_link(sandbox: Sandbox, ada: Account, app: Receiver) -> None:
    visitor = await visit(sandbox, ada)
    sandbox.clock.advance(days=1)

    page = await visitor.open()

    assert page.heading == "This link has expired"
    assert "Monday, March 3, 2031" in page.text
    assert (await visitor.submit(slot=NINE)).status == (await visitor.submit(none_suit="1")).status == 409
    assert app.seen == []


async def test_an_unknown_token_gets_a_404(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada)
    link = sandbox.links[0].id
    for token in ("nothing", link, "%2F", "http%3A%2F%2F%5B"):
        for base in ("/add_to_calendar/scheduling/", "/rts/"):
            for method in ("GET", "POST"):
                page = await visitor.follow(base + token, method=method)
                assert (page.status, page.heading) == (404, "Page not found")
    assert (await visitor.follow(f"{visitor.path}/event.ics")).status == 404


async def test_minimum_notice_hides_times(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada, minimum_notice={"hours": 3})

    page = await visitor.open()

    assert page.slots == [TEN, ELEVEN]
    assert "2 to choose from 1 are hidden by minimum_notice" in page.text


async def test_the_details_say_why_there_are_no_times(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com", "Bob")
    query = {
        "participants": [group(ada, bob)],
        "required_duration": {"minutes": 60},
        "query_periods": [period(at(6), at(12))],
    }
    sandbox.add_busy(bob, at(6), at(12))
    sandbox.add_busy(ada, at(9), at(10))

    page = await (await visit(sandbox, ada, availability=query)).open()

    for text in (
        "0 to choose from",
        "1 are in the past",
        "5 are hidden because members are busy",
        "Ada Lovelace alone has 4 of 5",
        "Bob alone has 0 of 5",
        "real_time_scheduling_no_times_displayed refused https://app.example.com is not on this machine",
    ):
        assert text in page.text


async def test_hidden_times_are_explained_by_max_results(sandbox: Sandbox, ada: Account) -> None:
    query = {
        "participants": [group(ada)],
        "required_duration": {"minutes": 60},
        "query_periods": [period(at(9), at(12))],
        "max_results": 1,
    }
    page = await (await visit(sandbox, ada, availability=query)).open()

    assert page.slots == [NINE]
    assert "2 are hidden by max_results" in page.text


async def test_the_calendar_file_has_the_event(sandbox: Sandbox, ada: Account) -> None:
    event = {"event_id": "1", "summary": "Intro; with, marks\r\nATTENDEE:x", "tzid": "Europe/London"}
    visitor = await visit(sandbox, ada, event=event | {"location": {"description": "Room 1"}})
    await visitor.submit(slot=NINE)

    file = await visitor.follow(f"{visitor.path}/event.ics")

    assert (file.status, file.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert "attachment" in file.headers["Content-Disposition"]
    from icalendar import Calendar

    (vevent,) = Calendar.from_ical(file.body).events
    assert (vevent.start, vevent.end) == (at(9), at(10))
    assert (str(vevent["summary"]).splitlines()[0], vevent["location"]) == ("Intro; with, marks", "Room 1")
    assert "ATTENDEE" not in vevent
    assert vevent["organizer"] == "mailto:ada@example.com"


async def test_the_details_show_callbacks_of_this_link_only(sandbox: Sandbox, ada: Account, app: Receiver) -> None:
    app.answer = 500
    visitor = await visit(sandbox, ada)
    await sandbox.book(await create(sandbox, ada, callback_urls=HOOKS), start=at(11))
    assert "none so far" in (await visitor.open()).text

    await visitor.submit(none_suit="1")

    page = await visitor.open()
    assert "real_time_scheduling_no_times_suitable 500" in page.text
    assert "time_chosen" not in page.text
    restored = Sandbox()
    restored.restore(sandbox.snapshot())
    assert [delivery.link_id for delivery in restored.deliveries] == [
        delivery.link_id for delivery in sandbox.deliveries
    ]


async def test_the_details_say_which_callbacks_are_never_sent(sandbox: Sandbox, ada: Account) -> None:
    some = await visit(sandbox, ada, callback_urls={"completed_url": f"{APP}/completed"})
    every = await visit(sandbox, ada)

    assert "none so far the link has no no_times_suitable_url, no_times_displayed_url" in (await some.open()).text
    assert "the link has no" not in (await every.open()).text


async def test_a_page_of_another_site_cannot_book(sandbox: Sandbox, ada: Account) -> None:
    visitor = await visit(sandbox, ada)
    other = Visitor(sandbox, sandbox.links[0].id, origin="https://evil.example.com")

    answer = await other.submit(slot=NINE)

    assert answer.status == 403
    assert (await visitor.open()).slots == [NINE, TEN, ELEVEN]
