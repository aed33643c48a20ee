"""Finding out what became of many links, at the least cost in requests."""

from __future__ import annotations

from .poll import Poll, Polled, Position
from .stores import MemoryWatchStore, WatchStore
from .watch import Watcher, WatchStats
from .watched import GONE, Change, Watched

__all__ = [
    "GONE",
    "Change",
    "MemoryWatchStore",
    "Poll",
    "Polled",
    "Position",
    "WatchStats",
    "WatchStore",
    "Watched",
    "Watcher",
]
