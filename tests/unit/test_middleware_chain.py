from __future__ import annotations

import pytest

from cronofy_async.errors import ConnectError
from cronofy_async.http import RawResponse, Request
from cronofy_async.middleware import Handler, Middleware, compose

from .support import json_response, request, script


def layer(name: str, log: list[str]) -> Middleware:
    async def middleware(request: Request, call_next: Handler, /) -> RawResponse:
        log.append(f"{name} in")
        response = await call_next(request.with_headers({name: "1"}))
        log.append(f"{name} out")
        return response

    return middleware


async def test_layers_run_outermost_first() -> None:
    log: list[str] = []

    async def innermost(request: Request) -> RawResponse:
        log.append(f"sent with {sorted(request.headers)}")
        return json_response(status=204)

    response = await compose([layer("a", log), layer("b", log)], innermost)(request())
    assert response.status == 204
    assert log == ["a in", "b in", "sent with ['A', 'B']", "b out", "a out"]


async def test_without_layers_the_innermost_is_called() -> None:
    async def innermost(_: Request) -> RawResponse:
        return json_response(status=204)

    assert compose([], innermost) is innermost


async def test_a_layer_may_respond_itself_or_call_the_next_one_again() -> None:
    sent: list[Request] = []

    async def innermost(request: Request) -> RawResponse:
        sent.append(request)
        return json_response(status=500 if len(sent) == 1 else 200)

    async def call_twice(request: Request, call_next: Handler, /) -> RawResponse:
        first = await call_next(request)
        return await call_next(request) if first.status == 500 else first

    async def cached(request: Request, call_next: Handler, /) -> RawResponse:
        return json_response(status=304)

    assert (await compose([call_twice], innermost)(request())).status == 200
    assert len(sent) == 2
    assert (await compose([cached, call_twice], innermost)(request())).status == 304
    assert len(sent) == 2


async def test_a_chain_is_reusable_and_made_from_any_iterable() -> None:
    log: list[str] = []

    async def innermost(_: Request) -> RawResponse:
        return json_response()

    chain = compose((layer(name, log) for name in "ab"), innermost)
    await chain(request())
    await chain(request())
    assert log == ["a in", "b in", "b out", "a out"] * 2


async def test_errors_propagate_through_the_layers() -> None:
    log: list[str] = []
    handler = script(ConnectError("no"))

    async def innermost(request: Request) -> RawResponse:
        response = handler(request)
        assert isinstance(response, RawResponse)
        return response

    with pytest.raises(ConnectError):
        await compose([layer("a", log)], innermost)(request())
    assert log == ["a in"]
