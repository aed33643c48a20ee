"""Calls that are collected and sent as batches."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pkgutil import iter_modules
from typing import Any

import attrs
import pytest

from cronofy_async import (
    Call,
    ConfigurationError,
    ConnectError,
    CronofyAccount,
    CronofyClient,
    DecodeError,
    Done,
    Endpoint,
    Failed,
    NotFound,
    PaymentRequired,
    RawResponse,
    Request,
    RequestTimeout,
    RetryPolicy,
    ServerError,
    Unauthorized,
    ValidationFailed,
    resources,
)
from cronofy_async.models import UserInfo
from cronofy_async.transports.memory import MemoryTransport

START = datetime(2030, 2, 1, 9, 30, tzinfo=UTC)
ERRORS = {"errors": {"summary": [{"key": "errors.required", "description": "summary must be specified"}]}}
#: A response, or an error, to the items of a batch.
Responder = Callable[[list[Any]], RawResponse]


def respond(*items: Any, status: int = 207, headers: dict[str, str] | None = None) -> RawResponse:
    return RawResponse(status=status, headers=headers or {}, body=json.dumps({"batch": items}).encode())


def accept(items: list[Any]) -> RawResponse:
    return respond(*({"status": 202} for _ in items))


class Server:
    """Responds to the batches in order; the last response repeats."""

    def __init__(self, *responses: Responder) -> None:
        self.responses = list(responses or [accept])
        self.batches: list[list[Any]] = []
        self.transport = MemoryTransport(self.respond)
        self.client = CronofyClient(
            client_id="id",
            client_secret="s3cret",
            transport=self.transport,
            retry=RetryPolicy(attempts=2, base=0),
        )
        self.account = self.client.account(access_token="token")

    def respond(self, request: Request) -> RawResponse:
        assert (request.method, request.target) == ("POST", "/v1/batch")
        items = json.loads(request.body or b"")["batch"]
        self.batches.append(items)
        return (self.responses.pop(0) if len(self.responses) > 1 else self.responses[0])(items)


def failing(error: Exception) -> Responder:
    def fail(items: list[Any]) -> RawResponse:
        raise error

    return fail


#: The docs' list of what a batch may hold.
DOCUMENTED = {
    "events.upsert",
    "events.delete",
    "events.edit_external",
    "events.delete_external",
    "available_periods.upsert",
    "available_periods.delete",
}


def endpoints_of_all_areas() -> Iterator[Endpoint[Any]]:
    for info in iter_modules(resources.__path__, f"{resources.__name__}."):
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, Endpoint):
                yield value


def test_batchable_endpoints_are_those_of_the_docs() -> None:
    endpoints = list(endpoints_of_all_areas())

    assert {endpoint.name for endpoint in endpoints if endpoint.batchable} == DOCUMENTED & {
        endpoint.name for endpoint in endpoints
    }
    assert all(endpoint.idempotent and endpoint.after is None for endpoint in endpoints if endpoint.batchable)


def delete(account: CronofyAccount, number: int = 0) -> Call[None]:
    return account.events.delete("cal_1", event_id=f"e{number}")


async def test_calls_are_sent_as_items_when_the_block_ends() -> None:
    server = Server()
    events = server.account.events

    async with server.account.batch() as batch:
        first = batch.add(events.upsert("cal_1", event_id="a", summary="b", start=START, end=START))
        second = batch.add(events.delete_external("cal/2", event_uid="evt_1"))
        assert server.batches == []

    upsert = {"event_id": "a", "summary": "b", "start": "2030-02-01T09:30:00Z", "end": "2030-02-01T09:30:00Z"}
    assert server.batches == [
        [
            {"method": "POST", "relative_url": "/v1/calendars/cal_1/events", "data": upsert},
            {"method": "DELETE", "relative_url": "/v1/calendars/cal%2F2/events", "data": {"event_uid": "evt_1"}},
        ]
    ]
    assert (first.result(), first.error, first.done) == (None, None, True)
    assert (list(batch), len(batch), batch.failed) == ([first, second], 2, ())


async def test_more_than_50_calls_are_sent_in_chunks() -> None:
    server = Server()

    async with server.account.batch() as batch:
        for number in range(101):
            batch.add(delete(server.account, number))

    assert [len(items) for items in server.batches] == [50, 50, 1]
    ids = [item["data"]["event_id"] for items in server.batches for item in items]
    assert ids == [f"e{number}" for number in range(101)]


async def test_an_empty_batch_sends_nothing() -> None:
    server = Server()

    async with server.account.batch() as batch:
        pass

    assert (server.batches, len(batch)) == ([], 0)


async def test_an_exception_in_the_block_sends_nothing() -> None:
    server = Server()
    batch = server.account.batch()

    async def fail() -> None:
        async with batch:
            batch.add(delete(server.account))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    (handle,) = batch
    assert (server.batches, handle.done, batch.failed) == ([], False, ())
    with pytest.raises(RuntimeError, match="has no result"):
        handle.result()


async def test_each_item_has_its_own_outcome() -> None:
    odd = [
        {"status": 202},
        {"status": 422, "data": ERRORS, "headers": {"X-Request-Id": "of the item", "X-Count": 1}},
        {"status": 404},
        {"status": 402, "data": None},
        {"status": 502, "data": "\ud800"},
        {"status": 200, "data": {"id": "ignored"}},
    ]
    server = Server(lambda _: respond(*odd, headers={"x-request-id": "of the batch"}))

    async with server.account.batch() as batch:
        for number in range(6):
            batch.add(delete(server.account, number))

    kinds = [type(handle.error) for handle in batch]
    assert kinds == [type(None), ValidationFailed, NotFound, PaymentRequired, ServerError, type(None)]
    assert batch.failed == tuple(batch)[1:5]
    assert [type(handle.outcome) for handle in batch] == [Done, *[Failed] * 4, Done]
    _, invalid, missing, *_ = batch
    with pytest.raises(ValidationFailed) as raised:
        invalid.result()
    assert raised.value is invalid.error
    assert raised.value.errors["summary"][0].key == "errors.required"
    assert "DELETE /v1/calendars/{calendar_id}/events" in str(raised.value)
    assert raised.value.request_id == "of the item"
    assert isinstance(missing.error, NotFound)
    assert missing.error.request_id == "of the batch"
    assert len(server.batches) == 1


async def test_an_item_is_decoded_as_the_response_to_its_call() -> None:
    userinfo = {"sub": "acc_1"}
    server = Server(lambda _: respond({"status": 202, "data": {"userinfo": userinfo}}, {"status": 202, "data": 3}))
    events = server.account.events

    async with server.account.batch() as batch:
        read = batch.add(events.delete("cal_1", event_id="a", include_userinfo=True))
        odd = batch.add(events.delete("cal_1", event_id="a", include_userinfo=True))

    assert read.result() == UserInfo(sub="acc_1")
    assert isinstance(odd.error, DecodeError)


async def test_an_item_that_cannot_be_read_fails_alone() -> None:
    odd: list[Any] = [{"status": 202}, {"status": "202"}, {"status": 404}, None, {"status": 202, "headers": []}, {}]
    server = Server(lambda _: respond(*odd))

    async with server.account.batch() as batch:
        for number in range(6):
            batch.add(delete(server.account, number))

    accepted, text, missing, null, headers, empty = batch
    assert (accepted.result(), type(missing.error)) == (None, NotFound)
    assert [str(handle.error) for handle in (text, null, headers, empty)] == [
        "$.batch[1].status: expected an integer, got a string",
        "$.batch[3]: expected an object, got null",
        "$.batch[4].headers: expected an object, got an array",
        "$.batch[5].status: a required member is missing",
    ]
    assert isinstance(text.error, DecodeError)
    assert text.error.path == "$.batch[1].status"


REJECTED = ValueError, "is not allowed in a batch"
FOREIGN = ConfigurationError, "belongs to another account than this batch"
OPTIONS = ValueError, "has its own options"


#: Calls that a batch rejects.
NOT_ALLOWED: list[tuple[Callable[[Server], Any], tuple[type[Exception], str]]] = [
    (lambda server: server.account.calendars.create(profile_id="pro_1", name="a"), REJECTED),
    (lambda server: server.account.events.bulk_delete(delete_all=True), REJECTED),
    (lambda server: server.account.events.change_participation_status("c", "e", status="accepted"), REJECTED),
    (lambda server: server.account.batch.execute([]), REJECTED),
    (lambda server: server.account.request("GET", "/v1/calendars"), REJECTED),
    (lambda server: server.client.real_time_scheduling.status("sch_1"), REJECTED),
    (lambda server: delete(server.client.account(access_token="another")), FOREIGN),
    (lambda server: delete(server.client.account(access_token="token", impersonate="acc_2")), FOREIGN),
    (lambda _: delete(Server().account), FOREIGN),
    (lambda server: delete(server.account).with_options(timeout=5), OPTIONS),
    (lambda server: delete(server.account).with_options(headers={"x-a": "b"}), OPTIONS),
    (lambda server: delete(server.account).with_options(retries=0), OPTIONS),
    (lambda server: delete(server.account).background(), OPTIONS),
    (lambda _: "delete", (TypeError, "expected a call, got str. Do not await it before adding it.")),
]


@pytest.mark.parametrize(("make", "expected"), NOT_ALLOWED)
async def test_a_call_that_is_not_allowed_is_rejected_by_add(
    make: Callable[[Server], Any], expected: tuple[type[Exception], str]
) -> None:
    server = Server()
    kind, message = expected

    async with server.account.batch() as batch:
        with pytest.raises(kind, match=f"^call: .*{message}"):
            batch.add(make(server))

    assert server.batches == []


async def test_an_equal_account_object_is_accepted() -> None:
    server = Server()
    server.client.account(access_token="token", sub="acc_1")
    account, equal_account = server.client.account(sub="acc_1"), server.client.account(sub="acc_1")

    async with account.batch() as batch:
        batch.add(delete(equal_account))
        batch.add(delete(equal_account).with_options())

    assert len(server.batches[0]) == 2


async def test_a_call_is_used_up_by_a_batch_but_not_by_a_rejection() -> None:
    server = Server()
    call = delete(server.account)
    mine = delete(server.account).with_options(retries=0)

    async with server.account.batch() as batch:
        batch.add(call)
        with pytest.raises(RuntimeError, match="was already used"):
            batch.add(call)
        with pytest.raises(RuntimeError, match="was already used"):
            await call
        with pytest.raises(ValueError, match="has its own options"):
            batch.add(mine)
    mine.close()

    assert len(server.batches[0]) == 1


async def test_a_batch_is_used_once_and_in_its_block() -> None:
    server = Server()
    batch = server.account.batch()
    call = delete(server.account)

    with pytest.raises(RuntimeError, match="add: the batch is not open"):
        batch.add(call)
    async with batch:
        handle = batch.add(call)
        with pytest.raises(RuntimeError, match="Read it after the `async with` block"):
            _ = handle.error
    late = delete(server.account)
    with pytest.raises(RuntimeError, match="add: the batch is not open"):
        batch.add(late)
    late.close()
    with pytest.raises(RuntimeError, match=r"Call batch\(\) again"):
        await batch.__aenter__()


FAILURES: list[tuple[Responder, type[Exception]]] = [
    (lambda _: RawResponse(status=401), Unauthorized),
    (lambda _: RawResponse(status=422, body=json.dumps(ERRORS).encode()), ValidationFailed),
    (failing(RequestTimeout("late", sent="maybe")), RequestTimeout),
    (lambda _: RawResponse(status=207, body=b"{}"), DecodeError),
    (lambda _: respond(*[{"status": 202}] * 49), DecodeError),
    (lambda _: RawResponse(status=207, body=b'{"batch": {}}'), DecodeError),
]


@pytest.mark.parametrize(("response", "kind"), FAILURES)
async def test_a_request_that_fails_ends_the_batches_and_is_the_error_of_its_items(
    response: Responder, kind: type[Exception]
) -> None:
    server = Server(accept, response)
    batch = server.account.batch()

    async def send() -> None:
        async with batch:
            for number in range(150):
                batch.add(delete(server.account, number))

    with pytest.raises(kind) as raised:
        await send()

    handles = list(batch)
    assert [handle.error for handle in handles[:50]] == [None] * 50
    assert {id(handle.error) for handle in handles[50:100]} == {id(raised.value)}
    assert [handle.done for handle in handles[100:]] == [False] * 50
    assert batch.failed == tuple(handles[50:100])


async def test_a_batch_that_is_cancelled_has_no_result() -> None:
    entered = asyncio.Event()

    async def hang(request: Request) -> RawResponse:
        entered.set()
        await asyncio.Event().wait()
        raise AssertionError

    client = CronofyClient(client_id="id", client_secret="s3cret", transport=MemoryTransport(hang))
    batch = client.account(access_token="token").batch()

    async def send() -> None:
        async with batch:
            batch.add(delete(client.account(access_token="token")))

    task = asyncio.create_task(send())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [handle.done for handle in batch] == [False]


@pytest.mark.parametrize("idempotent", [True, False])
async def test_a_batch_is_retried_if_all_its_items_may_be_sent_twice(
    idempotent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not idempotent:
        from cronofy_async.resources import events

        monkeypatch.setattr(events, "DELETE", attrs.evolve(events.DELETE, idempotent=False))
    server = Server(failing(RequestTimeout("late", sent="maybe")), accept)
    batch = server.account.batch()

    async def send() -> None:
        async with batch:
            batch.add(delete(server.account))
            batch.add(server.account.events.delete_external("cal_1", event_uid="evt_1"))

    if idempotent:
        await send()
        assert (len(server.batches), batch.failed) == (2, ())
    else:
        with pytest.raises(RequestTimeout):
            await send()
        assert len(server.batches) == 1


async def test_a_batch_that_was_not_sent_is_retried_in_any_case() -> None:
    server = Server(failing(ConnectError("no", sent="no")), accept)

    result = await server.account.batch.execute([{"method": "DELETE", "relative_url": "/v1/x", "data": {}}])

    assert [item.status for item in result] == [202]
    assert len(server.batches) == 2


async def test_the_repr_of_a_batch_shows_its_state() -> None:
    server = Server(lambda _: respond({"status": 202}, {"status": 404}))

    async with server.account.batch() as batch:
        sent, failed = batch.add(delete(server.account)), batch.add(delete(server.account))
        assert repr(batch) == "<CallBatch of 2 calls, open>"
        assert repr(sent) == "<BatchedCall DELETE /v1/calendars/{calendar_id}/events not sent or unknown>"

    assert repr(sent) == "<BatchedCall DELETE /v1/calendars/{calendar_id}/events succeeded>"
    assert repr(failed) == "<BatchedCall DELETE /v1/calendars/{calendar_id}/events failed>"
