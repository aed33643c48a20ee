"""The callbacks of links: their bodies, and which of them are sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox, SandboxError

from ..callbacks import APP, HOOK, Receiver
from ..support import NOW, at, create, group, link_body, period


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


async def test_the_time_chosen_callback_matches_the_documented_example(sandbox: Sandbox, ada: Account) -> None:
    """The example of the documentation, except for the account's ID."""
    body = link_body(
        ada,
        event={
            "event_id": "qTtZdczOccgaPncGJaCiLg",
            "summary": "Product Manager Interview at Globex",
            "tzid": "Europe/London",
        },
        callback_urls={"completed_url": HOOK},
    )
    body["availability"]["query_periods"] = [period(at(10), at(11))]
    ident = await create(sandbox, **body)
    booking = await sandbox.book(ident, tzid="Europe/Paris")
    assert booking.delivery.json == {
        "notification": {"type": "real_time_scheduling_time_chosen"},
        "user": {"tzid": "Europe/Paris"},
        "event": {
            "event_id": "qTtZdczOccgaPncGJaCiLg",
            "start": {"time": "2031-03-03T10:00:00Z", "tzid": "Europe/London"},
            "end": {"time": "2031-03-03T11:00:00Z", "tzid": "Europe/London"},
            "summary": "Product Manager Interview at Globex",
        },
        "participants": [{"sub": ada.sub}],
    }


async def test_participants_are_the_selected_members(sandbox: Sandbox, ada: Account) -> None:
    bob = sandbox.add_account("bob@example.com")
    sandbox.add_busy(ada, at(9), at(12))
    availability = link_body()["availability"] | {"participants": [group(ada, bob, required=1)]}
    ident = await create(sandbox, availability=availability, callback_url=HOOK)
    booking = await sandbox.book(ident)
    assert booking.delivery.json["participants"] == [{"sub": bob.sub}]


async def test_callbacks_do_not_contain_the_link_id(sandbox: Sandbox, ada: Account) -> None:
    sandbox.mount(APP, Receiver())
    names = ("completed_url", "no_times_suitable_url", "no_times_displayed_url")
    idents = [await create(sandbox, ada, callback_urls=dict.fromkeys(names, HOOK)) for _ in range(2)]
    for ident in idents:
        await sandbox.no_times_suitable(ident)
        await sandbox.book(ident)
    sandbox.add_busy(ada, at(9), at(12))
    for _ in range(2):
        await sandbox.no_times_displayed(await create(sandbox, ada, callback_urls=dict.fromkeys(names, HOOK)))
    assert len(sandbox.deliveries) == 6
    for link in sandbox.links:
        for delivery in sandbox.deliveries:
            assert link.id.encode() not in delivery.body
            assert link.token.encode() not in delivery.body
    # Callbacks without an event are the same for every link, including the signature.
    displayed, again = sandbox.deliveries[-2:]
    assert (displayed.body, displayed.headers) == (again.body, again.headers)


async def test_no_times_callbacks_match_the_documented_examples(sandbox: Sandbox, ada: Account) -> None:
    urls = {"no_times_suitable_url": HOOK, "no_times_displayed_url": f"{HOOK}&displayed"}
    ident = await create(sandbox, ada, callback_urls=urls)
    suitable = await sandbox.no_times_suitable(ident, tzid="Europe/Paris")
    with pytest.raises(SandboxError, match="has 3 times to offer"):
        await sandbox.no_times_displayed(ident)
    sandbox.add_busy(ada, at(9), at(12))
    displayed = await sandbox.no_times_displayed(ident)
    assert (suitable.url, displayed.url) == (HOOK, f"{HOOK}&displayed")
    assert suitable.json == {
        "user": {"tzid": "Europe/Paris"},
        "notification": {"type": "real_time_scheduling_no_times_suitable"},
    }
    assert displayed.json == {
        "user": {"tzid": "Europe/London"},
        "notification": {"type": "real_time_scheduling_no_times_displayed"},
    }
    assert sandbox.link(ident).status(NOW) == "open"


async def test_callbacks_are_sent_to_configured_urls_only(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    assert (await sandbox.no_times_suitable(ident)).outcome == "none"
    delivery = (await sandbox.book(ident)).delivery
    assert (delivery.outcome, delivery.status, delivery.json) == ("none", None, None)
    expected = f"{ident} has no completed_url, so no callback was sent. Create links with callback_urls.completed_url."
    assert delivery.problem == expected
    assert sandbox.deliveries == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"callback_url": f"{APP}/old"}, f"{APP}/old"),
        ({"callback_url": f"{APP}/old", "callback_urls": {"completed_url": f"{APP}/new"}}, f"{APP}/new"),
        ({"callback_url": f"{APP}/old", "callback_urls": {"no_times_suitable_url": f"{APP}/no"}}, f"{APP}/old"),
    ],
)
async def test_the_older_name_is_an_alias_of_the_completed_url(
    sandbox: Sandbox, ada: Account, changes: dict[str, Any], expected: str
) -> None:
    booking = await sandbox.book(await create(sandbox, ada, **changes))
    assert booking.delivery.url == expected
