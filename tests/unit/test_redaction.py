from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async._redaction import (
    HIDDEN,
    SECRET_NAMES,
    detach,
    redact_broken_json,
    redact_json,
    redact_text,
    secrets_in_body,
    secrets_in_target,
    text_copy,
)

NAMES = st.text().filter(lambda name: name not in SECRET_NAMES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "secrets", "shown"),
    [
        ("nothing here", ["s3cret"], "nothing here"),
        ("a s3cret and a s3cret", ["s3cret"], "a … and a …"),
        ("text", ["", "x"], "te…t"),
        ("abcdef abc", ["abc", "abcdef"], "… …"),
        ("abcdef", [], "abcdef"),
    ],
)
def test_values_are_hidden_at_any_position(text: str, secrets: Sequence[str], shown: str) -> None:
    assert redact_text(text, secrets) == shown


ESCAPES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent": lambda secret: quote(secret, safe=""),
    "percent in lower case": lambda secret: quote(secret, safe="").lower(),
    "percent but slashes": quote,
    "form": quote_plus,
    "percent twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "html": html.escape,
    "decimal html": lambda secret: "".join(c if c.isalnum() else f"&#{ord(c)};" for c in secret),
    "hexadecimal html": lambda secret: "".join(c if c.isalnum() else f"&#x{ord(c):04X};" for c in secret),
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json with slashes escaped": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "json in json": lambda secret: json.dumps(json.dumps(secret))[3:-3],
    "json with all escaped": lambda secret: "".join(c if c.isalnum() else f"\\u{ord(c):04X}" for c in secret),
}


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
@given(st.text("aZ09+/=%&<>'\"\\ \u00e9-", min_size=8).map(lambda text: f"k{text}k".lower()))
def test_escaped_secrets_are_hidden_too(escape: Callable[[str], str], secret: str) -> None:
    assert redact_text(f"({escape(secret)})", [secret]) == f"({HIDDEN})"


def test_long_escape_sequences_are_processed_quickly() -> None:
    for text in ("\\" * 10**5, "%25" * 10**5, "&#x0" * 10**5, "k+" * 10**5):
        assert redact_text(text, ["k+/+/+/+="]) == text


@pytest.mark.parametrize(
    ("target", "secrets"),
    [
        ("/v1/x", []),
        ("/v1/x?a=1&token=a%2Bb&b=2", ["a+b"]),
        ("/v1/x?token[]=a&token%5B%5D=b", ["a", "b"]),
    ],
)
def test_the_secrets_of_a_query(target: str, secrets: list[str]) -> None:
    assert list(secrets_in_target(target)) == secrets


@pytest.mark.parametrize(
    ("body", "secrets"),
    [
        (None, []),
        (b"", []),
        (b'{"a": "x", "token": "y"}', ["y"]),
        (b'[{"batch": [{"data": {"url": "x", "code": ["y", 5, null]}}]}]', ["x", "y"]),
        (b'{"token": {"permissions": ["p"], "token": "y"}}', ["y"]),
    ],
)
def test_the_secrets_of_a_body(body: bytes | None, secrets: list[str]) -> None:
    assert list(secrets_in_body(body)) == secrets


def error_with(secret: str) -> Exception:
    try:
        try:
            raise LookupError(secret)
        except LookupError as error:
            raise OSError(5, f"no {secret}") from error
    except OSError as error:
        return error


def test_a_detached_exception_has_no_frames_and_no_history() -> None:
    error = error_with("s3cret")
    assert detach(error, lambda text: text.replace("s3cret", HIDDEN)) is error
    assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)
    assert str(error) == "[Errno 5] no s3cret"  # which OSError stores separately
    assert error.args == (5, "no …")


def test_a_detached_exception_keeps_the_system_error_text() -> None:
    error = RuntimeError("x")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    cause = detach(error).__cause__
    assert isinstance(cause, ConnectionRefusedError)
    assert (cause.errno, cause.strerror, cause.__traceback__) == (111, "Connection refused", None)


def test_a_copy_holds_only_redacted_text() -> None:
    copy = text_copy(error_with("s3cret"), iter(["s3cret"]))
    assert str(copy) == "OSError: [Errno 5] no …"
    assert (copy.__traceback__, copy.__cause__, copy.__context__) == (None, None, None)
    (note,) = copy.__notes__
    assert "LookupError: …" in note
    assert "in error_with" in note
    assert "s3cret" not in note.replace('error_with("s3cret")', "")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"access_token": "a", "n": 1}, {"access_token": HIDDEN, "n": 1}),
        ({"real_time_scheduling": {"url": "https://x", "status": "open"}}, {"real_time_scheduling": {"url": HIDDEN, "status": "open"}}),
        ([{"token": "a"}, {"token": None}, {"token": ""}], [{"token": HIDDEN}, {"token": None}, {"token": ""}]),
        ({"code": 123456}, {"code": HIDDEN}),
        ({"url": ["https://x", {"key": "k"}]}, {"url": [HIDDEN, {"key": "k"}]}),
        (
            {"errors": {"url": [{"key": "errors.invalid", "description": "must be a URL, not s3cret"}]}},
            {"errors": {"url": [{"key": "errors.invalid", "description": "must be a URL, not …"}]}},
        ),
        ({"element_token": {"permissions": ["p"], "token": "a"}}, {"element_token": {"permissions": ["p"], "token": HIDDEN}}),
        ({"s3cret": ["x s3cret", True, None, 1.5]}, {HIDDEN: ["x …", True, None, 1.5]}),
    ],
)  # fmt: skip
def test_json_is_copied_with_secrets_redacted(value: Any, shown: Any) -> None:
    before = json.dumps(value)
    assert redact_json(value, ["s3cret"]) == shown
    assert json.dumps(value) == before


@given(JSON, st.sampled_from(sorted(SECRET_NAMES)), st.text("stuvwxyz-", min_size=8))
def test_no_secret_survives_by_name_or_by_value(value: Any, name: str, secret: str) -> None:
    hidden = json.dumps(redact_json({name: f"<{secret}>", "other": [value, f"it is {secret}."]}, [secret]))
    assert secret not in hidden


@given(JSON)
def test_json_without_secrets_is_unchanged(value: Any) -> None:
    assert redact_json(value, []) == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"access_token": "s3cr', '{"access_token": "…'),
        ('{"access_token":"s3cr\\', '{"access_token":"…\\'),
        ('{"a": 1, "token" : "s3\\"cr", "b": "x"', '{"a": 1, "token" : "…", "b": "x"'),
        ('{"url": "s3\ncr"} and "refresh_token":"s3cr"', '{"url": "…"} and "refresh_token":"…"'),
        ("<html>known</html>", "<html>…</html>"),
        ('{"summary": "kept', '{"summary": "kept'),
        ('{"summary": "it is know', '{"summary": "it is …'),
        ('{"summary": "it is kno', '{"summary": "it is kno'),
        ("access_token=s3cr&scope=read&token=", "access_token=…&scope=read&token="),
        ('<a href="/x?code=s3cr">xcode=5 refresh_token=s3cr</a>', '<a href="/x?code=…">xcode=5 refresh_token=…</a>'),
    ],
)
def test_secrets_are_hidden_in_truncated_json(text: str, shown: str) -> None:
    assert redact_broken_json(text, ["known", "knowledge"]) == shown


@given(st.text("stuvwxyz", min_size=8), st.integers(0, 60))
def test_no_prefix_of_a_response_shows_its_token(secret: str, length: int) -> None:
    text = json.dumps({"a": [1, 2], "refresh_token": secret, "b": {}})[:length]
    assert secret[:4] not in redact_broken_json(text, [])
