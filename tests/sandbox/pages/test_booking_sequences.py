"""The page of a Real-Time Sequencing link, which books several events."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import Json, at, call, group, period
from .visitor import Visitor


@pytest.fixture
def bob(sandbox: Sandbox) -> Account:
    return sandbox.add_account("bob@example.com", "Bob Noyce")


class SequenceVisitor(Visitor):
    def __init__(self, sandbox: Sandbox, path: str) -> None:
        self.sandbox, self.path, self.headers, self.cookies = sandbox, path, {}, {}


async def visit(sandbox: Sandbox, ada: Account, bob: Account, **changes: Any) -> SequenceVisitor:
    def step(name: str, account: Account, minutes: int) -> Json:
        return {
            "sequence_id": name,
            "participants": [group(account)],
            "required_duration": {"minutes": minutes},
            "event": {"event_id": name, "summary": f"{name.title()} & more"},
        }

    body: Json = {
        "oauth": {"redirect_uri": "https://app.example.com/done"},
        "event": {"event_id": "loop", "summary": "Interview loop", "tzid": "Europe/London"},
        "availability": {
            "sequence": [step("screen", ada, 30), step("panel", bob, 60)],
            "query_periods": [period(at(9), at(12))],
        },
        "target_calendars": [ada.target_calendar, bob.target_calendar],
    }
    reply = await call(sandbox, "POST", "/v1/real_time_sequencing", body | changes)
    assert reply.status == 200, reply
    return SequenceVisitor(sandbox, "/" + reply.json["url"].partition("//")[2].partition("/")[2])


async def test_the_page_offers_sequences(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    visitor = await visit(sandbox, ada, bob, formatting={"hour_format": "H"})

    page = await visitor.open()

    assert (page.status, page.heading) == (200, "Interview loop")
    offered = sandbox.real_time_sequencing.sequences(sandbox.real_time_sequencing.all()[0])
    assert page.slots == [moment[0].start.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in offered]
    assert "None of these times work for me" not in page.text  # no callback is documented for it
    assert "none is sent for sequences" in page.text
    assert "Ada Lovelace" in page.text
    assert "Bob Noyce" in page.text


async def test_a_sequence_is_confirmed_and_booked(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    visitor = await visit(
        sandbox,
        ada,
        bob,
        selection_mode="confirm",
        formatting={"hour_format": "H"},
        redirect_urls={"completed_url": "https://app.example.com/ok"},
    )
    first = (await visitor.open()).slots[0]

    confirm = await visitor.open(slot=first)
    assert "09:00 – 09:30 Screen & more" in confirm.text
    assert "10:00 – 11:00 Panel & more" in confirm.text
    answer = await visitor.submit(slot=first)
    again = await visitor.submit(slot=first)

    token = visitor.path.rpartition("/")[2]
    assert answer.location == again.location == f"https://app.example.com/ok?token={token}"
    assert [len(account.events) for account in (ada, bob)] == [1, 1]
    done = await visitor.open()
    assert (done.heading, done.status) == ("You are booked", 200)
    assert "Panel & more" in done.text
    assert "SUMMARY:Interview loop" in (await visitor.follow(f"{visitor.path}/event.ics")).body


async def test_a_taken_sequence_cannot_be_booked(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    visitor = await visit(sandbox, ada, bob)
    first = (await visitor.open()).slots[0]
    sandbox.add_busy(ada, at(9), at(9, 15))

    answer = await visitor.submit(slot=first)

    assert answer.status == 409
    assert first not in answer.slots
    assert (await visitor.submit(none_suit="1")).status == 400


async def test_pages_explain_why_a_sequence_cannot_be_booked(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    visitor = await visit(sandbox, ada, bob)
    other = await visit(sandbox, ada, bob)
    sandbox.add_busy(ada, at(9), at(12))
    assert "There are no times available" in (await visitor.open()).text

    ident = sandbox.real_time_sequencing.all()[0].id
    await call(sandbox, "POST", f"/v1/real_time_sequencing/{ident}/disable", {"display_message": "Off."})
    assert (await visitor.open()).heading == "This link is no longer in use"
    sandbox.clock.advance(days=1)
    assert (await other.open()).heading == "This link has expired"
    assert sandbox.deliveries == []
