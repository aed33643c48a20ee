"""Live updates of the dashboard, as server-sent events.

A message holds the rows of a list that are new or have changed. The stream stores what it has sent, at most a page of
each list, and the number of the last change of the journal that it has sent. It creates the next message only when the
browser has received the last one, so a browser that does not read costs no memory; if the journal no longer has the
changes by then, the browser reloads the page.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from ...kernel.messages import SandboxResponse
from ...web.routes import Routes
from ...web.visit import Visit
from .board import Board, Html
from .view import View

__all__ = ["ROUTES"]

ROUTES: Final = Routes()

#: The number of seconds after which the parts that depend on time are rendered again.
TICK: Final = 1.0
#: The number of seconds for which changes are collected, so that a burst of requests causes few messages.
GATHER: Final = 0.05
#: The number of ticks after which a message is sent in any case, which detects browsers that have disconnected.
_KEEPALIVE_TICKS: Final = 15

#: The wait before the next message, as a multiple of the time spent on a message and of the number of other readers. So
#: all readers together leave the sandbox four fifths of its time.
_WAIT_FACTOR: Final = 10
#: The longest wait in seconds. A reader that has disconnected may be noticed only after it.
_MAX_WAIT: Final = 30.0

_HEADERS: Final = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}


@ROUTES.get("/__sandbox__/events")
def events(visit: Visit) -> SandboxResponse:
    """Return the stream of updates for a view."""
    position = visit.request.headers.get("last-event-id") or visit.query.get("after", "")
    return SandboxResponse(
        status=200, headers=_HEADERS, stream=_count_reader(Board(visit, View.of(visit.query)), position)
    )


async def _count_reader(board: Board, position: str) -> AsyncGenerator[bytes]:
    journal = board.visit.kernel.journal
    journal.readers += 1
    try:
        async with aclosing(_stream(board, position)) as parts:
            async for part in parts:
                yield part
    finally:
        journal.readers -= 1


async def _stream(board: Board, position: str) -> AsyncGenerator[bytes]:
    kernel, journal = board.visit.kernel, board.visit.kernel.journal
    epoch, _, number = position.partition(".")
    change = int(number) if epoch == journal.epoch and number.isdecimal() and len(number) < 20 else -1
    sent: dict[str, Html] = {}
    silent = 0
    yield b"retry: 1000\n\n"
    while True:
        started = time.perf_counter()
        kernel.effects.run_due()
        entries = journal.since(change)
        if entries is None:
            yield b"event: reload\ndata:\n\n"
            return
        change = journal.change
        lists = [{"list": name, "rows": list(rows.items())} for name, rows in board.entries(entries).items() if rows]
        sections = board.sections()
        lists += [_diff(name, sent.get(name, {}), rows) for name, rows in sections.items() if sent.get(name) != rows]
        sent = sections
        pause = min(_MAX_WAIT, _WAIT_FACTOR * (time.perf_counter() - started) * (journal.readers - 1))
        silent = 0 if lists else silent + 1
        if lists:
            yield f"id: {journal.epoch}.{change}\ndata: {json.dumps(lists)}\n\n".encode()
        elif silent % _KEEPALIVE_TICKS == 0:
            yield b": still here\n\n"
        await journal.wait(change, max(TICK, pause))
        if journal.change > change:
            await asyncio.sleep(max(GATHER, pause))


def _diff(name: str, before: Html, after: Html) -> dict[str, Any]:
    """Return the rows that have changed, oldest first, and the IDs of those that were removed."""
    changed = [(ident, row) for ident, row in after.items() if before.get(ident) != row]
    return {"list": name, "rows": changed[::-1], "gone": [ident for ident in before if ident not in after]}
