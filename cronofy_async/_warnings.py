"""The warnings of this package, and the ``stacklevel`` to issue them with."""

from __future__ import annotations

from inspect import currentframe

__all__ = ["CronofyStabilityWarning", "UnknownMemberWarning", "user_stacklevel"]


class UnknownMemberWarning(UserWarning):
    """A mapping passed instead of a model has a member that looks misspelled. It is sent unchanged."""


class CronofyStabilityWarning(UserWarning):
    """A call uses an endpoint that Cronofy may still change; see ``warn_unstable`` of ``CronofyClient``."""


def user_stacklevel() -> int:
    """Return the ``stacklevel`` with which the caller of this function can warn about the code outside this package."""
    level, frame = 0, currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "cronofy_async":
        level, frame = level + 1, frame.f_back
    return level
