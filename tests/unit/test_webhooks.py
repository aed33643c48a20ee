from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.message import Message
from typing import Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async.errors import ConfigurationError, MalformedNotification, SignatureMismatch
from cronofy_async.models import Notification, NoTimesDisplayed, NoTimesSuitable, TimeChosen, notifications
from cronofy_async.times import EventTime
from cronofy_async.webhooks import SIGNATURE_HEADER, Webhooks, parse, sign, signed_url, verify

from .callbacks import (
    HOOK,
    NO_TIMES_DISPLAYED,
    NO_TIMES_SUITABLE,
    OTHER,
    SECRET,
    SIGNATURE,
    TIME_CHOSEN,
    VECTORS,
    WELL_KNOWN,
    read,
)

# Signatures.


@pytest.mark.parametrize(("secret", "signature"), VECTORS)
def test_documented_signatures(secret: str, signature: str) -> None:
    assert sign(WELL_KNOWN, secret) == signature
    assert verify(WELL_KNOWN, signature, secrets=secret)
    assert not verify(WELL_KNOWN + b" ", signature, secrets=secret)
    assert not verify(WELL_KNOWN, signature, secrets=secret + "x")


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_signature_is_the_base64_of_an_hmac(body: bytes, secret: str) -> None:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    assert base64.b64decode(sign(body, secret), validate=True) == digest
    assert verify(body, sign(body, secret), secrets=[secret])


@given(st.binary(min_size=1), st.data())
def test_any_change_of_the_body_is_detected(body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body) - 1))
    flipped = bytes([body[at] ^ data.draw(st.integers(1, 255))])
    assert not verify(body[:at] + flipped + body[at + 1 :], sign(body, SECRET), secrets=SECRET)


@pytest.mark.parametrize(
    ("signature", "valid"),
    [
        (SIGNATURE, True),
        (SIGNATURE.encode(), True),
        (f"{OTHER},{SIGNATURE}", True),
        (f"{SIGNATURE},{OTHER}", True),
        (f"  {OTHER} ,\t{SIGNATURE}  ", True),
        (f",,{SIGNATURE},", True),
        (OTHER, False),
        ("", False),
        (",", False),
        (None, False),
        (SIGNATURE[:-1], False),
        (SIGNATURE.lower(), False),
        (SIGNATURE.replace("/", "_").replace("+", "-"), False),
        (f"{SIGNATURE};{OTHER}", False),
        (f"{OTHER} {SIGNATURE}", False),
        ("é", False),
        ("é,ÿ\x80", False),
        (f"é,{SIGNATURE}", True),
        (b"\xff\xfe", False),
        (b"\xff, " + SIGNATURE.encode(), True),
        ("\ud800\udcff", False),
    ],
)
def test_any_of_several_signatures_may_match(signature: str | bytes | None, valid: bool) -> None:
    assert verify(WELL_KNOWN, signature, secrets=SECRET) is valid
    assert verify(WELL_KNOWN, {SIGNATURE_HEADER: cast("str", signature or "")}, secrets=SECRET) is valid


@pytest.mark.parametrize(
    ("secrets", "valid"),
    [
        (SECRET, True),
        ([SECRET], True),
        (("new", SECRET), True),
        (iter(["", SECRET, "old"]), True),
        ({"new", "newer"}, False),
    ],
)
def test_any_of_several_secrets_may_match(secrets: str | Iterable[str], valid: bool) -> None:
    assert verify(WELL_KNOWN, SIGNATURE, secrets=secrets) is valid


@pytest.mark.parametrize("secrets", ["", [], [""], iter(())])
def test_a_secret_is_required(secrets: str | Iterable[str]) -> None:
    with pytest.raises(ConfigurationError, match=r"^client_secret: "):
        verify(WELL_KNOWN, SIGNATURE, secrets=secrets)


