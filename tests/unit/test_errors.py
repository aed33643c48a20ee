from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async import errors
from cronofy_async._api_error import api_error
from cronofy_async.errors import (
    AccountLocked,
    ApiError,
    AuthorizationRevoked,
    BadRequest,
    ClientClosedError,
    ConfigurationError,
    ConnectError,
    CronofyError,
    DeadlineExceeded,
    DecodeError,
    DownloadFailed,
    FieldError,
    Forbidden,
    Gone,
    MalformedNotification,
    NotFound,
    OAuthError,
    PaymentRequired,
    RateLimited,
    RateLimitTooLong,
    RequestTimeout,
    ResponseLost,
    ResponseTooLarge,
    ServerError,
    SignatureMismatch,
    StoreError,
    TokenError,
    TokensNotSaved,
    TokensUnknown,
    TransportError,
    Unauthorized,
    ValidationFailed,
    WebhookError,
)
from cronofy_async.http import Endpoint, RawResponse, Request

ENDPOINT = Endpoint(
    name="area.read", method="GET", path="/v1/area/{id}", response_model=object, auth={"api_key"}, idempotent=True
)
REQUEST = Request(endpoint=ENDPOINT, base_url="https://api.cronofy.com", target="/v1/area/s3cret")
SECRET = "s3cret-value"


def json_response(status: int, body: object = b"", attempts: int = 1, **headers: str) -> RawResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RawResponse(
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=raw,
        attempts=attempts,
    )


def error_for(status: int, body: object = b"", **options: Any) -> ApiError:
    return api_error(REQUEST, json_response(status, body, **options), [SECRET])


STATUSES = [
    (400, BadRequest),
    (401, Unauthorized),
    (402, PaymentRequired),
    (403, Forbidden),
    (404, NotFound),
    (410, Gone),
    (422, ValidationFailed),
    (423, AccountLocked),
    (429, RateLimited),
    (500, ServerError),
    (503, ServerError),
    (599, ServerError),
    (100, ApiError),
    (302, ApiError),
    (406, ApiError),
    (600, ApiError),
]
ODD_BODIES = {
    "empty": b"",
    "html": b"<html><body>502 Bad Gateway</body></html>",
    "not utf-8": b"\xff\xfe\x00oops",
    "half a character": b'{"errors": "\xe2\x82',
    "null": b"null",
    "number": b"3",
    "string": b'"oops"',
    "lone surrogate": b'{"x": "\\ud800"}',
    "string of a lone surrogate": b'"\\ud800"',
    "list": b'[{"key": "x"}]',
    "nan": b'{"x": NaN}',
    "large number": b"9" * 5000,
    "errors is a string": b'{"errors": "x"}',
    "errors is null": b'{"errors": null}',
    "errors with a colon": b'{"errors:": {"a": [{"key": "x", "description": "y"}]}}',
    "fields of all kinds": b'{"errors": {"a": "x", "b": null, "c": 3, "d": {}, "e": [], "f": [null, [1], {"key": 3}]}}',
    "error is a list": b'{"error": ["x"], "error_description": 3}',
    "description is a number": b'{"error": "invalid_grant", "error_description": 3}',
    "nested": b"[" * 400 + b"]" * 400,
    "nested with errors": b'{"errors": {"a": ' + b"[" * 400 + b"]" * 400 + b"}}",
    "nested too deep": b"[" * 100_000 + b"]" * 100_000,
    "nested and cut off": b'{"a":' * 100_000,
}


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_each_status_has_its_error_class(status: int, kind: type[ApiError]) -> None:
    error = error_for(status)
    assert type(error) is kind
    assert (error.status, error.endpoint, error.body) == (status, "GET /v1/area/{id}", None)


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES.keys())
@pytest.mark.parametrize("status", [400, 401, 402, 422, 429, 503, 418])
def test_unusual_bodies_give_errors_that_can_be_pickled(status: int, body: bytes) -> None:
    error = error_for(status, body)
    assert str(error).startswith(f"{error.summary}: GET /v1/area/{{id}} (status {status})")
    twin = pickle.loads(pickle.dumps(error))
    assert (str(twin), repr(twin.body)) == (str(error), repr(error.body))


@given(st.sampled_from([400, 404, 422, 500]), st.binary() | st.text().map(str.encode))
def test_every_body_gives_an_error(status: int, body: bytes) -> None:
    error = error_for(status, body)
    assert error.status == status
    assert str(error)
    explained = DecodeError("$.x: expected a string, got null").in_response(REQUEST, json_response(status, body), [])
    assert explained.response is not None


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", None),
        (b"null", None),
        (b"oops", "oops"),
        (b"\xffoops", "�oops"),
        ({"url": "https://x", "n": [1, f"it is {SECRET}"]}, {"url": "…", "n": [1, "it is …"]}),
        (f"<p>{SECRET}</p>".encode(), "<p>…</p>"),
        (b'{"access_token": "abc', '{"access_token": "…'),
    ],
)
def test_the_body_is_kept_with_secrets_redacted(body: object, kept: object) -> None:
    assert error_for(500, body).body == kept


