"""The initial state of a served sandbox: from a file, from a seed, and with accounts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, nullcontext
from itertools import count, islice
from pathlib import Path
from typing import Final

from ..kernel.callbacks.targets import is_loopback
from ..sandbox import Sandbox
from .database import persist
from .seed import apply_seed

__all__ = ["is_exposed", "set_up"]

_PEOPLE: Final = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Barbara Liskov")


@asynccontextmanager
async def set_up(
    sandbox: Sandbox, *, accounts: int = 0, seed: str | None = None, db: str | None = None
) -> AsyncGenerator[None]:
    """Set up a sandbox, and keep its state for the duration of the context.

    Args:
        sandbox: The sandbox, which is empty.
        accounts: The minimum number of accounts.
        seed: The file to set it up from, if there is no state in ``db`` yet; see ``apply_seed``.
        db: The file that keeps its state; see ``persist``.

    Raises:
        SandboxError: A file cannot be used, or an action in ``seed`` is not possible.
    """
    async with persist(Path(db), sandbox) if db else nullcontext(enter_result=False) as existed:
        if seed and not existed:
            await apply_seed(sandbox, Path(seed))
        emails = {account.email for account in sandbox.accounts}
        people = (person for person in _people() if person[0] not in emails)
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
