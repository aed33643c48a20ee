"""Notifications about an account: from its channels, and from subscriptions of its events.

Docs: https://docs.cronofy.com/developers/api/push-notifications/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from ..times import Duration, EventTime
from .base import ResponseModel
from .channels import Channel
from .event_parts import BaseEvent
from .meeting_agents import MeetingAgent
from .notifications import Notification, notification

__all__ = [
    "ChannelNotification",
    "ChannelVerification",
    "ConferencingProfileDisconnected",
    "ConversationChange",
    "ConversationChanged",
    "EventSubscriptionNotified",
    "EventsChange",
    "EventsChanged",
    "GdprRequested",
    "OccurredInteraction",
    "OccurredTransition",
    "ProfileDisconnected",
    "ProfileInitialSyncCompleted",
    "SubscribedEvent",
    "SubscriptionNotice",
]


# Channels.


@attrs.frozen(kw_only=True)
class ChannelNotification(Notification):
    """A notification of a channel. They may arrive several times, and in any order.

    Attributes:
        channel: The channel.

    Docs: https://docs.cronofy.com/developers/api/push-notifications/
    """

    channel: Channel


@attrs.frozen(kw_only=True)
class EventsChange(ResponseModel):
    """The time from which events have changed."""

    changes_since: datetime
    type: str | None = None


@notification("change")
@attrs.frozen(kw_only=True)
class EventsChanged(ChannelNotification):
    """Events were changed by someone other than your application. Read the changes with ``account.events.changes``.

    Attributes:
        notification: Since when.
        channel: The channel.
    """

    notification: EventsChange

    @property
    def changes_since(self) -> datetime:
        """The ``since`` for ``account.events.changes``, or ``last_modified`` for a read."""
        return self.notification.changes_since


@notification("verification")
@attrs.frozen(kw_only=True)
class ChannelVerification(ChannelNotification):
    """A channel was created. Respond with 2xx."""


@notification("profile_disconnected")
@attrs.frozen(kw_only=True)
class ProfileDisconnected(ChannelNotification):
    """A calendar profile must be reconnected. ``account.profiles.list`` shows which one, and where."""


@notification("conferencing_profile_disconnected")
@attrs.frozen(kw_only=True)
class ConferencingProfileDisconnected(ChannelNotification):
    """A conferencing profile must be reconnected. ``conferencing_profiles`` of the userinfo shows which one."""


@notification("profile_initial_sync_completed")
@attrs.frozen(kw_only=True)
class ProfileInitialSyncCompleted(ChannelNotification):
    """Cronofy has read a calendar profile for the first time. Read all events."""


@notification("gdpr_requested")
@attrs.frozen(kw_only=True)
class GdprRequested(ChannelNotification):
    """The owner of the account requested the erasure of their data. Delete what you have stored."""


# Scheduling conversations.


@attrs.frozen(kw_only=True)
class ConversationChange(ResponseModel):
    """The conversation that a notification is about."""

    scheduling_conversation_id: str
    type: str | None = None


@notification("scheduling_conversation_joined", "scheduling_conversation_updated")
@attrs.frozen(kw_only=True)
class ConversationChanged(Notification):
    """An account joined a scheduling conversation, or one of its conversations changed (alpha).

    Attributes:
        notification: The conversation.
        channel: The channel of the account.

    Docs: https://docs.cronofy.com/developers/api-alpha/scheduling-conversations/push-notifications/
    """

    notification: ConversationChange
    channel: Channel | None = None

    @property
    def scheduling_conversation_id(self) -> str:
        """The ID of the conversation; pass it to ``read``."""
        return self.notification.scheduling_conversation_id


# Subscriptions of events.


@attrs.frozen(kw_only=True)
class OccurredInteraction(ResponseModel):
    """A change of an event that was subscribed to.

    Attributes:
        type: Such as ``conferencing_assigned``, ``conferencing_failing``, ``meeting_agent_activated``,
            ``meeting_agent_complete``, ``meeting_agent_failed``, ``attachment_approved``, or ``attachment_rejected``.
    """

    type: str | None = None


@attrs.frozen(kw_only=True)
class OccurredTransition(ResponseModel):
    """A moment of an event that was subscribed to: an ``offset`` before or after its start or end."""

    before: str | None = None
    after: str | None = None
    offset: Duration | None = None


@attrs.frozen(kw_only=True)
class SubscriptionNotice(ResponseModel):
    """The interactions or transitions of an event."""

    type: str | None = None
    interactions: tuple[OccurredInteraction, ...] = ()
    transitions: tuple[OccurredTransition, ...] = ()


@attrs.frozen(kw_only=True)
class SubscribedEvent(BaseEvent):
    """An event with a subscription. ``start`` and ``end`` may be in UTC, with the time zone in ``tzid``."""

    start: EventTime | None = None
    end: EventTime | None = None
    calendar_id: str | None = None
    event_uid: str | None = None
    meeting_agent: Mapping[str, Any] | None = attrs.field(default=None, hash=False)


@notification("event_subscription")
@attrs.frozen(kw_only=True)
class EventSubscriptionNotified(Notification):
    """A change or a moment of an event that it has a ``Subscription`` for.

    The docs show the body only for meeting agents, so all of it is optional.

    Attributes:
        notification: What happened.
        event: The event.
        meeting_agent: The meeting agent, if it is about one.

    Docs: https://docs.cronofy.com/developers/api/event-triggers/
    """

    notification: SubscriptionNotice = SubscriptionNotice()
    event: SubscribedEvent | None = None
    meeting_agent: MeetingAgent | None = None

    @property
    def interactions(self) -> tuple[str, ...]:
        """The types of the interactions, such as ``conferencing_assigned``."""
        return tuple(interaction.type for interaction in self.notification.interactions if interaction.type is not None)

    @property
    def transitions(self) -> tuple[OccurredTransition, ...]:
        """The moments that were reached."""
        return self.notification.transitions
