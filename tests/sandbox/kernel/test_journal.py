"""The journal: the entries that it keeps, and the changes that readers get and wait for."""

from __future__ import annotations

import asyncio

import pytest

from cronofy_async.sandbox import Delivery, Sandbox
from cronofy_async.sandbox.kernel import journal as module
from cronofy_async.sandbox.kernel.journal import Exchange, Journal

from ..support import LINKS, NOW, call, create


def delivery(name: str) -> Delivery:
    return Delivery(id=name, url="https://app.example.com", body=b"{}", headers={}, at=NOW)


def journal_of(sandbox: Sandbox) -> Journal:
    journal: Journal = vars(sandbox)["_kernel"].journal
    return journal


def names(journal: Journal) -> list[str]:
    return [entry.item.id for entry in journal.callbacks() if isinstance(entry.item, Delivery)]


async def test_an_exchange_has_the_request_and_the_response() -> None:
    sandbox = Sandbox(now=NOW)
    ada = sandbox.add_account("ada@example.com")
    await create(sandbox, ada)

    (entry,) = journal_of(sandbox).newest_first()

    exchange = entry.item
    assert isinstance(exchange, Exchange)
    assert exchange.recorded is sandbox.requests[0]
    assert exchange.request.headers["authorization"] == f"Bearer {sandbox.client_secret}"
    assert (exchange.status, exchange.at, exchange.fault, exchange.broken) == (200, NOW, None, False)
    assert b"real_time_scheduling_id" in exchange.body
    assert exchange.elapsed > 0


async def test_exchanges_and_callbacks_are_merged_newest_first() -> None:
    sandbox = Sandbox(now=NOW)
    ada = sandbox.add_account("ada@example.com")
    ident = await create(sandbox, ada)
    await sandbox.no_times_suitable(ident)
    await call(sandbox, "GET", f"{LINKS}/{ident}")
    await sandbox.no_times_suitable(ident)
    await sandbox.no_times_suitable(ident)

    entries = list(journal_of(sandbox).newest_first())

    assert [entry.number for entry in entries] == [5, 4, 3, 2, 1]
    assert [isinstance(entry.item, Delivery) for entry in entries] == [True, True, False, True, False]


async def test_the_oldest_exchanges_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 3)
    sandbox = Sandbox(now=NOW)
    for number in range(5):
        await call(sandbox, "GET", f"/v1/{number}")
    journal = journal_of(sandbox)
    assert [entry.number for entry in journal.newest_first()] == [5, 4, 3]
    assert len(sandbox.requests) == 5

    for number in range(5):
        journal.record_callback(delivery(f"dlv_{number}"))
    assert names(journal) == ["dlv_4", "dlv_3", "dlv_2"]
    assert (journal.count, journal.callback_count) == (6, 3)


async def test_the_size_of_kept_bodies_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10_000)
    sandbox = Sandbox(now=NOW)
    journal = journal_of(sandbox)
    for _ in range(5):
        await call(sandbox, "POST", "/v1/no", b"a" * 4_000)
    assert journal.count == 2
    await call(sandbox, "POST", "/v1/no", b"a" * 40_000)
    assert journal.count == 1  # the last one is kept, whatever its size


def test_a_reader_gets_new_changes_only() -> None:
    journal = Journal()
    first, second = delivery("dlv_1"), delivery("dlv_2")
    journal.record_callback(first)
    seen = journal.change
    journal.record_callback(second)
    journal.record_callback(first)
    journal.record_callback(first)

    assert [entry.item for entry in journal.since(seen) or ()] == [first, second]
    assert journal.since(journal.change) == []
    assert journal.since(journal.change + 1) is None


def test_a_reader_learns_that_changes_were_dropped() -> None:
    journal = Journal()
    for number in range(2 * module.MAX_ENTRIES + 1):
        journal.record_callback(delivery(f"dlv_{number}"))
    assert journal.since(0) is None
    assert journal.since(1) is None
    assert len(journal.since(2) or ()) == 2 * module.MAX_ENTRIES - 1

    journal.clear()
    assert journal.since(journal.change) == []
    assert journal.since(journal.change - 1) is None
    assert (list(journal.newest_first()), journal.count) == ([], 0)


async def test_a_reader_waits_for_a_change() -> None:
    journal = Journal()
    waiting = [asyncio.create_task(journal.wait(journal.change, 60)) for _ in range(2)]
    await asyncio.sleep(0)
    journal.touch()
    await asyncio.gather(*waiting)

    await journal.wait(journal.change - 1, 60)  # there was one already
    await journal.wait(journal.change, 0)
    ended = asyncio.create_task(journal.wait(journal.change, 60))
    await asyncio.sleep(0)
    ended.cancel()
    await asyncio.gather(ended, return_exceptions=True)
    journal.touch()


async def test_a_restored_snapshot_shows_its_callbacks() -> None:
    async with Sandbox(now=NOW) as sandbox, Sandbox(now=NOW) as other:
        ada = sandbox.add_account("ada@example.com")
        await sandbox.book(await create(sandbox, ada, callback_url="https://app.example.com"))
        document = sandbox.snapshot()
        newer = {"id", "elapsed", "response_body", "type"}
        older = [{name: delivery[name] for name in delivery.keys() - newer} for delivery in document["deliveries"]]
        document["deliveries"] = older
        other.restore(document)
        assert names(journal_of(other)) == ["dlv_1"]
        assert (await other.redeliver("dlv_1")).id == "dlv_2"


async def test_a_callback_is_not_mixed_up_with_one_from_before_a_reset() -> None:
    journal = Journal()
    before, after = delivery("dlv_1"), delivery("dlv_1")
    journal.clear()
    journal.record_callback(before)  # its response came after the reset

    journal.record_callback(after)

    assert [entry.item for entry in journal.callbacks()] == [after]
