"""The warnings of this package, and where they point to."""

from __future__ import annotations

from inspect import currentframe

__all__ = ["CronofyStabilityWarning", "UnknownMemberWarning", "level_of_user"]


class UnknownMemberWarning(UserWarning):
    """A mapping passed instead of a model has a member that looks misspelled. It is sent unchanged."""


class CronofyStabilityWarning(UserWarning):
    """A call uses an endpoint that Cronofy may still change; see ``warn_unstable`` of ``CronofyClient``."""


def level_of_user() -> int:
    """Return the ``stacklevel`` of the frame that called this package, for a warning of the caller of this function."""
    level, frame = 0, currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "cronofy_async":
        level, frame = level + 1, frame.f_back
    return level
