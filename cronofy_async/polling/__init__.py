"""Finding out what became of many links, at the least cost in requests."""

from __future__ import annotations

from .poll import Poll, Polled, Position

__all__ = ["Poll", "Polled", "Position"]
