"""The models, all importable from here. A module is loaded when the first of its names is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .availability import *
    from .bookable_events import *
    from .events import *
    from .notifications import *
    from .oauth import *
    from .real_time_scheduling import *
    from .scheduling_conversations import *

_MODULES: Final = {
    "availability": (
        "AvailabilityConstraint",
        "AvailabilityQuery",
        "Buffer",
        "BufferLength",
        "ExcludedEvent",
        "Member",
        "ParticipantGroup",
        "QuerySlot",
        "Tag",
    ),
    "bookable_events": (
        "BookableEvent",
        "BookableEventStatus",
        "Pages",
        "Registration",
        "RegistrationStatus",
        "RegistrationsPage",
    ),
    "events": (
        "AttachmentRef",
        "Attendees",
        "Conferencing",
        "EventTemplate",
        "Interaction",
        "Invitee",
        "Location",
        "Recurrence",
        "RecurrenceRule",
        "Reminder",
        "Subscription",
        "Transition",
    ),
    "notifications": (
        "ChosenEvent",
        "NoTimesDisplayed",
        "NoTimesSuitable",
        "Notification",
        "Participant",
        "TimeChosen",
        "Visitor",
    ),
    "oauth": ("TokenResponse",),
    "real_time_scheduling": (
        "CallbackUrls",
        "CreatedLink",
        "Formatting",
        "LinkEvent",
        "LinkStatus",
        "OAuth",
        "RedirectUrls",
        "SchedulingLink",
        "TargetAttendee",
        "TargetCalendar",
        "TargetEvent",
    ),
    "scheduling_conversations": (
        "ChosenSlot",
        "ConversationParticipant",
        "ConversationPeriod",
        "ConversationSlot",
        "ConversationSlots",
        "ConversationStatus",
        "ParticipantSlots",
        "ParticipantStatus",
        "PossibleAction",
        "SchedulingConversation",
        "SelectedSlot",
        "SelectionMethod",
        "SlotChoice",
    ),
}
_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_MODULE_OF)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
