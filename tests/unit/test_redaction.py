from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async._redaction import HIDDEN, SECRET_NAMES, redact_broken_json, redact_json, redact_text

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
def test_values_are_hidden_wherever_they_stand(text: str, secrets: Sequence[str], shown: str) -> None:
    assert redact_text(text, secrets) == shown


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
def test_json_is_copied_with_its_secrets_hidden(value: Any, shown: Any) -> None:
    before = json.dumps(value)
    assert redact_json(value, ["s3cret"]) == shown
    assert json.dumps(value) == before


@given(JSON, st.sampled_from(sorted(SECRET_NAMES)), st.text("stuvwxyz-", min_size=8))
def test_no_secret_survives_by_name_or_by_value(value: Any, name: str, secret: str) -> None:
    hidden = json.dumps(redact_json({name: f"<{secret}>", "other": [value, f"it is {secret}."]}, [secret]))
    assert secret not in hidden


@given(JSON)
def test_json_without_secrets_stays_as_it_is(value: Any) -> None:
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
    ],
)
def test_secrets_are_hidden_in_json_that_was_cut_off(text: str, shown: str) -> None:
    assert redact_broken_json(text, ["known"]) == shown


@given(st.text("stuvwxyz", min_size=8), st.integers(0, 60))
def test_no_prefix_of_an_answer_shows_its_token(secret: str, length: int) -> None:
    answer = json.dumps({"a": [1, 2], "refresh_token": secret, "b": {}})[:length]
    assert secret[:4] not in redact_broken_json(answer, [])
