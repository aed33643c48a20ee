from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.message import Message
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async.errors import ConfigurationError, MalformedNotification, SignatureMismatch
from cronofy_async.models import Notification, NoTimesDisplayed, NoTimesSuitable, TimeChosen, notifications
from cronofy_async.times import EventTime
from cronofy_async.webhooks import SIGNATURE_HEADER, Webhooks, parse, ref_of, sign, signed_url, verify

WELL_KNOWN = b'{"example":"well-known"}'
VECTORS = [
    ("pDY0Oi7TJSP2hfNmZNkm5", "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c="),
    ("CRN_NggYusqPGLxwjw5FHOJYOqSrTPNXy8WQf14OID", "5DxentQi5YSXODEzTVv06sRwJ3pULIz1KrYv20qxEK0="),
    ("CRN_nGlYDFXwfSXgB9rvGNBJyfE454GGPtWIbNuPwr", "BmQmWVuZ70ILWjr1CAt5oC7YOolgnku4WZtlrKfx/6k="),
]
SECRET, SIGNATURE = VECTORS[0]
OTHER = "PNNVJ9J2e8N174koxcKDzktZ9Qkt8YUzP+V+l5lG8F4="

# The callbacks as the docs show them.
TIME_CHOSEN: dict[str, Any] = {
    "notification": {"type": "real_time_scheduling_time_chosen"},
    "user": {"tzid": "Europe/Paris"},
    "event": {
        "event_id": "qTtZdczOccgaPncGJaCiLg",
        "start": {"time": "2026-04-28T10:00:00Z", "tzid": "Europe/London"},
        "end": {"time": "2026-04-28T11:00:00Z", "tzid": "Europe/London"},
        "summary": "Product Manager Interview at Globex",
    },
    "participants": [{"sub": "acc_5ba21743f408617d1269ea1e"}],
}
NO_TIMES_DISPLAYED: dict[str, Any] = {
    "user": {"tzid": "Europe/Paris"},
    "notification": {"type": "real_time_scheduling_no_times_displayed"},
}
NO_TIMES_SUITABLE: dict[str, Any] = {
    "user": {"tzid": "Europe/Paris"},
    "notification": {"type": "real_time_scheduling_no_times_suitable"},
}


def read(body: object, url: object | None = None) -> Notification:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(raw, sign(raw, SECRET), secrets=SECRET, url=url)


# Signatures.


@pytest.mark.parametrize(("secret", "signature"), VECTORS)
def test_the_known_signatures(secret: str, signature: str) -> None:
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
def test_any_change_of_the_body_is_seen(body: bytes, data: st.DataObject) -> None:
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
def test_any_of_several_signatures_may_fit(signature: str | bytes | None, valid: bool) -> None:
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
def test_any_of_several_secrets_may_fit(secrets: str | Iterable[str], valid: bool) -> None:
    assert verify(WELL_KNOWN, SIGNATURE, secrets=secrets) is valid


@pytest.mark.parametrize("secrets", ["", [], [""], iter(())])
def test_a_secret_is_needed(secrets: str | Iterable[str]) -> None:
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
def test_headers_come_in_many_forms(headers: Any, valid: bool) -> None:
    assert verify(WELL_KNOWN, headers, secrets=SECRET) is valid


@pytest.mark.parametrize("body", [bytearray(WELL_KNOWN), memoryview(WELL_KNOWN)])
def test_any_kind_of_bytes_can_be_verified_and_read(body: Any) -> None:
    assert verify(body, SIGNATURE, secrets=SECRET)
    assert parse(body, SIGNATURE, secrets=SECRET) == read(WELL_KNOWN)


@pytest.mark.parametrize("body", [WELL_KNOWN.decode(), {"example": "well-known"}, None])
def test_a_body_that_was_parsed_before_is_a_mistake(body: Any) -> None:
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
        ({"notification": {"type": "change", "changes_since": "2030-02-01T09:24:16Z"}, "channel": {}}, "change"),
        ({"authorization": {"code": "x"}}, None),
        ({"event": "odd"}, None),
        ({"event": {"event_id": "1"}, "user": {}}, None),
        ({"event": {"event_id": "1", "start": "2030-02-01T09:24:16Z"}}, None),
    ],
)
def test_other_callbacks_are_handed_out_as_they_are(body: dict[str, Any], kind: str | None) -> None:
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
def test_a_signed_body_that_is_no_object_is_malformed(body: bytes) -> None:
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
def test_a_signed_callback_that_does_not_fit_is_malformed(change: dict[str, Any], path: str) -> None:
    with pytest.raises(MalformedNotification, match=rf"time_chosen cannot be read: {path}") as caught:
        read(TIME_CHOSEN | change)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("signature", [None, "", OTHER, {}])
