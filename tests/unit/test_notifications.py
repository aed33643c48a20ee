"""The notifications of Smart Invites, channels, events, scheduling requests, and authorizations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async import Duration, MalformedNotification
from cronofy_async.models import (
    AuthorizationCompleted,
    ChannelFilters,
    ChannelNotification,
    ChannelVerification,
    ConferencingProfileDisconnected,
    ConversationChanged,
    EventsChanged,
    EventSubscriptionNotified,
    GdprRequested,
    InviteRecipient,
    Notification,
    ProfileDisconnected,
    ProfileInitialSyncCompleted,
    SchedulingRequestTimeChosen,
    SmartInviteReplied,
)
from cronofy_async.models.notifications import CLASSES

from .callbacks import read

REPLY: dict[str, Any] = {"email": "kim@example.com", "status": "tentative", "comment": "maybe"}
REPLIED: dict[str, Any] = {
    "notification": {"type": "smart_invite"},
    "smart_invite": {
        "smart_invite_id": "order-77",
        "callback_url": "https://app.example.com/invites",
        "recipient": {"email": "pat@example.com", "status": "pending"},
        "reply": REPLY,
    },
}
MEMBERS = [
    "authorization",
    "channel",
    "channel_id",
    "callback_url",
    "changes_since",
    "event",
    "filters",
    "interactions",
    "minutes",
    "offset",
    "meeting_agent",
    "notification",
    "resources",
    "scheduling_request",
    "scheduling_request_id",
    "smart_invite",
    "start",
    "transitions",
    "triggered_at",
    "type",
]
JOINED: dict[str, Any] = {
    "notification": {
        "type": "scheduling_conversation_joined",
        "scheduling_conversation_id": "scv_55cfff7fb4af4c1027000005",
    },
    "channel": {
        "channel_id": "chn_54cf7c7cb4ad4c1027000001",
        "callback_url": "https://example.com/callback",
        "scheduling_conversations": {"enabled": True},
    },
}


CHANNEL: dict[str, Any] = {
    "channel_id": "chn_5ddb2e49981688008d65c659",
    "callback_url": "https://example.com/callback",
    "filters": {},
    "scheduling_conversations": {},
}
AGENT_ACTIVATED: dict[str, Any] = {
    "notification": {"type": "event_subscription", "interactions": [{"type": "meeting_agent_activated"}]},
    "event": {
        "event_id": "qTtZdczOccgaPncGJaCiLg",
        "summary": "Meeting agent enhanced",
        "start": "2026-04-04T15:30:00Z",
        "end": "2026-04-04T17:00:00Z",
        "tzid": "Europe/Berlin",
        "conferencing": {"provider_name": "zoom", "join_url": "https://zoom.us/00001111-222"},
        "meeting_agent": {"profile_id": "cronofy"},
    },
    "meeting_agent": {
        "sub": "agt_692702a100ccd07000000000",
        "state": "created",
        "resources": [{"category": "cronofy", "type": "dashboard", "url": "https://..."}],
    },
}


@pytest.mark.parametrize("body", [REPLIED, {"smart_invite": REPLIED["smart_invite"]}])
def test_a_reply_to_an_invite(body: dict[str, Any]) -> None:
    notification = read(body)

    assert isinstance(notification, SmartInviteReplied)
    assert notification.type == "smart_invite"
    assert notification.reply == InviteRecipient(email="kim@example.com", status="tentative", comment="maybe")
    assert notification.smart_invite.id == "order-77"
    assert notification.smart_invite.recipient == InviteRecipient(email="pat@example.com", status="pending")


def test_a_reply_to_an_invite_for_several_people() -> None:
    people = [{"email": "pat@example.com", "status": "pending"}, REPLY]
    invite = {name: value for name, value in REPLIED["smart_invite"].items() if name != "recipient"}

    notification = read(REPLIED | {"smart_invite": invite | {"recipients": people}})

    assert isinstance(notification, SmartInviteReplied)
    assert notification.smart_invite.recipient is None
    assert [item.status for item in notification.smart_invite.recipients] == ["pending", "tentative"]


@pytest.mark.parametrize("change", ["joined", "updated"])
def test_a_conversation_changed(change: str) -> None:
    kind = f"scheduling_conversation_{change}"

    notification = read(JOINED | {"notification": JOINED["notification"] | {"type": kind}})

    assert isinstance(notification, ConversationChanged)
    assert notification.type == notification.notification.type == kind
    assert notification.scheduling_conversation_id == "scv_55cfff7fb4af4c1027000005"
    assert notification.channel is not None
    assert notification.channel.channel_id == "chn_54cf7c7cb4ad4c1027000001"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"notification": {"type": "smart_invite"}}, "smart_invite"),
        ({"smart_invite": {"smart_invite_id": "order-77"}}, "smart_invite.reply"),
        ({"notification": {"type": "scheduling_conversation_updated"}}, "notification.scheduling_conversation_id"),
        ({"notification": {"type": "change"}, "channel": CHANNEL}, "notification.changes_since"),
        ({"notification": {"type": "change", "changes_since": "2026-08-26T09:24:16Z"}, "channel": {}}, "channel_id"),
        ({"notification": {"type": "verification"}}, "channel"),
        ({"notification": {"type": "scheduling_request_time_chosen"}}, "scheduling_request"),
        ({"authorization": "odd"}, "authorization"),
    ],
)
def test_documented_members_are_required(body: dict[str, Any], path: str) -> None:
    with pytest.raises(MalformedNotification, match=path):
        read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("2026-08-26T09:24:16Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(CLASSES)), st.dictionaries(st.sampled_from(MEMBERS), JSON), st.dictionaries(st.text(), JSON)
)
def test_any_body_is_a_notification_or_malformed(kind: str, body: dict[str, Any], notice: dict[str, Any]) -> None:
    body = body | {"notification": notice | {"type": kind}}
    try:
        notification = read(body)
    except MalformedNotification:
        return
    assert type(notification) is CLASSES[kind]
    assert notification.data == body


# Channels.


def test_events_changed() -> None:
    filters = {"calendar_ids": ["cal_n23kjnwrw2_sakdnawerd3"], "only_managed": False}
    body = {
        "notification": {"type": "change", "changes_since": "2026-08-26T09:24:16Z"},
        "channel": {"channel_id": "chn_1", "callback_url": "https://example.com/callback", "filters": filters},
    }

    notification = read(body)

    assert isinstance(notification, EventsChanged)
    assert notification.changes_since == datetime(2026, 8, 26, 9, 24, 16, tzinfo=UTC)
    assert notification.channel.filters == ChannelFilters(
        calendar_ids=("cal_n23kjnwrw2_sakdnawerd3",), only_managed=False
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("verification", ChannelVerification),
        ("profile_disconnected", ProfileDisconnected),
        ("conferencing_profile_disconnected", ConferencingProfileDisconnected),
        ("profile_initial_sync_completed", ProfileInitialSyncCompleted),
        ("gdpr_requested", GdprRequested),
    ],
)
@pytest.mark.parametrize("left_out", [(), ("filters",), ("filters", "scheduling_conversations")])
def test_other_notifications_of_channels(
    kind: str, expected: type[ChannelNotification], left_out: tuple[str, ...]
) -> None:
    channel = {name: value for name, value in CHANNEL.items() if name not in left_out}

    notification = read({"notification": {"type": kind}, "channel": channel})

    assert type(notification) is expected
    assert isinstance(notification, ChannelNotification)
    assert (notification.type, notification.channel.id) == (kind, CHANNEL["channel_id"])


def test_a_type_that_is_new_is_a_plain_notification() -> None:
    notification = read({"notification": {"type": "profile_connected"}, "channel": CHANNEL})

    assert type(notification) is Notification
    assert notification.data["channel"] == CHANNEL


# Events.


def test_a_meeting_agent_was_activated() -> None:
    notification = read(AGENT_ACTIVATED)

    assert isinstance(notification, EventSubscriptionNotified)
    assert (notification.interactions, notification.transitions) == (("meeting_agent_activated",), ())
    assert notification.event is not None
    assert notification.event.start is not None
    assert notification.event.start.utc == datetime(2026, 4, 4, 15, 30, tzinfo=UTC)
    assert notification.event.meeting_agent == {"profile_id": "cronofy"}
    assert notification.meeting_agent is not None
    assert [item.type for item in notification.meeting_agent.resources] == ["dashboard"]


def test_a_moment_of_an_event_was_reached() -> None:
    transition = {"before": "event_start", "offset": {"minutes": 5}}

    notification = read({"notification": {"type": "event_subscription", "transitions": [transition]}, "event": {}})

    assert isinstance(notification, EventSubscriptionNotified)
    (reached,) = notification.transitions
    assert (reached.before, reached.after, reached.offset) == ("event_start", None, Duration(minutes=5))


RESTS: list[dict[str, Any]] = [
    {},
    {"event": None, "meeting_agent": None},
    {"notification": {"interactions": [{}], "transitions": None}},
]


@pytest.mark.parametrize("members", RESTS)
def test_a_subscription_of_an_event_needs_nothing_else(members: dict[str, Any]) -> None:
    notification = read({**members, "notification": {"type": "event_subscription", **members.get("notification", {})}})

    assert isinstance(notification, EventSubscriptionNotified)
    assert (notification.event, notification.interactions, notification.transitions) == (None, (), ())


# Scheduling requests and authorizations.


def test_a_time_was_chosen_for_a_scheduling_request() -> None:
    body: dict[str, Any] = {
        "notification": {"type": "scheduling_request_time_chosen", "triggered_at": "2025-01-19T16:14:11Z"},
        "scheduling_request": {
            "scheduling_request_id": "srq_80f7fece4f37897d62d86d80",
            "slot_selection": "complete",
            "duration": {"minutes": 30},
            "recipients": [{"email": "eb@example.com", "slot_selector": True}],
            "event": {"metadata": {"scheduler": {"captured_data.notes": "None"}}},
        },
    }

    notification = read(body)

    assert isinstance(notification, SchedulingRequestTimeChosen)
    assert notification.notification.triggered_at == datetime(2025, 1, 19, 16, 14, 11, tzinfo=UTC)
    request = notification.scheduling_request
    assert (request.id, request.duration) == ("srq_80f7fece4f37897d62d86d80", Duration(minutes=30))
    assert request.event == body["scheduling_request"]["event"]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"code": "c0de", "state": "r1"}, ("c0de", "r1", None)),
        ({"error": "e", "error_key": "unable_to_grant_scope", "error_description": "d"}, (None, None, "e")),
    ],
)
def test_an_authorization_was_completed(result: dict[str, Any], expected: tuple[str | None, ...]) -> None:
    notification = read({"authorization": result})

    assert isinstance(notification, AuthorizationCompleted)
    assert notification.type == "authorization"
    authorization = notification.authorization
    assert (authorization.code, authorization.state, authorization.error) == expected
    assert "c0de" not in repr(notification)
