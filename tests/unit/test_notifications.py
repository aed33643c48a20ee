"""The notifications of Smart Invites and scheduling conversations."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async import MalformedNotification
from cronofy_async.models import ConversationChanged, InviteRecipient, SmartInviteReplied

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
    assert [one.status for one in notification.smart_invite.recipients] == ["pending", "tentative"]


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
    ],
)
def test_documented_members_are_required(body: dict[str, Any], path: str) -> None:
    with pytest.raises(MalformedNotification, match=path):
        read(body)
