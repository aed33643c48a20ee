from __future__ import annotations

import asyncio
import inspect
import json
import pickle
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any
from unittest import mock

import attrs
import pytest
from fastapi import BackgroundTasks, FastAPI
from httpx2 import ASGITransport, AsyncClient

from cronofy_async import Call, CronofyClient, DecodeError, NotFound, Response, Timeout
from cronofy_async._json import Json
from cronofy_async.http import ApiKey, Options, RawResponse, Request
from cronofy_async.models import SchedulingLink
from cronofy_async.models.base import ResponseModel
from cronofy_async.resources.real_time_scheduling import RealTimeScheduling

from .support import READ, SECRET, Status, client, json_response, link, other_tasks, script, status
from .virtual_clock import VirtualClock

# ---------------------------------------------------------------------------------------------------------------------
# Ways to run a call


async def by_await(call: Status) -> SchedulingLink:
    return await call


async def by_task(call: Status) -> SchedulingLink:
    return await asyncio.create_task(call)


async def by_gather(call: Status) -> SchedulingLink:
    (result,) = await asyncio.gather(call)
    return result


async def by_ensure_future(call: Status) -> SchedulingLink:
    return await asyncio.ensure_future(call)


async def by_task_group(call: Status) -> SchedulingLink:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(call)
    return task.result()


async def by_wait_for(call: Status) -> SchedulingLink:
    return await asyncio.wait_for(call, timeout=1000)


async def by_shield(call: Status) -> SchedulingLink:
    return await asyncio.shield(call)


async def by_as_completed(call: Status) -> SchedulingLink:
    for next_one in asyncio.as_completed([call]):
        return await next_one
    raise AssertionError


async def by_response(call: Status) -> SchedulingLink:
    return (await call.response()).data


async def by_options(call: Status) -> SchedulingLink:
    return await call.with_options(retries=0).with_options(timeout=5)


WAYS: list[Callable[[Status], Awaitable[SchedulingLink]]] = [
    by_await,
    by_task,
    by_gather,
    by_ensure_future,
    by_task_group,
    by_wait_for,
    by_shield,
    by_as_completed,
    by_response,
    by_options,
]


@pytest.mark.parametrize("way", WAYS)
async def test_a_call_runs_like_a_coroutine(
    cronofy: CronofyClient, clock: VirtualClock, sent: list[Request], way: Callable[[Status], Awaitable[SchedulingLink]]
) -> None:
    async with clock.auto():
        assert (await way(status(cronofy))).status == "open"
    assert len(sent) == 1
    assert not other_tasks()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in 3.12")
async def test_eager_tasks(cronofy: CronofyClient, clock: VirtualClock, sent: list[Request]) -> None:
    asyncio.get_running_loop().set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009
    async with clock.auto():
        task = asyncio.create_task(status(cronofy))
        assert len(sent) == 1  # it has started
        assert (await task).status == "open"


def test_asyncio_run_runs_a_call(clock: VirtualClock) -> None:
    cronofy = client(lambda _: json_response(link()), clock)
    assert asyncio.run(status(cronofy)).status == "open"


def test_a_call_is_recognized_as_a_coroutine(cronofy: CronofyClient) -> None:
    call = status(cronofy)
    assert isinstance(call, Coroutine)
    assert isinstance(call, Awaitable)
    assert asyncio.iscoroutine(call)
    assert inspect.isawaitable(call)
    call.close()


@pytest.mark.filterwarnings("ignore:'asyncio.iscoroutinefunction' is deprecated:DeprecationWarning")
def test_methods_are_coroutine_functions(cronofy: CronofyClient) -> None:
    for method in (cronofy.real_time_scheduling.status, cronofy.real_time_scheduling.create):
        assert asyncio.iscoroutinefunction(method)  # pyright: ignore[reportDeprecated] - what others still ask
        if sys.version_info >= (3, 12):
            assert inspect.iscoroutinefunction(method)


async def test_create_autospec_makes_async_mocks() -> None:
    double = mock.create_autospec(RealTimeScheduling, instance=True)
    double.status.return_value = "done"
    assert await double.status("sch_1") == "done"
    double.status.assert_awaited_once_with("sch_1")
    with pytest.raises(TypeError):
        await double.status()


