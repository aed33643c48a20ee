"""The known faults in the requests of pycronofy, which ``pycronofy.toml`` lists."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import attrs

from .pair import Pair
from .recording import Places

__all__ = ["FAULTS", "Fault"]


@attrs.frozen(eq=False, kw_only=True)
class Fault:
    """A difference between the requests of pycronofy and of this package.

    Attributes:
        methods: The methods whose requests have it.
        sends: What pycronofy sends.
        here: What this package sends.
        corrections: The changes that turn the former into the latter; see ``pycronofy.toml``.
        title: The title of the only pair that shows it.
    """

    methods: Sequence[str]
    sends: str
    here: str
    why: str
    corrections: Sequence[Mapping[str, str]]
    title: str | None = None

    def concerns(self, pair: Pair) -> bool:
        return pair.method in self.methods and self.title in {None, pair.title}

    def corrected(self, request: Places) -> Places:
        """Return a request of pycronofy without this fault."""
        for correction in self.corrections:
            request = _corrected(request, **correction)
        return request


def _corrected(request: Places, at: str, *, value: str = "", ours: str = "", to: str = "") -> Places:
    if not value and not to:
        return request if at in request else request | {at: json.loads(ours)}
    corrected: Places = {}
    for place, content in request.items():
        rest = _rest_after(place, at)
        if rest is None or (value and json.loads(value) != content):
            corrected[place] = content
        elif ours or to:
            corrected[to + rest if to else place] = json.loads(ours) if ours else content
    return corrected


def _rest_after(place: str, at: str) -> str | None:
    """Return the rest of a place after ``at``; ``None`` if it is elsewhere."""
    if fnmatchcase(place, at):
        return ""
    rest = place.removeprefix(at)
    return rest if rest != place and rest[0] in ".[" else None


FAULTS = [
    Fault(**fault) for fault in tomllib.loads((Path(__file__).parent / "pycronofy.toml").read_text("utf-8"))["faults"]
]