def _message() -> Message:
    message = Message()
    message["cronofy-hmac-sha256"] = OTHER
    message["Cronofy-HMAC-SHA256"] = SIGNATURE
    return message


@pytest.mark.parametrize(
    ("headers", "valid"),
    [
        ({"Cronofy-HMAC-SHA256": SIGNATURE}, True),
        ({"cronofy-hmac-sha256": SIGNATURE, "Host": "x"}, True),
        ({"CRONOFY-HMAC-SHA256": f"{OTHER}, {SIGNATURE}"}, True),
        ({"Cronofy-Hmac-Sha256": OTHER}, False),
        ({"X-Cronofy-HMAC-SHA256": SIGNATURE}, False),
        ({}, False),
        ([("host", "x"), ("Cronofy-Hmac-Sha256", SIGNATURE)], True),
        ([(b"host", b"\xff"), (b"cronofy-hmac-sha256", SIGNATURE.encode())], True),
        ([(b"cronofy-hmac-sha256", OTHER.encode()), (b"cronofy-hmac-sha256", SIGNATURE.encode())], True),
        ([(b"cronofy-hmac-sha256", b"\xff")], False),
        (iter([("cronofy-hmac-sha256", SIGNATURE)]), True),
        (_message(), True),
        ([], False),
        ({"Cronofy-Hmac-Sha256": [SIGNATURE]}, True),
        ({"cronofy-hmac-sha256": [OTHER, SIGNATURE], "Host": ["x"]}, True),
        ({"cronofy-hmac-sha256": []}, False),
    ],
)
def test_many_forms_of_headers_are_accepted(headers: Any, valid: bool) -> None:
    assert verify(WELL_KNOWN, headers, secrets=SECRET) is valid


@pytest.mark.parametrize("body", [bytearray(WELL_KNOWN), memoryview(WELL_KNOWN)])
def test_any_kind_of_bytes_can_be_verified_and_read(body: Any) -> None:
    assert verify(body, SIGNATURE, secrets=SECRET)
    assert parse(body, SIGNATURE, secrets=SECRET) == read(WELL_KNOWN)


@pytest.mark.parametrize("body", [WELL_KNOWN.decode(), {"example": "well-known"}, None])
def test_a_parsed_body_is_a_type_error(body: Any) -> None:
    with pytest.raises(TypeError, match="raw bytes"):
        verify(body, SIGNATURE, secrets=SECRET)


# Reading.


def test_a_time_was_chosen() -> None:
    notification = read(TIME_CHOSEN)
    assert isinstance(notification, TimeChosen)
    assert notification.type == "real_time_scheduling_time_chosen"
    assert notification.event.event_id == "qTtZdczOccgaPncGJaCiLg"
    assert notification.event.start == EventTime({"time": "2026-04-28T10:00:00Z", "tzid": "Europe/London"})
    assert notification.event.end.tzid == "Europe/London"
    assert notification.event.summary == "Product Manager Interview at Globex"
    assert notification.user.tzid == "Europe/Paris"
    assert [participant.sub for participant in notification.participants] == ["acc_5ba21743f408617d1269ea1e"]
    assert notification.data == TIME_CHOSEN
    parts = [notification.event, notification.user, *notification.participants]
    assert all(not part.extra for part in parts)


def test_a_chosen_time_is_a_datetime_in_utc() -> None:
    start = {"time": "2030-02-01T10:30:00+01:00", "tzid": "Europe/Paris"}
    notification = read(TIME_CHOSEN | {"event": TIME_CHOSEN["event"] | {"start": start}})

    assert isinstance(notification, TimeChosen)
    assert notification.start == datetime(2030, 2, 1, 9, 30, tzinfo=UTC)
    assert notification.start.tzinfo is UTC


