"""What an application's commands have sent in the last minute, kept so that the next one counts it.

A command counts what those before it have sent. Commands that run at the same time do not know of each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from ..config import hosts
from ..middleware.rate_limit import WindowLimiter
from ..types import is_array, is_object

__all__ = ["keep", "memory_of", "remembered"]

#: How long a request counts, in seconds.
MINUTE: Final = 60.0


@contextmanager
def remembered(limiter: WindowLimiter, settings: Mapping[str, Any]) -> Generator[None]:
    """Have a limiter count what other commands have sent in the last minute, and leave them what this one has.

    Args:
        limiter: that of this command. It must be on a clock that can be read now: in a running loop, for a
            :class:`~cronofy_async.clock.LoopClock`.
        settings: those of the client, which say which application it is, and where.
    """
    path = memory_of(settings)
    began = time.monotonic()
    limiter.remember(_ages(path))
    try:
        yield
    finally:
        took = time.monotonic() - began
        own = [age for age in limiter.recent() if age < took]
        keep(path, [*_ages(path), *own])  # another run may have ended in between


def memory_of(settings: Mapping[str, Any]) -> Path | None:
    """Where that is kept, for an application at a host; nothing in it is secret."""
    api = hosts(settings.get("data_center", "us"), settings.get("base_url")).api
    name = hashlib.sha256(json.dumps([settings.get("client_id"), api]).encode()).hexdigest()[:32]
    cache = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache") / "cronofy_async" / f"{name}.json"
    except RuntimeError:  # nobody's home
        return None


def _ages(path: Path | None) -> list[float]:
    """How many seconds ago the requests were that are kept, if that can be read."""
    try:
        kept = None if path is None else json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    times = kept.get("times") if is_object(kept) else None
    now = time.time()
    ages = [now - moment for moment in times if isinstance(moment, float)] if is_array(times) else []
    return [age for age in ages if 0 <= age < MINUTE]


def keep(path: Path | None, ages: Iterable[float]) -> None:
    """Leave to the next run how many seconds ago requests were made."""
    now = time.time()
    text = json.dumps({"times": sorted(now - age for age in ages)})
    if path is None:
        return
    # It is of use, not needed: where it cannot be written, Cronofy itself says when it is too much.
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_name(f"{path.stem}.{os.getpid()}")
        with open(new, "x", encoding="ascii", opener=_private) as file:
            file.write(text)
        new.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
