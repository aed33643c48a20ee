"""Channels: where Cronofy sends the notifications of an account.

Docs: https://docs.cronofy.com/developers/api/push-notifications/
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Final

from .._codec import from_dict
from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..errors import NotFound
from ..models.channels import Channel, ChannelList, ConversationNotifications, Filters, check_new_channel
from .base import Resource, delete, get, post

__all__ = ["Channels"]

# Creating is idempotent, as the docs promise the existing channel for an identical request.
CREATE: Final = post(
    "channels.create",
    "/v1/channels",
    Channel,
    auth={"account"},
    scope="read_events",
    envelope="channel",
    check=check_new_channel,
    idempotent=True,
)
LIST: Final = get("channels.list", "/v1/channels", ChannelList, auth={"account"})
CLOSE: Final = delete("channels.close", "/v1/channels/{channel_id}", auth={"account"}, names={"channel": "channel_id"})


class Channels(Resource):
    """Create, list, and close channels."""

    __slots__ = ()

    @returns_call
    def create(
        self,
        callback_url: str,
        *,
        filters: Filters | Json | Unset = UNSET,
        scheduling_conversations: ConversationNotifications | Json | Unset = UNSET,
    ) -> Call[Channel]:
        """Create a channel, or return the existing one if the request is the same.

        Cronofy sends a ``verification`` notification to the URL immediately, so the URL must already be reachable. Your own changes
        cause no notifications. An account has at most 128 channels; ``ensure`` does not create one twice.

        Args:
            callback_url: The URL to call. Add your own reference to the account with ``cronofy.webhooks.url``, since
                notifications name the channel only.
            filters: The changes that it notifies of; by default, all.
            scheduling_conversations: Whether it also notifies of scheduling conversations (alpha).

        Raises:
            ValueError: ``callback_url`` is not a URL, or ``calendar_ids`` is not an array.
            Forbidden: The access token lacks the scope ``read_events``, which is needed unless ``filters`` has
                ``only_managed``. Presumably, ``read_free_busy`` is enough.
            ValidationFailed: Cronofy rejected a member, or the account has too many channels.

        Example::

            channel = await account.channels.create(
                cronofy.webhooks.url("https://app.example.com/hooks/calendar", ref="user-77"),
                filters=Filters(calendar_ids=["cal_…"]),
            )

        Docs: https://docs.cronofy.com/developers/api/push-notifications/create-channel/
        """
        return self._call(CREATE, locals())

    @returns_call
    def list(self) -> Call[ChannelList]:
        """Return the open channels of the account.

        Raises:
            Unauthorized: The access token is not valid, and could not be refreshed.

        Example::

            for channel in await account.channels.list():
                print(channel.channel_id, channel.callback_url)

        Docs: https://docs.cronofy.com/developers/api/push-notifications/list-channels/
        """
        return self._call(LIST, locals())

    @returns_call
    def close(self, channel: Channel | str) -> Call[None]:
        """Close a channel, so that it sends no more notifications.

        Args:
            channel: The channel, or its ID.

        Raises:
            ValueError: The ID is empty.
            NotFound: The account never had such a channel.

        Example::

            await account.channels.close("chn_…")

        Docs: https://docs.cronofy.com/developers/api/push-notifications/close-channel/
        """
        return self._call(CLOSE, locals())

    async def ensure(
        self,
        callback_url: str,
        *,
        filters: Filters | Json | Unset = UNSET,
        scheduling_conversations: ConversationNotifications | Json | Unset = UNSET,
    ) -> Channel:
        """Return the channel with this URL and these filters, and create it if there is none.

        Call it as often as you like, for example whenever a process starts, since Cronofy closes a channel after 24 hours
        in which a notification could not be delivered. Nothing is sent to the URL if the channel exists.

        If several channels send the same notifications to the URL, the one with the smallest ID is kept and the others are
        closed, as each change would be reported several times. Concurrent calls keep the same channel; if they create two,
        the next call closes one. Channels with other URLs or filters are left alone.

        Args:
            callback_url: The URL to call.
            filters: The changes to notify of. The order of the calendars does not matter.
            scheduling_conversations: Whether it also notifies of scheduling conversations (alpha).

        Raises:
            ValueError: ``callback_url`` is not a URL, or ``calendar_ids`` is not an array.
            Forbidden: The access token lacks the scope ``read_events``, which is needed unless ``filters`` has
                ``only_managed``. Presumably, ``read_free_busy`` is enough.
            ValidationFailed: Cronofy rejected a member, or the account has too many channels.

        Example::

            channel = await account.channels.ensure("https://app.example.com/hooks/calendar?user=77")

        Docs: https://docs.cronofy.com/developers/api/push-notifications/create-channel/
        """
        create = self.create(callback_url, filters=filters, scheduling_conversations=scheduling_conversations)
        requested = from_dict(Channel, {"channel_id": "", **json.loads(create.request.body or b"{}")})
        existing = sorted(filter(requested.is_equivalent_to, await self.list()), key=lambda channel: channel.channel_id)
        if not existing:
            return await create
        channel, *duplicates = existing
        for duplicate in duplicates:
            with suppress(NotFound):  # it was closed meanwhile
                await self.close(duplicate)
        return channel
