"""URLs in responses of a served sandbox have its own host, and unusual headers of official SDKs are accepted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import LINKS, NOW, link_body


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


async def url_for(sandbox: Sandbox, ada: Account, host: str) -> str:
    """Create a link with a ``Host`` header, and return the URL of the link without its path."""
    headers = {"Authorization": f"Bearer {sandbox.client_secret}", "Host": host}
    async with aiohttp.request("POST", sandbox.url + LINKS, json=link_body(ada), headers=headers) as response:
        assert response.status == 200
        url: str = (await response.json())["url"]
    return url.partition("/add_to_calendar")[0]


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:1", "localhost", "[::1]:1", "sandbox.internal:{port}"])
async def test_a_local_host_or_other_port_is_kept(sandbox: Sandbox, ada: Account, host: str) -> None:
    async with sandbox.serve() as url:
        host = host.format(port=urlsplit(url).port)
        assert await url_for(sandbox, ada, host) == f"http://{host}"


@pytest.mark.parametrize(
    "host",
    [
        "api.cronofy.com",  # cronofy-php always sends it, for any URL of the API
        "api.cronofy.com:{port}",
        "CRONOFY.com:{port}",
        "app.example.com",
        "app.example.com:1",
        "[::1",
        "a:b",
        ":{port}",
        "",
    ],
)
async def test_a_remote_host_is_replaced(sandbox: Sandbox, ada: Account, host: str) -> None:
    async with sandbox.serve() as url:
        assert await url_for(sandbox, ada, host.format(port=urlsplit(url).port)) == url


async def test_a_wildcard_address_becomes_the_requested_one(sandbox: Sandbox, ada: Account) -> None:
    async with sandbox.serve("0.0.0.0") as url:
        port = urlsplit(url).port
        headers = {"Authorization": f"Bearer {sandbox.client_secret}", "Host": "api.cronofy.com"}
        target = f"http://127.0.0.1:{port}{LINKS}"
        async with aiohttp.request("POST", target, json=link_body(ada), headers=headers) as response:
            assert (await response.json())["url"].startswith(f"http://127.0.0.1:{port}/")


async def test_cronofy_csharp_describes_a_plain_body_as_compressed(sandbox: Sandbox, ada: Account) -> None:
    body = link_body(ada)
    body["availability"]["query_periods"] = [{"start": "2031-03-03 09:00:00Z", "end": "2031-03-03 12:00:00Z"}]
    headers = {
        "Authorization": f"Bearer {sandbox.client_secret}",
        "Content-Encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
    }
    async with sandbox.serve() as url:
        target = url + LINKS
        async with aiohttp.request("POST", target, json=body, headers=headers, expect100=True) as response:
            assert response.status == 200
    assert len(sandbox.slots(sandbox.links[0])) == 3