def test_request_id_attempts_and_headers_are_kept() -> None:
    error = error_for(500, b"", attempts=3, x_request_id="r-1", set_cookie="x", x_echo=f"<{SECRET}>")
    assert (error.request_id, error.attempts) == ("r-1", 3)
    assert error.headers == {"x-request-id": "r-1", "x-echo": "<…>"}
    assert (
        str(error)
        == "Cronofy failed to process the request: GET /v1/area/{id} (status 500, request id r-1, 3 attempts)"
    )


@pytest.mark.parametrize(
    ("status", "body", "lines"),
    [
        (418, {}, ["Cronofy returned an error: GET /v1/area/{id} (status 418)"]),
        (400, {}, ["the request is malformed: GET /v1/area/{id} (status 400)"]),
        (
            400,
            {"error": "invalid_scope"},
            ["the token request was rejected: GET /v1/area/{id} (status 400)", "  invalid_scope"],
        ),
        (
            400,
            {"error": "invalid_scope", "error_description": "revoked"},
            ["the token request was rejected: GET /v1/area/{id} (status 400)", "  invalid_scope: revoked"],
        ),
        (
            422,
            {
                "errors": {
                    "event_id": [{"key": "errors.required", "description": "required"}, {"key": "errors.other"}],
                    "url": [{"description": "must be a URL"}],
                    "tzid": "is odd",
                }
            },
            [
                "Cronofy rejected the parameters: GET /v1/area/{id} (status 422)",
                "  event_id: required (errors.required)",
                "  event_id: errors.other",
                "  url: must be a URL",
                "  tzid: is odd",
            ],
        ),
        (
            422,
            {"errors": {"a.b": [{"key": "errors.invalid", "description": "a.b must be\na time"}]}},
            [
                "Cronofy rejected the parameters: GET /v1/area/{id} (status 422)",
                "  a.b must be a time (errors.invalid)",
            ],
        ),
        (410, {}, ["no longer exists: GET /v1/area/{id} (status 410)"]),
        (
            501,
            {"error": "not_emulated", "error_description": f"the\nsandbox {SECRET} \x1b[31mdoes not"},
            [
                "Cronofy failed to process the request: GET /v1/area/{id} (status 501)",
                "  not_emulated: the sandbox … [31mdoes not",
            ],
        ),
        (
            503,
            {"error_description": "x" * 10_000},
            ["Cronofy failed to process the request: GET /v1/area/{id} (status 503)", f"  {'x' * 300}…"],
        ),
        (500, {}, ["Cronofy failed to process the request: GET /v1/area/{id} (status 500)"]),
    ],
)
def test_the_lines_of_an_error_message(status: int, body: object, lines: list[str]) -> None:
    assert str(error_for(status, body)).splitlines() == lines


@pytest.mark.parametrize(
    ("status", "summary", "hint"),
    [
        (401, "the credential was not accepted", "data center"),
        (402, "the application's plan does not include this", "Ask Cronofy which plan"),
        (403, "the credential does not allow this", "scope"),
        (404, "not found", "data center"),
        (423, "the account or profile is locked", "reconnect"),
        (429, "too many requests", "client_id"),
    ],
)
def test_an_error_has_a_hint(status: int, summary: str, hint: str) -> None:
    error = error_for(status)
    assert hint in error.hint
    assert str(error).splitlines() == [f"{summary}: GET /v1/area/{{id}} (status {status})", error.hint]


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/v1/area/{id}", "Check the ID, and"),
        ("/v1/area", "Check the IDs in the request, and"),
        ("/v1/real_time_scheduling/{real_time_scheduling_id}", "pass that to status_by_token."),
    ],
)
def test_a_404_has_a_hint_about_its_path(path: str, hint: str) -> None:
    request = attrs.evolve(REQUEST, endpoint=attrs.evolve(ENDPOINT, path=path))
    assert hint in api_error(request, json_response(404)).hint


def test_a_documented_plan_is_named() -> None:
    request = attrs.evolve(REQUEST, endpoint=attrs.evolve(ENDPOINT, plan="Enterprise"))
    error = api_error(request, json_response(402))
    assert isinstance(error, PaymentRequired)
    assert error.plan == "Enterprise"
    assert str(error).endswith("\nIt needs the plan 'Enterprise'.")


def test_rejected_fields_are_found_by_name() -> None:
    error = error_for(422, {"errors": {"event_id": [{"key": "errors.required", "description": "must be there"}]}})
    assert isinstance(error, ValidationFailed)
    assert error.errors["event_id"] == (FieldError("errors.required", "must be there"),)
    assert error.errors["event_id"][0].key == "errors.required"
    with pytest.raises(TypeError):
        error.errors["other"] = ()  # type: ignore[index]


