"""Bodies that each break one rule get a 422 that names the field, and nothing is stored."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from cronofy_async.sandbox import Sandbox, UnknownParameterWarning
from cronofy_async.sandbox.kernel.registry import REGISTRY

from ..support import NOW, Json, at, call, period, put, text

LATE = at(9) + timedelta(days=35, seconds=1)
STEP = "availability.sequence[0]"
METADATA = {str(number): "" for number in range(11)}

#: A valid body for each endpoint.
VALID: dict[str, tuple[str, Json]] = {
    "bookable_events.create": (
        "/v1/bookable_events",
        {
            "bookable_event_id": "yoga",
            "start": text(at(15)),
            "end": text(at(17)),
            "status": "confirmed",
            "registration": {"capacity": 12},
        },
    ),
    "bookable_events.upsert_registration": (
        "/v1/bookable_events/judo/registrations",
        {"registration_id": "ada", "status": "accepted", "metadata": {"name": "Ada"}},
    ),
    "attachments.create": (
        "/v1/attachments",
        {
            "attachment": {
                "file_name": "offer.pdf",
                "content_type": "application/pdf",
                "base64_content": "aGVsbG8=",
            },
            "subscriptions": [{"type": "webhook", "uri": "https://app.example.com/"}],
        },
    ),
    "smart_invites.upsert": (
        "/v1/smart_invites",
        {
            "method": "request",
            "smart_invite_id": "order-77",
            "recipient": {"email": "pat@example.com"},
            "event": {"summary": "Fitting", "start": text(at(9)), "end": text(at(10)), "tzid": "Europe/Paris"},
            "callback_url": "https://app.example.com/",
        },
    ),
    "smart_invites.upsert_multiple": (
        "/v1/smart_invites",
        {
            "smart_invite_id": "team-1",
            "recipients": [{"email": "pat@example.com", "status": "accepted"}, {"email": "lee@example.com"}],
            "event": {"summary": "Planning", "start": "2031-03-03", "end": "2031-03-03"},
        },
    ),
    "smart_invites.cancel": (
        "/v1/smart_invites",
        {"method": "cancel", "smart_invite_id": "order-77", "recipient": {"email": "pat@example.com"}},
    ),
    "real_time_sequencing.create": (
        "/v1/real_time_sequencing",
        {
            "oauth": {"redirect_uri": "https://app.example.com/done"},
            "event": {"event_id": "loop-9", "summary": "Interviews", "tzid": "Europe/London"},
            "availability": {
                "sequence": [
                    {
                        "sequence_id": "screen",
                        "ordinal": 1,
                        "participants": [{"members": [{"sub": "res_1"}], "required": "all"}],
                        "required_duration": {"minutes": 30},
                        "start_interval": {"minutes": 15},
                        "event": {"event_id": "loop-9-a", "summary": "Screen"},
                    }
                ],
                "query_periods": [period(at(9), at(12))],
            },
        },
    ),
    "scheduling_conversations.create": (
        "/v1/scheduling_conversations",
        {
            "participants": [{"participant_id": "@ada"}, {"email": "karl@example.com"}],
            "tzid": "Europe/Berlin",
            "required_duration": {"minutes": 30},
            "available_periods": [period(at(9), at(12))],
        },
    ),
}

#: An endpoint, the changed member, its value (``...`` removes it), the key, and the field if it differs from the member.
INVALID: list[tuple[str, str, Any, str, str]] = [
    ("bookable_events.create", "bookable_event_id", ..., "errors.required", ""),
    ("bookable_events.create", "bookable_event_id", "a b", "errors.invalid", ""),
    ("bookable_events.create", "start", ..., "errors.required", ""),
    ("bookable_events.create", "start", {"time": text(at(15)), "tzid": "Etc/UTC"}, "errors.invalid_type", ""),
    ("bookable_events.create", "end", "2031-03-03T15:00:00+01:00", "errors.invalid", ""),
    ("bookable_events.create", "status", ..., "errors.required", ""),
    ("bookable_events.create", "status", "tentative", "errors.not_included", ""),
    ("bookable_events.create", "registration", ..., "errors.required", ""),
    ("bookable_events.create", "registration.capacity", ..., "errors.required", ""),
    ("bookable_events.create", "registration.capacity", None, "errors.invalid_type", ""),
    ("bookable_events.create", "registration.capacity", 0, "errors.invalid", ""),
    ("bookable_events.create", "registration.capacity", 257, "errors.invalid", ""),
    ("bookable_events.upsert_registration", "registration_id", ..., "errors.required", ""),
    ("bookable_events.upsert_registration", "registration_id", "ä", "errors.invalid", ""),
    ("bookable_events.upsert_registration", "status", ..., "errors.required", ""),
    ("bookable_events.upsert_registration", "status", "maybe", "errors.not_included", ""),
    ("bookable_events.upsert_registration", "metadata", METADATA, "errors.invalid", ""),
    ("bookable_events.upsert_registration", "metadata.name", 7, "errors.invalid_type", ""),
    ("attachments.create", "attachment", ..., "errors.required", ""),
    ("attachments.create", "attachment.file_name", ..., "errors.required", ""),
    ("attachments.create", "attachment.content_type", ..., "errors.required", ""),
    ("attachments.create", "attachment.content_type", "pdf", "errors.invalid", ""),
    ("attachments.create", "attachment.base64_content", ..., "errors.required", ""),
    ("attachments.create", "subscriptions[0].uri", "nowhere", "errors.invalid", ""),
    ("smart_invites.upsert", "method", "invite", "errors.not_included", ""),
    ("smart_invites.upsert", "smart_invite_id", ..., "errors.required", ""),
    ("smart_invites.upsert", "smart_invite_id", "", "errors.invalid", ""),
    ("smart_invites.upsert", "recipient", ..., "errors.required", ""),
    ("smart_invites.upsert", "recipient.email", ..., "errors.required", ""),
    ("smart_invites.upsert", "recipient.email", "pat", "errors.invalid", ""),
    ("smart_invites.upsert", "callback_url", "nowhere", "errors.invalid", ""),
    ("smart_invites.upsert", "event", ..., "errors.required", ""),
    ("smart_invites.upsert", "event.summary", ..., "errors.required", ""),
    ("smart_invites.upsert", "event.summary", "x" * 1025, "errors.invalid", ""),
    ("smart_invites.upsert", "event.description", "x" * 4097, "errors.invalid", ""),
    ("smart_invites.upsert", "event.start", ..., "errors.required", ""),
    ("smart_invites.upsert", "event.start", "tomorrow", "errors.invalid", ""),
    ("smart_invites.upsert", "event.start", "2031-02-30", "errors.invalid", ""),
    ("smart_invites.upsert", "event.start", {"time": "09:00", "tzid": "Etc/UTC"}, "errors.invalid", "event.start.time"),
    ("smart_invites.upsert", "event.start", {"time": text(at(9))}, "errors.required", "event.start.tzid"),
    ("smart_invites.upsert", "event.reminders", [{"minutes": -1}], "errors.invalid", "event.reminders[0].minutes"),
    ("smart_invites.upsert_multiple", "recipients", [], "errors.invalid", ""),
    ("smart_invites.upsert_multiple", "recipients[1].email", ..., "errors.required", ""),
    ("smart_invites.upsert_multiple", "recipients[0].status", "maybe", "errors.not_included", ""),
    ("real_time_sequencing.create", "oauth.redirect_uri", ..., "errors.required", ""),
    ("real_time_sequencing.create", "event", ..., "errors.required", ""),
    ("real_time_sequencing.create", "event.event_id", ..., "errors.required", ""),
    ("real_time_sequencing.create", "availability.sequence", [], "errors.invalid", ""),
    ("real_time_sequencing.create", f"{STEP}.sequence_id", ..., "errors.required", ""),
    ("real_time_sequencing.create", f"{STEP}.ordinal", 0, "errors.invalid", ""),
    ("real_time_sequencing.create", f"{STEP}.participants", ..., "errors.required", ""),
    ("real_time_sequencing.create", f"{STEP}.event", ..., "errors.required", ""),
    ("scheduling_conversations.create", "participants", ..., "errors.required", ""),
    ("scheduling_conversations.create", "participants", [], "errors.invalid", ""),
    ("scheduling_conversations.create", "participants", [{"participant_id": "@a"}] * 3, "errors.invalid", ""),
    ("scheduling_conversations.create", "participants[0].sub", "ä", "errors.invalid", ""),
    (
        "scheduling_conversations.create",
        "participants[0].slots.selection_method",
        "random",
        "errors.not_included",
        "",
    ),
    ("scheduling_conversations.create", "required_duration", ..., "errors.required", ""),
    ("scheduling_conversations.create", "available_periods", ..., "errors.required", ""),
    ("scheduling_conversations.create", "available_periods", [], "errors.invalid", ""),
    ("scheduling_conversations.create", "available_periods", [period(at(9), at(12))] * 51, "errors.invalid", ""),
    ("smart_invites.upsert_multiple", "recipient", {"email": "kim@example.com"}, "errors.unknown", ""),
]

#: The same for rules, each after the rule that is broken.
BROKEN: list[tuple[str, str, str, Any, str, str]] = [
    (
        "one_form_of_recipients",
        "smart_invites.cancel",
        "recipients",
        [{"email": "pat@example.com"}],
        "errors.not_allowed",
        "",
    ),
    (
        "bookable_events_end_after_their_start",
        "bookable_events.create",
        "end",
        text(at(15)),
        "errors.invalid_time_pair",
        "",
    ),
    ("extension_fits_content_type", "attachments.create", "attachment.file_name", "offer.exe", "errors.invalid", ""),
    ("content_is_base64", "attachments.create", "attachment.base64_content", "_-8=", "errors.invalid", ""),
    ("content_is_base64", "attachments.create", "attachment.base64_content", "é", "errors.invalid", ""),
    (
        "invite_times_in_order",
        "smart_invites.upsert",
        "event.start",
        "2031-03-03",
        "errors.invalid_time_pair",
        "event.end",
    ),
    ("invite_times_in_order", "smart_invites.upsert", "event.end", text(at(9)), "errors.invalid_time_pair", ""),
    (
        "invite_times_in_order",
        "smart_invites.upsert_multiple",
        "event.end",
        "2031-03-02",
        "errors.invalid_time_pair",
        "",
    ),
    ("something_to_search", "real_time_sequencing.create", "availability.query_periods", ..., "errors.required", ""),
    (
        "required_duration_above_zero",
        "real_time_sequencing.create",
        f"{STEP}.required_duration",
        {"minutes": 0},
        "errors.invalid",
        "",
    ),
    (
        "start_interval_in_steps",
        "real_time_sequencing.create",
        f"{STEP}.start_interval",
        {"minutes": 7},
        "errors.invalid",
        "",
    ),
    (
        "participants_can_be_identified",
        "scheduling_conversations.create",
        "participants[1]",
        {"common_name": "Karl"},
        "errors.required",
        "participants[1].participant_id",
    ),
    (
        "accounts_of_participants_are_known",
        "scheduling_conversations.create",
        "participants[0].sub",
        "acc_0",
        "errors.unknown",
        "",
    ),
    (
        "conversation_duration_above_zero",
        "scheduling_conversations.create",
        "required_duration",
        {"minutes": 0},
        "errors.invalid",
        "",
    ),
    (
        "conversation_periods_start_in_the_future",
        "scheduling_conversations.create",
        "available_periods[0].start",
        text(NOW),
        "errors.invalid",
        "",
    ),
    (
        "conversation_periods_last_a_minute",
        "scheduling_conversations.create",
        "available_periods[0].end",
        text(at(9)),
        "errors.invalid",
        "",
    ),
    (
        "conversation_periods_within_35_days",
        "scheduling_conversations.create",
        "available_periods[0].end",
        text(LATE),
        "errors.invalid",
        "",
    ),
]

#: Endpoints that take the token of an account.
OF_ACCOUNTS = {"scheduling_conversations.create"}


def seeded(**options: Any) -> Sandbox:
    sandbox = Sandbox(now=NOW, strict=True, **options)
    sandbox.add_account("ada@example.com")
    sandbox.bookable_events.add(bookable_event_id="judo")
    return sandbox


async def send(sandbox: Sandbox, name: str, *changes: tuple[str, Any]) -> Any:
    path, body = VALID[name]
    body = copy.deepcopy(body)
    for member, value in changes:
        put(body, member, value)
    token = sandbox.accounts[0].access_token if name in OF_ACCOUNTS else sandbox.client_secret
    return await call(sandbox, "POST", path, body, token=token)


async def test_the_bodies_are_valid() -> None:
    sandbox = seeded()

    for name in VALID:
        reply = await send(sandbox, name)
        assert reply.status == 200, (name, reply)


@pytest.mark.parametrize(("name", "member", "value", "key", "field"), [*INVALID, *(case[1:] for case in BROKEN)])
async def test_an_invalid_value_is_a_422_that_names_the_field(
    name: str, member: str, value: Any, key: str, field: str
) -> None:
    sandbox = seeded()
    before = sandbox.snapshot()["state"]

    reply = await send(sandbox, name, (member, value))

    assert reply.errors == {field or member: key}
    assert sandbox.snapshot()["state"] == before


@pytest.mark.parametrize("broken", [case for case in BROKEN if case[0] in REGISTRY.assumptions])
async def test_an_assumed_rule_can_be_switched_off(broken: tuple[str, str, str, Any, str, str]) -> None:
    rule, name, member, value, _, _ = broken

    assert (await send(seeded(assume={rule: False}), name, (member, value))).status == 200


@pytest.mark.parametrize(
    ("name", "member", "value"),
    [
        ("smart_invites.upsert", "event.tzid", "Mars/Olympus"),
        ("smart_invites.upsert", "event.start", {"time": text(at(9)), "tzid": "Mars/Olympus"}),
        ("real_time_sequencing.create", "event.tzid", "Mars/Olympus"),
    ],
)
async def test_an_unknown_time_zone_is_a_422(name: str, member: str, value: Any) -> None:
    field = member if isinstance(value, str) else f"{member}.tzid"

    assert (await send(seeded(), name, (member, value))).errors == {field: "errors.tzid_unrecognized"}


async def test_recipient_and_recipients_are_mutually_exclusive() -> None:
    """Even where unknown members are accepted."""
    sandbox = Sandbox(now=NOW)
    path, body = VALID["smart_invites.upsert_multiple"]
    recipients = {"recipient": {"email": "kim@example.com"}, "recipients": [{"email": "lee@example.com"}]}

    with pytest.warns(UnknownParameterWarning, match="recipient is not known"):
        reply = await call(sandbox, "POST", path, body | recipients)
    cancelled = await call(sandbox, "POST", path, {"method": "cancel", "smart_invite_id": "team-1", **recipients})

    assert reply.errors == cancelled.errors == {"recipients": "errors.not_allowed"}