def test_what_is_not_signed_is_not_read(signature: str | Mapping[str, str] | None) -> None:
    with pytest.raises(SignatureMismatch, match=SIGNATURE_HEADER):
        parse(b"not even JSON", signature, secrets=SECRET)


# References.

HOOK = "https://app.example.com/hooks/rts"
SIGNED = signed_url(HOOK, ref="candidate-7", secret=SECRET)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_reference_comes_back_signed(ref: str) -> None:
    assert read(NO_TIMES_SUITABLE, signed_url(HOOK, ref=ref, secret=SECRET)).ref == ref


@pytest.mark.parametrize(
    ("url", "start", "end"),
    [
        (HOOK, f"{HOOK}?ref=a%2Fb&ref_sig=", ""),
        (f"{HOOK}?x=1", f"{HOOK}?x=1&ref=a%2Fb&ref_sig=", ""),
        (f"{HOOK}#top", f"{HOOK}?ref=a%2Fb&ref_sig=", "#top"),
        ("/hooks", "/hooks?ref=a%2Fb&ref_sig=", ""),
    ],
    ids=["plain", "query", "fragment", "path"],
)
def test_a_reference_is_added_to_the_query(url: str, start: str, end: str) -> None:
    signed = signed_url(url, ref="a/b", secret=SECRET)
    assert signed.startswith(start)
    assert signed.endswith(end)
    assert len(signed) == len(start) + 22 + len(end)
    assert read(NO_TIMES_SUITABLE, signed).ref == "a/b"


def test_signed_urls_and_fingerprints_outlive_a_version() -> None:
    signed = signed_url(HOOK, ref="candidate-7", secret=SECRET)
    assert signed == f"{HOOK}?ref=candidate-7&ref_sig=XGf7BzYUrDhvsKP-ApW13A"
    notification = parse(WELL_KNOWN, SIGNATURE, secrets=SECRET, url=signed)
    assert notification.fingerprint == hashlib.sha256(b"candidate-7\0" + WELL_KNOWN).hexdigest()


def test_a_reference_needs_a_text() -> None:
    with pytest.raises(ValueError, match=r"^ref: must not be empty$"):
        signed_url(HOOK, ref="", secret=SECRET)


@pytest.mark.parametrize(
    "query", ["ref=mine", "ref_sig=x", "a=1&ref=", "ref=candidate-7&ref_sig=XGf7BzYUrDhvsKP-ApW13A"]
)
def test_a_url_that_has_a_reference_gets_no_second_one(query: str) -> None:
    with pytest.raises(ValueError, match=r"^url: already has the parameter ref"):
        signed_url(f"{HOOK}?{query}", ref="r", secret=SECRET)


@pytest.mark.parametrize(
    "url", ["https://[/hooks", "//[x", "https://exam\u2100ple.com/"], ids=["bracket", "no scheme", "NFKC"]
)
def test_a_broken_url_is_a_mismatch(url: str) -> None:
    with pytest.raises(SignatureMismatch, match=r"^url: "):
        read(NO_TIMES_SUITABLE, url)
    assert ref_of(url) is None


def test_a_reference_can_be_required() -> None:
    body = json.dumps(NO_TIMES_SUITABLE).encode()
    hooks = Webhooks(SECRET)

    assert hooks.parse(body, sign(body, SECRET), url=SIGNED, require_ref=True).ref == "candidate-7"
    for url in (HOOK, f"{HOOK}?ref=candidate-7"):
        with pytest.raises(SignatureMismatch, match=r"^ref: "):
            hooks.parse(body, sign(body, SECRET), url=url, require_ref=True)
    with pytest.raises(ValueError, match=r"^url: required with require_ref=True"):
        hooks.parse(body, sign(body, SECRET), require_ref=True)