async def test_fastapi_background_tasks_run_a_call(clock: VirtualClock) -> None:
    sent: list[Request] = []

    def handler(request: Request) -> RawResponse:
        sent.append(request)
        return json_response(link())

    cronofy = client(handler, clock)
    app = FastAPI()

    @app.post("/check")
    async def check(tasks: BackgroundTasks) -> str:
        tasks.add_task(cronofy.real_time_scheduling.status, "sch_1")
        return "later"

    async with AsyncClient(transport=ASGITransport(app), base_url="http://app.test") as web:
        assert (await web.post("/check")).json() == "later"
    assert [request.target for request in sent] == ["/v1/real_time_scheduling/sch_1"]


# ---------------------------------------------------------------------------------------------------------------------
# Options


Changes = list[tuple[list[dict[str, Any]], Options, Timeout]]
CHANGES: Changes = [
    ([{}], Options(), Timeout()),
    ([{"timeout": 5}], Options(timeout=Timeout(total=5)), Timeout(total=5)),
    ([{"timeout": Timeout(attempt=1)}], Options(timeout=Timeout(attempt=1)), Timeout(attempt=1)),
    (
        [{"timeout": Timeout(attempt=1)}, {"timeout": 5}],
        Options(timeout=Timeout(attempt=1, total=5)),
        Timeout(attempt=1, total=5),
    ),
    ([{"timeout": 5}, {"retries": 1}], Options(timeout=Timeout(total=5), retries=1), Timeout(total=5)),
    ([{"retries": 3}, {"retries": 0}], Options(retries=0), Timeout()),
    ([{"retries": 3}, {}], Options(retries=3), Timeout()),
    ([{"idempotent": True}, {"idempotent": False}], Options(idempotent=False), Timeout()),
    ([{"idempotent": True}, {}], Options(idempotent=True), Timeout()),
    (
        [{"headers": {"X-A": "1"}}, {"headers": {"X-B": "2"}}],
        Options(headers=(("X-A", "1"), ("X-B", "2"))),
        Timeout(),
    ),
]


@pytest.mark.parametrize(("changes", "options", "timeout"), CHANGES)
def test_options_are_merged(
    cronofy: CronofyClient, changes: list[dict[str, Any]], options: Options, timeout: Timeout
) -> None:
    call = status(cronofy)
    for change in changes:
        call = call.with_options(**change)
    changed = call.request
    assert changed.options == options
    assert changed.timeout == timeout


def test_a_later_header_replaces_an_earlier_one(cronofy: CronofyClient) -> None:
    call = status(cronofy).with_options(headers={"X-A": "1"}).with_options(headers={"X-A": "2", "Accept": "text/plain"})
    headers = call.request.headers
    assert headers["X-A"] == "2"
    assert headers["Accept"] == "text/plain"
    assert headers["User-Agent"].startswith("cronofy_async/")


def test_members_that_are_not_documented_can_be_added(cronofy: CronofyClient) -> None:
    by_token = cronofy.real_time_scheduling.status_by_token("t").with_options(query={"a b": [1, 2], "left": None})
    by_id = status(cronofy).with_options(query={"more": True}).with_options(query={"x": "y"})

    assert by_token.request.target == "/v1/real_time_scheduling?token=t&a%20b%5B%5D=1&a%20b%5B%5D=2"
    assert by_id.request.target == "/v1/real_time_scheduling/sch_1?more=true&x=y"


def test_members_of_nested_objects_are_added_to_them(cronofy: CronofyClient) -> None:
    body = {"event": {"summary": "a", "tzid": "Etc/UTC"}, "tags": [1]}
    call = cronofy.request("POST", "/x", json=body)
    empty = cronofy.request("DELETE", "/x")

    added = call.with_options(json={"event": {"summary": "b", "new": timedelta(minutes=5)}, "tags": {}, "more": None})

    assert json.loads(added.request.body or b"") == {
        "event": {"summary": "b", "tzid": "Etc/UTC", "new": {"minutes": 5}},
        "tags": {},
        "more": None,
    }
    changed = empty.with_options(json={"a": 1}).request
    assert (changed.body, changed.headers["Content-Type"]) == (b'{"a":1}', "application/json; charset=utf-8")


@pytest.mark.parametrize(("method", "body", "reason"), [("GET", None, "GET has no body"), ("POST", [1], "it is list")])
def test_members_are_added_to_objects_only(cronofy: CronofyClient, method: Any, body: Any, reason: str) -> None:
    call = cronofy.request(method, "/x", json=body)

    with pytest.raises(ValueError, match=rf"^json: members can only .* {reason}$"):
        _ = call.with_options(json={"a": 1})

    call.close()  # the call was not used


