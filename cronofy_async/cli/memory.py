"""What an application's commands have sent in the last minute, kept so that the next one counts it.

Each command leaves a file of its own when it ends, so that those that end at the same time need not agree. Commands that
run at the same time do not know of each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from .._json import is_array, is_object
from ..config import hosts
from ..middleware.rate_limit import WindowLimiter

__all__ = ["keep", "memory_of", "remembered"]

#: How long a request counts, in seconds.
MINUTE: Final = 60.0


@contextmanager
def remembered(limiter: WindowLimiter, settings: Mapping[str, Any]) -> Generator[None]:
    """Have a limiter count what other commands have sent in the last minute, and leave them what this one has.

    Args:
        limiter: that of this command. It must be on a clock that can be read now: in a running loop, for a
            :class:`~cronofy_async._clock.LoopClock`.
        settings: those of the client, which say which application it is, and where.
    """
    folder = memory_of(settings)
    began = time.monotonic()
    limiter.remember(_ages(folder))
    try:
        yield
    finally:
        ages = limiter.recent()
        took = time.monotonic() - began  # after it, so that a request sent at once is not taken for one of others
        keep(folder, [age for age in ages if age < took])


def memory_of(settings: Mapping[str, Any]) -> Path | None:
    """Where that is kept, for an application at a host; nothing in it is secret."""
    api = hosts(settings.get("data_center", "us"), settings.get("base_url")).api
    name = hashlib.sha256(json.dumps([settings.get("client_id"), api]).encode()).hexdigest()[:32]
    cache = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache") / "cronofy_async" / name
    except RuntimeError:  # nobody's home
        return None


def _ages(folder: Path | None) -> list[float]:
    """How many seconds ago the requests were that are kept. What is too old or broken is removed."""
    found: list[float] = []
    # It is of use, not needed: where it cannot be read or written, Cronofy itself says when it is too much.
    with suppress(OSError):
        files = [] if folder is None else list(folder.glob("*.json"))
        for file in files:
            with suppress(FileNotFoundError):  # another command removed it
                ages = _read(file.read_bytes())
                found += ages
                if not ages:
                    file.unlink()
    return found


def _read(text: bytes) -> list[float]:
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return []
    times = kept.get("times") if is_object(kept) else None
    now = time.time()
    ages = [now - moment for moment in times if isinstance(moment, float)] if is_array(times) else []
    return [age for age in ages if 0 <= age < MINUTE]


def keep(folder: Path | None, ages: Iterable[float]) -> None:
    """Leave to the next command how many seconds ago requests were made."""
    now = time.time()
    times = sorted(now - age for age in ages)
    if folder is None or not times:
        return
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, encoding="ascii", delete=False) as file:
            json.dump({"times": times}, file)
        Path(file.name).rename(f"{file.name}.json")  # it appears whole
