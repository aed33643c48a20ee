"""All models can be imported from here. A module is loaded when one of its names is first used.

Made by ``nox -s generate`` from ``__all__`` of the modules: do not edit.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .availability import *
    from .bookable_events import *
    from .events import *
    from .notifications import *
    from .oauth import *
    from .pages import *
    from .real_time_scheduling import *
    from .scheduling_conversations import *

_MODULE_OF: Final = {
    "AttachmentRef": "events",
    "Attendees": "events",
    "AvailabilityConstraint": "availability",
    "AvailabilityQuery": "availability",
    "BaseEvent": "events",
    "BookableEvent": "bookable_events",
    "BookableEventStatus": "bookable_events",
    "Buffer": "availability",
    "BufferLength": "availability",
    "CallbackUrls": "real_time_scheduling",
    "ChosenEvent": "notifications",
    "ChosenSlot": "scheduling_conversations",
    "Conferencing": "events",
    "ConversationParticipant": "scheduling_conversations",
    "ConversationPeriod": "scheduling_conversations",
    "ConversationSlot": "scheduling_conversations",
    "ConversationSlots": "scheduling_conversations",
    "ConversationStatus": "scheduling_conversations",
    "CreatedLink": "real_time_scheduling",
    "EventAttachment": "events",
    "EventAttendee": "events",
    "EventConferencing": "events",
    "EventDetails": "events",
    "EventLocation": "events",
    "EventReminder": "events",
    "EventTemplate": "events",
    "ExcludedEvent": "availability",
    "Formatting": "real_time_scheduling",
    "Interaction": "events",
    "Invitee": "events",
    "Link": "real_time_scheduling",
    "LinkEvent": "real_time_scheduling",
    "LinkStatus": "real_time_scheduling",
    "Locale": "real_time_scheduling",
    "Location": "events",
    "Member": "availability",
    "NoTimesDisplayed": "notifications",
    "NoTimesSuitable": "notifications",
    "Notification": "notifications",
    "OAuth": "real_time_scheduling",
    "Page": "pages",
    "PageInfo": "pages",
    "Participant": "notifications",
    "ParticipantGroup": "availability",
    "ParticipantSlots": "scheduling_conversations",
    "ParticipantStatus": "scheduling_conversations",
    "PossibleAction": "scheduling_conversations",
    "QuerySlot": "availability",
    "Recurrence": "events",
    "RecurrenceRule": "events",
    "RedirectUrls": "real_time_scheduling",
    "Registration": "bookable_events",
    "RegistrationStatus": "bookable_events",
    "RegistrationsPage": "bookable_events",
    "Reminder": "events",
    "SchedulingConversation": "scheduling_conversations",
    "SchedulingLink": "real_time_scheduling",
    "SelectedSlot": "scheduling_conversations",
    "SelectionMethod": "scheduling_conversations",
    "SlotChoice": "scheduling_conversations",
    "Subscription": "events",
    "Tag": "availability",
    "TargetCalendar": "real_time_scheduling",
    "TargetEvent": "real_time_scheduling",
    "TimeChosen": "notifications",
    "TokenResponse": "oauth",
    "Transition": "events",
    "Transparency": "events",
    "Visitor": "notifications",
}

__all__ = sorted(_MODULE_OF)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
