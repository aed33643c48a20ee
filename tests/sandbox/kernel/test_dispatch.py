"""Formats of requests, responses to unknown endpoints, and reports of unknown members."""

from __future__ import annotations

import json
import logging
import time
import warnings
from typing import Any
from urllib.parse import urlencode

import pytest

from cronofy_async.sandbox import UnknownParameterWarning
from cronofy_async.sandbox.kernel.area import Context, SandboxResponse, ok, operation
from cronofy_async.sandbox.kernel.contract.schemas import MAX_UNKNOWN
from cronofy_async.sandbox.kernel.kernel import Kernel

from .small import contract_of, fields, kernel_of, op, registry, request_body, send

FORM = [("content-type", "application/x-www-form-urlencoded")]
OPTIONAL = {"type": "object", "properties": {"note": {"type": "string"}}}
PATHS: dict[str, Any] = {
    "/v1/things": {"delete": op("small.delete"), "post": op("small.post", requestBody=request_body(OPTIONAL))},
    "/v1/things/{thing_id}": {"get": op("small.get")},
    "/v1/tokens": {"post": op("small.tokens", requestBody=request_body(OPTIONAL, required=False))},
    "/v1/stop": {"post": op("small.stop")},
    "/v1/legacy": {
        "post": op(
            "small.legacy",
            security=[{"client_in_body": []}],
            requestBody=request_body({"type": "object", "properties": {"client_id": {}, "client_secret": {}}}),
        )
    },
    "/oauth/revoke": {
        "post": op(
            "small.revoke",
            security=[{"client_in_body": []}],
            responses={"200": {"description": "Done."}, "400": {"$ref": "#/components/responses/OAuthError"}},
            requestBody=request_body(
                {
                    "type": "object",
                    "required": ["token"],
                    "properties": {"client_id": {}, "client_secret": {}, "token": {}},
                }
            ),
        )
    },
}


def kernel(**settings: Any) -> Kernel:
    new_registry = registry()
    for name in ("delete", "get", "post", "stop", "tokens", "legacy", "revoke"):

        @operation(f"small.{name}", registry=new_registry)
        def echo(context: Context) -> SandboxResponse:
            return ok({"body": context.body})

    return kernel_of(contract_of(PATHS), new_registry, **settings)


# Forms of bodies.


@pytest.mark.parametrize("target", ["DELETE /v1/things", "DELETE /v1/things/", "GET /v1/things/a", "POST /v1/stop/"])
@pytest.mark.parametrize(("body", "headers"), [(b"", []), (b"", FORM), (b"{}", []), (b"[]", []), (b"null", [])])
async def test_an_operation_without_a_body_accepts_an_empty_one(body: bytes, headers: Any, target: str) -> None:
    method, path = target.split()
    assert (await send(kernel(strict=True), method, path, body, headers=headers)).status == 200


@pytest.mark.parametrize(("body", "seen"), [(b"", {}), (b"[]", {}), (b'{"note": "a"}', {"note": "a"})])
async def test_an_optional_body(body: bytes, seen: Any) -> None:
    assert (await send(kernel(strict=True), "POST", "/v1/tokens", body)).json == {"body": seen}


async def test_a_required_body_must_be_an_object() -> None:
    assert fields(await send(kernel(), "POST", "/v1/things", b"[]")) == {"body": "errors.invalid_type"}


async def test_members_of_an_unexpected_body_are_unknown() -> None:
    reply = await send(kernel(strict=True), "DELETE", "/v1/things", {"note": "x"})
    assert fields(reply) == {"note": "errors.unknown"}


async def test_cronofy_node_repeats_its_own_options() -> None:
    """It is not reported as unknown, even if the sandbox is strict, and no message contains the credential."""
    own_kernel = kernel(strict=True)
    own = {"bearer_token": "key", "thing_id": "a/b"}

    for target, body in ((f"/v1/things/a%2Fb?{urlencode(own)}", None), ("/v1/things/a%2Fb", own)):
        assert (await send(own_kernel, "GET", target, body)).status == 200
    reply = await send(own_kernel, "GET", "/v1/things/a?bearer_token=key&other_id=b")

    assert fields(reply) == {"other_id": "errors.unknown"}
    assert [request.unknown for request in own_kernel.requests] == [(), (), ("other_id is not known",)]
    assert own_kernel.unknown_parameters == ["small.get: other_id is not known"]
    assert "key" not in repr([own_kernel.requests, own_kernel.unknown_parameters])


