"""Bulk status requests: ``poll`` for one pass over many links, ``watch`` to follow links until they are terminal."""

from __future__ import annotations

from .poll import Poll, Polled, Position
from .stores import MemoryWatchStore, WatchStore
from .watch import Watcher
from .watched import GONE, Change, Watched, WatchStats

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
