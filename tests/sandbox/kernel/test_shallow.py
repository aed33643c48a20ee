"""Shallow operations keep requests and return them."""

from __future__ import annotations

import json

import pytest

from cronofy_async.sandbox import Sandbox, SandboxError
from cronofy_async.sandbox.kernel.area import Context, SandboxResponse, keep, keep_in, kept_records, ok, operation
from cronofy_async.sandbox.kernel.contract.contract import contract
from cronofy_async.sandbox.kernel.kernel import Kernel

from .small import BOTH, NOW, make_kernel, op, registry, request_body, send

TEXT = {"type": "string"}
BODY = {"properties": {"name": TEXT, "size": {"type": "integer"}, "client_id": TEXT, "client_secret": TEXT}}
PATHS = {
    "/v1/things": {
        "get": op("things.list", security=BOTH, **{"x-fidelity": "shallow"}),
        "post": op("things.create", security=BOTH, requestBody=request_body(BODY), **{"x-fidelity": "shallow"}),
    },
    "/v1/looks": {"get": op("looks.create", security=BOTH, parameters=[{"name": "at", "in": "query", "schema": TEXT}])},
}


def keeping() -> Kernel:
    new_registry = registry()

    @operation("things.create", registry=new_registry)
    def create(context: Context) -> SandboxResponse:
        thing = keep(context, "thg", state="new")
        return ok({"id": thing.id, **thing.members})

    @operation("looks.create", registry=new_registry)
    def look(context: Context) -> SandboxResponse:
        return ok(keep(context, "lok").members)

    @operation("things.list", registry=new_registry)
    def list_things(context: Context) -> SandboxResponse:
        account = context.account_or_none
        return ok(
            {
                "things": [
                    record.members
                    for record in kept_records(context.state, "things", sub=account.sub if account else None)
                ]
            }
        )

    return make_kernel(PATHS, new_registry)


async def test_a_request_is_kept_and_returned() -> None:
    kernel = keeping()

    first = (await send(kernel, "POST", "/v1/things", {"name": "a", "size": 1})).json
    await send(kernel, "POST", "/v1/things", {"name": "b"})

    assert first == {"id": kept_records(kernel.state, "things")[0].id, "name": "a", "size": 1, "state": "new"}
    assert (await send(kernel, "GET", "/v1/things")).json == {
        "things": [{"name": "a", "size": 1, "state": "new"}, {"name": "b", "state": "new"}]
    }
    assert kept_records(kernel.state, "things.create")[0].at == NOW


async def test_records_of_accounts_are_separate() -> None:
    kernel = keeping()
    ada, kim = (kernel.state.add_account(f"{name}@example.com", name) for name in ("ada", "kim"))
    for token, name in ((ada.access_token, "a"), (kim.access_token, "b"), ("key", "c")):
        await send(kernel, "POST", "/v1/things", {"name": name}, token=token)

    mine = (await send(kernel, "GET", "/v1/things", token=kim.access_token)).json

    assert [thing["name"] for thing in mine["things"]] == ["b"]
    assert [record.sub for record in kept_records(kernel.state, "things")] == [ada.sub, kim.sub, None]


async def test_an_operation_without_a_body_keeps_its_query() -> None:
    assert (await send(keeping(), "GET", "/v1/looks?at=noon")).json == {"at": "noon"}


async def test_credentials_are_not_kept() -> None:
    kernel = keeping()
    body = {"name": "a", "client_id": "id", "client_secret": "key"}

    await send(kernel, "POST", "/v1/things", body)

    (record,) = kept_records(kernel.state, "things")
    assert record.members == {"name": "a", "state": "new"}
    assert "'a'" not in repr(record)


def test_an_operation_has_its_own_records() -> None:
    state = keeping().state
    keep_in(state, "things.create", "thg", {"name": "a"})

    assert kept_records(state, "things.list") == kept_records(state, "thing") == []


async def test_the_same_seed_makes_the_same_ids() -> None:
    answers = [(await send(keeping(), "POST", "/v1/things", {})).json["id"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert answers[0].startswith("thg_")


async def test_records_survive_a_snapshot_but_not_a_reset() -> None:
    kernel, other = keeping(), keeping()
    await send(kernel, "POST", "/v1/things", {"name": "a"})

    other.restore(json.loads(json.dumps(kernel.snapshot())))
    assert (await send(other, "GET", "/v1/things")).json == (await send(kernel, "GET", "/v1/things")).json
    other.reset()
    assert kept_records(other.state, "things") == []


def test_a_sandbox_returns_what_was_kept() -> None:
    sandbox = Sandbox(now=NOW)
    record = keep_in(sandbox.runtime.state, "calendars.list", "cal", {"name": "a"})

    assert sandbox.kept_records("calendars.list") == sandbox.kept_records("calendars") == [record]
    assert sandbox.kept_records("calendars.create") == []
    with pytest.raises(SandboxError, match="name: the sandbox has no operation or area calendar"):
        sandbox.kept_records("calendar")


def test_the_description_says_that_an_operation_is_shallow() -> None:
    document = make_kernel(PATHS, registry()).contract.document

    assert document["paths"]["/v1/things"]["get"]["description"].startswith("Shallow:")
    assert contract().document["paths"]["/v1/calendars"]["get"]["description"].startswith("As documented.")
