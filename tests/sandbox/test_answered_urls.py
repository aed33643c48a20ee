"""Every URL of the sandbox in a response leads to a page or an operation, or is documented to lead nowhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from cronofy_async import CronofyClient
from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.messages import SandboxRequest, SandboxResponse

from .operations.exercise import Site, load
from .support import NOW

EXERCISES = load()

#: URLs of pages that the sandbox does not emulate, according to ``docs/fidelity.md``.
PAGELESS = r"/scheduler/requests/[\w-]+|/meeting_agents/[\w-]+|/rts/[\w-]+\?(reschedule|decline)=true"
#: Operations whose requests have no page if the sandbox does not know the hosts.
HOSTLESS = {"scheduling_requests.create", "scheduler_requests.create"}


class Remembering(Sandbox):
    """A sandbox that records its responses."""

    def __init__(self) -> None:
        super().__init__(now=NOW, strict=True)
        self.answers: list[str] = []

    async def handle(self, request: SandboxRequest) -> SandboxResponse:
        response = await super().handle(request)
        self.answers += [response.body.decode("utf-8", "replace"), response.headers.get("Location", "")]
        return response


@pytest.fixture
async def sandbox() -> AsyncIterator[Remembering]:
    async with Remembering() as sandbox, sandbox.serve():
        yield sandbox


@pytest.fixture
async def site(sandbox: Remembering) -> AsyncIterator[Site]:
    url = sandbox.url
    ada = sandbox.add_account("ada@example.com")
    async with CronofyClient(
        client_id=sandbox.client_id, client_secret=sandbox.client_secret, base_url=url, app_url=url
    ) as cronofy:
        yield Site(sandbox, url, cronofy, ada, cronofy.account(access_token=ada.access_token))


@pytest.mark.parametrize("name", EXERCISES)
async def test_every_returned_url_leads_somewhere(name: str, site: Site, sandbox: Remembering) -> None:
    await EXERCISES[name].run(site)
    result = {url for response in sandbox.answers for url in re.findall(rf'{re.escape(site.url)}[^\s"\\<>]*', response)}

    async with aiohttp.ClientSession() as browser:
        for url in result:
            path = url.removeprefix(site.url)
            expected = {501} if re.fullmatch(PAGELESS, path) else {200, 303, 401, 403, 404}
            if HOSTLESS & set(EXERCISES[name].operations) and path.startswith("/rts/"):
                expected |= {501}
            async with browser.get(url, allow_redirects=False) as response:
                assert response.status in expected, url


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("real_time_scheduling.create", "/add_to_calendar/scheduling/"),
        ("real_time_sequencing.create", "/rts/"),
        ("scheduling_conversations.create", "/v1/scheduling_actions/"),
    ],
)
async def test_broken_urls_are_detected(site: Site, sandbox: Remembering, operation: str, path: str) -> None:
    await next(exercise for exercise in EXERCISES.values() if operation in exercise.operations).run(site)

    assert any(f"{site.url}{path}" in response for response in sandbox.answers)
