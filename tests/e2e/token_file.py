"""A token store for the processes of one machine: a JSON file and a lock file for each account."""

from __future__ import annotations

import asyncio
import fcntl
import json
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from cronofy_async import Tokens, from_dict, to_dict

__all__ = ["FileTokenStore"]


class FileTokenStore:
    """Keeps the tokens of each account in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def load(self, sub: str) -> Tokens | None:
        path = self._folder / f"{sub}.json"
        return from_dict(Tokens, json.loads(path.read_text())) if path.exists() else None

    async def swap(self, sub: str, old: Tokens | None, new: Tokens | None) -> bool:
        if await self.load(sub) != old:  # nobody else writes while the lock is held
            return False
        path, new_path = self._folder / f"{sub}.json", self._folder / f"{sub}.new"
        if new is None:
            path.unlink(missing_ok=True)
        else:
            new_path.write_text(json.dumps(to_dict(new)))
            new_path.replace(path)
        return True

    def lock(self, sub: str) -> AbstractAsyncContextManager[object]:
        return self._locked(self._folder / f"{sub}.lock")

    @asynccontextmanager
    async def _locked(self, path: Path) -> AsyncGenerator[None]:
        with path.open("w") as file:  # closing it, or the end of the process, releases the lock
            await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
            yield
