"""What each operation does, a module an API area: a function from a task to an answer, by the operation's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from ..exchange import Answer, Task
from . import bookable_events, calendars, oauth, real_time_scheduling, scheduling_conversations

__all__ = ["HANDLERS", "Handler"]

Handler: TypeAlias = Callable[[Task], Answer]

HANDLERS: Final[Mapping[str, Handler]] = {
    **real_time_scheduling.HANDLERS,
    **calendars.HANDLERS,
    **oauth.HANDLERS,
    **scheduling_conversations.HANDLERS,
    **bookable_events.HANDLERS,
}
