"""Links for a sequence of events: the sequences that they offer, booking, and disabling."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError, SequencingLink

from ..support import NOW, Json, at, call, group, period

PATH = "/v1/real_time_sequencing"


def step(name: str, *accounts: Account, minutes: int = 60, **changes: Any) -> Json:
    return {
        "sequence_id": name,
        "participants": [group(*accounts)],
        "required_duration": {"minutes": minutes},
        "event": {"event_id": f"loop-9-{name}", "summary": f"Interview {name}"},
        **changes,
    }


def body(*steps: Json, **changes: Any) -> Json:
    return {
        "oauth": {"redirect_uri": "https://app.example.com/done"},
        "event": {"event_id": "loop-9", "summary": "Interviews", "tzid": "Europe/London"},
        "availability": {"sequence": list(steps), "query_periods": [period(at(9), at(12))]},
        **changes,
    }


async def create(sandbox: Sandbox, *steps: Json, **changes: Any) -> SequencingLink:
    reply = await call(sandbox, "POST", PATH, body(*steps, **changes))
    assert reply.status == 200, reply
    link = sandbox.real_time_sequencing.find(reply.json["real_time_sequencing"]["real_time_sequencing_id"])
    assert reply.json["real_time_sequencing"]["url"].endswith(f"/{link.token}")
    return link


def offered(sandbox: Sandbox, link: SequencingLink) -> list[list[tuple[str, str]]]:
    return [
        [(step.sequence_id, step.start.strftime("%H:%M")) for step in steps]
        for steps in sandbox.real_time_sequencing.sequences(link)
    ]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


@pytest.fixture
def bob(sandbox: Sandbox) -> Account:
    return sandbox.add_account("bob@example.com")


# Offered sequences.


async def test_steps_follow_one_another(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    link = await create(sandbox, step("a", ada), step("b", bob))

    assert offered(sandbox, link) == [[("a", "09:00"), ("b", "10:00")], [("a", "10:00"), ("b", "11:00")]]


async def test_each_step_requires_its_own_participants(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    sandbox.add_busy(ada, at(9), at(10))
    sandbox.add_busy(bob, at(9), at(11))
    link = await create(sandbox, step("a", ada), step("b", bob))

    assert offered(sandbox, link) == [[("a", "10:00"), ("b", "11:00")]]
    sandbox.add_busy(bob, at(11), at(12))
    assert offered(sandbox, link) == []
    with pytest.raises(SandboxError, match=r"offers no sequence. It offers 0 sequences: see sequences\(\)."):
        sandbox.real_time_sequencing.book(link)


async def test_ordinals_decide_the_order(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    link = await create(sandbox, step("a", ada, ordinal=2), step("b", bob, ordinal=1))

    assert offered(sandbox, link)[0] == [("b", "09:00"), ("a", "10:00")]


BUFFERS: list[tuple[tuple[Json, Json], list[tuple[str, str]]]] = [
    (({"buffer": {"after": {"minutes": 30}}}, {}), [("a", "09:00"), ("b", "10:30")]),
    (({}, {"buffer": {"before": {"minimum": {"minutes": 45}}}}), [("a", "09:00"), ("b", "10:45")]),
    (
        (
            {"buffer": {"after": {"maximum": {"minutes": 15}}}},
            {"query_periods": [period(at(11), at(12))]},
        ),
        [("a", "09:45"), ("b", "11:00")],
    ),
    (
        (
            {"buffer": {"after": {"minimum": {"minutes": 15}, "maximum": {"minutes": 60}}}},
            {"buffer": {"before": {"maximum": {"minutes": 30}}}, "available_periods": [period(at(11), at(12))]},
        ),
        [("a", "09:30"), ("b", "11:00")],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), BUFFERS)
async def test_buffers_set_the_time_between_steps(
    sandbox: Sandbox, ada: Account, bob: Account, changes: tuple[Json, Json], expected: list[tuple[str, str]]
) -> None:
    quarter: Json = {"start_interval": {"minutes": 15}}
    link = await create(sandbox, step("a", ada, **quarter, **changes[0]), step("b", bob, **quarter, **changes[1]))

    assert offered(sandbox, link)[0] == expected


async def test_later_steps_can_delay_earlier_ones(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    """The earliest second step leaves no time for the third one here, so that a later one is offered."""
    half: Json = {"start_interval": {"minutes": 30}, "minutes": 30}
    sandbox.add_busy(bob, at(9), at(11))
    close: Json = {"buffer": {"after": {"maximum": {"minutes": 0}}}}
    link = await create(sandbox, step("a", ada, **half), step("b", ada, **half, **close), step("c", bob, **half))

    assert offered(sandbox, link)[0] == [("a", "09:00"), ("b", "10:30"), ("c", "11:00")]


async def test_minimum_notice_applies_to_the_first_step(sandbox: Sandbox, ada: Account) -> None:
    link = await create(sandbox, step("a", ada), step("b", ada), minimum_notice={"hours": 3})

    assert offered(sandbox, link) == [[("a", "10:00"), ("b", "11:00")]]


# Booking and disabling.


async def test_booking_writes_the_event_of_each_step(sandbox: Sandbox, ada: Account, bob: Account) -> None:
    two = sandbox.add_account("two@example.com", calendars=2)
    targets = [
        ada.target_calendar,
        *({"sub": two.sub, "calendar_id": calendar_id} for calendar_id in reversed(two.calendar_ids)),
    ]
    link = await create(
        sandbox,
        step("a", ada, bob),
        step("b", two, event={"event_id": "x", "summary": "Last", "tzid": "Europe/Paris"}),
        target_calendars=targets,
        redirect_urls={"completed_url": "https://app.example.com/success?a=b"},
        callback_url="https://app.example.com/hooks",
    )

    booking = sandbox.real_time_sequencing.book(link, at(10))

    assert [(step.sequence_id, step.start, step.end, step.participants) for step in booking.steps] == [
        ("a", at(10), at(11), (ada.sub, bob.sub)),
        ("b", at(11), at(12), (two.sub,)),
    ]
    assert [(event.event_id, event.start, event.details) for event in booking.events] == [
        ("loop-9-a", at(10), {"summary": "Interview a", "tzid": "Europe/London"}),
        ("x", at(11), {"summary": "Last", "tzid": "Europe/Paris"}),
    ]
    assert (ada.events, bob.events, two.calendars[1].events) == ([booking.events[0]], [], [booking.events[1]])
    assert booking.redirect_url == f"https://app.example.com/success?a=b&token={link.token}"
    assert sandbox.deliveries == []  # no source shows the body of this callback
    assert link.status(NOW) == "completed"
    with pytest.raises(SandboxError, match=f"{link.id} is completed"):
        sandbox.real_time_sequencing.book(link)


async def test_no_event_is_written_to_a_removed_target_calendar(sandbox: Sandbox, ada: Account) -> None:
    gone = sandbox.profiles.add(ada, "ada@corp.example")
    targets = [{"sub": ada.sub, "calendar_id": calendar_id} for calendar_id in reversed(ada.calendar_ids)]
    link = await create(sandbox, step("a", ada), target_calendars=targets)
    revoked = await call(sandbox, "POST", f"/v1/profiles/{gone.profile_id}/revoke", token=ada.access_token)

    booking = sandbox.real_time_sequencing.book(link)

    assert revoked.status == 202
    assert ada.calendars[0].events == list(booking.events)
    assert [event.event_id for event in booking.events] == ["loop-9-a"]


async def test_without_target_calendars_no_event_is_written(sandbox: Sandbox, ada: Account) -> None:
    link = await create(sandbox, step("a", ada), target_calendars=None)

    booking = sandbox.real_time_sequencing.book(link)

    assert (booking.events, ada.events) == ((), [])
    assert booking.redirect_url == "https://app.example.com/done"


async def test_a_disabled_link_cannot_be_booked(sandbox: Sandbox, ada: Account) -> None:
    link = await create(sandbox, step("a", ada))
    message = {"display_message": "We filled this role."}

    reply = await call(sandbox, "POST", f"{PATH}/{link.id}/disable", message)

    assert reply.json == {
        "real_time_sequencing": {
            "real_time_sequencing_id": link.id,
            "url": f"http://sandbox.test/rts/{link.token}",
            "event": {"event_id": "loop-9", "summary": "Interviews", "tzid": "Europe/London"},
            "status": "disabled",
        }
    }
    assert link.display_message == "We filled this role."
    with pytest.raises(SandboxError, match=f"{link.id} is disabled"):
        sandbox.real_time_sequencing.book(link)
    assert (await call(sandbox, "POST", f"{PATH}/{link.id}/disable", message)).status == 200
    assert (await call(sandbox, "POST", f"{PATH}/seq_0/disable", message)).status == 404
    for wrong, key in (({}, "errors.required"), ({"display_message": "x" * 501}, "errors.invalid")):
        refused = await call(sandbox, "POST", f"{PATH}/{link.id}/disable", wrong)
        assert refused.errors == {"display_message": key}


async def test_a_completed_link_cannot_be_disabled(sandbox: Sandbox, ada: Account) -> None:
    link = await create(sandbox, step("a", ada))
    sandbox.real_time_sequencing.book(link)

    reply = await call(sandbox, "POST", f"{PATH}/{link.id}/disable", {"display_message": "Gone"})

    assert reply.errors == {"real_time_sequencing_id": "errors.not_allowed"}


async def test_a_link_expires(sandbox: Sandbox, ada: Account) -> None:
    link = await create(sandbox, step("a", ada), step("b", ada, query_periods=[period(at(12), at(14))]))

    assert link.expires_at == at(14)
    sandbox.clock.advance(hours=7)
    with pytest.raises(SandboxError, match=f"{link.id} is expired"):
        sandbox.real_time_sequencing.book(link)


async def test_booking_an_unavailable_start_is_rejected(sandbox: Sandbox, ada: Account) -> None:
    link = await create(sandbox, step("a", ada))

    with pytest.raises(SandboxError, match=r"offers no sequence that starts at .*09:30.*It offers 3 sequences"):
        sandbox.real_time_sequencing.book(link, at(9, 30))
    with pytest.raises(ValueError, match="start: must have a time zone"):
        sandbox.real_time_sequencing.book(link, at(9).replace(tzinfo=None))


async def test_a_link_is_found_by_any_identifier(sandbox: Sandbox, ada: Account) -> None:
    @attrs.frozen
    class OfTheSdk:
        real_time_sequencing_id: str

    link, other = [await create(sandbox, step("a", ada)) for _ in range(2)]

    assert sandbox.real_time_sequencing.all() == [link, other]
    for name in (other, other.id, other.token, f"https://x/rts/{other.token}?locale=de", OfTheSdk(other.id)):
        assert sandbox.real_time_sequencing.find(name) is other
    for nothing in ("seq_0", "", None, OfTheSdk("seq_0")):
        with pytest.raises(SandboxError, match="no such sequencing link"):
            sandbox.real_time_sequencing.find(nothing)
    assert other.token not in repr(other)


# Credentials.


async def test_an_unknown_target_calendar_is_404(sandbox: Sandbox, ada: Account) -> None:
    for target in ({"sub": ada.sub, "calendar_id": "cal_0"}, {"sub": "acc_0", "calendar_id": ada.calendar_id}):
        reply = await call(sandbox, "POST", PATH, body(step("a", ada), target_calendars=[target]))
        assert reply.status == 404


async def test_credentials_may_be_in_the_body(sandbox: Sandbox, ada: Account) -> None:
    credentials = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}

    reply = await call(sandbox, "POST", PATH, body(step("a", ada)) | credentials, token="undefined")

    assert reply.status == 200
    assert "client_secret" not in sandbox.real_time_sequencing.all()[0].params
    assert (await call(sandbox, "POST", PATH, body(step("a", ada)), token=ada.access_token)).status == 403


async def test_links_survive_a_snapshot(sandbox: Sandbox, ada: Account) -> None:
    link = await create(sandbox, step("a", ada))
    sandbox.real_time_sequencing.book(link)

    other = Sandbox(now=NOW)
    other.restore(json.loads(json.dumps(sandbox.snapshot())))

    result = other.real_time_sequencing.find(link.id)
    assert (result.status(NOW), result.steps, result.params) == ("completed", link.steps, link.params)
