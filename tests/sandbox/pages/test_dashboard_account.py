"""The page of an account in the dashboard: its calendars, and its events with the requests that name them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import NOW, Json, at, call, create, text
from .visits import VisitedPage, visit


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", "Ada", calendars=3)


async def show(sandbox: Sandbox, account: Account, query: str = "") -> VisitedPage:
    return await visit(sandbox, f"/__sandbox__/accounts/{account.sub}{query}")


async def write(sandbox: Sandbox, account: Account, event_id: str, **more: Any) -> Json:
    body = {
        "event_id": event_id,
        "summary": "Plan",
        "description": "",
        "start": text(at(9)),
        "end": text(at(10)),
        **more,
    }
    reply = await call(sandbox, "POST", path(account), body, token=account.access_token)
    assert reply.status == 202
    return body


def path(account: Account, number: int = 0) -> str:
    return f"/v1/calendars/{account.calendar_ids[number]}/events"


def linked_requests(page: VisitedPage) -> list[list[str]]:
    """Return the requests that each event links to."""
    rows = page.html.partition('data-list="events"')[2].split("<tr ")[1:]
    return [re.findall(r'href="/__sandbox__/exchanges/(\d+)"', row) for row in rows]


async def test_the_dashboard_leads_to_the_page_of_an_account(sandbox: Sandbox, ada: Account) -> None:
    assert f'<a href="/__sandbox__/accounts/{ada.sub}">Ada</a>' in (await visit(sandbox)).html

    page = await show(sandbox, ada)

    assert page.status == 200
    assert f"Ada ada@example.com {ada.sub} user authorized" in page.text
    assert "No event yet." in page.text


async def test_calendars_are_listed_with_their_events(sandbox: Sandbox, ada: Account) -> None:
    main, other, old = ada.calendars
    other.readonly = old.deleted = True
    other.permission_level = "unrestricted"
    sandbox.add_busy(ada, at(9), at(10))

    rows = (await show(sandbox, ada)).rows("calendars")

    assert rows[0] == f"Calendar primary {main.calendar_id} google, ada@example.com 1 in Calendar"
    assert rows[1].startswith("Calendar 2 read-only, external events may be changed")
    assert rows[2].startswith("Calendar 3 deleted")


async def test_an_event_is_shown_in_its_time_zone(sandbox: Sandbox, ada: Account) -> None:
    await write(sandbox, ada, "plan-1", tzid="America/New_York")

    (row,) = (await show(sandbox, ada)).rows("events")

    (event,) = ada.events
    assert row == (
        f"Plan {event.event_uid} Mon 3 Mar 2031 04:00 to 05:00 America/New_York confirmed Application plan-1 Calendar "
        "Mon 3 Mar 2031, 07:00:00 UTC events.upsert , request 1"
    )


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"start": date(2031, 3, 3)}, "Mon 3 Mar 2031 all day Etc/UTC confirmed free External"),
        ({"start": date(2031, 3, 3), "end": date(2031, 3, 6)}, "Mon 3 Mar 2031 all day, to Wed 5 Mar 2031 Etc/UTC"),
        ({"start": at(22), "end": at(1, day=4)}, "22:00 to Tue 4 Mar 2031, 01:00"),
        ({"status": "tentative"}, "Etc/UTC tentative External"),
        ({"status": "cancelled"}, "Etc/UTC cancelled External"),
        ({"participation_status": "needs_action"}, "confirmed needs action External"),
        ({"recurrence": {"rules": [{"frequency": "daily"}]}}, "confirmed repeats External"),
        ({"summary": ""}, "(no summary)"),
    ],
    ids=str,
)
async def test_an_external_event_is_described(sandbox: Sandbox, ada: Account, event: Json, expected: str) -> None:
    sandbox.events.add(ada, **event)

    (row,) = (await show(sandbox, ada)).rows("events")

    assert expected in row


async def test_an_event_links_to_the_requests_that_name_it(sandbox: Sandbox, ada: Account) -> None:
    token = ada.access_token
    body = await write(sandbox, ada, "plan/1")  # request 1
    await write(sandbox, ada, "other")
    item = {"method": "POST", "relative_url": f"{path(ada)}", "data": body | {"summary": "Plan B"}}
    assert (await call(sandbox, "POST", "/v1/batch", {"batch": [item]}, token=token)).status == 207
    await call(sandbox, "GET", "/v1/events?tzid=Etc/UTC", token=token)
    await call(sandbox, "POST", path(ada), body | {"summary": 7}, token=token)  # a 422 changes nothing
    await call(sandbox, "POST", path(ada, 1), body, token=token)  # the same ID in another calendar is another event
    sandbox.clock.advance(minutes=1)
    await call(sandbox, "DELETE", path(ada), {"event_id": "plan/1"}, token=token)

    page = await show(sandbox, ada, f"?calendar={ada.calendar_id}")

    deleted, other = page.rows("events")
    assert ("Plan B" in deleted, "deleted Application plan/1" in deleted) == (True, True)
    assert "other" in other
    assert linked_requests(page) == [["7", "3", "1"], ["2"]]


async def test_an_event_of_a_booking_links_to_the_request_that_created_the_link(sandbox: Sandbox, ada: Account) -> None:
    await sandbox.book(await create(sandbox, ada, target_calendars=[ada.target_calendar]))

    page = await show(sandbox, ada)

    assert linked_requests(page) == [["1"]]
    assert "real_time_scheduling.create" in page.rows("events")[0]


async def test_an_answered_invitation_links_to_the_answer(sandbox: Sandbox, ada: Account) -> None:
    event = sandbox.events.add(ada, participation_status="needs_action")
    target = f"{path(ada)}/{event.event_uid}/participation_status"
    await call(sandbox, "POST", target, {"status": "accepted"}, token=ada.access_token)

    assert linked_requests(await show(sandbox, ada)) == [
        ["2"]
    ]  # the first entry is the notification, which no channel gets


async def test_the_last_five_requests_are_linked_requests(sandbox: Sandbox, ada: Account) -> None:
    for _ in range(7):
        await write(sandbox, ada, "plan-1")

    assert linked_requests(await show(sandbox, ada)) == [["7", "6", "5", "4", "3"]]


async def test_events_are_paged_and_the_last_changed_comes_first(sandbox: Sandbox, ada: Account) -> None:
    for number in range(30):
        start = NOW + timedelta(days=30 - number)
        sandbox.add_busy(ada, start, start + timedelta(hours=1), f"Event {number:02}")
    sandbox.clock.advance(seconds=1)
    sandbox.events.change(ada.events[-1], summary="Event 00, moved")

    first, second = [await show(sandbox, ada, query) for query in ("", "?e=2")]

    names = [re.match(r"Event \d\d(, moved)?", row) for page in (first, second) for row in page.rows("events")]
    assert [name and name[0] for name in names] == [
        "Event 00, moved",
        *(f"Event {29 - number:02}" for number in range(29)),
    ]
    assert 'href="?e=2#events">Older' in first.html
    assert 'href="?#events">Newer' in second.html
    assert "26 to 30" in second.text


async def test_events_are_found_by_text_and_calendar(sandbox: Sandbox, ada: Account) -> None:
    await write(sandbox, ada, "plan-1")
    sandbox.add_busy(ada, at(9), at(10), "Dentist")
    sandbox.events.add(ada, summary="Gym", calendar_id=ada.calendar_ids[1])

    results = {
        query: [row.split()[0] for row in (await show(sandbox, ada, query)).rows("events")]
        for query in ("?q=DENT", "?q=plan-1", f"?calendar={ada.calendar_ids[1]}", "?q=nothing")
    }

    assert [*results.values()] == [["Dentist"], ["Plan"], ["Gym"], []]
    assert "Nothing matches." in (await show(sandbox, ada, "?q=nothing")).text
    assert f'href="?calendar={ada.calendar_id}#events">Newer' not in (await show(sandbox, ada)).html


async def test_an_unknown_account_has_no_page(sandbox: Sandbox) -> None:
    page = await visit(sandbox, "/__sandbox__/accounts/acc_0")

    assert (page.status, "The sandbox has no such account" in page.text) == (404, True)
