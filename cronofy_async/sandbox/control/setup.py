"""The initial state of a served sandbox: from a file, from a seed, and with accounts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, nullcontext
from itertools import count, islice
from pathlib import Path
from typing import Final

from ..kernel.targets import is_loopback
from ..sandbox import Sandbox
from .database import kept_in
from .seed import apply_seed

__all__ = ["is_exposed", "prepared"]

_PEOPLE: Final = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Barbara Liskov")


@asynccontextmanager
async def prepared(
    sandbox: Sandbox, *, accounts: int = 0, seed: str | None = None, db: str | None = None
) -> AsyncGenerator[None]:
    """Set up a sandbox, and keep its state for the duration of the context.

    Args:
        sandbox: The sandbox, which is empty.
        accounts: The minimum number of accounts.
        seed: The file to set it up from, if there is no state in ``db`` yet; see ``apply_seed``.
        db: The file that keeps its state; see ``kept_in``.

    Raises:
        SandboxError: A file cannot be used, or an action in ``seed`` is not possible.
    """
    async with kept_in(Path(db), sandbox) if db else nullcontext(enter_result=False) as existed:
        if seed and not existed:
            await apply_seed(sandbox, Path(seed))
        taken = {one.email for one in sandbox.accounts}
        people = (one for one in _people() if one[0] not in taken)
        for email, name in islice(people, max(0, accounts - len(sandbox.accounts))):
            sandbox.add_account(email, name)
        yield


def _people() -> Iterator[tuple[str, str]]:
    """Yield email addresses and names."""
    for name in _PEOPLE:
        yield f"{name.partition(' ')[0].lower()}@example.com", name
    for number in count(len(_PEOPLE) + 1):
        yield f"person-{number}@example.com", f"Person {number}"


def is_exposed(host: str) -> bool:
    """Return whether other machines can reach a sandbox that listens on a host."""
    return not is_loopback(f"http://[{host}]" if ":" in host else f"http://{host}")
