"""Reading changes of events: restarts, and ``next_since``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cronofy_async import Changes, CronofyClient, Gone, NotFound, RawResponse, Request, ValidationFailed
from cronofy_async.models import Event
from cronofy_async.transports.memory import MemoryTransport

from .virtual_clock import VirtualClock

HOST = "https://api.cronofy.com"
SINCE = datetime(2030, 1, 1, tzinfo=UTC)


def page(number: int, total: int, *uids: str) -> bytes:
    pages: dict[str, Any] = {"current": number, "total": total}
    if number < total:
        pages["next_page"] = f"{HOST}/v1/events/pages/p{number + 1}"
    times = {"calendar_id": "cal_1", "start": "2030-02-01", "end": "2030-02-02"}
    return json.dumps({"pages": pages, "events": [{"event_uid": uid, **times} for uid in uids]}).encode()


class Server:
    """A server that returns each response in order: a page, or a status."""

    def __init__(self, responses: Iterable[bytes | int]) -> None:
        self.responses = iter(responses)
        self.clock = VirtualClock()
        self.transport = MemoryTransport(self.respond)

    def respond(self, request: Request) -> RawResponse:
        self.clock.advance(10.0)
        response = next(self.responses)
        return RawResponse(status=response) if isinstance(response, int) else RawResponse(status=200, body=response)

    def changes(self, **options: Any) -> Changes[Event]:
        client = CronofyClient(client_id="id", client_secret="s", transport=self.transport, clock=self.clock)
        return client.account(access_token="token").events.changes(**options)

    @property
    def targets(self) -> list[str]:
        return [request.target for request in self.transport.requests]


async def uids(changes: Changes[Event]) -> list[str]:
    return [event.event_uid async for event in changes]


async def test_the_changes_of_all_pages_are_yielded() -> None:
    server = Server([page(1, 2, "a", "b"), page(2, 2, "c")])
    started = server.clock.now()
    changes = server.changes(since=SINCE)

    assert await uids(changes) == ["a", "b", "c"]
    assert server.targets == [
        (
            "/v1/events?tzid=Etc%2FUTC&include_deleted=true&include_moved=true&last_modified=2030-01-01T00%3A00%3A00Z"
            "&include_managed=true"
        ),
        "/v1/events/pages/p2",
    ]
    assert changes.next_since == started.replace(microsecond=0) - timedelta(minutes=1)


async def test_without_since_all_events_are_read() -> None:
    server = Server([page(1, 1, "a")])
    changes = server.changes(
        tzid="Europe/Paris",
        calendar_ids=(name for name in ("cal_1",)),
        include_managed=False,
        localized_times=True,
        overlap=timedelta(),
    )

    assert await uids(changes) == ["a"]
    assert server.targets == [
        (
            "/v1/events?tzid=Europe%2FParis&include_deleted=true&include_moved=true&include_managed=false"
            "&calendar_ids%5B%5D=cal_1&localized_times=true"
        )
    ]


@pytest.mark.parametrize("status", [404, 410, 422])
async def test_an_expired_page_restarts_reading(status: int) -> None:
    server = Server([page(1, 2, "a"), status, page(1, 2, "a", "b"), page(2, 2, "c")])
    started = server.clock.now()
    changes = server.changes(since=SINCE, calendar_ids={"cal_1"}, overlap=timedelta())

    assert await uids(changes) == ["a", "a", "b", "c"]
    assert server.targets[0] == server.targets[2]
    assert changes.next_since == started.replace(microsecond=0), "from before the first request, not the second"


@pytest.mark.parametrize(("status", "error"), [(404, NotFound), (410, Gone), (422, ValidationFailed)])
async def test_an_error_on_the_first_page_is_raised(status: int, error: type[Exception]) -> None:
    server = Server([status])

    with pytest.raises(error):
        await uids(server.changes())
    assert len(server.targets) == 1


async def test_pages_that_always_expire_are_an_error() -> None:
    server = Server([page(1, 2, "a"), 404] * 10)
    changes = server.changes()

    with pytest.raises(NotFound):
        await uids(changes)
    assert len(server.targets) == 12
    assert repr(changes) == "<Changes being read>"


async def test_next_since_is_available_after_all_pages() -> None:
    server = Server([page(1, 1, "a")])
    changes = server.changes()
    assert repr(changes) == "<Changes not read yet>"
    with pytest.raises(RuntimeError, match="next_since: not all changes have been read"):
        _ = changes.next_since

    async for _ in changes:
        with pytest.raises(RuntimeError, match="next_since: not all changes have been read"):
            _ = changes.next_since

    assert changes.next_since < server.clock.now()
    assert repr(changes) == "<Changes read>"
    with pytest.raises(RuntimeError, match="the changes were already read"):
        await uids(changes)
