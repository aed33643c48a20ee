"""The table of all hostile answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .answers import Answer
from .answers_bodies import BODIES
from .answers_framing import FRAMING

__all__ = ["ANSWERS"]

ANSWERS: Final[Mapping[str, Answer]] = {**FRAMING, **BODIES}
