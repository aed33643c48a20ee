"""Features of the kernel for operations: typed queries, delayed effects, requests inside a request, callbacks, pages."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.sandbox.kernel.area import (
    Context,
    EventChange,
    Field,
    Problem,
    Problems,
    Runtime,
    SandboxResponse,
    assumption,
    ok,
    on_event_change,
    operation,
    rule,
)

from .small import BOTH, OK, PUT, Note, fields, make_kernel, op, registry, request_body, send, writing_registry

DOCS = "https://docs.example.com/"
EMPTY: list[str] = []


# Credentials.


async def test_an_operation_may_accept_two_credentials() -> None:
    new_registry = registry()

    @operation("small.who", registry=new_registry)
    def who(context: Context) -> SandboxResponse:
        account = context.account_or_none
        return ok({"sub": account and account.sub})

    @operation("small.mine", registry=new_registry)
    def mine(context: Context) -> SandboxResponse:
        return ok({"sub": context.account.sub})

    kernel = make_kernel(
        {"/v1/who": {"get": op("small.who", security=BOTH), "post": op("small.mine", security=BOTH)}}, new_registry
    )
    ada = kernel.state.add_account("ada@example.com", "Ada", kind="service_account")

    assert (await send(kernel, "GET", "/v1/who")).json == {"sub": None}
    assert (await send(kernel, "GET", "/v1/who", token=ada.access_token)).json == {"sub": ada.sub}
    assert (await send(kernel, "POST", "/v1/who", token=ada.access_token)).json == {"sub": ada.sub}
    assert (await send(kernel, "GET", "/v1/who", token="admin")).status == 403
    with pytest.raises(LookupError, match=r"small\.mine: sent by the application, not an account. Use account_or_none"):
        await send(kernel, "POST", "/v1/who")


@pytest.mark.parametrize(
    ("security", "statuses"),
    [
        ("api_key", {"key": 200, "admin": 403, "x": 401, None: 401}),
        ("admin_key", {"key": 403, "admin": 200, "x": 401, None: 401}),
        (None, {"key": 200, "x": 200, None: 200}),
    ],
)
async def test_credentials_are_checked_against_the_contract(
    security: str | None, statuses: dict[str | None, int]
) -> None:
    new_registry = registry()
    new_registry.add_operation("small.get", lambda _: ok({}))
    kernel = make_kernel(
        {"/v1/get": {"get": op("small.get", security=[dict.fromkeys([security] if security else [], EMPTY)])}},
        new_registry,
    )

    assert {token: (await send(kernel, "GET", "/v1/get", token=token)).status for token in statuses} == statuses


# Queries.

PARAMETERS = [
    {"name": "from", "in": "query", "schema": {"$ref": "#/components/schemas/Day"}},
    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 50}},
    {"name": "deleted", "in": "query", "schema": {"type": "boolean"}},
    {"name": "tzid", "in": "query", "required": True, "schema": {"type": "string"}},
    {"name": "calendar_ids[]", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
    {"name": "sizes[]", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}},
]
DAY = {"Day": {"type": "string", "pattern": "^[0-9-]+$", "x-message": "must be a day"}}


async def queried(target: str) -> SandboxResponse:
    new_registry = registry()
    new_registry.add_operation("small.list", lambda context: ok(dict(context.query)))
    kernel = make_kernel({"/v1/list": {"get": op("small.list", parameters=PARAMETERS)}}, new_registry, DAY, strict=True)
    return await send(kernel, "GET", f"/v1/list?{target}")


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("tzid=Etc/UTC", {"tzid": "Etc/UTC"}),
        ("tzid=a&limit=5&deleted=true&from=2031-03-03", {"from": "2031-03-03", "limit": 5, "deleted": True}),
        ("tzid=a&deleted=True", {"deleted": True}),
        ("tzid=a&deleted=False", {"deleted": False}),
        ("tzid=a&deleted=&limit=", {}),
        ("tzid=b&tzid=a", {}),
        ("tzid=a&calendar_ids[]=c1&calendar_ids[]=c2", {"calendar_ids": ["c1", "c2"]}),
        ("tzid=a&calendar_ids%5B%5D=c%2F1", {"calendar_ids": ["c/1"]}),
        ("tzid=a&sizes[]=1&sizes[]=2", {"sizes": [1, 2]}),
    ],
)
async def test_query_parameters_have_the_types_of_the_contract(query: str, values: Any) -> None:
    assert (await queried(query)).json == {"tzid": "Etc/UTC" if "Etc" in query else "a"} | values


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", {"tzid": "errors.required"}),
        ("tzid=a&limit=many", {"limit": "errors.invalid_type"}),
        ("tzid=a&limit=51", {"limit": "errors.invalid"}),
        ("tzid=a&deleted=maybe", {"deleted": "errors.invalid_type"}),
        ("tzid=a&from=now", {"from": "errors.invalid"}),
        ("tzid=a&sizes[]=1&sizes[]=x", {"sizes[1]": "errors.invalid_type"}),
        ("tzid=a&calendar_ids=c1", {"calendar_ids": "errors.invalid_type"}),
        ("tzid=a&limt=5", {"limt": "errors.unknown"}),
    ],
)
async def test_an_invalid_query_is_a_422_that_names_the_parameter(query: str, wrong: dict[str, str]) -> None:
    assert fields(await queried(query)) == wrong


async def test_descriptions_are_readable() -> None:
    reply = await queried("tzid=a&from=now")

    assert reply.json["errors"]["from"][0]["description"] == "from must be a day"


# Rules.


async def test_a_rule_applies_wherever_its_schema_is_used() -> None:
    new_registry = registry()

    @rule("Slot", docs=DOCS, registry=new_registry)
    def ends_after_it_starts(slot: Any, field: Field, context: Context) -> Problems:
        """A slot ends after it starts."""
        if slot["end"] <= slot["start"]:
            yield Problem(field / "end", "errors.invalid", "must be after the start")

    @rule("small.put", docs=DOCS, fidelity="assumed", registry=new_registry)
    def not_too_many(body: Any, field: Field, context: Context) -> Problems:
        """Two at most."""
        if len(body.get("slots", ())) > 2:
            yield Problem(field / "slots", "errors.invalid", "must be two at most")

    @rule("small.get", docs=DOCS, registry=new_registry)
    def in_order(query: Any, field: Field, context: Context) -> Problems:
        """From before to."""
        if query["from"] > query["to"]:
            yield Problem(field / "to", "errors.invalid", "must be after from")

    new_registry.add_operation("small.put", lambda _: ok({}))
    new_registry.add_operation("small.get", lambda _: ok({}))
    slot = {
        "type": "object",
        "required": ["start", "end"],
        "properties": {"start": {"type": "integer"}, "end": {"type": "integer"}},
    }
    reference = {"$ref": "#/components/schemas/Slot"}
    body = {
        "properties": {
            "slots": {"type": "array", "items": reference},
            "when": {"anyOf": [{"type": "string"}, reference]},
            "more": {"allOf": [reference], "properties": {"note": {"type": "string"}}},
            "by_name": {"type": "object", "additionalProperties": reference},
        }
    }
    query = [{"name": name, "in": "query", "required": True, "schema": {"type": "integer"}} for name in ("from", "to")]
    paths = {
        "/v1/put": {"post": op("small.put", requestBody=request_body(body)), "get": op("small.get", parameters=query)}
    }
    kernel = make_kernel(paths, new_registry, {"Slot": slot}, strict=True)
    wrong, right = {"start": 2, "end": 1}, {"start": 1, "end": 2}

    reply = await send(
        kernel, "POST", "/v1/put", {"slots": [right, wrong], "when": wrong, "more": wrong, "by_name": {"x": wrong}}
    )
    assert list(fields(reply)) == ["slots[1].end", "when.end", "more.end", "by_name.x.end"]
    assert (await send(kernel, "POST", "/v1/put", {"slots": [right], "when": "later"})).status == 200
    assert fields(await send(kernel, "POST", "/v1/put", {"slots": [right] * 3})) == {"slots": "errors.invalid"}
    assert fields(await send(kernel, "GET", "/v1/put?from=2&to=1")) == {"to": "errors.invalid"}
    off = make_kernel(paths, new_registry, {"Slot": slot}, assume={"not_too_many": False})
    assert (await send(off, "POST", "/v1/put", {"slots": [right] * 3})).status == 200


async def test_assumptions_have_names_and_switches() -> None:
    new_registry = registry()
    bare = assumption("answers_are_bare", "The answer has no envelope.", registry=new_registry)

    @operation("small.get", registry=new_registry)
    def get(context: Context) -> SandboxResponse:
        return ok({"bare": context.assumes(bare), "typo": context.query.get("typo")})

    paths = {"/v1/get": {"get": op("small.get")}}
    assert (await send(make_kernel(paths, new_registry), "GET", "/v1/get")).json["bare"] is True
    assert (await send(make_kernel(paths, new_registry, assume={bare: False}), "GET", "/v1/get")).json["bare"] is False
    with pytest.raises(LookupError, match="bear: no such assumption"):
        make_kernel(paths, new_registry).runtime.assumes("bear")
    with pytest.raises(ValueError, match="assumption: answers_are_bare is registered twice"):
        assumption(bare, "Again.", registry=new_registry)


# A request inside a request.


async def test_a_request_inside_a_request() -> None:
    new_registry = writing_registry()

    @operation("small.many", registry=new_registry)
    def batch(context: Context) -> SandboxResponse:
        answers = [context.perform(item["method"], item["url"], item.get("data")) for item in context.body["batch"]]
        return ok({"statuses": [response.status for response in answers], "last": answers[-1].json})

    paths = PUT | {"/v1/many": {"post": op("small.many", requestBody=request_body({"properties": {"batch": {}}}))}}
    kernel = make_kernel(paths, new_registry, strict=True, limits=True)
    kernel.faults.add("small.put", status=500)
    items = [
        {"method": "POST", "url": "/v1/put", "data": {"text": "a"}},
        {"method": "POST", "url": "/v1/put?x=1", "data": {"text": "b"}},
        {"method": "POST", "url": "/v1/no_such_thing"},
        {"method": "POST", "url": "/v1/put", "data": {"text": 5}},
    ]

    reply = await send(kernel, "POST", "/v1/many", {"batch": items})

    assert reply.json["statuses"] == [202, 422, 501, 422]
    assert list(reply.json["last"]["errors"]) == ["text"]
    assert list(kernel.state.table(Note)) == ["a"]
    (recorded,) = kernel.requests
    assert (recorded.operation, recorded.unknown) == ("small.many", ("x is not known",))


# Callbacks.


async def test_notify_returns_immediately_and_keeps_the_order() -> None:
    new_registry = registry()

    @operation("small.notify", registry=new_registry)
    def notify(context: Context) -> SandboxResponse:
        for number in range(3):
            context.notify("https://app.example.com/hook", {"number": number})
        return ok({})

    kernel = make_kernel({"/v1/notify": {"post": op("small.notify")}}, new_registry)
    seen: list[int] = []
    kernel.callbacks.mount("https://app.example.com", lambda delivery: seen.append(delivery.json["number"]))

    await send(kernel, "POST", "/v1/notify")
    assert [delivery.outcome for delivery in kernel.callbacks.deliveries] == ["queued"] * 3
    await kernel.callbacks.wait()

    assert seen == [0, 1, 2]
    assert [delivery.outcome for delivery in kernel.callbacks.deliveries] == ["answered"] * 3
    await kernel.callbacks.aclose()


async def test_a_callback_receiver_may_cause_callbacks() -> None:
    kernel = make_kernel({}, registry())
    seen: list[str] = []

    def receive(delivery: Any) -> None:
        seen.append(delivery.url)
        if len(seen) == 1:
            kernel.runtime.notify("https://app.example.com/second", {})

    kernel.callbacks.mount("https://app.example.com", receive)
    kernel.runtime.notify("https://app.example.com/first", {})
    await kernel.callbacks.wait()

    assert seen == ["https://app.example.com/first", "https://app.example.com/second"]


def test_callbacks_queued_without_a_loop_are_sent_later() -> None:
    import asyncio

    kernel = make_kernel({}, registry())
    kernel.runtime.notify("https://app.example.com/hook", {})

    asyncio.run(kernel.callbacks.wait())

    assert [delivery.outcome for delivery in kernel.callbacks.deliveries] == ["refused"]


def test_listeners_receive_event_changes_and_their_origin() -> None:
    new_registry = registry()
    heard: list[tuple[bool, bool]] = []

    def listen(runtime: Runtime, change: EventChange) -> None:
        heard.append((change.by_application, change.event.deleted))

    on_event_change(listen, registry=new_registry)
    kernel = make_kernel({}, new_registry)
    ada = kernel.state.add_account("ada@example.com", "Ada")
    event = kernel.state.write_event(
        ada.sub, ada.calendar_id, {"event_id": "e"}, kernel.clock.now(), kernel.clock.now()
    )
    kernel.state.delete_event(ada.sub, ada.calendar_id, event, by_application=False)

    assert heard == [(True, False), (False, True)]
    assert (ada.events, [event.deleted for event in ada.calendars[0].deleted_events]) == ([], [True])
    with pytest.raises(LookupError, match="has no calendar cal_0"):
        kernel.state.write_event(ada.sub, "cal_0", {}, kernel.clock.now(), kernel.clock.now())


# Registration.


def test_duplicate_registrations_are_rejected() -> None:
    new_registry = registry()
    new_registry.add_operation("small.get", lambda _: ok(OK))

    with pytest.raises(ValueError, match=r"operation: small\.get is registered twice"):
        new_registry.add_operation("small.get", lambda _: ok(OK))