async def test_an_invalid_number_of_retries(cronofy: CronofyClient) -> None:
    call = status(cronofy)
    with pytest.raises(ValueError, match="retries"):
        await call.with_options(retries=-1)
    call.close()  # the call was not used


# ---------------------------------------------------------------------------------------------------------------------
# The request, the response, and their reprs


def test_the_request_is_a_value(cronofy: CronofyClient) -> None:
    one, same = status(cronofy).request, status(cronofy).request
    other = cronofy.real_time_scheduling.status("sch_2").request
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert len({one, same, other}) == 2
    copy = pickle.loads(pickle.dumps(one))
    assert copy == one
    assert hash(copy) == hash(one)
    assert one.credential == ApiKey()


def test_the_request_contains_no_secret(cronofy: CronofyClient) -> None:
    requests = [
        status(cronofy).request,
        cronofy.account(access_token="access-token-0001", refresh_token="refresh-token-0001")
        .request("GET", "/x")
        .request,
    ]
    for secret in (SECRET, "access-token-0001", "refresh-token-0001"):
        assert secret not in str([pickle.dumps(request) for request in requests])
        assert secret not in repr(requests)


def test_the_repr_shows_the_template_only(cronofy: CronofyClient) -> None:
    calls = [cronofy.real_time_scheduling.status("sch_hidden"), cronofy.real_time_scheduling.status_by_token("hidden")]
    assert [repr(call) for call in calls] == [
        "<Call GET /v1/real_time_scheduling/{real_time_scheduling_id}>",
        "<Call GET /v1/real_time_scheduling>",
    ]
    for call in calls:
        assert "hidden" not in repr(call.request)


async def test_response_returns_metadata(cronofy: CronofyClient, clock: VirtualClock) -> None:
    async with clock.auto():
        response = await status(cronofy).response()
    assert isinstance(response, Response)
    assert response.data.status == "open"
    assert response.status == 200
    assert response.headers == {"x-request-id": "req-1"}
    assert response.request_id == "req-1"
    assert response.attempts == 1
    assert response.elapsed == pytest.approx(0.1)
    assert response.json == link()
    assert "link-token-0001" not in repr(response)


async def test_the_repr_of_a_raw_response_hides_its_data(clock: VirtualClock) -> None:
    for data in ({"access_token": "hidden"}, ["hidden"], "hidden"):
        response = await client(script(json_response(data)), clock).request("GET", "/v1/x").response()
        assert response.data == data
        assert "hidden" not in repr(response)
        assert "data=…, status=200" in repr(response)


async def test_a_response_without_a_body(clock: VirtualClock) -> None:
    cronofy = client(lambda _: json_response(status=202), clock)
    response = await cronofy.request("POST", "/v1/x", json={}).response()
    assert (response.data, response.json, response.body) == (None, None, b"")


@pytest.mark.parametrize("way", [by_await, by_response])
async def test_a_response_that_does_not_match_the_model(
    clock: VirtualClock, way: Callable[[Status], Awaitable[SchedulingLink]]
) -> None:
    cronofy = client(lambda _: json_response({"real_time_scheduling": {"url": "https://hidden"}}), clock)
    with pytest.raises(DecodeError) as caught:
        await way(status(cronofy))
    assert str(caught.value).startswith(
        "GET /v1/real_time_scheduling/{real_time_scheduling_id}: $.real_time_scheduling"
    )
    assert "(status 200)" in str(caught.value)
    assert "hidden" not in str(caught.value.response and caught.value.response.body)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("way", [by_await, by_response])
async def test_an_api_error(clock: VirtualClock, way: Callable[[Status], Awaitable[SchedulingLink]]) -> None:
    cronofy = client(lambda _: json_response({}, 404), clock)
    with pytest.raises(NotFound):
        await way(status(cronofy))


async def test_other_errors_of_a_decoder_are_raised_unchanged(clock: VirtualClock) -> None:
    def forget(data: object, body: Json) -> object:
        raise KeyError("a bug")

    cronofy = client(lambda _: json_response({}), clock)
    endpoint = attrs.evolve(READ, response_model=ResponseModel, remember=forget)
    sender = cronofy._sender  # pyright: ignore[reportPrivateUsage]
    async with clock.auto():
        with pytest.raises(KeyError, match="a bug"):
            await Call(sender.prepare(endpoint, "/x", None, ApiKey()), sender)