class Url:
    """A URL as a framework has it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


REF_SIGNATURE = parse_qs(urlsplit(SIGNED).query)["ref_sig"][0]


@pytest.mark.parametrize(
    ("url", "ref"),
    [
        (None, None),
        ("", None),
        (HOOK, None),
        (f"{HOOK}?ref=candidate-7", None),
        (SIGNED, "candidate-7"),
        (Url(SIGNED), "candidate-7"),
        (SIGNED.partition("example.com")[2], "candidate-7"),
        (f"{SIGNED}&other=1", "candidate-7"),
        (f"{HOOK}?ref_sig={REF_SIGNATURE}&ref=candidate%2d7", "candidate-7"),
    ],
    ids=["no URL", "empty", "none", "unsigned", "signed", "object", "path", "more parameters", "other order"],
)
def test_a_reference_is_found_if_it_is_signed(url: object | None, ref: str | None) -> None:
    assert read(NO_TIMES_SUITABLE, url).ref == ref


@pytest.mark.parametrize(
    "query",
    [
        f"ref=candidate-8&ref_sig={REF_SIGNATURE}",
        f"ref=candidate-7&ref_sig={REF_SIGNATURE[:-1]}",
        f"ref=candidate-7&ref_sig={REF_SIGNATURE}x",
        "ref=candidate-7&ref_sig=",
        "ref=candidate-7&ref_sig=%ff%C3%A9",
        "ref=candidate-7&ref_sig=\ud800",
        f"ref=candidate-7\udcff&ref_sig={REF_SIGNATURE}",
        f"ref_sig={REF_SIGNATURE}",
        f"ref=&ref_sig={REF_SIGNATURE}",
        f"ref=candidate-7&ref=candidate-8&ref_sig={REF_SIGNATURE}",
        f"ref=candidate-7&ref_sig={REF_SIGNATURE}&ref_sig={REF_SIGNATURE}",
        f"ref=candidate-8&ref=candidate-7&ref_sig=x&ref_sig={REF_SIGNATURE}",
        f"ref=candidate-7&ref_sig={sign(b'candidate-7', SECRET)[:22]}",
        urlsplit(signed_url(HOOK, ref="candidate-7", secret="another")).query,
    ],
)  # fmt: skip
def test_a_forged_reference_is_refused(query: str) -> None:
    with pytest.raises(SignatureMismatch, match="reference"):
        read(NO_TIMES_SUITABLE, f"{HOOK}?{query}")


REFS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(REFS, REFS)
def test_references_do_not_share_signatures(one: str, other: str) -> None:
    queries = [parse_qs(urlsplit(signed_url(HOOK, ref=ref, secret=SECRET)).query) for ref in (one, other)]
    assert len({query["ref_sig"][0] for query in queries}) == len({one, other})


# Fingerprints.


def test_repeats_share_a_fingerprint_and_others_do_not() -> None:
    def fingerprint(body: object, ref: str | None, url: str = HOOK) -> str:
        return read(body, url if ref is None else signed_url(url, ref=ref, secret=SECRET)).fingerprint

    prints = [
        fingerprint(NO_TIMES_SUITABLE, "a"),
        fingerprint(NO_TIMES_SUITABLE, "b"),
        fingerprint(NO_TIMES_DISPLAYED, "a"),
        fingerprint(NO_TIMES_SUITABLE, None),
        fingerprint(NO_TIMES_SUITABLE, None, f"{HOOK}/2"),
        fingerprint(NO_TIMES_SUITABLE, None, f"{HOOK}?id=2"),
        read(NO_TIMES_SUITABLE).fingerprint,
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint(NO_TIMES_SUITABLE, "a") == prints[0]
    assert fingerprint(NO_TIMES_SUITABLE, "a", "http://10.0.0.1:8080/internal") == prints[0]
    assert fingerprint(NO_TIMES_SUITABLE, None, "http://10.0.0.1:8080/hooks/rts") == prints[3]


# The same with the secrets of a client.


def test_a_client_signs_with_its_secret_and_takes_the_previous_ones() -> None:
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


def test_a_client_without_a_secret_cannot_take_callbacks() -> None:
    hooks = Webhooks(None)
    for use in (
        lambda: hooks.url(HOOK, ref="r"),
        lambda: hooks.verify(b"", None),
        lambda: hooks.parse(b"", None),
    ):
        with pytest.raises(ConfigurationError):
            use()
