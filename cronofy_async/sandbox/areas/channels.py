"""Channels, and the notifications that they send.

As documented, a notification that gets no 2xx within 5 seconds is sent again for 24 hours; then its channel is
closed. The application's own changes send none. The assumptions are listed in channels.yaml.

Docs: https://docs.cronofy.com/developers/api/push-notifications/
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from ..kernel.area import (
    Account,
    AreaActions,
    Context,
    EventChange,
    Field,
    Json,
    Problem,
    Problems,
    Runtime,
    SandboxResponse,
    State,
    accepted,
    action,
    assumption,
    effect,
    not_found,
    ok,
    on_account_notification,
    on_event_change,
    operation,
    rule,
    stored,
)
from ..kernel.times import format_time

__all__ = ["Channel", "Channels"]

DOCS: Final = "https://docs.cronofy.com/developers/api/push-notifications/create-channel/"

#: The maximum number of open channels of an account.
MAX_CHANNELS: Final = 128
#: The delays after the first attempt at which a notification is sent again.
RETRIES: Final = [
    timedelta(seconds=15),
    timedelta(minutes=1, seconds=15),
    *[timedelta(minutes=minutes, seconds=15) for minutes in (6, 21, 81, 201, 441, 801, 1401)],
]
RETRY_WINDOW: Final = timedelta(hours=24)

VERIFICATIONS_ARE_RETRIED: Final = assumption(
    "failed_verifications_are_retried",
    "The verification of a new channel that fails is sent again, like any other notification. Otherwise the channel is closed "
    "immediately.",
)
GONE_IS_RETRIED: Final = assumption(
    "gone_notifications_are_retried",
    "A notification that gets a 410 is sent again, as after any other failure. Otherwise the channel is closed "
    "immediately.",
)


@stored
@attrs.define(eq=False, kw_only=True)
class Channel:
    """A channel of an account.

    Attributes:
        filters: The filters that were set.
        scheduling_conversations: The setting for notifications of conversations, if any.
        closed: Whether it is closed. Closed channels are kept, because they can be closed again.
    """

    channel_id: str
    sub: str
    callback_url: str
    filters: Json
    scheduling_conversations: Json
    closed: bool = False

    @property
    def comparison_key(self) -> tuple[Any, ...]:
        """The members that are equal in two channels with the same notifications."""
        ids = sorted(self.filters.get("calendar_ids", ()))
        return self.callback_url, {**self.filters, "calendar_ids": ids}, self.scheduling_conversations

    @property
    def json(self) -> dict[str, Any]:
        """The channel as responses and notifications show it."""
        return {
            "channel_id": self.channel_id,
            "callback_url": self.callback_url,
            "filters": self.filters,
            "scheduling_conversations": self.scheduling_conversations,
        }

    def skip_reason(self, change: EventChange) -> str | None:
        """Return the reason why it sends no notification of a change; ``None`` if it sends one."""
        if change.by_application:
            return "the application made the change itself, and channels notify only of changes that others make"
        if self.closed:
            return "it is closed, by the application or after failures for 24 hours. Create another one"
        if self.filters.get("only_managed") and not change.event.is_managed:
            return "its filter only_managed excludes events that the application did not create"
        if change.calendar_id not in (self.filters.get("calendar_ids") or (change.calendar_id,)):
            return f"its filter calendar_ids does not include {change.calendar_id}"
        return None


def open_channels(state: State, sub: str) -> list[Channel]:
    """Return the channels of an account that are not closed."""
    return [channel for channel in state.table(Channel).values() if channel.sub == sub and not channel.closed]


# Operations.


@operation("channels.list")
def list_channels(context: Context) -> SandboxResponse:
    """Return the open channels of the account."""
    return ok({"channels": [channel.json for channel in open_channels(context.state, context.account.sub)]})


@operation("channels.create")
def create(context: Context) -> SandboxResponse:
    """Create and verify a channel, or return an identical one."""
    channel = _find_same(context)
    if channel is None:
        channel = attrs.evolve(_requested(context), channel_id=context.state.new_id("chn"))
        context.state.table(Channel)[channel.channel_id] = channel
        _notify(context.runtime, channel, {"type": "verification"})
    return ok({"channel": channel.json})


@operation("channels.close")
def close(context: Context) -> SandboxResponse:
    """Close a channel."""
    channel = context.state.table(Channel).get(context.path["channel_id"])
    if channel is None or channel.sub != context.account.sub:
        return not_found()
    context.later(mark_closed, channel_id=channel.channel_id)
    return accepted()


@rule("channels.create", docs=DOCS)
def an_account_has_at_most_128_channels(body: Json, field: Field, context: Context) -> Problems:
    """An account has at most 128 open channels."""
    if _find_same(context) is None and len(open_channels(context.state, context.account.sub)) >= MAX_CHANNELS:
        yield Problem(
            field / "callback_url", "errors.too_many_channels", f"would be channel {MAX_CHANNELS + 1} of the account"
        )


def _requested(context: Context) -> Channel:
    body = context.body
    return Channel(
        channel_id="",
        sub=context.account.sub,
        callback_url=body["callback_url"],
        filters=body.get("filters", {}),
        scheduling_conversations=body.get("scheduling_conversations", {}),
    )


def _find_same(context: Context) -> Channel | None:
    requested = _requested(context)
    existing = open_channels(context.state, requested.sub)
    return next((channel for channel in existing if channel.comparison_key == requested.comparison_key), None)


# Notifications.


@on_event_change
def notify_of_change(runtime: Runtime, change: EventChange) -> None:
    """Send notifications of a change of an event, unless the application made it."""
    channels = [channel for channel in runtime.state.table(Channel).values() if channel.sub == change.sub]
    for channel in channels:
        reason = channel.skip_reason(change)
        if reason is None:
            _notify(runtime, channel, {"type": "change", "changes_since": format_time(change.event.updated)})
        else:
            problem = (
                f"{channel.channel_id} is not notified of {change.event.event_id or change.event.event_uid}: {reason}."
            )
            runtime.callbacks.record_unsent("change", problem, channel.callback_url)
    if not channels and not change.by_application:
        problem = (
            f"{change.sub} has no channel, so no notification of its changes is sent. Create one with channels.create."
        )
        runtime.callbacks.record_unsent("change", problem)


@on_account_notification
def pass_on(runtime: Runtime, sub: str, notification: Json) -> None:
    """Send a notification for an account to its channels. Notifications of conversations need a channel that enables them."""
    is_about_conversations = notification["type"].startswith("scheduling_conversation_")
    for channel in open_channels(runtime.state, sub):
        if channel.scheduling_conversations.get("enabled") or not is_about_conversations:
            _notify(runtime, channel, notification)
        else:
            problem = f"{channel.channel_id} does not enable notifications of conversations. Create it with scheduling_conversations.enabled."
            runtime.callbacks.record_unsent(notification["type"], problem, channel.callback_url)


def _notify(runtime: Runtime, channel: Channel, notification: Json) -> None:
    deliver(runtime, channel.channel_id, dict(notification), runtime.now.isoformat())


@effect("channels.deliver")
def deliver(runtime: Runtime, channel_id: str, notification: dict[str, Any], first: str) -> None:
    """Send a notification, possibly again, unless its channel was closed meanwhile."""
    channel = runtime.state.table(Channel).get(channel_id)
    if channel is not None and not channel.closed:
        message = {"notification": notification, "channel": channel.json}
        arguments = {"channel_id": channel_id, "notification": notification, "first": first}
        runtime.notify(channel.callback_url, message, retry_or_close, **arguments)


@effect("channels.retry_or_close")
def retry_or_close(
    runtime: Runtime, channel_id: str, notification: dict[str, Any], first: str, status: int | None
) -> None:
    """Send a notification again later if it failed, or close its channel if it has failed for too long."""
    if status is not None and 200 <= status < 300:
        return
    is_unverified = notification["type"] == "verification" and not runtime.assumes(VERIFICATIONS_ARE_RETRIED)
    is_gone = status == 410 and not runtime.assumes(GONE_IS_RETRIED)
    started, now = datetime.fromisoformat(first), runtime.now
    if is_unverified or is_gone or now >= started + RETRY_WINDOW:
        mark_closed(runtime, channel_id)
        return
    due = next((started + after for after in RETRIES if started + after > now), None)
    if due is None:
        runtime.at(started + RETRY_WINDOW, mark_closed, channel_id=channel_id)
    else:
        runtime.at(due, deliver, channel_id=channel_id, notification=notification, first=first)


@effect("channels.close")
def mark_closed(runtime: Runtime, channel_id: str) -> None:
    """Close a channel, if it still exists: the sandbox may have been reset."""
    channel = runtime.state.table(Channel).get(channel_id)
    if channel is not None:
        channel.closed = True


class Channels(AreaActions):
    """Actions for tests: ``sandbox.channels``."""

    @action
    def all(self, account: Account | str) -> list[Channel]:
        """Return the open channels of an account, oldest first."""
        return open_channels(self.state, account.sub if isinstance(account, Account) else account)

    @action
    def notify(self, account: Account | str, type: str, **members: Any) -> None:  # noqa: A002 - the API's name
        """Send a notification to the channels of an account, such as ``gdpr_requested``.

        Changes of events, profiles, and conversations send notifications automatically.

        Args:
            account: The account, or its ``sub``.
            type: The type of the notification.
            members: Its other members.

        Raises:
            SandboxError: There is no such account.
        """
        self.runtime.notify_account(self._account(account).sub, {"type": type, **members})
