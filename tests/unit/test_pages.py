from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async import CronofyClient, DecodeError, NotFound, PaymentRequired
from cronofy_async.http import RawResponse, Request
from cronofy_async.pages import target_on

from .support import client, json_response
from .virtual_clock import VirtualClock

BASE = "https://api.cronofy.com"


@pytest.mark.parametrize(
    ("base", "url", "target"),
    [
        (BASE, f"{BASE}/v1/a/pages/08a0", "/v1/a/pages/08a0"),
        (BASE, f"{BASE}/v1/a?b=%2F&c=d", "/v1/a?b=%2F&c=d"),
        (BASE, "HTTPS://API.Cronofy.com/v1/a", "/v1/a"),
        (BASE, f"{BASE}:443/v1/a", "/v1/a"),
        ("http://127.0.0.1:8910", "http://127.0.0.1:8910/v1/a", "/v1/a"),
        ("https://proxy.test/cronofy", "https://proxy.test/cronofy/v1/a", "/v1/a"),
        ("https://proxy.test/cronofy", "https://proxy.test/other/v1/a", None),
        (BASE, "http://api.cronofy.com/v1/a", None),
        (BASE, "https://api-uk.cronofy.com/v1/a", None),
        (BASE, "https://api.cronofy.com.evil.test/v1/a", None),
        (BASE, "https://api.cronofy.com@evil.test/v1/a", None),
        (BASE, "https://evil.test@api.cronofy.com/v1/a", None),
        (BASE, "https://api.cronofy.com:444/v1/a", None),
        (BASE, "https://api.cronofy.com:port/v1/a", None),
        (BASE, "https://[api.cronofy.com/v1/a", None),
        (BASE, "//api.cronofy.com/v1/a", None),
        (BASE, "/v1/a", None),
        (BASE, BASE, None),
        (BASE, f"{BASE}/v1/a b", None),
        (BASE, f"{BASE}/v1/é", None),
        (BASE, "", None),
    ],
)
def test_only_urls_on_our_own_host_are_followed(base: str, url: str, target: str | None) -> None:
    assert target_on(base, url) == target


@given(st.text())
def test_no_page_url_leads_to_another_host(url: str) -> None:
    target = target_on(BASE, url)
    assert target is None or target.startswith("/")


def registrations(*names: str) -> list[dict[str, Any]]:
    return [{"registration_id": name, "status": "accepted"} for name in names]


def pages(number: int, next_page: str | None = None) -> dict[str, Any]:
    return {"current": number, "total": 2} | ({} if next_page is None else {"next_page": next_page})


def event(registration: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "bookable_event_id": "yoga",
        "start": "2031-03-03T17:00:00Z",
        "end": "2031-03-03T18:00:00Z",
        "status": "confirmed",
        "registration": {"capacity": 3, "registered_count": 3, "total_count": 3, **registration},
    }


NEXT = f"{BASE}/v1/bookable_events/yoga/registrations/pages/2"
FIRST = event({"registrations": registrations("a", "b"), "pages": pages(1, NEXT)})


class Server:
    """A server that responds by path, and records requests."""

    def __init__(self, bodies: Mapping[str, Any]) -> None:
        self.bodies = bodies
        self.requested: list[Request] = []

    def __call__(self, request: Request) -> RawResponse:
        self.requested.append(request)
        items = self.bodies.get(request.target)
        return json_response(status=404) if items is None else json_response(items)


def serving(clock: VirtualClock, second: Any, first: Any = FIRST) -> tuple[CronofyClient, Server]:
    server = Server({"/v1/bookable_events/yoga": first, NEXT.removeprefix(BASE): second})
    return client(server, clock), server


SECONDS = [
    event({"registrations": registrations("c"), "pages": pages(2)}),
    event({"registrations": registrations("c"), "pages": pages(2, "")}),
    event({"registrations": registrations("c")}),
    {"registration": {"registrations": registrations("c"), "pages": pages(2)}},
    {"registrations": registrations("c"), "pages": pages(2)},
    {"registrations": registrations("c")},
]


