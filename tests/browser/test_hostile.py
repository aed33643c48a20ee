"""What applications, visitors and other sites send is shown as text, runs nothing, and finds out nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import web
from playwright.async_api import Page

from cronofy_async.sandbox import Delivery, Sandbox

from ..sandbox.support import at, link_body, text

#: Leaves text, attributes, titles, scripts and comments, and would add an element and run a script.
PAYLOAD = "\"'--></title></select></script><u-pwned onclick=x>{{7*7}}</u-pwned><script>window.pwned = 1</script>"
APP = "https://app.example.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def check(page: Page) -> None:
    """Check that no part of the payload has become an element or has run, and that some of it is shown."""
    assert await page.evaluate("window.pwned") is None
    assert await page.locator("u-pwned").count() == 0


class Application:
    """An application that sends the payload wherever it can."""

    def __init__(self, sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.http = http
        self.account = sandbox.add_account("ada@example.com", PAYLOAD)

    async def send(self, method: str, path: str, json: Any = None, **headers: str) -> Any:
        headers = {"Authorization": f"Bearer {self.sandbox.client_secret}", **headers}
        async with self.http.request(method, path, json=json, headers=headers) as response:
            return await response.json() if response.content_type == "application/json" else None

    async def as_account(self, method: str, path: str, json: Any = None) -> Any:
        return await self.send(method, path, json, Authorization=f"Bearer {self.account.access_token}")

    async def link(self, **changes: Any) -> str:
        event = {"event_id": PAYLOAD[:60], "summary": PAYLOAD, "description": PAYLOAD, "tzid": "Etc/UTC"}
        body = link_body(self.account, event=event | {"location": {"description": PAYLOAD}}, **changes)
        reply = await self.send("POST", "/v1/real_time_scheduling", body)
        ident: str = reply["real_time_scheduling"]["real_time_scheduling_id"]
        return ident


@asynccontextmanager
async def attacked(sandbox: Sandbox) -> AsyncGenerator[Application]:
    sandbox.clock.freeze(at(7))
    async with aiohttp.ClientSession(sandbox.url) as http:
        yield Application(sandbox, http)


async def test_booking_pages_show_what_they_are_sent_as_text(page: Page, served: Sandbox) -> None:
    async with attacked(served) as application:
        link = await application.link(selection_mode="confirm")
        disabled = await application.link()
        await application.send("POST", f"/v1/real_time_scheduling/{disabled}/disable", {"display_message": PAYLOAD})
    url = served.real_time_scheduling.find(link).token
    path = f"{served.url}/add_to_calendar/scheduling/{url}"
    hostile = urlencode(dict.fromkeys(["locale", "tzid", "week", "reported", "x"], PAYLOAD))

    for target in (path, f"{path}?{hostile}", f"{path}?slot={text(at(9))}", f"{path}?slot={quote(PAYLOAD)}"):
        await page.goto(target)
        await check(page)
    await page.goto(path)
    assert PAYLOAD in await page.locator("h1").inner_text()
    await served.book(link)
    await page.goto(path)
    await check(page)
    await page.goto(f"{served.url}/__sandbox__/links/{disabled}")
    assert PAYLOAD in await page.locator("blockquote").inner_text()
    await check(page)


async def test_pages_of_the_authorization_show_what_they_are_sent_as_text(page: Page, served: Sandbox) -> None:
    query = urlencode(
        {
            "response_type": "code",
            "client_id": served.client_id,
            "redirect_uri": f"{APP}/{quote(PAYLOAD, safe='')}",
            **dict.fromkeys(["scope", "state", "provider_name", "locale", "delegated_scope"], PAYLOAD),
        }
    )
    async with attacked(served) as application:
        (calendar,) = application.account.calendars
        calendar.name = PAYLOAD
        permission = {"calendar_id": calendar.calendar_id, "permission_level": "unrestricted"}
        conferencing = await application.as_account(
            "POST", "/v1/conferencing_service_authorizations", {"redirect_uri": APP, "provider_name": PAYLOAD}
        )
        permissions = await application.as_account(
            "POST", "/v1/permissions", {"redirect_uri": APP, "permissions": [permission]}
        )
    paths = ["/relink/google?email=", "/relink/", "/permissions_requests/", "/conferencing_services/"]

    await page.goto(f"{served.url}/oauth/authorize?{query}")
    assert PAYLOAD in await page.locator("main").inner_text()
    await check(page)
    for problem in ({"client_id": PAYLOAD}, {"redirect_uri": PAYLOAD}):
        await page.goto(f"{served.url}/oauth/authorize?{urlencode({'client_id': served.client_id, **problem})}&state=")
        await check(page)
    for path in paths:
        await page.goto(f"{served.url}{path}{quote(PAYLOAD, safe='')}")
        await check(page)
    for url in (conferencing["authorization_request"]["url"], permissions["permissions_request"]["url"]):
        await page.goto(url)
        assert PAYLOAD in await page.locator("main").inner_text()
        await check(page)


async def test_the_dashboard_shows_what_it_is_sent_as_text(page: Page, served: Sandbox) -> None:
    """On the page, in live updates, and in opened rows, where scripts put it."""

    def app(delivery: Delivery) -> int:
        raise RuntimeError(PAYLOAD)

    served.mount(APP, app)
    async with attacked(served) as application:
        await page.goto(f"{served.url}/__sandbox__/?{urlencode({'q': '', 'link': PAYLOAD, 'state': PAYLOAD})}")
        await check(page)
        await page.goto(f"{served.url}/__sandbox__/")
        for path in (f"/v1/{quote(PAYLOAD, safe='')}", f"/v1/userinfo?{urlencode({PAYLOAD: PAYLOAD})}"):
            await application.send("GET", path, **{"User-Agent": PAYLOAD, "X-Own": PAYLOAD})
        await application.send("POST", "/v1/real_time_scheduling", {PAYLOAD: PAYLOAD, "event": PAYLOAD})
        link = await application.link(callback_urls={"completed_url": f"{APP}/{quote(PAYLOAD)}"})
        await served.book(link)
        await application.http.post(
            "/__sandbox__/accounts", data=urlencode({"email": f"{PAYLOAD}@example.com", "name": PAYLOAD}), headers=FORM
        )
        served.faults.add(headers={"X-Fault": PAYLOAD}, body={PAYLOAD: PAYLOAD}, times=1)
        await application.send("GET", "/v1/userinfo")

    rows = page.locator("#exchanges details.row > summary")
    count = len(served.requests) + len(served.deliveries)
    await rows.nth(count - 1).wait_for()
    assert await page.get_by_text("u-pwned").count() > count
    await check(page)
    for number in range(count):
        async with page.expect_response("**/exchanges/*"):
            await rows.nth(number).click()
    await check(page)
    for number in range(1, count + 1):
        await page.goto(f"{served.url}/__sandbox__/exchanges/{number}")
        await check(page)


@asynccontextmanager
async def other_site(html: str = "") -> AsyncGenerator[tuple[str, list[str | None]]]:
    """Serve a page of another site, and yield its URL, and the ``Referer`` headers that it gets."""
    referers: list[str | None] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        referers.append(request.headers.get("Referer"))
        return web.Response(text=f"<!doctype html><link rel=icon href=data:,>{html}", content_type="text/html")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://localhost:{runner.addresses[0][1]}/", referers
    finally:
        await runner.cleanup()


async def test_a_page_of_another_site_cannot_load_pages_in_the_background(page: Page, served: Sandbox) -> None:
    """Some pages change something when they are opened: they report that there are no times, or add an account."""
    async with attacked(served) as application:
        link = await application.link(callback_urls={"no_times_displayed_url": APP})
        served.add_busy(application.account, at(8), at(20))
    query = urlencode(
        {
            "response_type": "code",
            "client_id": served.client_id,
            "redirect_uri": APP,
            "scope": "read_write",
            "login_hint": "mallory@example.com",
        }
    )
    targets = [
        f"{served.url}/oauth/authorize?{query}",
        f"{served.url}/add_to_calendar/scheduling/{served.real_time_scheduling.find(link).token}",
        f"{served.url}/__sandbox__/events",
        f"{served.url}/__sandbox__/api/snapshot",
    ]
    statuses: dict[str, set[int]] = {}
    page.on("response", lambda response: statuses.setdefault(response.url, set()).add(response.status))
    elements = "".join(
        f'<img src="{item}"><iframe src="{item}"></iframe><script src="{item}"></script><link rel=stylesheet href="{item}">'
        for item in (target.replace("&", "&amp;") for target in targets)
    )

    async with other_site(elements) as (url, _):
        await page.goto(url)
        await page.evaluate(
            "targets => Promise.all(targets.map(one => fetch(one, {mode: 'no-cors', credentials: 'include'})))", targets
        )

    assert {target: statuses[target] for target in targets} == {target: {403} for target in targets}
    assert [account.email for account in served.accounts] == ["ada@example.com"]
    assert served.deliveries == []


async def test_the_token_of_a_link_reaches_no_other_site_as_referer(page: Page, served: Sandbox) -> None:
    async with other_site() as (url, referers), attacked(served) as application:
        link = await application.link(redirect_urls={"completed_url": url})
        await page.goto(f"{served.url}/__sandbox__/links/{link}")
        await page.locator("button.slot").first.click()
        await page.wait_for_url(f"{url}**")

    assert referers == [None]
