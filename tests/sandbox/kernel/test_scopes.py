"""Scopes: which access tokens may use an operation."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox.kernel.area import Context, SandboxResponse, ok, operation
from cronofy_async.sandbox.kernel.kernel import Kernel
from cronofy_async.sandbox.kernel.scopes import SCOPES_ARE_CHECKED, allows, includes

from .small import BOTH, make_kernel, op, registry, request_body, send

ANY = {"name": "any", "in": "query", "schema": {"type": "string"}}
PATHS = {
    "/v1/events": {
        "get": op("small.read", security=BOTH, **{"x-scopes": ["read_events"]}),
        "post": [
            op("small.any", when={"in": "query", "name": "any"}, security=BOTH, parameters=[ANY]),
            op("small.write", security=BOTH, **{"x-scopes": ["create_event", "special"]}),
        ],
    }
}


def kernel(paths: Any = PATHS, **assume: bool) -> Kernel:
    new_registry = registry()
    for name in ("small.read", "small.any", "small.write"):

        @operation(name, registry=new_registry)
        def done(context: Context) -> SandboxResponse:
            return ok({})

    return make_kernel(paths, new_registry, assume=assume)


@pytest.mark.parametrize(
    ("granted", "read", "write"),
    [
        ("read_events", 200, 403),
        ("create_event", 403, 200),
        ("special", 403, 200),
        ("read_events create_event", 200, 200),
        ("read_write", 200, 200),
        ("read_only", 200, 403),
        ("free_busy_write", 403, 200),
        ("", 403, 403),
    ],
)
async def test_a_token_requires_one_of_the_scopes(granted: str, read: int, write: int) -> None:
    kernel_ = kernel()
    ada = kernel_.state.add_account("ada@example.com", "Ada")
    ada.scope = granted

    assert (await send(kernel_, "GET", "/v1/events", token=ada.access_token)).status == read
    assert (await send(kernel_, "POST", "/v1/events", token=ada.access_token)).status == write
    assert (await send(kernel_, "POST", "/v1/events?any=1", token=ada.access_token)).status == 200
    assert (await send(kernel_, "GET", "/v1/events")).status == 200  # of the application


async def test_any_scope_may_be_accepted() -> None:
    kernel_ = kernel(**{SCOPES_ARE_CHECKED: False})
    ada = kernel_.state.add_account("ada@example.com", "Ada")
    ada.scope = ""

    assert (await send(kernel_, "GET", "/v1/events", token=ada.access_token)).status == 200


UNLESS = {"x-scopes": ["read_events"], "x-scopes-unless": {"in": "query", "name": "only", "equals": True}}
IN_BODY = {"x-scopes": ["create_event"], "x-scopes-unless": {"in": "body", "name": "filters.only", "equals": True}}
ONLY = {"name": "only", "in": "query", "schema": {"type": "boolean"}}
EXEMPT = {
    "/v1/events": {
        "get": [
            op("small.any", when={"in": "query", "name": "any"}, security=BOTH, parameters=[ANY]),
            op("small.read", security=BOTH, parameters=[ONLY], **UNLESS),
        ],
        "post": op("small.write", security=BOTH, requestBody=request_body({"type": "object"}), **IN_BODY),
    }
}


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 403), ("?only=false", 403), ("?only=", 403), ("?only=true", 200), ("?only=True", 200), ("?only=1", 403)],
)
async def test_a_parameter_may_lift_the_need(query: str, status: int) -> None:
    kernel_ = kernel(EXEMPT)
    ada = kernel_.state.add_account("ada@example.com", "Ada")
    ada.scope = "special"

    assert (await send(kernel_, "GET", f"/v1/events{query}", token=ada.access_token)).status == status


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 403), ({"filters": {"only": False}}, 403), ({"filters": []}, 403), ({"filters": {"only": True}}, 200)],
)
async def test_a_member_may_lift_the_need(body: object, status: int) -> None:
    kernel_ = kernel(EXEMPT)
    ada = kernel_.state.add_account("ada@example.com", "Ada")
    ada.scope = "special"

    assert (await send(kernel_, "POST", "/v1/events", body, token=ada.access_token)).status == status


def test_reading_events_includes_free_busy() -> None:
    assert allows("read_events", ["read_free_busy"])
    assert not allows("read_free_busy", ["read_events"])


@pytest.mark.parametrize(
    ("granted", "requested", "expected"),
    [
        ("read_write", "read_write", True),
        ("read_write", "read_events create_event", True),
        ("read_write", "free_busy", True),
        ("read_write", "free_busy_write", True),
        ("read_only", "read_write", False),
        ("read_only", "read_events delete_event", False),
        ("free_busy", "read_events", False),
        ("read_only write_only", "read_write", True),
        ("special", "special", True),
        ("read_write", "special", False),
        ("", "read_events", False),
    ],
)
def test_scopes_include_others(granted: str, requested: str, *, expected: bool) -> None:
    assert includes(granted, requested) is expected