@pytest.mark.parametrize("second", SECONDS)
async def test_iterating_yields_the_items_of_all_pages(clock: VirtualClock, second: Any) -> None:
    cronofy, server = serving(clock, second)
    async with clock.auto():
        items = [item.registration_id async for item in cronofy.bookable_events.registrations("yoga")]
    assert items == ["a", "b", "c"]
    assert [request.headers["Authorization"] for request in server.requested] == ["Bearer client-secret-0001"] * 2
    assert [request.endpoint.name for request in server.requested] == [
        "bookable_events.read",
        "bookable_events.registrations_page",
    ]


async def test_iterating_over_pages_and_awaiting_the_first(clock: VirtualClock) -> None:
    cronofy, server = serving(clock, SECONDS[0])
    async with clock.auto():
        sizes = [len(page.items) async for page in cronofy.bookable_events.registrations("yoga").pages()]
        assert sizes == [2, 1]
        first = await cronofy.bookable_events.registrations("yoga")
    assert (first.next_page, len(first.items)) == (NEXT, 2)
    assert len(server.requested) == 3


async def test_a_page_is_requested_when_needed(clock: VirtualClock) -> None:
    cronofy, server = serving(clock, SECONDS[0])
    async with clock.auto():
        async for _ in cronofy.bookable_events.registrations("yoga"):
            break
    assert len(server.requested) == 1


@pytest.mark.parametrize("elsewhere", ["https://evil.test/v1/x", "https://api.cronofy.com.evil.test/v1/x", "/v1/x"])
async def test_a_page_on_another_host_is_not_requested(clock: VirtualClock, elsewhere: str) -> None:
    first = event({"registrations": registrations("a"), "pages": pages(1, elsewhere)})
    cronofy, server = serving(clock, None, first)
    items: list[str] = []

    async def read() -> None:
        async for item in cronofy.bookable_events.registrations("yoga"):
            items.append(item.registration_id)  # noqa: PERF401 - what came before the error counts

    async with clock.auto():
        with pytest.raises(DecodeError, match="was not followed") as caught:
            await read()
    assert items == ["a"]
    assert caught.value.path == "$.registration.pages.next_page"
    assert elsewhere not in str(caught.value)
    assert len(server.requested) == 1


async def test_a_page_that_links_to_an_earlier_page_is_an_error(clock: VirtualClock) -> None:
    cronofy, server = serving(clock, event({"registrations": registrations("c"), "pages": pages(2, NEXT)}))
    async with clock.auto():
        with pytest.raises(DecodeError, match="back to an earlier page"):
            async for _ in cronofy.bookable_events.registrations("yoga"):
                pass
    assert len(server.requested) == 2


async def test_a_page_that_has_expired_is_an_error(clock: VirtualClock) -> None:
    cronofy, _ = serving(clock, None)
    async with clock.auto():
        with pytest.raises(NotFound, match=r"registrations/pages/\{page_token\}"):
            async for _ in cronofy.bookable_events.registrations("yoga"):
                pass


@pytest.mark.parametrize("body", [{}, {"registration": {}}, {"registration": None}, {"registrations": None}, []])
async def test_a_response_without_registrations_is_an_error(clock: VirtualClock, body: Any) -> None:
    cronofy, _ = serving(clock, None, body)
    async with clock.auto():
        if body == {"registrations": None}:  # null is read as an empty array
            assert [item async for item in cronofy.bookable_events.registrations("yoga")] == []
            return
        with pytest.raises(DecodeError):
            await cronofy.bookable_events.registrations("yoga")


async def test_a_missing_plan_is_named(clock: VirtualClock) -> None:
    cronofy = client(lambda _: json_response(status=402), clock)
    async with clock.auto():
        with pytest.raises(PaymentRequired, match="It needs the plan 'Emerging'") as caught:
            await cronofy.bookable_events.read("yoga")
    assert caught.value.plan == "Emerging"


async def test_invalid_ids_raise_and_unused_pages_warn(clock: VirtualClock) -> None:
    cronofy, _ = serving(clock, None)
    with pytest.raises(ValueError, match="bookable_event_id"):
        _ = cronofy.bookable_events.registrations("")
    unused = cronofy.bookable_events.registrations("yoga")
    with pytest.warns(RuntimeWarning, match="never awaited"):
        del unused