def test_a_class_is_registered_for_its_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "CLASSES", dict(notifications.CLASSES))

    @notifications.notification("invitee_arrived", "invitee_left")
    @attrs.frozen(kw_only=True)
    class Arrival(Notification):
        gate: str
        data_member: str | None = None

    body = {
        "notification": {"type": "invitee_left"},
        "gate": "A1",
        "type": "odd",
        "ref": "odd",
        "data": 1,
        "new": [None],
    }
    arrival = read(body, signed_url(HOOK, ref="r", secret=SECRET))
    assert isinstance(arrival, Arrival)
    assert (arrival.type, arrival.ref, arrival.gate, arrival.data) == ("invitee_left", "r", "A1", body)
    with pytest.raises(MalformedNotification, match=r"invitee_arrived cannot be read: \$\.gate: a required member"):
        read({"notification": {"type": "invitee_arrived"}, "gate": None})


@pytest.mark.parametrize(
    ("body", "kind"), [(NO_TIMES_DISPLAYED, NoTimesDisplayed), (NO_TIMES_SUITABLE, NoTimesSuitable)]
)
def test_no_time_was_chosen(body: dict[str, Any], kind: type[NoTimesDisplayed | NoTimesSuitable]) -> None:
    notification = read(body)
    assert isinstance(notification, kind)
    assert (notification.type, notification.user.tzid) == (body["notification"]["type"], "Europe/Paris")
    assert not notification.user.extra
    assert notification.data == body
    bare = read({"notification": body["notification"]})
    assert isinstance(bare, kind)
    assert bare.user.tzid is None


def test_the_older_callback_has_no_notification() -> None:
    old = {name: value for name, value in TIME_CHOSEN.items() if name != "notification"}
    notification = read(old)
    assert isinstance(notification, TimeChosen)
    assert notification.type == "real_time_scheduling_time_chosen"
    assert notification.event.event_id == "qTtZdczOccgaPncGJaCiLg"
    assert notification.data == old


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, None),
        ({"notification": {}}, None),
        ({"notification": None, "event": {}}, None),
        ({"notification": "odd", "event": {}}, None),
        ({"notification": {"type": None}, "event": {}}, None),
        ({"notification": {"type": ["odd"]}}, None),
        ({"notification": {"type": "brand_new"}, "user": 3}, "brand_new"),
        ({"notification": {"type": "profile_connected"}, "channel": {}}, "profile_connected"),
        ({"event": "odd"}, None),
        ({"event": {"event_id": "1"}, "user": {}}, None),
        ({"event": {"event_id": "1", "start": "2030-02-01T09:24:16Z"}}, None),
    ],
)
def test_other_callbacks_are_plain_notifications(body: dict[str, Any], kind: str | None) -> None:
    notification = read(body)
    assert type(notification) is Notification
    assert (notification.type, notification.data, notification.ref) == (kind, body, None)


@pytest.mark.parametrize("part", ["user", "participants"])
def test_optional_parts_may_be_absent_or_null(part: str) -> None:
    absent = read({name: value for name, value in TIME_CHOSEN.items() if name != part})
    null = read(TIME_CHOSEN | {part: None})
    for notification in (absent, null):
        assert isinstance(notification, TimeChosen)
        assert notification.participants == () or notification.user.tzid is None


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"x"', b"3", b"{", b"\xff\xfe", b"<html>", b"[" * 100_000, b'{"a": "\xe2\x82'],
    ids=lambda body: repr(body[:10]),
)
def test_a_signed_body_that_is_not_an_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedNotification, match="not a JSON object"):
        read(body)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"event": None}, r"\$\.event"),
        ({"event": {"start": "2030-02-01"}}, r"\$\.event\.end"),
        ({"event": {"start": None, "end": None}}, r"\$\.event\.start"),
        ({"event": {"start": "2030-02-01", "end": "2030-02-02"}}, r"\$: event\.start: expected a time"),
        ({"user": "s3cret"}, r"\$\.user"),
        ({"user": {"tzid": 3}}, r"\$\.user\.tzid"),
        ({"participants": {}}, r"\$\.participants"),
        ({"participants": [{"sub": None}]}, r"\$\.participants\[0\]\.sub"),
    ],
)
def test_a_signed_callback_with_invalid_members_is_malformed(change: dict[str, Any], path: str) -> None:
    with pytest.raises(MalformedNotification, match=rf"time_chosen cannot be read: {path}") as caught:
        read(TIME_CHOSEN | change)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("signature", [None, "", OTHER, {}])