@pytest.mark.parametrize(
    "name", ["errors is a string", "errors is null", "errors with a colon", "list", "html", "empty"]
)
def test_bodies_without_fields_have_no_field_errors(name: str) -> None:
    error = error_for(422, ODD_BODIES[name])
    assert isinstance(error, ValidationFailed)
    assert not error.errors


def test_rejected_fields_of_any_type_are_found() -> None:
    error = error_for(422, ODD_BODIES["fields of all kinds"])
    assert isinstance(error, ValidationFailed)
    assert error.errors == {
        "a": (FieldError("", "x"),),
        "b": (FieldError("", "None"),),
        "c": (FieldError("", "3"),),
        "d": (FieldError("", ""),),
        "e": (),
        "f": (FieldError("", "None"), FieldError("", "[1]"), FieldError("3", "")),
    }


@pytest.mark.parametrize(
    ("body", "error", "description"),
    [
        ({"error": "invalid_grant"}, "invalid_grant", None),
        ({"error": "invalid_client", "error_description": "no"}, "invalid_client", "no"),
        ({"error": "x", "error_description": 3}, "x", None),
    ],
)
def test_oauth_errors(body: object, error: str, description: str | None) -> None:
    oauth_error = error_for(400, body)
    assert isinstance(oauth_error, OAuthError)
    assert (oauth_error.error, oauth_error.error_description) == (error, description)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error": ["x"]}', b'{"permissions": "not_recognized"}'])
def test_a_400_without_an_oauth_error_is_a_bad_request(body: bytes) -> None:
    assert type(error_for(400, body)) is BadRequest


def test_retry_after_of_a_429() -> None:
    seconds = error_for(429, retry_after="7")
    assert isinstance(seconds, RateLimited)
    assert seconds.retry_after == 7.0
    date = error_for(429, retry_after=format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True))
    assert isinstance(date, RateLimited)
    assert date.retry_after is not None
    assert 500 < date.retry_after <= 600
    none = error_for(429)
    assert isinstance(none, RateLimited)
    assert none.retry_after is None


KEPT = json_response(200, b"{}")
EXAMPLES: list[CronofyError] = [
    CronofyError("what"),
    ConfigurationError("what"),
    ClientClosedError("what"),
    WebhookError("what"),
    SignatureMismatch("what"),
    MalformedNotification("what"),
    TransportError("what"),
    TransportError("what", sent="no"),
    ConnectError("what"),
    ResponseLost("what"),
    RequestTimeout("what"),
    RequestTimeout("what", sent="no"),
    ResponseTooLarge("what"),
    DeadlineExceeded("what"),
    RateLimitTooLong("what", wait=2.5),
    DecodeError("what", path="$.a", response=KEPT),
    TokenError("what", sub="acc_1"),
    AuthorizationRevoked("what", sub="acc_1"),
    TokensUnknown("what"),
    TokensNotSaved("what"),
    StoreError("what", temporary=True),
    DownloadFailed(status=403, endpoint="GET {url}"),
    OAuthError(status=400, endpoint="POST /oauth/token", body={"error": "invalid_grant"}),
    *(
        kind(status=status, endpoint="GET /", request_id="r", headers={"a": "b"}, attempts=2, body={"x": [1]}, plan="p")
        for status, kind in STATUSES
    ),
]


def _pickled(error: CronofyError) -> CronofyError:
    twin: CronofyError = pickle.loads(pickle.dumps(error))
    return twin


TWINS: list[Callable[[CronofyError], CronofyError]] = [_pickled, copy.copy, copy.deepcopy]


def test_every_error_class_has_an_example() -> None:
    public = {getattr(errors, name) for name in errors.__all__}
    kinds = {item for item in public if isinstance(item, type) and issubclass(item, CronofyError)}
    assert kinds == {type(error) for error in EXAMPLES}
    assert all(kind.__doc__ for kind in kinds)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("twin_of", TWINS)
def test_every_error_can_be_pickled_with_its_attributes(
    error: CronofyError, twin_of: Callable[[CronofyError], CronofyError]
) -> None:
    error.add_note("while testing")
    twin = twin_of(error)
    assert type(twin) is type(error)
    assert (twin.args, vars(twin), str(twin)) == (error.args, vars(error), str(error))
    assert twin.__notes__ == error.__notes__


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (TransportError("x"), "maybe"),
        (TransportError("x", sent="no"), "no"),
        (ConnectError("x"), "no"),
        (ResponseLost("x"), "maybe"),
        (RequestTimeout("x"), "maybe"),
        (RequestTimeout("x", sent="no"), "no"),
        (ResponseTooLarge("x"), "maybe"),
    ],
)
def test_transport_errors_tell_whether_the_request_was_sent(error: TransportError, sent: str) -> None:
    assert error.sent == sent
    assert pickle.loads(pickle.dumps(error)).sent == sent


@pytest.mark.parametrize("error", [RequestTimeout("x"), DeadlineExceeded("x")])
def test_timeouts_are_builtin_timeout_errors(error: CronofyError) -> None:
    assert isinstance(error, TimeoutError)
    assert str(error) == "x"