async def test_form_bodies() -> None:
    reply = await send(kernel(), "POST", "/v1/things", urlencode({"note": "ä & ö"}).encode(), headers=FORM)
    assert reply.json == {"body": {"note": "ä & ö"}}


# Credentials in the body.


@pytest.mark.parametrize("token", [None, "undefined", "key"])
async def test_credentials_in_the_body_take_precedence_over_the_header(token: str | None) -> None:
    mine = {"client_id": "id", "client_secret": "key"}

    assert (await send(kernel(), "POST", "/v1/legacy", mine, token=token)).status == 200
    wrong = await send(kernel(), "POST", "/v1/legacy", mine | {"client_secret": "guess"}, token=None)
    assert wrong.status == 401


async def test_oauth_errors_follow_the_standard() -> None:
    mine = {"client_id": "id", "client_secret": "key"}

    assert (await send(kernel(), "POST", "/oauth/revoke", {}, token=None)).json == {"error": "invalid_client"}
    reply = await send(kernel(), "POST", "/oauth/revoke", mine, token=None)
    assert (reply.status, reply.json["error"]) == (400, "invalid_request")
    assert reply.json["error_description"] == "token must be specified"


# Unknown endpoints.


@pytest.mark.parametrize(
    ("method", "path", "near"),
    [
        ("GET", "/v1/things", "it emulates POST and DELETE /v1/things."),
        ("POST", "/v1/thing", "; it emulates /v1/things."),
        ("POST", "/nothing/like/it", None),
    ],
)
async def test_an_unknown_endpoint_is_a_501_with_a_hint(method: str, path: str, near: str | None) -> None:
    reply = await send(kernel(), method, path)

    assert (reply.status, reply.json["error"]) == (501, "not_emulated")
    message = reply.json["error_description"]
    assert message.startswith(f"the sandbox does not emulate {method} {path}")
    assert (near is None) == ("; it emulates" not in message)
    assert (near or "") in message
    assert "Check the method and path" in message


# Unknown members.


async def test_an_unknown_member_is_a_warning_in_process() -> None:
    own_kernel = kernel()
    with pytest.warns(UnknownParameterWarning, match=r"small\.post: notte is not known; did you mean note\?"):
        assert (await send(own_kernel, "POST", "/v1/things", {"notte": "x"})).status == 200
    assert own_kernel.requests[0].unknown == ("notte is not known; did you mean note?",)


async def test_an_unknown_member_is_logged_over_http(caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING, "cronofy_async.sandbox"):
        warnings.simplefilter("error")
        assert (await send(kernel(), "POST", "/v1/things", {"notte": "x"}, served=True)).status == 200
    assert "small.post: notte is not known; did you mean note?" in caplog.text


async def test_an_unknown_member_is_a_422_in_strict_mode() -> None:
    reply = await send(kernel(strict=True), "POST", "/v1/things?page=1", {"notte": "x"})
    assert fields(reply) == {"page": "errors.unknown", "notte": "errors.unknown"}


async def test_many_unknown_members_are_reported_quickly() -> None:
    own_kernel = kernel(strict=True)
    body = json.dumps({f"{'n' * 60}{number}": number for number in range(200_000)} | {"x" * 100_000: 1}).encode()
    start = time.process_time()

    reply = await send(own_kernel, "POST", "/v1/things", body)

    assert time.process_time() - start < 2  # a third of a second; it was more than four
    assert len(reply.json["errors"]) == len(own_kernel.requests[0].unknown) == MAX_UNKNOWN


async def test_many_unknown_parameters_are_limited() -> None:
    reply = await send(kernel(strict=True), "DELETE", "/v1/things?" + "&".join(f"a{n}=1" for n in range(10_000)))
    assert len(reply.json["errors"]) == MAX_UNKNOWN
