"""Hostile bodies and headers get an error that names what is wrong, and leave the sandbox as it was."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ..support import LINKS, link_body
from .support import Control

JSON = {"Content-Type": "application/json"}


def nested(levels: int) -> bytes:
    """Return an account whose name has a number of levels."""
    return b'{"email": "kim@example.com", "name": %s}' % (b"[" * (levels - 1) + b"]" * (levels - 1))


@pytest.mark.parametrize("levels", [101, 500, 3_000, 300_000])
async def test_json_with_many_levels(control: Control, levels: int) -> None:
    """The schema library stops at some hundred levels, and Python at some thousand."""
    reply = await control.send("POST", "accounts", nested(levels))
    assert reply.error == (400, "bad_request")
    assert reply.json["error_description"] == "body: must be JSON: it has more than 100 levels"

    async with control.http.post(LINKS, data=nested(levels), headers=_authorized(control)) as response:
        assert response.status == 422
        (problem,) = (await response.json())["errors"]["body"]
        assert problem["description"] == "body cannot be read: it has more than 100 levels"


async def test_json_with_as_many_levels_as_allowed(control: Control) -> None:
    assert "must be text" in (await control.send("POST", "accounts", nested(100))).errors["name"]

    async with control.http.post(LINKS, data=nested(100), headers=_authorized(control)) as response:
        assert response.status == 422
        assert "oauth" in (await response.json())["errors"]


@pytest.mark.parametrize(
    "body",
    [b'{"email": "\\ud800@example.com"}', b'{"\\udfff": 1}', b'{"email": "\xff"}', b'{"calendars": NaN}', b"\x00\x01"],
)
async def test_a_value_that_cannot_be_written_is_rejected(control: Control, body: bytes) -> None:
    assert (await control.send("POST", "accounts", body)).error == (400, "bad_request")
    assert control.sandbox.accounts == []
    async with control.http.get("/__sandbox__/") as response:
        assert response.status == 200


async def test_a_name_from_a_test_that_no_page_can_write(control: Control) -> None:
    control.sandbox.add_account("kim@example.com", "\ud800")

    async with control.http.get("/__sandbox__/") as response:
        assert response.status == 200
        assert "kim@example.com" in await response.text()


@pytest.mark.parametrize("calendars", [0, -1, 1_001, 10**9, 10**400])
async def test_more_calendars_than_an_account_can_have(control: Control, calendars: int) -> None:
    reply = await control.post("accounts", email="kim@example.com", calendars=calendars)
    assert "must be from 1 to 1,000" in reply.errors["calendars"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", 0),
        ("status", 199),
        ("status", 600),
        ("latency", -1),
        ("latency", 1e308),
        ("duplicates", -1),
        ("duplicates", 10**9),
        ("times", -1),
        ("probability", 1.5),
        ("headers", {"A": "1\r\nSet-Cookie: a=1"}),
        ("headers", {"A\r\nB": "1"}),
        ("headers", {"A": "\x00"}),
        ("headers", {"": "1"}),
    ],
)
async def test_a_fault_that_no_response_can_have(control: Control, name: str, value: Any) -> None:
    assert name in (await control.post("faults", operation="callback", **{name: value})).errors
    assert list(control.sandbox.faults) == []


async def test_a_retry_after_cannot_add_headers(control: Control) -> None:
    assert "headers" in (await control.post("faults", status=503, retry_after="1\r\nSet-Cookie: a=1")).errors


@pytest.mark.parametrize(
    "url", ["https://app.example.com/\r\nSet-Cookie: a=1", "http://[::1", "https://a\\@b", "https://a/\0"]
)
async def test_a_url_that_no_browser_can_be_redirected_to(control: Control, url: str) -> None:
    """It would only show after the link is booked."""
    ada = control.sandbox.add_account("ada@example.com")
    body = link_body(ada, redirect_urls={"completed_url": url})
    async with control.http.post(LINKS, json=body, headers=_authorized(control)) as response:
        assert response.status == 422
        assert list((await response.json())["errors"]) == ["redirect_urls.completed_url"]


@pytest.mark.parametrize("path", ["/__sandbox__/accounts", "/add_to_calendar/scheduling/x", "/oauth/authorize"])
async def test_a_form_with_many_fields(control: Control, path: str) -> None:
    body = "&".join(f"a{number}=" for number in range(100_000))
    async with control.http.post(
        path, data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    ) as response:
        assert response.status == 413
        assert "65,536 bytes" in await response.text()


async def test_a_token_request_with_many_fields(control: Control) -> None:
    body = f"client_id={control.sandbox.client_id}&client_secret={control.sandbox.client_secret}" + "&a=" * 1_000
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with control.http.post("/oauth/token", data=body, headers=headers) as response:
        assert response.status == 400


@pytest.mark.parametrize("origin", ["http://[::1", "//{own}", "file://{own}", "http://x@{own}", "http://{own}/", ""])
async def test_an_origin_that_is_none(control: Control, origin: str) -> None:
    own = control.url.removeprefix("http://")
    reply = await control.send("POST", "reset", b"{}", {"Origin": origin.format(own=own)})
    assert reply.error == (403, "forbidden")


@pytest.mark.parametrize("kind", ["image", "iframe", "script", "empty", "style", "object"])
@pytest.mark.parametrize("path", ["snapshot", "/__sandbox__/api/accounts"])
async def test_what_a_page_of_another_site_loads_in_the_background(control: Control, kind: str, path: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": kind}
    assert (await control.get(path, **headers)).error == (403, "forbidden")
    assert (await control.get(path, **{**headers, "Sec-Fetch-Site": "same-origin"})).status == 200
    assert (await control.get(path, **{**headers, "Sec-Fetch-Dest": "document"})).status == 200


def _authorized(control: Control) -> dict[str, str]:
    return {**JSON, "Authorization": f"Bearer {control.sandbox.client_secret}"}


@pytest.mark.parametrize("email", ["kim@example.com\r\nATTENDEE:mailto:lee@example.com", "kim\x00@example.com"])
async def test_an_email_address_that_no_invitation_can_have(control: Control, email: str) -> None:
    assert "control characters" in (await control.post("accounts", email=email)).errors["email"]

    page = {"response_type": "code", "client_id": control.sandbox.client_id, "scope": "read_write", "login_hint": email}
    async with control.http.get("/oauth/authorize", params=page | {"redirect_uri": "https://a.example/"}) as response:
        assert response.status == 501
    assert control.sandbox.accounts == []


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
async def test_a_time_that_does_not_exist_in_utc(control: Control, time: str) -> None:
    ada = control.sandbox.add_account("ada@example.com")
    reply = await control.post(f"accounts/{ada.sub}/busy", start=time, end=time)
    assert list(reply.errors) == ["start", "end"]

    form = {"start": time, "end": time}
    async with control.http.post(f"/__sandbox__/accounts/{ada.sub}/busy", data=form) as response:
        assert response.status == 400
        assert "start: must be a date and a time" in await response.text()


async def test_a_stream_has_no_body_for_head(control: Control) -> None:
    """It would be taken for the response to the next request on the connection."""
    host, port = control.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    request = "{} {} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    writer.write(request.format("HEAD", "/__sandbox__/events").encode())
    writer.write(request.format("GET", "/__sandbox__/health").encode())

    first = await reader.readuntil(b"\r\n\r\n")
    second = await reader.readuntil(b"\r\n\r\n")

    assert first.startswith(b"HTTP/1.1 200 ")
    assert b"text/event-stream" in first
    assert second.startswith(b"HTTP/1.1 200 ")
    writer.close()
