"""Live updates of the dashboard, also for browsers that reconnect or do not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from cronofy_async.sandbox import Account, Sandbox
from cronofy_async.sandbox.kernel.journal import MAX_ENTRIES
from cronofy_async.sandbox.pages.dashboard import live

from ..support import LINKS, NOW, call, create, status
from .streams import position_of, stream
from .visits import visit


@pytest.fixture(autouse=True)
def _send_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "GATHER", 0)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


async def test_a_request_is_sent_as_a_row(sandbox: Sandbox, ada: Account) -> None:
    updates = await stream(sandbox)
    await updates.message()  # all parts besides exchanges

    ident = await create(sandbox, ada)

    message = {change["list"]: change for change in await updates.message()}
    assert list(message) == ["exchanges", "", "links"]
    ((name, row),) = message["exchanges"]["rows"]
    assert name == "x1"
    assert "real_<wbr>time_<wbr>scheduling.<wbr>create" in row
    assert dict(message[""]["rows"]).keys() == {"count-exchanges", "count-links"}
    assert [item for item, _ in message["links"]["rows"]] == [f"l-{ident}"]


async def test_a_booking_updates_the_page(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada, callback_url="https://app.example.com/hook")
    sandbox.mount("https://app.example.com", lambda _: 204)
    updates = await stream(sandbox)
    await updates.message()

    await sandbox.book(ident)

    message = {change["list"]: dict(change["rows"]) for change in await updates.message()}
    assert "204" in message["exchanges"]["x2"]
    assert "204" in message["callbacks"]["c2"]
    assert "completed" in message["links"][f"l-{ident}"]


async def test_a_callback_is_sent_again_when_it_changes(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada, callback_url="https://app.example.com/hook")
    answered, arrived = asyncio.Event(), asyncio.Event()

    async def application(_: object) -> int:
        arrived.set()
        await answered.wait()
        return 204

    sandbox.mount("https://app.example.com", application)
    updates = await stream(sandbox)
    await updates.message()

    booking = asyncio.create_task(sandbox.book(ident))
    await arrived.wait()
    assert "sending" in (await updates.rows("callbacks"))["c2"]
    answered.set()
    await booking
    assert ">204<" in (await updates.rows("callbacks"))["c2"]


async def test_changes_made_in_process_are_sent_with_the_next_tick(
    sandbox: Sandbox, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "TICK", 0.01)
    ident = await create(sandbox, ada)
    updates = await stream(sandbox)
    await updates.message()

    sandbox.clock.advance(days=3)
    assert "expired" in (await updates.rows("links"))[f"l-{ident}"]
    sandbox.assume("codes_expire", False)
    assert list(await updates.rows("assumptions")) == ["s-codes_expire"]
    fault = sandbox.faults.add("callback", hold=True)
    assert list(await updates.rows("faults")) == [f"f-{fault.id}"]
    sandbox.faults.clear()
    (gone,) = [fault for fault in await updates.message() if fault["list"] == "faults"]
    assert gone == {"list": "faults", "rows": [], "gone": [f"f-{fault.id}"]}


async def test_a_stream_has_the_filters_of_its_page(sandbox: Sandbox, ada: Account) -> None:
    updates = await stream(sandbox, query="q=404&flagged=yes")
    await updates.message()

    ident = await create(sandbox, ada)
    await call(sandbox, "GET", f"{LINKS}/sch_0")

    assert list(await updates.rows("exchanges")) == ["x2"]
    older = await stream(sandbox, query="x=2&c=2")
    await older.message()
    await status(sandbox, ident)
    assert [change["list"] for change in await older.message()] == [""]


async def test_a_browser_that_reconnects_gets_the_missed_changes(sandbox: Sandbox, ada: Account) -> None:
    updates = await stream(sandbox)
    await updates.message()
    ident = await create(sandbox, ada)
    await updates.message()
    for _ in range(5):
        await status(sandbox, ident)

    again = await stream(sandbox, "", headers={"last-event-id": updates.position})

    assert list(await again.rows("exchanges")) == ["x2", "x3", "x4", "x5", "x6"]


async def test_a_browser_that_does_not_read_is_not_buffered_and_reloads_the_page(sandbox: Sandbox) -> None:
    updates = await stream(sandbox)
    await updates.message()

    for number in range(2 * MAX_ENTRIES + 1):
        await call(sandbox, "GET", f"/v1/{number}")

    assert await updates.event() == ("reload", "")
    with pytest.raises(StopAsyncIteration):
        await updates.event()


@pytest.mark.parametrize("position", ["", "x.1", "1", ".", "older.5"])
async def test_an_unknown_position_reloads_the_page(sandbox: Sandbox, position: str) -> None:
    assert await (await stream(sandbox, position)).event() == ("reload", "")


async def test_a_future_position_reloads_the_page(sandbox: Sandbox) -> None:
    epoch = (await position_of(sandbox)).partition(".")[0]
    assert await (await stream(sandbox, f"{epoch}.999")).event() == ("reload", "")


async def test_a_reset_reloads_the_page(sandbox: Sandbox, ada: Account) -> None:
    updates = await stream(sandbox)
    await updates.message()
    sandbox.reset()
    assert await updates.event() == ("reload", "")


async def test_a_quiet_stream_is_kept_alive(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TICK", 0.001)
    updates = await stream(sandbox)
    await updates.message()
    assert await anext(updates.parts) == b": still here\n\n"


async def test_streams_over_http_end_with_the_server() -> None:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        async with sandbox.serve() as url:
            position = await position_of(sandbox)
            response = await session.get(f"{url}/__sandbox__/events?after={position}")
            assert response.content_type == "text/event-stream"
            await response.content.readuntil(b"data: ")
            async with session.get(f"{url}/v1/userinfo"):
                pass
            await response.content.readuntil(b"identity")
        response.close()


async def test_a_submitted_form_updates_the_page_immediately(sandbox: Sandbox) -> None:
    updates = await stream(sandbox)
    await updates.message()
    await visit(sandbox, "/__sandbox__/accounts", {"email": "ada@example.com"})
    assert len(await updates.rows("accounts")) == 1


async def test_a_position_with_many_digits_loads_the_page_again(sandbox: Sandbox) -> None:
    epoch = (await position_of(sandbox)).partition(".")[0]

    assert await (await stream(sandbox, f"{epoch}.{'9' * 5_000}")).event() == ("reload", "")


async def test_readers_are_counted_so_that_many_of_them_wait_longer(sandbox: Sandbox) -> None:
    journal = vars(sandbox)["_kernel"].journal
    streams = [await stream(sandbox) for _ in range(3)]
    for updates in streams:
        await updates.message()
    assert journal.readers == 3

    for updates in streams:
        await updates.parts.aclose()  # type: ignore[attr-defined]
    assert journal.readers == 0
