from __future__ import annotations

import json
import pickle
import traceback

import pytest

from cronofy_async._api_error import api_error
from cronofy_async.errors import DecodeError

from .test_errors import REQUEST, SECRET, json_response


def test_a_decode_error_gets_its_request_and_response() -> None:
    bare = DecodeError("$.status: expected a string, got null", path="$.status")
    response = json_response(200, {"url": "https://x", "note": SECRET}, x_request_id="r-1", set_cookie="x")
    error = bare.in_response(REQUEST, response, iter([SECRET]))
    assert str(error) == ("GET /v1/area/{id}: $.status: expected a string, got null (status 200, request id r-1)")
    assert error.path == "$.status"
    assert error.response is not None
    assert json.loads(error.response.body) == {"url": "…", "note": "…"}
    assert (error.response.status, error.response.headers) == (200, {})
    assert error is bare  # so that it can be raised again without a context


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", b"null"),
        (b"<html>", b"<html>"),
        (b'{"x": "\\ud800"}', b'{"x": "?"}'),
        (b'{"token": "ab', '{"token": "…'.encode()),
    ],
)
def test_a_decode_error_keeps_any_body(body: bytes, kept: bytes) -> None:
    error = DecodeError("x").in_response(REQUEST, json_response(200, body), [])
    assert str(error) == "GET /v1/area/{id}: x (status 200)"
    assert error.response is not None
    assert error.response.body == kept


@pytest.mark.parametrize(
    "body",
    [
        {"client_secret": SECRET, "text": f"... {SECRET} ..."},
        {"real_time_scheduling": {"url": f"https://app.cronofy.com/{SECRET}"}},
        f'<a href="{SECRET}">'.encode(),
        f'{{"refresh_token": "{SECRET}'.encode(),
        {"errors": {"token": [{"key": "errors.unknown", "description": f"{SECRET} is unknown"}]}},
    ],
)
def test_errors_contain_no_secrets(body: object) -> None:
    response = json_response(422, body, x_echo=SECRET)
    found: list[Exception] = [
        api_error(REQUEST, response, [SECRET]),
        DecodeError("$.x: is odd").in_response(REQUEST, response, [SECRET]),
    ]
    for error in found:
        shown = [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
        assert "s3cret" not in "".join(shown)
        assert b"s3cret" not in pickle.dumps(error)
