"""The pages for permissions and conferencing services: their content and their forms."""

from __future__ import annotations

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..areas.companies import authorize_person
from ..areas.connecting import visit
from ..areas.test_add_to_calendar import BACK as ADDED
from ..areas.test_add_to_calendar import page as add_to_calendar_page
from ..areas.test_conferencing_services import page as conferencing_page
from ..areas.test_permissions import BACK, permission, request
from ..areas.test_permissions import page as permissions_page
from ..support import ORIGIN
from .visits import submit


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", "Ada <Lovelace>", calendars=2)


async def shown(sandbox: Sandbox, target: str, status: int = 200) -> str:
    reply = await visit(sandbox, target.removeprefix(ORIGIN))
    assert reply.status == status
    text: str = reply.json
    return text


# Permissions.


async def test_permissions_are_granted_on_their_page(sandbox: Sandbox, ada: Account) -> None:
    sandbox.calendars.change(ada.calendars[0], name="Ada's <own>")
    url = await permissions_page(sandbox, ada, permission(ada), permission(ada, "sandbox", calendar=1))

    text = await shown(sandbox, url)
    reply = await submit(sandbox, url)

    assert "Ada &lt;Lovelace&gt; (ada@example.com)" in text
    assert '<span>Change all events</span> <span class="muted">Ada&#39;s &lt;own&gt;</span>' in text
    assert "<span>Change only the events that it created</span>" in text
    assert (reply.status, reply.headers["Location"]) == (303, BACK)
    assert [calendar.permission_level for calendar in ada.calendars] == ["unrestricted", "sandbox"]
    assert "You have already decided" in await shown(sandbox, url)


async def test_permissions_are_denied_on_their_page(sandbox: Sandbox, ada: Account) -> None:
    url = await permissions_page(sandbox, ada, permission(ada))

    reply = await submit(sandbox, url, answer="cancel")
    again = await submit(sandbox, url)

    assert reply.headers["Location"] == f"{BACK}?error=access_denied"
    assert (again.status, again.headers["Location"]) == (303, url.removeprefix(ORIGIN))
    assert ada.calendars[0].permission_level == "sandbox"


async def test_a_request_without_a_redirect_uri_returns_to_the_page(sandbox: Sandbox) -> None:
    sandbox.mount("https://app.example.com", lambda _: None)
    kim = await authorize_person(sandbox, sandbox.add_account("admin@corp.example", kind="service_account"))
    url = (await request(sandbox, kim, permission(kim))).json["permissions_request"]["url"]
    kim.calendars.clear()

    assert "<span>Change all events</span>" in await shown(sandbox, url)
    reply = await submit(sandbox, url)

    assert reply.headers["Location"] == url.removeprefix(ORIGIN)
    assert "You have already decided" in await shown(sandbox, url)


# Conferencing services.


async def test_a_service_is_connected_on_its_page(sandbox: Sandbox, ada: Account) -> None:
    url = await conferencing_page(sandbox, ada, provider_name="go_to")

    text = await shown(sandbox, url)
    reply = await submit(sandbox, url, provider_name="ms_teams")

    assert '<option value="go_to" selected>GoTo</option>' in text
    (profile,) = ada.conferencing_profiles
    assert profile.provider_name == "ms_teams"
    assert reply.status == 303
    assert reply.headers["Location"].endswith(f"/conferencing?last_linked_profile_id={profile.profile_id}")


async def test_an_unknown_requested_service_is_offered(sandbox: Sandbox, ada: Account) -> None:
    text = await shown(sandbox, await conferencing_page(sandbox, ada, provider_name="<webex>"))

    assert '<option value="&lt;webex&gt;" selected>&lt;webex&gt;</option>' in text


async def test_a_person_can_connect_no_service(sandbox: Sandbox, ada: Account) -> None:
    reply = await submit(sandbox, await conferencing_page(sandbox, ada), answer="cancel")

    assert reply.headers["Location"].endswith("/conferencing?error=access_denied")
    assert ada.conferencing_profiles == []


@pytest.mark.parametrize("target", ["/permissions_requests/prq_0", "/conferencing_services/csa_0"])
async def test_an_unknown_page_is_not_found(sandbox: Sandbox, target: str) -> None:
    assert "Request not found" in await shown(sandbox, target, 404)
    assert (await submit(sandbox, target)).headers["Location"] == target


async def test_a_redirect_uri_cannot_add_headers(sandbox: Sandbox, ada: Account) -> None:
    url = await conferencing_page(sandbox, ada, redirect_uri="https://app.example.com/a X-Evil: ü")

    location = (await submit(sandbox, url, answer="cancel")).headers["Location"]

    assert location == "https://app.example.com/a%20X-Evil:%20%C3%BC?error=access_denied"


# Add to Calendar.


async def test_an_event_is_added_on_its_page(sandbox: Sandbox, ada: Account) -> None:
    for account in (ada, sandbox.add_account("kim@example.com")):
        account.calendars[0].readonly = True
    url = await add_to_calendar_page(sandbox)

    text = await shown(sandbox, url)
    reply = await submit(sandbox, url, calendar_id=ada.calendar_ids[1])

    assert "Add Talk &lt;b&gt; to your calendar" in text
    assert "Mon 3 Mar 2031, 10:00 to 11:00 (Europe/Berlin)" in text
    assert text.count("<optgroup") == text.count("<option") == 1
    assert (reply.status, reply.headers["Location"]) == (303, ADDED)
    assert [event.event_id for event in ada.calendars[1].events] == ["talk-1"]


async def test_an_event_is_not_added_to_an_unknown_calendar(sandbox: Sandbox, ada: Account) -> None:
    url = await add_to_calendar_page(sandbox)

    reply = await submit(sandbox, url, calendar_id="cal_0")

    assert (reply.status, "Choose one of these calendars." in reply.json) == (422, True)
    assert ada.events == []


async def test_the_page_of_an_event_says_that_there_is_no_calendar(sandbox: Sandbox) -> None:
    text = await shown(sandbox, await add_to_calendar_page(sandbox))

    assert "No account has a writable calendar." in text
    assert "<button" not in text


async def test_an_unknown_event_has_no_page(sandbox: Sandbox) -> None:
    assert "Request not found" in await shown(sandbox, "/add_to_calendar/atc_0", status=404)
    assert (await submit(sandbox, "/add_to_calendar/atc_0")).headers["Location"] == "/add_to_calendar/atc_0"
