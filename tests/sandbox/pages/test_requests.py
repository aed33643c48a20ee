"""The page of a scheduling request, and pages that are not emulated."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox
from cronofy_async.sandbox.areas.scheduling_requests import SLOT

from ..areas.test_scheduling_requests import KIM, LEE, body, create
from ..areas.test_scheduling_requests import found as find_request
from ..support import NOW, ORIGIN, Json, at, call
from .visits import VisitedPage, visit


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", "Ada Lovelace")


async def open_page(sandbox: Sandbox, request: Json, query: str = "") -> VisitedPage:
    return await visit(sandbox, request["primary_select_url"].removeprefix(ORIGIN) + query)


async def submit(sandbox: Sandbox, request: Json, **fields: str) -> VisitedPage:
    return await visit(sandbox, request["primary_select_url"].removeprefix(ORIGIN), fields)


def times(page: VisitedPage) -> list[str]:
    """Return the times that a page offers."""
    return re.findall(r'<button[^>]* name="slot" value="([^"]+)"', page.html)


async def test_a_recipient_chooses_a_time(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_busy(ada, NOW, at(12))
    request = await create(sandbox, body(ada))

    page = await open_page(sandbox, request)
    chosen = await submit(sandbox, request, slot=times(page)[1])

    assert "Demo" in page.text
    assert "Ada Lovelace" in page.text
    assert times(page)[:2] == ["2031-03-03T12:00:00Z", "2031-03-03T12:30:00Z"]
    assert (chosen.status, chosen.location) == (303, request["primary_select_url"].removeprefix(ORIGIN))
    assert (await find_request(sandbox, request["scheduling_request_id"]))["slot_selection"] == "complete"
    done = await open_page(sandbox, request)
    assert "none is sent for scheduling requests" in done.text
    assert "12:30" in done.text
    assert len(ada.events) == 1  # no event is written
    file = await open_page(sandbox, request, "/event.ics")
    assert "DTSTART:20310303T123000Z" in file.html


async def test_a_time_is_chosen_once(sandbox: Sandbox, ada: Account) -> None:
    request = await create(sandbox, body(ada))
    first, second, *_ = times(await open_page(sandbox, request))

    pages = [await submit(sandbox, request, slot=slot) for slot in (first, first, second)]

    assert [page.status for page in pages] == [303, 303, 409]


async def test_a_time_that_is_taken_is_not_chosen(sandbox: Sandbox, ada: Account) -> None:
    request = await create(sandbox, body(ada))
    slot = times(await open_page(sandbox, request))[0]
    sandbox.add_busy(ada, NOW, at(12))

    page = await submit(sandbox, request, slot=slot)

    assert page.status == 409
    assert times(page)[0] == "2031-03-03T12:00:00Z"


async def test_times_are_within_the_rules_of_hosts(sandbox: Sandbox, ada: Account) -> None:
    rule = {
        "availability_rule_id": "work",
        "tzid": "Etc/UTC",
        "weekly_periods": [{"day": "tuesday", "start_time": "10:00", "end_time": "11:00"}],
    }
    assert (await call(sandbox, "POST", "/v1/availability_rules", rule, token=ada.access_token)).status == 200
    request = await create(sandbox, body(ada))

    assert times(await open_page(sandbox, request)) == ["2031-03-04T10:00:00Z", "2031-03-04T10:30:00Z"]


@pytest.mark.parametrize(("required", "first"), [({}, 13), ({"required": 1}, 12)], ids=["all", "one"])
async def test_collaborators_have_to_be_free(sandbox: Sandbox, ada: Account, required: Json, first: int) -> None:
    bob, eve = (sandbox.add_account(f"{name}@example.com") for name in ("bob", "eve"))
    for account, hour in ((ada, 11), (bob, 12), (eve, 13)):
        sandbox.add_busy(account, NOW, at(hour))
    group = {"name": "team", "members": [{"sub": bob.sub}, {"sub": eve.sub}], **required}

    request = await create(sandbox, body(ada, collaborator_groups=[group]))

    assert times(await open_page(sandbox, request))[0] == f"2031-03-03T{first}:00:00Z"


async def test_hosts_are_one_of_a_group(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    sandbox.add_busy(ada, NOW, at(12))
    group = {"name": "team", "members": [{"sub": ada.sub}, {"sub": bob.sub}], "required": 1}
    event = {"summary": "Demo", "duration": {"minutes": 45}}
    sent = {"host_group": group, "recipients": [KIM], "event": event}
    request = await create(sandbox, sent)

    await submit(sandbox, request, slot="2031-03-03T09:00:00Z")

    (record,) = sandbox.kept_records("scheduling_requests")
    times = {"start": "2031-03-03T09:00:00Z", "end": "2031-03-03T09:45:00Z"}
    assert record.members[SLOT] == {**times, "participants": [bob.sub]}


async def test_a_request_ends(sandbox: Sandbox, ada: Account) -> None:
    canceled, expired = [await create(sandbox, body(ada)) for _ in range(2)]
    ident = {"scheduling_request_id": canceled["scheduling_request_id"]}
    await call(sandbox, "POST", "/v1/scheduling_requests/cancel", ident)
    sandbox.clock.advance(timedelta(days=13, hours=23))
    assert times(await open_page(sandbox, expired)) == ["2031-03-17T06:00:00Z", "2031-03-17T06:30:00Z"]
    sandbox.clock.advance(hours=1)

    pages = [await open_page(sandbox, request) for request in (canceled, expired)]

    assert ["This link is no longer in use" in pages[0].text, "The last time offered" in pages[1].text] == [
        True,
        True,
    ]


async def test_a_test_chooses_a_time(sandbox: Sandbox, ada: Account) -> None:
    request = await create(sandbox, body(ada))
    area, ident = sandbox.scheduling_requests, request["scheduling_request_id"]
    assert area.slots(ident)[0].start == NOW
    with pytest.raises(ValueError, match="start: must have a time zone"):
        area.complete(ident, at(9).replace(tzinfo=None))
    with pytest.raises(
        Exception, match=r"offers no slot that starts at 2031-03-03 09:10:00\+00:00. It offers \d+ slots"
    ):
        area.complete(ident, at(9, 10))

    record = area.complete(ident, at(9))

    assert record.members[SLOT]["start"] == "2031-03-03T09:00:00Z"


async def test_a_request_without_a_free_time_can_be_completed_by_a_test(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_busy(ada, NOW, NOW + timedelta(days=30))
    request = await create(sandbox, body(ada))

    record = sandbox.scheduling_requests.complete(request["scheduling_request_id"])

    assert SLOT not in record.members
    assert (await open_page(sandbox, request)).status == 200


# Pages that are not emulated.


async def pageless_urls(sandbox: Sandbox, ada: Account) -> list[str]:
    sent: list[Json] = [
        {"template": {"sub": "sgr_1"}, "recipients": [KIM]},
        {"host_group": {"sub": "sel_1"}, "recipients": [KIM], "event": {"summary": "Demo"}},
    ]
    hosted = await create(sandbox, body(ada))
    url = hosted["primary_select_url"]
    old = await call(sandbox, "POST", "/v1/scheduler_requests", {"host": {"sub": ada.sub}, "recipients": [LEE]})
    agent = await call(sandbox, "POST", "/v1/meeting_agents", {"join_url": "https://meet.example.com/x"})
    urls: list[Any] = [(await create(sandbox, request))["primary_select_url"] for request in sent]
    urls += [hosted["dashboard_url"], f"{url}?reschedule=true", f"{url}?decline=true"]
    urls += [old.json["scheduler_request"]["primary_select_url"], agent.json["resources"][0]["url"]]
    return urls


async def test_a_page_that_is_not_emulated_says_so(sandbox: Sandbox, ada: Account) -> None:
    for url in await pageless_urls(sandbox, ada):
        page = await visit(sandbox, url.removeprefix(ORIGIN))
        assert (page.status, "The sandbox does not emulate this page" in page.text) == (501, True), url


async def test_an_unknown_page_is_not_found(sandbox: Sandbox) -> None:
    assert (await visit(sandbox, "/rts/unknown")).status == 404
