"""Examples of notifications."""

from __future__ import annotations

from typing import Any

from cronofy_async import Duration, to_dict
from cronofy_async.models import (
    AuthorizationCompleted,
    AuthorizationResult,
    ChannelNotification,
    ChannelVerification,
    ChosenEvent,
    ConferencingProfileDisconnected,
    ConversationChange,
    ConversationChanged,
    EventsChange,
    EventsChanged,
    EventSubscriptionNotified,
    GdprRequested,
    InvitedEvent,
    InviteRecipient,
    MeetingAgent,
    MeetingAgentResource,
    Notification,
    NoTimesDisplayed,
    NoTimesSuitable,
    OccurredInteraction,
    OccurredTransition,
    Participant,
    ProfileDisconnected,
    ProfileInitialSyncCompleted,
    RecipientOperations,
    RepliedInvite,
    SchedulingRecipient,
    SchedulingRequest,
    SchedulingRequestNotice,
    SchedulingRequestTimeChosen,
    SmartInviteReplied,
    SubscribedEvent,
    SubscriptionNotice,
    TimeChosen,
    Visitor,
)
from cronofy_async.times import EventTime

from .channels import CHANNEL, CHANNEL_JSON
from .event_parts import EVENT, EVENT_JSON
from .example import EXTRA, START, ModelExample

CHOSEN = ChosenEvent(
    **EVENT, start=EventTime({"time": "2030-02-01T09:30:00Z", "tzid": "Etc/UTC"}), end=EventTime("2030-02-01")
)

PAT = InviteRecipient(email="pat@example.com", status="accepted")
PAT_JSON = {"email": "pat@example.com", "status": "accepted"}

KNOWN: dict[str, Any] = {"type": "t", "ref": None, "fingerprint": "f", "data": {}}
START_JSON = "2030-02-01T09:30:00Z"

NOTICE = SubscriptionNotice(
    type="event_subscription",
    interactions=(OccurredInteraction(type="meeting_agent_activated"),),
    transitions=(OccurredTransition(before="event_start", offset=Duration(minutes=5)),),
    extra=EXTRA,
)
NOTICE_JSON: dict[str, Any] = {
    "type": "event_subscription",
    "interactions": [{"type": "meeting_agent_activated"}],
    "transitions": [{"before": "event_start", "offset": {"minutes": 5}}],
    **EXTRA,
}
SUBSCRIBED = SubscribedEvent(
    **EVENT,
    start=EventTime(START_JSON),
    end=EventTime("2030-02-01T10:30:00Z"),
    calendar_id="cal_1",
    event_uid="evt_1",
    meeting_agent={"profile_id": "cronofy"},
)
SUBSCRIBED_JSON: dict[str, Any] = {
    **EVENT_JSON,
    "start": START_JSON,
    "end": "2030-02-01T10:30:00Z",
    "calendar_id": "cal_1",
    "event_uid": "evt_1",
    "meeting_agent": {"profile_id": "cronofy"},
}
AGENT = MeetingAgent(sub="agt_1", state="created", resources=(MeetingAgentResource(category="cronofy"),), extra=EXTRA)
AGENT_JSON: dict[str, Any] = {"sub": "agt_1", "state": "created", "resources": [{"category": "cronofy"}], **EXTRA}
REQUEST = SchedulingRequest(
    scheduling_request_id="srq_1",
    slot_selection="complete",
    primary_select_url="a",
    dashboard_url="b",
    summary="c",
    duration=Duration(minutes=30),
    recipient_operations=RecipientOperations(view_url="d"),
    recipients=(SchedulingRecipient(email="e"),),
    event={"summary": "f"},
    extra=EXTRA,
)
REQUEST_JSON: dict[str, Any] = {
    "scheduling_request_id": "srq_1",
    "slot_selection": "complete",
    "primary_select_url": "a",
    "dashboard_url": "b",
    "summary": "c",
    "duration": {"minutes": 30},
    "recipient_operations": {"view_url": "d"},
    "recipients": [{"email": "e"}],
    "event": {"summary": "f"},
    **EXTRA,
}

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
            channel=CHANNEL,
        ),
        {
            "type": "t",
            "ref": None,
            "fingerprint": "f",
            "data": {},
            "notification": {"scheduling_conversation_id": "scv_1"},
            "channel": CHANNEL_JSON,
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
    *[
        (cls(**KNOWN, channel=CHANNEL), {**KNOWN, "channel": CHANNEL_JSON})
        for cls in (
            ChannelNotification,
            ChannelVerification,
            ProfileDisconnected,
            ConferencingProfileDisconnected,
            ProfileInitialSyncCompleted,
            GdprRequested,
        )
    ],
    (EventsChange(changes_since=START, type="t", extra=EXTRA), {"changes_since": START_JSON, "type": "t", **EXTRA}),
    (
        EventsChanged(**KNOWN, channel=CHANNEL, notification=EventsChange(changes_since=START)),
        {**KNOWN, "channel": CHANNEL_JSON, "notification": {"changes_since": START_JSON}},
    ),
    (OccurredInteraction(type="t", extra=EXTRA), {"type": "t", **EXTRA}),
    (
        OccurredTransition(before="event_start", after="event_end", offset=Duration(minutes=5), extra=EXTRA),
        {"before": "event_start", "after": "event_end", "offset": {"minutes": 5}, **EXTRA},
    ),
    (NOTICE, NOTICE_JSON),
    (SUBSCRIBED, SUBSCRIBED_JSON),
    (
        MeetingAgentResource(category="a", type="b", url="c", extra=EXTRA),
        {"category": "a", "type": "b", "url": "c", **EXTRA},
    ),
    (AGENT, AGENT_JSON),
    (
        EventSubscriptionNotified(**KNOWN, notification=NOTICE, event=SUBSCRIBED, meeting_agent=AGENT),
        {**KNOWN, "notification": NOTICE_JSON, "event": SUBSCRIBED_JSON, "meeting_agent": AGENT_JSON},
    ),
    (
        SchedulingRecipient(email="a", display_name="b", slot_selector=True, select_url="c", extra=EXTRA),
        {"email": "a", "display_name": "b", "slot_selector": True, "select_url": "c", **EXTRA},
    ),
    (
        RecipientOperations(view_url="a", reschedule_url="b", decline_url="c", extra=EXTRA),
        {"view_url": "a", "reschedule_url": "b", "decline_url": "c", **EXTRA},
    ),
    (REQUEST, REQUEST_JSON),
    (
        SchedulingRequestNotice(triggered_at=START, type="t", extra=EXTRA),
        {"triggered_at": START_JSON, "type": "t", **EXTRA},
    ),
    (
        SchedulingRequestTimeChosen(
            **KNOWN, scheduling_request=REQUEST, notification=SchedulingRequestNotice(triggered_at=START)
        ),
        {**KNOWN, "scheduling_request": REQUEST_JSON, "notification": {"triggered_at": START_JSON}},
    ),
    (
        AuthorizationResult(code="a", state="b", error="c", error_key="d", error_description="e", extra=EXTRA),
        {"code": "a", "state": "b", "error": "c", "error_key": "d", "error_description": "e", **EXTRA},
    ),
    (
        AuthorizationCompleted(**KNOWN, authorization=AuthorizationResult(code="a")),
        {**KNOWN, "authorization": {"code": "a"}},
    ),
]
