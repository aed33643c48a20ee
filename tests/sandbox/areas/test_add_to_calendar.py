"""Add to Calendar: a page where a person adds an event to a calendar."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..support import NOW, ORIGIN, Json, at, call

BACK = "https://app.example.com/done"
EVENT: Json = {
    "event_id": "talk-1",
    "summary": "Talk <b>",
    "start": "2031-03-03T09:00:00Z",
    "end": "2031-03-03T10:00:00Z",
    "tzid": "Europe/Berlin",
    "location": {"description": "Hall"},
}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", "Ada", calendars=2)


async def page(sandbox: Sandbox, **event: Any) -> str:
    """Return the URL of the page for an event."""
    credentials = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    oauth = {"redirect_uri": BACK, "scope": "create_event", "state": "7"}
    body = {**credentials, "oauth": oauth, "event": EVENT | event}
    reply = await call(sandbox, "POST", "/v1/add_to_calendar", body, token=None)
    assert reply.status == 200, reply
    url: str = reply.json["url"]
    assert url.startswith(f"{ORIGIN}/add_to_calendar/")
    return url


async def test_an_event_is_added_to_a_calendar(sandbox: Sandbox, ada: Account) -> None:
    url = await page(sandbox)

    assert sandbox.add_to_calendar.add(url, ada.calendar_ids[1]) == BACK

    (event,) = ada.calendars[1].events
    assert (event.event_id, event.start, event.end, event.tzid) == ("talk-1", at(9), at(10), "Europe/Berlin")
    assert event.details == {"summary": "Talk <b>", "location": {"description": "Hall"}}


async def test_an_event_that_is_added_again_is_the_same(sandbox: Sandbox, ada: Account) -> None:
    url = await page(sandbox)

    for _ in range(2):
        sandbox.add_to_calendar.add(url, ada.calendar_id)

    assert len(ada.events) == 1


async def test_dates_are_added_as_an_all_day_event(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_to_calendar.add(await page(sandbox, start="2031-03-03", end="2031-03-05"), ada.calendar_id)

    assert [event.all_day for event in ada.events] == [True]


async def test_only_an_existing_calendar_can_be_chosen(sandbox: Sandbox, ada: Account) -> None:
    url = await page(sandbox)
    ada.calendars[1].readonly = True

    with pytest.raises(SandboxError, match="calendar_id: the sandbox has no calendar cal_0"):
        sandbox.add_to_calendar.add(url, "cal_0")
    with pytest.raises(SandboxError, match="is read-only or deleted"):
        sandbox.add_to_calendar.add(url, ada.calendar_ids[1])
    with pytest.raises(SandboxError, match=r"url: the sandbox has no page of add_to_calendar\.create there"):
        sandbox.add_to_calendar.add(f"{ORIGIN}/add_to_calendar/atc_0", ada.calendar_id)

    assert ada.events == []


async def test_the_request_of_a_page_is_found(sandbox: Sandbox) -> None:
    url = await page(sandbox)

    assert sandbox.add_to_calendar.find(url).members["event"] == EVENT
