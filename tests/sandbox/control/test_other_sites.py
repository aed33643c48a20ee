"""Pages of other sites cannot reach the control API: neither by DNS rebinding nor by forms."""

from __future__ import annotations

import pytest

from .support import Control, serve_control

FORMS = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "TEXT/PLAIN; charset=utf-8",
]
STATE_PATHS = ["snapshot", "accounts", "openapi.json", "/__sandbox__/api/clock"]


@pytest.mark.parametrize("path", STATE_PATHS)
@pytest.mark.parametrize(
    "host", ["evil.example.org", "evil.example.org:8910", "127.0.0.1.evil.example.org", "[::1", ".x.org"]
)
async def test_public_names_are_rejected(control: Control, host: str, path: str) -> None:
    reply = await control.get(path, Host=host)
    assert reply.error == (403, "forbidden")


@pytest.mark.parametrize(
    "host",
    ["localhost:1", "127.0.0.1", "[::1]:80", "10.0.0.7", "sandbox", "sandbox:8910", "cronofy.test", "a.localhost"],
)
async def test_local_names_are_accepted(control: Control, host: str) -> None:
    assert (await control.get("clock", Host=host)).status == 200


async def test_a_public_name_can_be_allowed() -> None:
    async with serve_control(allowed_hosts={"sandbox.example.org"}) as control:
        assert (await control.get("clock", Host="sandbox.example.org:8910")).status == 200
        assert (await control.get("clock", Host="other.example.org")).error == (403, "forbidden")


async def test_refused_requests_change_nothing(control: Control) -> None:
    control.sandbox.add_account("ada@example.com")
    headers = {"Host": "evil.example.org", "Content-Type": "application/json"}
    assert (await control.send("POST", "reset", b"{}", headers)).error == (403, "forbidden")
    assert len(control.sandbox.accounts) == 1


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null", "http://127.0.0.1:1", "http://localhost"])
async def test_a_script_of_another_site_is_rejected(control: Control, origin: str) -> None:
    control.sandbox.add_account("ada@example.com")
    assert (await control.send("POST", "reset", b"{}", {"Origin": origin})).error == (403, "forbidden")
    assert (await control.get("snapshot", Origin=origin)).error == (403, "forbidden")
    assert (await control.send("DELETE", "faults", headers={"Origin": origin})).error == (403, "forbidden")
    assert len(control.sandbox.accounts) == 1


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_requests_marked_as_cross_site_are_rejected(control: Control, site: str) -> None:
    assert (await control.send("POST", "reset", b"{}", {"Sec-Fetch-Site": site})).error == (403, "forbidden")


@pytest.mark.parametrize("body", [b"", b'{"email": "a@example.com"}', b"email=a"])
@pytest.mark.parametrize("kind", FORMS)
async def test_content_types_of_forms_are_rejected(control: Control, kind: str, body: bytes) -> None:
    """Browsers send the origin of a form, but the control API does not rely on it."""
    reply = await control.send("POST", "accounts", body, {"Content-Type": kind})
    assert reply.error == (415, "unsupported_media_type")
    assert "--json" in reply.json["error_description"]
    assert control.sandbox.accounts == []


async def test_a_body_without_a_content_type_is_rejected(control: Control) -> None:
    reply = await control.send("POST", "accounts", b"{}", {"Content-Type": ""})
    assert reply.error == (415, "unsupported_media_type")


async def test_preflight_requests_are_not_allowed(control: Control) -> None:
    headers = {"Origin": "https://evil.example.org", "Access-Control-Request-Method": "POST"}
    async with control.http.options("/__sandbox__/api/reset", headers=headers) as response:
        assert response.status in {403, 405}
        assert not [name for name in response.headers if name.lower().startswith("access-control")]


async def test_pages_of_the_sandbox_may_use_the_control_api(control: Control) -> None:
    headers = {"Origin": control.url, "Sec-Fetch-Site": "same-origin"}
    assert (await control.send("POST", "clock/advance", b'{"by": 1}', headers)).status == 200


async def test_health_responds_under_any_host(control: Control) -> None:
    assert (await control.get("/__sandbox__/health", Host="sandbox.example.org")).status == 200
