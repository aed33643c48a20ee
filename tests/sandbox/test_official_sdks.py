"""Requests exactly as official SDKs for other languages send them: all are accepted by a strict sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from cronofy_async.sandbox import Account, Sandbox

from .areas.connecting import APPLICATION, BACK, page, redirect_parameters, visit
from .support import NOW, Json, Reply, at, call, group, link_body, period, text

FORM = {"content-type": "application/x-www-form-urlencoded"}
OLD_TOKEN = "stale"
UNDEFINED = "undefined"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True, page_size=50)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


def write(sandbox: Sandbox, ada: Account, number: int = 0, calendar: int = 0) -> str:
    """Write an event of the application, and return its ID."""
    event_id, start, end = f"e{number}", at(9 + number), at(10 + number)
    sandbox.events.add(ada, start, end, calendar_id=ada.calendar_ids[calendar], external=False, event_id=event_id)
    return event_id


def ids(account: Account) -> list[str | None]:
    return [event.event_id for event in account.events]


# Authorization.


CREDENTIALS = pytest.mark.parametrize(
    ("form", "token"),
    [
        pytest.param(True, None, id="ruby"),
        pytest.param(False, UNDEFINED, id="node"),
        pytest.param(False, OLD_TOKEN, id="php and python"),
        pytest.param(False, None, id="csharp"),
    ],
)


async def post(sandbox: Sandbox, target: str, body: Json, form: bool, token: str | None) -> Reply:
    if form:
        return await call(sandbox, "POST", target, urlencode(body).encode(), token=token, headers=FORM)
    return await call(sandbox, "POST", target, body, token=token)


@CREDENTIALS
async def test_tokens_with_the_application_in_the_body(
    sandbox: Sandbox, ada: Account, form: bool, token: str | None
) -> None:
    code = redirect_parameters(sandbox.oauth.authorize(page(), ada))["code"]
    grant = APPLICATION | {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    tokens = (await post(sandbox, "/oauth/token", grant, form, token)).json
    assert tokens["sub"] == ada.sub

    grant = APPLICATION | {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refreshed = (await post(sandbox, "/oauth/token", grant, form, token)).json
    assert (await call(sandbox, "GET", "/v1/calendars", token=refreshed["access_token"])).status == 200

    room = await post(sandbox, "/v1/application_calendars", APPLICATION | {"application_calendar_id": "r"}, form, token)
    assert room.json["application_calendar_id"] == "r"


async def test_cronofy_node_repeats_its_refresh_token_in_an_exchange(sandbox: Sandbox, ada: Account) -> None:
    code = redirect_parameters(sandbox.oauth.authorize(page(), "kim@example.org"))["code"]
    grant = APPLICATION | {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}

    reply = await call(sandbox, "POST", "/oauth/token", grant | {"refresh_token": ada.refresh_token}, token=UNDEFINED)

    assert reply.json["sub"] == sandbox.accounts[-1].sub != ada.sub


@pytest.mark.parametrize(
    ("form", "token", "names"),
    [
        pytest.param(True, None, {"token": "refresh_token"}, id="ruby"),
        pytest.param(True, None, {"sub": "sub"}, id="ruby, by account"),
        pytest.param(False, UNDEFINED, {"refresh_token": "refresh_token"}, id="node"),
        pytest.param(False, OLD_TOKEN, {"token": "access_token"}, id="python"),
        pytest.param(False, OLD_TOKEN, {"token": "refresh_token", "sub": "sub"}, id="php"),
        pytest.param(False, None, {"sub": "sub", "request_pii_erasure": True}, id="csharp"),
    ],
)
async def test_revocations(
    sandbox: Sandbox, ada: Account, form: bool, token: str | None, names: Mapping[str, Any]
) -> None:
    body = {name: getattr(ada, value) if isinstance(value, str) else value for name, value in names.items()}
    access_token = ada.access_token
    assert (await call(sandbox, "GET", "/v1/calendars", token=access_token)).status == 200

    assert (await post(sandbox, "/oauth/token/revoke", APPLICATION | body, form, token)).status == 200

    assert (await call(sandbox, "GET", "/v1/calendars", token=access_token)).status == 401


@pytest.mark.parametrize("value", ["False", "1", "true", ""])
async def test_flags_of_authorization_urls(sandbox: Sandbox, ada: Account, value: str) -> None:
    """As python, php, node, and an empty value in php write them."""
    reply = await visit(sandbox, page(avoid_linking=value, login_hint=ada.email))

    assert reply.status == 302
    assert "code" in redirect_parameters(reply.headers["Location"])


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(None, FORM, id="ruby"),
        pytest.param({}, {}, id="node and python"),
        pytest.param([], {}, id="php"),
        pytest.param(None, {}, id="csharp"),
    ],
)
async def test_posts_without_parameters(sandbox: Sandbox, ada: Account, body: Any, headers: Mapping[str, str]) -> None:
    reply = await call(sandbox, "POST", "/v1/link_tokens", body, token=ada.access_token, headers=headers)
    assert reply.json["link_token"]

    target = f"/v1/profiles/{ada.profile_id}/revoke"
    assert (await call(sandbox, "POST", target, body, token=ada.access_token, headers=headers)).status < 300
    assert (await call(sandbox, "GET", "/v1/profiles", token=ada.access_token)).json["profiles"] == []


async def test_cronofy_node_repeats_parameters_of_the_path_in_the_body(sandbox: Sandbox, ada: Account) -> None:
    profile = ada.profile_id
    body = {"profile_id": profile}

    assert (await call(sandbox, "POST", f"/v1/profiles/{profile}/revoke", body, token=ada.access_token)).status < 300


# Events.


@pytest.mark.parametrize("target", ["/v1/calendars", "/v1/calendars/"])
async def test_paths_that_end_with_a_slash(sandbox: Sandbox, ada: Account, target: str) -> None:
    assert (await call(sandbox, "GET", target, token=ada.access_token)).status == 200


READS = {
    "ruby": "tzid=Etc%2FUTC&from=2031-03-03T00%3A00%3A00Z&to=2031-03-09T00%3A00%3A00Z&calendar_ids%5B%5D={calendar}",
    "node": "tzid=Etc%2FUTC&include_managed=true&calendar_ids%5B%5D={calendar}",
    "php": "tzid=Etc%2FUTC&include_managed=true&calendar_ids[]={calendar}",
    "python": "tzid=Etc%2FUTC&calendar_ids%5B%5D={calendar}&include_managed=True&localized_times=False",
    "csharp": (
        "tzid=Etc%2FUTC&localized_times=true&from=2031-03-03%2000%3A00%3A00Z&to=2031-03-09&include_managed=true"
        "&include_deleted=false&last_modified=2031-03-01%2000%3A00%3A00Z&calendar_ids[]={calendar}"
    ),
}


@pytest.mark.parametrize("sdk", READS)
@pytest.mark.parametrize("listing", ["events", "free_busy"])
async def test_reads(sandbox: Sandbox, ada: Account, sdk: str, listing: str) -> None:
    write(sandbox, ada)
    write(sandbox, ada, 1, calendar=1)
    managed = "" if "include_managed" in READS[sdk] else "&include_managed=true"
    query = READS[sdk].format(calendar=ada.calendar_id) + managed

    body: Json | None = {} if sdk == "python" else None
    reply = await call(sandbox, "GET", f"/v1/{listing}?{query}", body, token=ada.access_token)

    assert len(reply.json[listing]) == 1


async def test_further_parameters_of_cronofy_csharp(sandbox: Sandbox, ada: Account) -> None:
    write(sandbox, ada)
    read = "tzid=Etc%2FUTC&localized_times=true&include_managed=true"

    for listing, more in {
        "events": "include_moved=true&only_managed=true&include_geo=true&google_event_ids=true",
        "free_busy": "include_ids=true&include_free=true&include_deleted=true",
    }.items():
        reply = await call(sandbox, "GET", f"/v1/{listing}?{read}&{more}", token=ada.access_token)
        assert len(reply.json[listing]) == 1


TIMES: dict[str, Json] = {
    "ruby, node, and php": {"start": text(at(9)), "end": text(at(10))},
    "php, with an offset": {"start": "2031-03-03T09:00:00+00:00", "end": "2031-03-03T10:00:00+00:00"},
    "csharp": {
        "start": {"time": "2031-03-03 09:00:00Z", "tzid": "Etc/UTC"},
        "end": {"time": "2031-03-03 10:00:00Z", "tzid": "Etc/UTC"},
    },
    "node, with milliseconds": {"start": "2031-03-03T09:00:00.000Z", "end": "2031-03-03T10:00:00.000Z"},
}


@pytest.mark.parametrize("times", TIMES.values(), ids=list(TIMES))
async def test_times_of_events(sandbox: Sandbox, ada: Account, times: Json) -> None:
    body = {"event_id": "e0", "summary": "Lunch", "tzid": "Etc/UTC", **times}

    reply = await call(sandbox, "POST", f"/v1/calendars/{ada.calendar_id}/events", body, token=ada.access_token)

    assert reply.status == 202
    assert [(event.start, event.end) for event in ada.events] == [(at(9), at(10))]


DETAILS: Json = {
    "conferencing": {"profile_id": "default"},
    "conferencing of a service": {"profile_id": "pro_1"},
    "explicit conferencing": {
        "profile_id": "explicit",
        "provider_description": "Meet",
        "join_url": "https://meet.example.com/1",
    },
    "no conferencing": {"profile_id": "none"},
    "url": None,
    "subscriptions": [],
    "subscriptions to a link": [
        {"type": "webhook", "uri": "https://a.example.com", "interactions": [{"type": "conferencing_assigned"}]}
    ],
    "reminders": [],
    "transparency": None,
    "extended_transparency": "out_of_office",
    "attendees": {
        "invite": [{"email": "bob@example.com", "display_name": "Bob"}],
        "remove": [{"email": "kim@example.com", "display_name": "Kim"}],
    },
    "attendees of ruby and php": {"invite": [], "reject": [{"email": "kim@example.com", "display_name": "Kim"}]},
    "location": {"description": "Shop", "lat": "48.85", "long": "2.35"},
    "color": "#49BED8",
    "event_classes": ["meeting"],
    "event_private": False,
    "reminders_create_only": True,
}
#: The member that a form above is of, where its name is not that.
MEMBER = {
    "conferencing of a service": "conferencing",
    "explicit conferencing": "conferencing",
    "no conferencing": "conferencing",
    "subscriptions to a link": "subscriptions",
    "attendees of ruby and php": "attendees",
}


@pytest.mark.parametrize("name", DETAILS)
async def test_details_of_events(sandbox: Sandbox, ada: Account, name: str) -> None:
    body = {"event_id": "e0", "summary": "Lunch", **TIMES["csharp"], MEMBER.get(name, name): DETAILS[name]}

    reply = await call(sandbox, "POST", f"/v1/calendars/{ada.calendar_id}/events", body, token=ada.access_token)

    assert reply.status == 202, reply
    assert ids(ada) == ["e0"]


@pytest.mark.parametrize(
    ("target", "body", "remaining"),
    [
        pytest.param("/v1/events", {"delete_all": True}, [], id="ruby, php, and csharp"),
        pytest.param("/v1/events", {"calendar_ids": ["{calendar}"]}, ["e1"], id="node"),
        pytest.param("/v1/events?delete_all=True", {}, [], id="python"),
        pytest.param("/v1/events?calendar_ids%5B%5D={calendar}", {}, ["e1"], id="python, some"),
        pytest.param("/v1/calendars/{calendar}/events", {"event_id": "e0"}, ["e1"], id="one"),
    ],
)
async def test_deletions(sandbox: Sandbox, ada: Account, target: str, body: Json, remaining: list[str]) -> None:
    write(sandbox, ada)
    write(sandbox, ada, 1, calendar=1)
    if "calendar_ids" in body:
        body = {"calendar_ids": [ada.calendar_id]}

    reply = await call(sandbox, "DELETE", target.format(calendar=ada.calendar_id), body, token=ada.access_token)

    assert reply.status == 202
    assert ids(ada) == remaining


# Links.


@pytest.mark.parametrize("token", [None, UNDEFINED, OLD_TOKEN], ids=["ruby and csharp", "node", "php"])
async def test_links_with_the_application_in_the_body(sandbox: Sandbox, ada: Account, token: str | None) -> None:
    reply = await call(sandbox, "POST", "/v1/real_time_scheduling", link_body(ada) | APPLICATION, token=token)

    assert reply.json["url"] == reply.json["real_time_scheduling"]["url"]
    assert len(sandbox.slots(reply.json["url"])) == 3


@pytest.mark.parametrize(
    ("name", "token"),
    [("availability", None), ("availability", UNDEFINED), ("availability", OLD_TOKEN), ("availablity", None)],
    ids=["ruby", "node", "php", "csharp"],
)
async def test_links_for_sequences(sandbox: Sandbox, ada: Account, name: str, token: str | None) -> None:
    step = {
        "ordinal": 1,
        "sequence_id": "First",
        "event": {"event_id": "a", "summary": "First"},
        "participants": [group(ada)],
        "required_duration": {"minutes": 60},
        "available_periods": [],
    }
    body = {
        "oauth": {"redirect_uri": BACK, "scope": "read_write"},
        "event": {"event_id": "all", "summary": "All"},
        name: {
            "sequence": [step],
            "available_periods": [{"start": "2031-03-03 09:00:00Z", "end": "2031-03-03 12:00:00Z"}],
        },
        "target_calendars": [{"sub": ada.sub, "calendar_id": ada.calendar_id}],
        "formatting": {"hour_format": "H"},
        "tzid": "Etc/UTC",
        "callback_url": "https://app.example.com/hook",
    }

    reply = await call(sandbox, "POST", "/v1/real_time_sequencing", body | APPLICATION, token=token)

    assert len(sandbox.real_time_sequencing.sequences(reply.json["url"])) == 3


async def test_a_misspelled_member_is_validated_by_its_documented_name(sandbox: Sandbox, ada: Account) -> None:
    target = "/v1/real_time_sequencing"
    body: Json = {"availablity": 1, "availability": {"sequence": []}}
    reply = await call(sandbox, "POST", target, {"availablity": {}})
    assert reply.errors["availability.sequence"] == "errors.required"
    assert "availability.sequence" in (await call(sandbox, "POST", target, body)).errors


# Invites.


INVITE_TIMES: dict[str, Json] = {
    "ruby": {"start": text(at(9)), "end": text(at(10)), "tzid": "Etc/UTC"},
    "csharp": TIMES["csharp"],
    "php": {"start": "2031-03-03", "end": "2031-03-04"},
}


@pytest.mark.parametrize("times", INVITE_TIMES.values(), ids=list(INVITE_TIMES))
async def test_invites(sandbox: Sandbox, times: Json) -> None:
    people = [{"email": "pat@example.com"}, {"email": "lee@example.com"}]
    body = {"smart_invite_id": "i", "recipients": people, "event": {"summary": "Fitting", **times}}
    body |= {"method": "request", "organizer": {"name": "Shop", "email": "shop@example.com"}}
    assert (await call(sandbox, "POST", "/v1/smart_invites", body)).status == 200
    remove = {"method": "remove", "smart_invite_id": "i", "recipient": people[0]}
    assert (await call(sandbox, "POST", "/v1/smart_invites", remove)).status == 200

    response = await call(sandbox, "GET", "/v1/smart_invites?smart_invite_id=i")

    assert [recipient["email"] for recipient in response.json["recipients"]] == ["lee@example.com"]
    assert " " not in response.json["event"]["start"]["time"]  # which cronofy-csharp sends, and does not read


# Bookable events.


async def test_cronofy_node_repeats_its_secret_and_the_path(sandbox: Sandbox) -> None:
    more = {"bearer_token": sandbox.client_secret}
    event = {"bookable_event_id": "b", **period(at(9), at(10)), "status": "confirmed", "registration": {"capacity": 2}}
    target = "/v1/bookable_events"
    assert (await call(sandbox, "POST", target, event | more)).status < 300
    more |= {"bookable_event_id": "b"}
    person = {"registration_id": "r", "status": "accepted"}

    async def registered() -> int:
        reply = await call(sandbox, "GET", f"{target}/b?{urlencode(more)}")
        count: int = reply.json["registration"]["registered_count"]
        return count

    assert (await call(sandbox, "POST", f"{target}/b/registrations", person | more)).status < 300
    assert await registered() == 1
    path = f"{target}/b/registrations/r"
    assert (await call(sandbox, "DELETE", path, more | {"registration_id": "r"})).status < 300
    assert await registered() == 0

    assert sandbox.unknown_parameters == []


async def test_hints_quote_no_secret(sandbox: Sandbox) -> None:
    body = {"bearer_token": sandbox.client_secret, "client_secrett": sandbox.client_secret}

    reply = await call(sandbox, "POST", "/v1/bookable_events", body)

    assert reply.errors["client_secrett"] == "errors.unknown"
    assert sandbox.client_secret not in str([reply.json, sandbox.unknown_parameters])
