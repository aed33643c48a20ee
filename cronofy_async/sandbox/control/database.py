"""A file that keeps the state of a sandbox between runs."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from ..._files import lock
from ..kernel.actions import SandboxError
from ..kernel.body import read_json
from ..kernel.clock import SandboxClock

__all__ = ["persist"]

_log: Final = logging.getLogger("cronofy_async.sandbox")


class Persistable(Protocol):
    """The part of a sandbox that the file needs."""

    @property
    def activity(self) -> object: ...

    @property
    def clock(self) -> SandboxClock: ...

    def snapshot(self) -> dict[str, Any]: ...

    def restore(self, document: Mapping[str, Any]) -> None: ...


@asynccontextmanager
async def persist(path: Path, sandbox: Persistable, *, every: float = 1.0) -> AsyncGenerator[bool]:
    """Restore a sandbox from a file, and save it there for the duration of the context and at its end.

    The file is replaced as a whole, so it is complete even if the process is killed: it then has the last saved state.
    It contains the tokens of accounts, and only its owner can read it. A lock on ``FILE.lock`` shows that it is in use.

    Args:
        path: The file.
        sandbox: The sandbox. It is unchanged if there is no such file.
        every: The interval at which changes are saved, in seconds.

    Yields:
        Whether there was a file.

    Raises:
        SandboxError: The file cannot be read or written, is not the state of a sandbox, or is in use by another
            process.
    """
    try:
        guard = path.with_name(f"{path.name}.lock").open("w")
    except OSError as error:
        raise SandboxError(f"cannot write {path}: {error.strerror}") from None
    with guard:
        if not lock(guard):
            raise SandboxError(f"{path} is in use by another sandbox. Stop it, or use another file.")
        existed = path.exists()  # noqa: ASYNC240 - once
        if existed:
            _load(path, sandbox)
        file = _File(path, sandbox)
        saving = asyncio.create_task(_save_regularly(file, every))
        try:
            yield existed
        finally:
            saving.cancel()
            with suppress(asyncio.CancelledError):
                await saving
            file.save()


def _load(path: Path, sandbox: Persistable) -> None:
    try:
        document = read_json(path.read_bytes())
        sandbox.restore(document)
        if document["clock"]["ahead"] is None:
            sandbox.clock.freeze(datetime.fromisoformat(document["clock"]["now"]))
    except OSError as error:
        raise SandboxError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, AttributeError) as error:
        raise SandboxError(f"{path} is not the state of a sandbox: {error}. It is left unchanged.") from None


class _File:
    """The file, and the activity of the sandbox when it was last written."""

    def __init__(self, path: Path, sandbox: Persistable) -> None:
        self._path = path
        self._sandbox = sandbox
        self._saved: object = None

    def save(self) -> None:
        """Write the state.

        Raises:
            SandboxError: The file cannot be written.
        """
        activity = self._sandbox.activity
        self._write(json.dumps(self._sandbox.snapshot()).encode())
        self._saved = activity

    @property
    def is_current(self) -> bool:
        """Whether nothing has changed since the state was written."""
        return self._saved == self._sandbox.activity

    def _write(self, content: bytes) -> None:
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            with open(new, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        except OSError as error:
            raise SandboxError(f"cannot write {self._path}: {error.strerror}") from None


async def _save_regularly(file: _File, every: float) -> None:
    loop = asyncio.get_running_loop()
    pause = every
    while True:
        await asyncio.sleep(pause)
        if file.is_current:
            continue
        started = loop.time()
        try:
            file.save()
        except SandboxError as error:  # the disk may be full; the sandbox keeps running
            _log.warning("%s. The sandbox tries again.", error)
        pause = max(every, 20 * (loop.time() - started))  # writing a large state takes a while