def test_an_unsigned_callback_is_not_parsed(signature: str | Mapping[str, str] | None) -> None:
    with pytest.raises(SignatureMismatch, match=SIGNATURE_HEADER):
        parse(b"not even JSON", signature, secrets=SECRET)


@pytest.mark.parametrize(
    ("received", "reason"),
    [
        (b'{"a": "x/\xc3\xa9"}\n', "without the newline"),
        (b'{"a": "x/\xc3\xa9"}\r\n', "without the newline"),
        (b'{"a":"x/\xc3\xa9"}', "serialized again"),
        (b'{ "a" : "x/\\u00e9" }', "serialized again"),
        (b'{"a": "x/e"}', "check that client_secret"),
        (b'{"a": ' + b"[" * 50_000, "check that client_secret"),
        (b'{"a": "x/\xc3\xa9"}' + b" " * 70_000, "check that client_secret"),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("as_php", [False, True])
def test_the_reason_why_a_body_is_not_genuine(received: bytes, reason: str, *, as_php: bool) -> None:
    sent = b'{"a": "x\\/\xc3\xa9"}' if as_php else b'{"a": "x/\xc3\xa9"}'
    if as_php and "newline" in reason:
        received = received.replace(b"/", b"\\/")
    with pytest.raises(SignatureMismatch, match=f"^{SIGNATURE_HEADER}: .*{reason}"):
        parse(received, sign(sent, SECRET), secrets=["older", SECRET])


@pytest.mark.parametrize("signature", [None, "", {}, {"Content-Type": "application/json"}])
def test_an_absent_signature_is_not_a_mismatch(signature: Mapping[str, str] | str | None) -> None:
    with pytest.raises(SignatureMismatch, match=f"^{SIGNATURE_HEADER}: the callback has no signature"):
        parse(b"{}", signature, secrets=SECRET)


@pytest.mark.parametrize("ref", [7, None, b"7"])
def test_a_reference_is_a_string(ref: Any) -> None:
    with pytest.raises(TypeError, match=rf"^ref: expected a string, got {type(ref).__name__}$"):
        signed_url(HOOK, ref=ref, secret=SECRET)


# Webhooks of a client.


def test_a_client_signs_with_its_secret_and_accepts_previous_ones() -> None:
    old, new = Webhooks("old"), Webhooks("new", ["old", ""])
    body = json.dumps(NO_TIMES_SUITABLE).encode()
    url = old.url(HOOK, ref="r")
    assert url == signed_url(HOOK, ref="r", secret="old")
    assert new.url(HOOK, ref="r") == signed_url(HOOK, ref="r", secret="new")
    for signed in (url, new.url(HOOK, ref="r")):
        assert new.parse(body, sign(body, "old"), url=signed).ref == "r"
    assert new.parse(body, sign(body, "new")).ref is None
    assert new.verify(body, sign(body, "old"))
    assert not old.verify(body, sign(body, "new"))
    with pytest.raises(SignatureMismatch):
        old.parse(body, sign(body, "old"), url=new.url(HOOK, ref="r"))
    assert "old" not in repr(new) + str(new)


def test_a_client_without_a_secret_cannot_verify_callbacks() -> None:
    hooks = Webhooks(None)
    for use in (
        lambda: hooks.url(HOOK, ref="r"),
        lambda: hooks.verify(b"", None),
        lambda: hooks.parse(b"", None),
    ):
        with pytest.raises(ConfigurationError):
            use()
