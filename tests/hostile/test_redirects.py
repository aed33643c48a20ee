"""Redirects and page URLs to other hosts are not followed, so no credential reaches another host."""

from __future__ import annotations

from typing import Final

import pytest

from cronofy_async import ApiError, DecodeError

from ..e2e.test_secrets import Watch, watch
from .calls import KINDS, PAGE, assert_nothing_left, attack, body_of, valid_response
from .server import Received, Script, Server, Step, reply

__all__ = ["watch"]  # the fixture

STATUSES: Final = ["300", "301", "302", "303", "305", "306", "307", "308"]
#: Targets of redirects; ``HOST`` is a server that would respond to every call.
LOCATIONS: Final = [
    "http://HOST/v1/anything",
    "//HOST/v1/anything",
    "https://HOST/v1/anything",
    "http://user:password@HOST/",
    "http://127.0.0.1@HOST/",
    "http:\\\\HOST\\",
    " http://HOST/",
    "/v1/elsewhere",
    "elsewhere",
    "?elsewhere",
    "",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:application/json,{}",
    "http://HOST:99999/",
    "http://[::1",
    "x" * 8000,
]
#: The same for the URL of a next page, which must be on the host of the client.
OTHER_PAGES: Final = [
    "http://HOST" + PAGE,
    "//HOST" + PAGE,
    "https://127.0.0.1" + PAGE,
    "http://user:password@HOST" + PAGE,
    "http://HERE@HOST" + PAGE,
    "http://HERE.example.com" + PAGE,
    "http://HERE#@HOST" + PAGE,
    "http://HERE\\@HOST" + PAGE,
    "http:HOST" + PAGE,
    "ftp://HERE" + PAGE,
    "file:///etc/passwd",
    "http://[::1",
    "http://HERE\r\nX: y" + PAGE,
    "http://HERE:99999" + PAGE,
]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", KINDS)
async def test_redirects_are_not_followed(name: str, status: str, watch: Watch) -> None:
    kind = KINDS[name]
    async with Server(Script(valid_response)) as elsewhere:
        for location in LOCATIONS:
            target = location.replace("HOST", elsewhere.url.removeprefix("http://"))

            def steps(received: Received, target: str = target) -> list[Step]:
                is_attacked = (received.method, received.target) == kind.attacked_request
                response = reply(kind.body, f"Location: {target}", status=f"{status} X")
                return [response] if is_attacked else valid_response(received)

            async with attack(Script(steps)) as (cronofy, server, limiter):
                with pytest.raises(ApiError) as caught:
                    await kind.call(cronofy)

                assert caught.value.status == int(status)
                watch.check(caught.value)
                assert_nothing_left(limiter, watch.caplog)
                assert [(request.method, request.target) for request in server.received].count(
                    kind.attacked_request
                ) == 1
                assert (server.received[-1].method, server.received[-1].target) == kind.attacked_request
        assert elsewhere.accepted == 0


@pytest.mark.parametrize("url", OTHER_PAGES)
async def test_pages_on_other_hosts_are_not_requested(url: str, watch: Watch) -> None:
    async with Server(Script(valid_response)) as elsewhere:

        def steps(received: Received) -> list[Step]:
            page = url.replace("HOST", elsewhere.url.removeprefix("http://")).replace("HERE", received.headers["host"])
            return [reply(body_of({"registration": {"registrations": [], "pages": {"next_page": page}}}))]

        async with attack(Script(steps)) as (cronofy, server, limiter):
            with pytest.raises(DecodeError, match="next_page") as caught:
                await KINDS["pages"].call(cronofy)

            watch.check(caught.value)
            assert_nothing_left(limiter, watch.caplog)
            assert len(server.received) == 1
        assert elsewhere.accepted == 0
