"""Examples of notifications."""

from __future__ import annotations

from cronofy_async import to_dict
from cronofy_async.models import (
    ChosenEvent,
    ConversationChange,
    ConversationChanged,
    InvitedEvent,
    InviteRecipient,
    Notification,
    NotificationChannel,
    NoTimesDisplayed,
    NoTimesSuitable,
    Participant,
    RepliedInvite,
    SmartInviteReplied,
    TimeChosen,
    Visitor,
)
from cronofy_async.times import EventTime

from .events import EVENT, EVENT_JSON
from .example import EXTRA, ModelExample

CHOSEN = ChosenEvent(
    **EVENT, start=EventTime({"time": "2030-02-01T09:30:00Z", "tzid": "Etc/UTC"}), end=EventTime("2030-02-01")
)

PAT = InviteRecipient(email="pat@example.com", status="accepted")
PAT_JSON = {"email": "pat@example.com", "status": "accepted"}

MODELS: list[ModelExample] = [
    (
        RepliedInvite(
            smart_invite_id="a",
            method="request",
            callback_url="b",
            recipient=PAT,
            recipients=(PAT,),
            replies=(PAT,),
            event=InvitedEvent(summary="c"),
            attachments=[],
            reply=PAT,
            extra=EXTRA,
        ),
        {
            "smart_invite_id": "a",
            "method": "request",
            "callback_url": "b",
            "recipient": PAT_JSON,
            "recipients": [PAT_JSON],
            "replies": [PAT_JSON],
            "event": {"summary": "c"},
            "attachments": [],
            "reply": PAT_JSON,
            **EXTRA,
        },
    ),
    (
        SmartInviteReplied(
            type="t", ref=None, fingerprint="f", data={}, smart_invite=RepliedInvite(smart_invite_id="a", reply=PAT)
        ),
        {
            "type": "t",
            "ref": None,
            "fingerprint": "f",
            "data": {},
            "smart_invite": {"smart_invite_id": "a", "reply": PAT_JSON},
        },
    ),
    (
        NotificationChannel(
            channel_id="chn_1", callback_url="b", filters={"c": []}, scheduling_conversations={"enabled": True}
        ),
        {
            "channel_id": "chn_1",
            "callback_url": "b",
            "filters": {"c": []},
            "scheduling_conversations": {"enabled": True},
        },
    ),
    (
        ConversationChange(scheduling_conversation_id="scv_1", type="t", extra=EXTRA),
        {"scheduling_conversation_id": "scv_1", "type": "t", **EXTRA},
    ),
    (
        ConversationChanged(
            type="t",
            ref=None,
            fingerprint="f",
            data={},
            notification=ConversationChange(scheduling_conversation_id="scv_1"),
            channel=NotificationChannel(channel_id="chn_1"),
        ),
        {
            "type": "t",
            "ref": None,
            "fingerprint": "f",
            "data": {},
            "notification": {"scheduling_conversation_id": "scv_1"},
            "channel": {"channel_id": "chn_1"},
        },
    ),
    (Visitor(tzid="Europe/Paris", extra=EXTRA), {"tzid": "Europe/Paris", **EXTRA}),
    (Participant(sub="acc_1"), {"sub": "acc_1"}),
    (
        CHOSEN,
        {**EVENT_JSON, "start": {"time": "2030-02-01T09:30:00Z", "tzid": "Etc/UTC"}, "end": "2030-02-01"},
    ),
    (
        Notification(type="change", ref="r", fingerprint="f", data={"a": 1}),
        {"type": "change", "ref": "r", "fingerprint": "f", "data": {"a": 1}},
    ),
    (
        TimeChosen(
            type="t",
            ref=None,
            fingerprint="f",
            data={},
            event=CHOSEN,
            user=Visitor(tzid="a"),
            participants=(Participant(sub="b"),),
        ),
        {
            "type": "t",
            "ref": None,
            "fingerprint": "f",
            "data": {},
            "event": to_dict(CHOSEN),
            "user": {"tzid": "a"},
            "participants": [{"sub": "b"}],
        },
    ),
    (
        NoTimesSuitable(type="t", ref=None, fingerprint="f", data={}),
        {"type": "t", "ref": None, "fingerprint": "f", "data": {}, "user": {}},
    ),
    (
        NoTimesDisplayed(type="t", ref=None, fingerprint="f", data={}),
        {"type": "t", "ref": None, "fingerprint": "f", "data": {}, "user": {}},
    ),
]
