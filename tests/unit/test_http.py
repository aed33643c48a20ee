from __future__ import annotations

import pickle
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async import CronofyClient, Timeout
from cronofy_async.http import (
    AccountToken,
    ApiKey,
    ClientInBody,
    Endpoint,
    Options,
    RawResponse,
    Request,
    path_segment,
    retry_after,
)
from cronofy_async.resources.base import build

NOW = datetime(2030, 2, 1, 9, 0, tzinfo=UTC)
STATUS = Endpoint(
    name="area.status",
    method="GET",
    path="/v1/area/{id}/of/{owner}",
    response_model=object,
    auth={"api_key"},
    idempotent=True,
)
REQUEST = Request(endpoint=STATUS, base_url="https://api.cronofy.com", target="/v1/area/x", body=b"secret body")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("sch_64b1859e", "sch_64b1859e"),
        ("a/b", "a%2Fb"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("a%2Fb", "a%252Fb"),
        ("a b", "a%20b"),
        ("a+b", "a%2Bb"),
        ("café", "caf%C3%A9"),
        ("cal_Xlka@fbCQ", "cal_Xlka%40fbCQ"),
        ("...", "..."),
        ("{owner}", "%7Bowner%7D"),
    ],
)
def test_any_id_is_encoded_as_one_path_segment(value: str, encoded: str) -> None:
    assert path_segment("id", value) == encoded
    assert build(STATUS, {"id": value, "owner": "me"}) == (f"/v1/area/{encoded}/of/me", None)


@given(TEXT.filter(lambda text: text not in {"", ".", ".."}))
def test_an_id_can_be_read_back_from_its_segment(value: str) -> None:
    segment = path_segment("id", value)
    assert unquote(segment) == value
    assert urlsplit(f"https://host/{segment}").path == f"/{segment}"
    assert segment.isascii()
    assert "/" not in segment


@pytest.mark.parametrize("value", ["", ".", "..", None, 7, b"x"])
def test_ids_that_would_change_the_endpoint_are_rejected(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^id: "):
        build(STATUS, {"id": value, "owner": "me"})


def test_an_endpoint_shows_its_verb_and_template() -> None:
    assert str(STATUS) == "GET /v1/area/{id}/of/{owner}"


@pytest.mark.parametrize(
    ("endpoint", "option", "idempotent"),
    [(True, None, True), (False, None, False), (True, False, False), (False, True, True)],
)
def test_options_may_override_whether_a_call_is_idempotent(
    endpoint: bool, option: bool | None, idempotent: bool
) -> None:
    request = attrs.evolve(
        REQUEST, endpoint=attrs.evolve(STATUS, idempotent=endpoint), options=Options(idempotent=option)
    )
    assert request.idempotent is idempotent


def test_a_request_is_a_value() -> None:
    request = attrs.evolve(REQUEST, credential=AccountToken("acc_1")).with_headers({"A": "1"})
    twin = pickle.loads(pickle.dumps(request))
    assert twin == request
    assert hash(twin) == hash(request)
    assert request != attrs.evolve(request, credential=ClientInBody())
    assert request != request.with_headers({"B": "2"})
    assert len({request, twin, REQUEST}) == 2


def test_a_request_has_a_method_and_url() -> None:
    assert (REQUEST.method, REQUEST.url) == ("GET", "https://api.cronofy.com/v1/area/x")
    assert (REQUEST.attempt, REQUEST.deadline, REQUEST.credential) == (1, None, ApiKey())


def test_headers_are_added_and_replaced() -> None:
    first = REQUEST.with_headers({"A": "1", "B": "1"})
    assert first.with_headers({"B": "2"}).headers == {"A": "1", "B": "2"}
    assert first.headers == {"A": "1", "B": "1"}
    assert REQUEST.headers == {}


def test_reprs_contain_no_secrets() -> None:
    request = attrs.evolve(
        REQUEST, target="/v1/x?token=s3cret", options=Options(headers=(("Cookie", "s3cret"),))
    ).with_headers({"Authorization": "Bearer s3cret"})
    response = RawResponse(status=200, headers={"set-cookie": "s3cret"}, body=b"s3cret")
    assert "secret" not in repr(request)
    assert "s3cret" not in repr(request) + repr(response)
    assert repr(response) == "RawResponse(status=200, body=…, attempts=1)"


@pytest.mark.parametrize(("headers", "found"), [({"x-request-id": "r-1"}, "r-1"), ({}, None)])
def test_the_request_id_of_a_response(headers: Mapping[str, str], found: str | None) -> None:
    response = RawResponse(status=200, headers=headers)
    assert response.request_id == found
    assert hash(response) == hash(pickle.loads(pickle.dumps(response)))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        (".", None),
        ("1.2.3", None),
        ("-5", None),
        ("1e3", None),
        ("soon", None),
        ("Fri, 01 Feb 2030 09:02:00 GMT", 120.0),
        ("Fri, 01 Feb 2030 10:02:00 +0100", 120.0),
        ("Fri, 01 Feb 2030 09:02:00 -0000", 120.0),
        ("Fri, 01 Feb 2030 08:00:00 GMT", 0.0),
        ("Fri, 99 Feb 2030 08:00:00 GMT", None),
        ("Fri, 99999999999999999999 Feb 2030 08:00:00 GMT", None),
    ],
)
def test_retry_after_as_seconds_or_date(value: str | None, seconds: float | None) -> None:
    headers = {} if value is None else {"retry-after": value}
    assert retry_after(headers, NOW) == seconds
    assert RawResponse(status=429, headers=headers).retry_after(NOW) == seconds


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ Feb \d+ \d+:\d+:\d+ (GMT|[+-]\d+)", fullmatch=True))
def test_retry_after_never_fails_and_is_never_negative(value: str) -> None:
    seconds = retry_after({"retry-after": value}, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("name", ["user-agent", "USER-AGENT", "User-Agent"])
def test_headers_are_replaced_regardless_of_case(name: str) -> None:
    request = Request(endpoint=STATUS, base_url="https://api.test", target="/", headers={"User-Agent": "old"})
    assert request.with_headers({name: "new"}).headers == {"User-Agent": "new"}


@pytest.mark.parametrize("seconds", ["5", True, [5]])
def test_a_timeout_is_a_number_of_seconds(seconds: Any) -> None:
    with pytest.raises(TypeError, match=r"^timeout\.total: expected a number of seconds or None, got "):
        Timeout(total=seconds)
    with pytest.raises(TypeError, match=r"^timeout\.total: "):
        CronofyClient(client_secret="x", timeout=seconds)
