"""Channels, and the notifications that they send.

As documented, a notification that is not answered with 2xx within 5 seconds is sent again for 24 hours; then its channel is
closed. The application's own changes send none. What is assumed is listed in channels.yaml.

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
    UnknownRecord,
    accepted,
    action,
    assumption,
    effect,
    not_found,
    ok,
    on_account_notification,
    on_event_change,
    operation,
    record,
    rule,
)
from ..kernel.times import written

__all__ = ["Channel", "Channels"]

DOCS: Final = "https://docs.cronofy.com/developers/api/push-notifications/create-channel/"

#: How many channels an account may have.
MOST: Final = 128
#: When a notification is sent again, after it was sent first.
RETRIES: Final = [
    timedelta(seconds=15),
    timedelta(minutes=1, seconds=15),
    *[timedelta(minutes=minutes, seconds=15) for minutes in (6, 21, 81, 201, 441, 801, 1401)],
]
GIVES_UP: Final = timedelta(hours=24)

VERIFICATIONS_ARE_RETRIED: Final = assumption(
    "failed_verifications_are_retried",
    "The verification of a new channel that fails is sent again, as any other notification. Otherwise the channel is closed "
    "at once.",
)
GONE_IS_RETRIED: Final = assumption(
    "gone_notifications_are_retried",
    "A notification that is answered with 410 is sent again, as after any other failure. Otherwise the channel is closed at "
    "once.",
)


@record
@attrs.define(eq=False, kw_only=True)
class Channel:
    """A channel of an account.

    Attributes:
        filters: The filters that were set.
        scheduling_conversations: Whether it is for conversations too, if that was set.
        closed: Whether it is closed. Closed channels are kept, because they can be closed again.
    """

    channel_id: str
    sub: str
    callback_url: str
    filters: Json
    scheduling_conversations: Json
    closed: bool = False

    @property
    def purpose(self) -> tuple[Any, ...]:
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

    def reason_against(self, change: EventChange) -> str | None:
        """Return the reason why it does not notify of a change; ``None`` if it does."""
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
    return [one for one in state.table(Channel).values() if one.sub == sub and not one.closed]


# Operations.


@operation("channels.list")
def list_channels(context: Context) -> SandboxResponse:
    """Return the open channels of the account."""
    return ok({"channels": [one.json for one in open_channels(context.state, context.account.sub)]})


@operation("channels.create")
def create(context: Context) -> SandboxResponse:
    """Create and verify a channel, or return the one that is the same."""
    channel = _same(context)
    if channel is None:
        channel = attrs.evolve(_asked(context), channel_id=context.state.new_id("chn"))
        context.state.table(Channel)[channel.channel_id] = channel
        _notify(context.runtime, channel, {"type": "verification"})
    return ok({"channel": channel.json})


@operation("channels.close")
def close(context: Context) -> SandboxResponse:
    """Close a channel."""
    channel = context.state.table(Channel).get(context.path["channel_id"])
    if channel is None or channel.sub != context.account.sub:
        return not_found()
    context.later(shut, channel_id=channel.channel_id)
    return accepted()


@rule("channels.create", docs=DOCS)
def an_account_has_at_most_128_channels(body: Json, field: Field, context: Context) -> Problems:
    """An account has at most 128 open channels."""
    if _same(context) is None and len(open_channels(context.state, context.account.sub)) >= MOST:
        yield Problem(field / "callback_url", "errors.too_many_channels", f"would be channel {MOST + 1} of the account")


def _asked(context: Context) -> Channel:
    body = context.body
    return Channel(
        channel_id="",
        sub=context.account.sub,
        callback_url=body["callback_url"],
        filters=body.get("filters", {}),
        scheduling_conversations=body.get("scheduling_conversations", {}),
    )


def _same(context: Context) -> Channel | None:
    asked = _asked(context)
    existing = open_channels(context.state, asked.sub)
    return next((one for one in existing if one.purpose == asked.purpose), None)


# Notifications.


@on_event_change
def notify_of_change(runtime: Runtime, change: EventChange) -> None:
    """Notify of a change of an event that someone other than the application made."""
    channels = [one for one in runtime.state.table(Channel).values() if one.sub == change.sub]
    for channel in channels:
        reason = channel.reason_against(change)
        if reason is None:
            _notify(runtime, channel, {"type": "change", "changes_since": written(change.event.updated)})
        else:
            problem = (
                f"{channel.channel_id} is not notified of {change.event.event_id or change.event.event_uid}: {reason}."
            )
            runtime.callbacks.unsent("change", problem, channel.callback_url)
    if not channels and not change.by_application:
        problem = (
            f"{change.sub} has no channel, so no notification of its changes is sent. Create one with channels.create."
        )
        runtime.callbacks.unsent("change", problem)


@on_account_notification
def pass_on(runtime: Runtime, sub: str, notification: Json) -> None:
    """Send the notification of an account to its channels. Those of conversations need a channel that is for them."""
    is_about_conversations = notification["type"].startswith("scheduling_conversation_")
    for channel in open_channels(runtime.state, sub):
        if channel.scheduling_conversations.get("enabled") or not is_about_conversations:
            _notify(runtime, channel, notification)
        else:
            problem = f"{channel.channel_id} is not for conversations. Create it with scheduling_conversations.enabled."
            runtime.callbacks.unsent(notification["type"], problem, channel.callback_url)


def _notify(runtime: Runtime, channel: Channel, notification: Json) -> None:
    deliver(runtime, channel.channel_id, dict(notification), runtime.now.isoformat())


@effect("channels.deliver")
def deliver(runtime: Runtime, channel_id: str, notification: dict[str, Any], first: str) -> None:
    """Send a notification, possibly again, unless its channel was closed meanwhile."""
    channel = runtime.state.table(Channel).get(channel_id)
    if channel is not None and not channel.closed:
        message = {"notification": notification, "channel": channel.json}
        of = {"channel_id": channel_id, "notification": notification, "first": first}
        runtime.notify(channel.callback_url, message, conclude, **of)


@effect("channels.conclude")
def conclude(runtime: Runtime, channel_id: str, notification: dict[str, Any], first: str, status: int | None) -> None:
    """Send a notification again later if it failed, or close its channel if that went on for too long."""
    if status is not None and 200 <= status < 300:
        return
    is_unverified = notification["type"] == "verification" and not runtime.assumes(VERIFICATIONS_ARE_RETRIED)
    is_gone = status == 410 and not runtime.assumes(GONE_IS_RETRIED)
    started, now = datetime.fromisoformat(first), runtime.now
    if is_unverified or is_gone or now >= started + GIVES_UP:
        shut(runtime, channel_id)
        return
    due = next((started + after for after in RETRIES if started + after > now), None)
    if due is None:
        runtime.at(started + GIVES_UP, shut, channel_id=channel_id)
    else:
        runtime.at(due, deliver, channel_id=channel_id, notification=notification, first=first)


@effect("channels.close")
def shut(runtime: Runtime, channel_id: str) -> None:
    """Close a channel, if there is one: the sandbox may have been reset meanwhile."""
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

        Changes of events, of profiles, and of conversations send theirs by themselves.

        Args:
            account: The account, or its ``sub``.
            type: The type of the notification.
            members: Its other members.

        Raises:
            SandboxError: There is no such account.
        """
        sub = account.sub if isinstance(account, Account) else account
        if sub not in self.state.accounts:
            raise UnknownRecord(f"the sandbox has no account {sub}")
        self.runtime.notify_account(sub, {"type": type, **members})
