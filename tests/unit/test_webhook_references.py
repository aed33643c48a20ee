from __future__ import annotations

import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async.errors import SignatureMismatch
from cronofy_async.webhooks import Webhooks, parse, ref_of, sign, signed_url

from .callbacks import (
    HOOK,
    NO_TIMES_DISPLAYED,
    NO_TIMES_SUITABLE,
    SECRET,
    SIGNATURE,
    WELL_KNOWN,
    read,
)

# References.

SIGNED = signed_url(HOOK, ref="candidate-7", secret=SECRET)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_reference_can_be_signed_and_verified(ref: str) -> None:
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


def test_signed_urls_and_fingerprints_stay_the_same_in_later_versions() -> None:
    signed = signed_url(HOOK, ref="candidate-7", secret=SECRET)
    assert signed == f"{HOOK}?ref=candidate-7&ref_sig=XGf7BzYUrDhvsKP-ApW13A"
    notification = parse(WELL_KNOWN, SIGNATURE, secrets=SECRET, url=signed)
    assert notification.fingerprint == hashlib.sha256(b"candidate-7\0" + WELL_KNOWN).hexdigest()


def test_an_empty_reference_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"^ref: must not be empty$"):
        signed_url(HOOK, ref="", secret=SECRET)


@pytest.mark.parametrize(
    "query", ["ref=mine", "ref_sig=x", "a=1&ref=", "ref=candidate-7&ref_sig=XGf7BzYUrDhvsKP-ApW13A"]
)
def test_a_url_with_a_reference_gets_no_second_one(query: str) -> None:
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
    """A URL object, as frameworks provide it."""

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
def test_a_forged_reference_is_rejected(query: str) -> None:
    with pytest.raises(SignatureMismatch, match="reference"):
        read(NO_TIMES_SUITABLE, f"{HOOK}?{query}")


REFS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(REFS, REFS)
def test_references_do_not_share_signatures(one: str, other: str) -> None:
    queries = [parse_qs(urlsplit(signed_url(HOOK, ref=ref, secret=SECRET)).query) for ref in (one, other)]
    assert len({query["ref_sig"][0] for query in queries}) == len({one, other})


# Fingerprints.


def test_only_duplicates_share_a_fingerprint() -> None:
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
