"""Channels: where Cronofy sends the notifications of an account.

Docs: https://docs.cronofy.com/developers/api/push-notifications/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from .._json import Json, is_array, is_object
from .._unset import UNSET, Unset
from .base import RequestModel, ResponseModel

__all__ = [
    "Channel",
    "ChannelConversations",
    "ChannelFilters",
    "ChannelList",
    "ConversationNotifications",
    "Filters",
]


@attrs.frozen(kw_only=True)
class Filters(RequestModel):
    """The changes that a channel notifies of.

    Args:
        calendar_ids: Only changes in these calendars; by default, in all.
        only_managed: Only changes, made by others, of events that your application manages. The scope ``read_events`` is
            then not needed.
    """

    calendar_ids: Sequence[str] | Unset = UNSET
    only_managed: bool | Unset = UNSET


@attrs.frozen
class ConversationNotifications(RequestModel):
    """Whether a channel also notifies of scheduling conversations (alpha)."""

    enabled: bool


@attrs.frozen(kw_only=True)
class ChannelFilters(ResponseModel):
    """The filters that were set for a channel."""

    calendar_ids: tuple[str, ...] = ()
    only_managed: bool | None = None


@attrs.frozen(kw_only=True)
class ChannelConversations(ResponseModel):
    """Whether a channel also notifies of scheduling conversations (alpha)."""

    enabled: bool | None = None


@attrs.frozen(kw_only=True)
class Channel(ResponseModel):
    """A channel of an account.

    Attributes:
        channel_id: Cronofy's ID of the channel.
        callback_url: The URL that is called.
        filters: The changes that it notifies of; ``None`` if the server sends none.
        scheduling_conversations: Whether it also notifies of scheduling conversations (alpha).
    """

    channel_id: str
    callback_url: str
    filters: ChannelFilters | None = None
    scheduling_conversations: ChannelConversations | None = None

    @property
    def id(self) -> str:
        """The same as ``channel_id``."""
        return self.channel_id

    def is_equivalent_to(self, other: Channel) -> bool:
        """Return whether another channel sends the same notifications to the same URL.

        The order of the calendars does not matter. A filter that is not set equals ``False``.
        """
        return self._comparison_key == other._comparison_key

    @property
    def _comparison_key(self) -> tuple[str, frozenset[str], bool, bool]:
        filters = self.filters or ChannelFilters()
        conversations = self.scheduling_conversations or ChannelConversations()
        return (
            self.callback_url,
            frozenset(filters.calendar_ids),
            bool(filters.only_managed),
            bool(conversations.enabled),
        )


@attrs.frozen(kw_only=True)
class ChannelList(ResponseModel):
    """The channels of an account. It can be iterated over."""

    channels: tuple[Channel, ...]

    def __iter__(self) -> Iterator[Channel]:
        return iter(self.channels)

    def __len__(self) -> int:
        return len(self.channels)


def check_new_channel(body: Json) -> None:
    """Check the request that creates a channel against the rules that the docs state clearly.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    if not str(body["callback_url"]).startswith(("https://", "http://")):
        raise ValueError("callback_url: must begin with https:// or http://. Pass a URL that Cronofy can reach.")
    filters: object = body.get("filters")
    ids: object = filters.get("calendar_ids") if is_object(filters) else None
    if ids is not None and not is_array(ids):
        raise ValueError(f"filters.calendar_ids: expected an array of calendar IDs, got {ids!r}")
