"""Bookable events and the pages of their registrations, over real sockets and without the SDK."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from cronofy_async.sandbox import BookableEvent, Sandbox, SandboxError
from cronofy_async.sandbox.kernel.contract.contract import contract

from ..support import NOW, Json, Reply, at, call

PATH = "/v1/bookable_events"
KEY = {"Authorization": "Bearer sbx_secret"}
EXAMPLE = """
{
  "bookable_event_id": "83hi8qhfiaif",
  "start": "2025-01-20T15:30:00Z",
  "end": "2025-01-20T17:00:00Z",
  "status": "confirmed",
  "registration": {
    "capacity": 5,
    "registered_count": 1,
    "total_count": 2,
    "registrations": [
      {"registration_id": "328746", "status": "accepted", "metadata": {"name": "Lashmi Sundar"}},
      {"registration_id": "247629", "status": "pending", "metadata": {"name": "Sarah Overly"}}
    ],
    "pages": {
      "current": 1,
      "total": 2,
      "next_page": "https://api.cronofy.com/v1/bookable_events/83hi8qhfiaif/registrations/pages/08a07b034306679e"
    }
  }
}
"""


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=KEY) as session:
        yield session


def full(sandbox: Sandbox, registrations: int) -> BookableEvent:
    event = sandbox.bookable_events.add(at(15), at(17), bookable_event_id="yoga-1", capacity=12)
    for number in range(registrations):
        sandbox.bookable_events.register(event, f"r{number}", metadata={"name": f"Nr. {number}"})
    return event


async def read(sandbox: Sandbox, event: BookableEvent) -> Reply:
    return await call(sandbox, "GET", f"{PATH}/{event.bookable_event_id}")


async def walk(http: aiohttp.ClientSession, url: str, **options: Any) -> list[Json]:
    """Return all pages, following the URL in each."""
    pages: list[Json] = []
    following: str | None = url
    while following:
        async with http.get(following, **options) as answer:
            assert answer.status == 200
            pages.append(await answer.json())
        following = pages[-1].get("registration", pages[-1]).get("pages", {}).get("next_page")
    return pages


def test_documented_responses_match_the_contract() -> None:
    operation = contract().operations["bookable_events.read"]
    operation.check_response(200, EXAMPLE.encode())
    with pytest.raises(ValueError, match="maybe"):
        operation.check_response(200, EXAMPLE.replace("pending", "maybe").encode())
    for member in ("capacity", "total_count", "registrations"):
        with pytest.raises(ValueError, match=member):
            operation.check_response(200, EXAMPLE.replace(f'"{member}"', '"x"').encode())


async def test_an_event_matches_the_documented_example() -> None:
    """The example of the documentation, except for its wrong count and the token."""
    sandbox = Sandbox(now=NOW, page_size=2)
    event = sandbox.bookable_events.add(at(15, 30), at(17), bookable_event_id="83hi8qhfiaif", capacity=5)
    sandbox.bookable_events.register(event, "328746", metadata={"name": "Lashmi Sundar"})
    sandbox.bookable_events.register(event, "247629", status="pending", metadata={"name": "Sarah Overly"})
    sandbox.bookable_events.register(event, "3", status="declined")
    body = (await read(sandbox, event)).json
    expected = json.loads(EXAMPLE.replace("2025-01-20", "2031-03-03"))
    expected["registration"] |= {"registered_count": 2, "total_count": 3}
    expected_url = expected["registration"]["pages"].pop("next_page").removeprefix("https://api.cronofy.com")
    url = body["registration"]["pages"].pop("next_page").removeprefix("http://sandbox.test")
    assert body == expected
    assert url.rpartition("/")[0] == expected_url.rpartition("/")[0]
    assert len(url) == len(expected_url)


async def test_registrations_are_paged(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    event = full(sandbox, 5)
    async with sandbox.serve() as url:
        pages = await walk(http, f"{url}{PATH}/yoga-1")
        assert await walk(http, f"{url}{PATH}/yoga-1") == pages
    names = [
        [registration["registration_id"] for registration in page["registration"]["registrations"]] for page in pages
    ]
    assert names == [["r0", "r1"], ["r2", "r3"], ["r4"]]
    assert [list(page) for page in pages] == [["bookable_event_id", "start", "end", "status", "registration"]] * 3
    rendered = [page["registration"]["pages"] for page in pages]
    assert [(item["current"], item["total"]) for item in rendered] == [(1, 3), (2, 3), (3, 3)]
    assert ["next_page" in item for item in rendered] == [True, True, False]
    for item in rendered[:2]:
        assert item["next_page"].startswith(f"{url}{PATH}/yoga-1/registrations/pages/")
    assert {page["registration"]["total_count"] for page in pages} == {len(event.registrations)}


async def test_an_event_that_is_created_again_has_pages(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    full(sandbox, 5)
    times = {"start": "2031-03-03T15:00:00Z", "end": "2031-03-03T17:00:00Z"}
    body = {"bookable_event_id": "yoga-1", **times, "status": "confirmed", "registration": {"capacity": 12}}
    async with sandbox.serve() as url, http.post(f"{url}{PATH}", json=body) as answer:
        rendered = (await answer.json())["registration"]
        later_pages = await walk(http, rendered["pages"]["next_page"])
    pages = [rendered, *(page["registration"] for page in later_pages)]
    assert [registration["registration_id"] for page in pages for registration in page["registrations"]] == [
        f"r{i}" for i in range(5)
    ]


async def test_a_page_may_hold_registrations_only() -> None:
    async with (
        Sandbox(now=NOW, assume={"registration_pages_are_events": False}) as sandbox,
        aiohttp.ClientSession(headers=KEY) as http,
        sandbox.serve() as url,
    ):
        full(sandbox, 5)
        first, *later_pages = await walk(http, f"{url}{PATH}/yoga-1")
    assert first["bookable_event_id"] == "yoga-1"
    assert [list(page) for page in later_pages] == [["registrations", "pages"]] * 2
    assert [registration["registration_id"] for page in later_pages for registration in page["registrations"]] == [
        "r2",
        "r3",
        "r4",
    ]


async def test_urls_follow_the_host_of_the_request(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    full(sandbox, 3)
    async with sandbox.serve() as url:
        host = f"sandbox.internal:{urlsplit(url).port}"
        async with http.get(f"{url}{PATH}/yoga-1", headers={"Host": host}) as answer:
            following = (await answer.json())["registration"]["pages"]["next_page"]
    assert following.startswith(f"http://{host}/v1/")


async def test_a_single_page_has_no_next_page(sandbox: Sandbox) -> None:
    event = full(sandbox, 2)
    assert "pages" not in (await read(sandbox, event)).json["registration"]
    empty = sandbox.bookable_events.add()
    assert (await read(sandbox, empty)).json["registration"] == {
        "capacity": None,
        "registered_count": 0,
        "total_count": 0,
        "registrations": [],
    }


async def test_the_size_of_a_page() -> None:
    sandbox = Sandbox(now=NOW, page_size=50)
    event = full(sandbox, 12)
    assert len((await read(sandbox, event)).json["registration"]["registrations"]) == 12
    with pytest.raises(ValueError, match="page_size: must be at least 1"):
        Sandbox(page_size=0)


async def test_unknown_events_and_pages_are_404(sandbox: Sandbox) -> None:
    event = full(sandbox, 3)
    other = sandbox.bookable_events.add()
    for _ in range(3):
        sandbox.bookable_events.register(other)
    following = (await read(sandbox, event)).json["registration"]["pages"]["next_page"]
    token = following.rpartition("/")[2]
    for path, expected in (
        (f"{PATH}/yoga-1/registrations/pages/{token}", 200),
        (f"{PATH}/yoga-1/registrations/pages/2", 404),
        (f"{PATH}/{other.bookable_event_id}/registrations/pages/{token}", 404),
        (f"{PATH}/yoga-2/registrations/pages/{token}", 404),
        (f"{PATH}/yoga-2", 404),
    ):
        assert (await call(sandbox, "GET", path)).status == expected


async def test_an_account_token_is_rejected(sandbox: Sandbox) -> None:
    event = full(sandbox, 3)
    ada = sandbox.add_account("ada@example.com")
    path = f"{PATH}/{event.bookable_event_id}"
    page = (await read(sandbox, event)).json["registration"]["pages"]["next_page"].partition("http://sandbox.test")[2]
    for target in (path, page):
        assert (await call(sandbox, "GET", target)).status == 200
        assert (await call(sandbox, "GET", target, token=ada.access_token)).status == 403
        assert (await call(sandbox, "GET", target, token=None)).status == 401


async def test_a_missing_plan_is_402(sandbox: Sandbox) -> None:
    event = full(sandbox, 3)
    sandbox.faults.add("bookable_events.*", status=402)
    assert (await read(sandbox, event)).status == 402


async def test_registrations_change(sandbox: Sandbox) -> None:
    event = full(sandbox, 2)
    sandbox.bookable_events.register(event, "r0", status="tentative")
    sandbox.bookable_events.register(event, "r1", status="removed")
    body = (await read(sandbox, event)).json["registration"]
    assert body["registrations"] == [
        {"registration_id": "r0", "status": "tentative", "metadata": {"name": "Nr. 0"}},
        {"registration_id": "r1", "status": "removed", "metadata": None},
    ]
    assert (body["registered_count"], body["total_count"]) == (1, 2)
    back = sandbox.bookable_events.register(event, "r1", metadata={"name": "Again"})
    assert (back.status, back.metadata) == ("accepted", {"name": "Again"})
    assert list(event.registrations) == ["r0", "r1"]
    event.status = "cancelled"
    assert (await read(sandbox, event)).json["status"] == "cancelled"


def test_a_full_event(sandbox: Sandbox) -> None:
    event = sandbox.bookable_events.add(capacity=2)
    sandbox.bookable_events.register(event, "declined", status="declined")
    sandbox.bookable_events.register(event, "a", status="pending")
    sandbox.bookable_events.register(event, "b")
    assert event.is_full
    for registration_id in (None, "declined"):
        with pytest.raises(SandboxError, match="is full"):
            sandbox.bookable_events.register(event, registration_id)
    sandbox.bookable_events.register(event, "c", status="declined")
    sandbox.bookable_events.register(event, "a")
    sandbox.bookable_events.register(event, "a", status="removed")
    sandbox.bookable_events.register(event, "declined")
    assert [
        registration.registration_id for registration in event.registrations.values() if registration.takes_seat
    ] == [
        "declined",
        "b",
    ]


def test_bookable_events_are_added_and_found(sandbox: Sandbox) -> None:
    event = sandbox.bookable_events.add()
    later = sandbox.bookable_events.add(at(9))
    assert sandbox.bookable_events.all() == [event, later]
    assert (event.start, event.end) == (at(7, day=4), at(8, day=4))
    assert (later.start, later.end) == (at(9), at(10))
    assert event.bookable_event_id != later.bookable_event_id
    assert (
        sandbox.bookable_events.register(event).registration_id
        != sandbox.bookable_events.register(event).registration_id
    )


def test_invalid_events_and_registrations(sandbox: Sandbox) -> None:
    event = sandbox.bookable_events.add(bookable_event_id="taken")
    for options, problem in (
        ({"bookable_event_id": "a b"}, "bookable_event_id: only letters"),
        ({"bookable_event_id": "taken"}, "bookable_event_id: taken is taken"),
        ({"capacity": 0}, "capacity: must be from 1 to 256"),
        ({"capacity": 257}, "capacity: must be from 1 to 256"),
        ({"start": at(9).replace(tzinfo=None)}, "start: must have a time zone"),
        ({"start": at(9), "end": at(9)}, "end: must be after"),
    ):
        changes: Any = options
        with pytest.raises(ValueError, match=problem):
            sandbox.bookable_events.add(**changes)
    with pytest.raises(ValueError, match="registration_id: only letters"):
        sandbox.bookable_events.register(event, "ä")
    with pytest.raises(ValueError, match="metadata: must have at most 10 pairs"):
        sandbox.bookable_events.register(event, metadata={str(number): "" for number in range(11)})
    assert sandbox.bookable_events.all() == [event]
    assert event.registrations == {}


async def test_a_year_has_four_digits(sandbox: Sandbox) -> None:
    body = {
        "bookable_event_id": "old",
        "start": "0117-01-24T09:11:02Z",
        "end": "0924-07-06T16:59:16Z",
        "status": "confirmed",
        "registration": {"capacity": 1},
    }

    created = await call(sandbox, "POST", "/v1/bookable_events", body)

    assert (created.json["start"], created.json["end"]) == (body["start"], body["end"])
