"""The contract that comes with the package, and how its operations are found."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.contract import loading, merging, schemas
from cronofy_async.sandbox.kernel.contract.contract import Contract, Operation, contract
from cronofy_async.sandbox.kernel.messages import SandboxResponse
from cronofy_async.sandbox.kernel.registry import REGISTRY

from ..support import LINKS, call
from .small import OK, SANDBOX, contract_of, fields, kernel_of, op, registry, request_body, send
from .small import base as base_of_the_contract


def test_the_contract_is_openapi_3_1() -> None:
    document: Any = contract().document

    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_package_data_equals_the_merged_parts() -> None:
    assert Sandbox.assumptions  # all areas are registered
    assert loading.document(SANDBOX) == contract().document


def test_the_contract_and_the_registry_have_the_same_operations() -> None:
    assert Sandbox.assumptions
    assert set(contract().operations) == set(REGISTRY.operations)


def test_every_rule_is_for_a_schema_or_an_operation_of_the_contract() -> None:
    known = {*contract().document["components"]["schemas"], *contract().operations}
    assert {target for rule in REGISTRY.rules for target in rule.targets} <= known


def test_every_operation_names_its_docs() -> None:
    for operation in contract().operations.values():
        assert operation.docs.startswith("https://docs.cronofy.com/developers/")
        assert operation.fidelity in {"documented", "assumed", "shallow"}


FOUND: list[tuple[str, str, tuple[str, dict[str, str]] | None]] = [
    ("POST", LINKS, ("real_time_scheduling.create", {})),
    ("GET", LINKS, ("real_time_scheduling.status_by_token", {})),
    ("GET", f"{LINKS}/a%2Fb%20c", ("real_time_scheduling.status", {"real_time_scheduling_id": "a/b c"})),
    ("POST", f"{LINKS}/x/disable", ("real_time_scheduling.disable", {"real_time_scheduling_id": "x"})),
    ("GET", f"{LINKS}/", ("real_time_scheduling.status_by_token", {})),  # official SDKs use such paths
    ("GET", f"{LINKS}/a/", ("real_time_scheduling.status", {"real_time_scheduling_id": "a"})),
    ("GET", f"{LINKS}/a/b", None),
    ("GET", f"{LINKS}//", None),
    ("DELETE", f"{LINKS}/a", None),
    ("GET", "/v1xreal_time_scheduling", None),
    ("GET", "/", None),
]


@pytest.mark.parametrize(("method", "path", "expected"), FOUND)
def test_an_operation_is_found_by_method_and_path(
    method: str, path: str, expected: tuple[str, dict[str, str]] | None
) -> None:
    result = contract().find(method, path)
    assert (result and (result.operations[0].name, result.path)) == expected


def test_a_literal_segment_matches_before_a_parameter() -> None:
    paths = {"/v1/a/{id}": "a.one", "/v1/a/all": "a.all", "/v1/a/{id}/b/{c}": "a.deep", "/v1/a/all/b": "a.all_b"}
    created = contract_of({path: {"get": op(name)} for path, name in paths.items()})

    for path, name in (
        ("/v1/a/all", "a.all"),
        ("/v1/a/x", "a.one"),
        ("/v1/a/all/b", "a.all_b"),
        ("/v1/a/all/b/c", "a.deep"),  # although no path continues after `all` in this position
        ("/v1/a/x/b/c", "a.deep"),
    ):
        route = created.find("GET", path)
        assert route is not None
        assert route.operations[0].name == name


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"real_time_scheduling": {"real_time_scheduling_id": "sch_1"}}'),
        (422, b'{"errors": {}}'),
        (422, b'{"errors": {"a": [{"key": "k"}]}}'),
    ],
)
def test_a_response_that_breaks_the_contract_is_detected(status: int, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"required|propert"):
        contract().operations["real_time_scheduling.create"].check_response(status, body)


def test_a_status_outside_the_contract_is_detected() -> None:
    with pytest.raises(LookupError, match=r"real_time_scheduling\.create: 418 is not in the contract"):
        contract().operations["real_time_scheduling.create"].check_response(418, b"")


PAGE = {
    "200": {
        "description": "A page.",
        "headers": {"X-Total": {"required": True, "schema": {"type": "string"}}},
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    "202": {"description": "Later."},
    "403": {"description": "No.", "x-optional-content": {"text/plain": {"schema": {"type": "string"}}}},
}


@pytest.mark.parametrize(
    ("status", "body", "headers", "message"),
    [
        (200, b"{}", {"Content-Type": "application/json"}, "200 has no header X-Total"),
        (200, b"", {"X-Total": "1"}, "200 has no body"),
        (200, b"x", {"X-Total": "1", "Content-Type": "text/plain"}, "200 with a body of type 'text/plain'"),
        (200, b"{}", {"X-Total": "1"}, "200 with a body of type ''"),
        (202, b"{}", {"Content-Type": "application/json"}, "202 with a body of type 'application/json'"),
        (403, b"{}", {"Content-Type": "application/json"}, "403 with a body of type 'application/json'"),
    ],
)
def test_a_header_or_body_outside_the_contract_is_detected(
    status: int, body: bytes, headers: dict[str, str], message: str
) -> None:
    operation = contract_of({"/v1/a": {"get": op("a.one", responses=PAGE)}}).operations["a.one"]

    with pytest.raises(LookupError, match=f"a.one: {message}"):
        operation.check_response(status, body, headers=headers)
    operation.check_response(200, b"{}", headers={"X-Total": "1", "Content-Type": "application/json; charset=utf-8"})
    operation.check_response(202, b"", headers={})
    operation.check_response(403, b"Forbidden", headers={"Content-Type": "text/plain; charset=utf-8"})
    operation.check_response(403, b"", headers={})


@pytest.mark.parametrize("status", [418, 500])
async def test_an_operation_that_answers_outside_the_contract_fails(status: int) -> None:
    """This is why every response that a test of this project gets from the sandbox conforms to the contract."""
    new_registry = registry()
    new_registry.add_operation("a.one", lambda _: SandboxResponse.of(status, {"error": "x"}))
    kernel = kernel_of(contract_of({"/v1/a": {"get": op("a.one")}}), new_registry)

    with pytest.raises(LookupError, match=f"a.one: {status} is not in the contract"):
        await send(kernel, "GET", "/v1/a")


async def test_every_response_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """This includes the responses to items of a batch, and all errors."""
    checked: list[tuple[str, int]] = []

    def check(self: Operation, status: int, *_: object) -> None:
        checked.append((self.name, status))

    monkeypatch.setattr(Operation, "check_response", check)
    sandbox = Sandbox()
    token = sandbox.add_account("ada@example.com").access_token
    item = {"method": "DELETE", "relative_url": "/v1/calendars/cal_1/events", "data": {"event_id": "x"}}

    await call(sandbox, "GET", "/v1/account", token=token)
    await call(sandbox, "GET", "/v1/account", token="unknown")
    await call(sandbox, "GET", "/v1/account")
    await call(sandbox, "POST", LINKS, b"{")
    await call(sandbox, "GET", f"{LINKS}/sch_1")
    await call(sandbox, "POST", "/oauth/token", {})
    await call(sandbox, "POST", "/v1/batch", {"batch": [item]}, token=token)

    assert checked == [
        ("identity.account", 200),
        ("identity.account", 401),
        ("identity.account", 403),
        ("real_time_scheduling.create", 422),
        ("real_time_scheduling.status", 404),
        ("oauth.refresh", 400),
        ("events.delete", 404),
        ("batch.execute", 207),
    ]


# Several operations that share verb and path.

EVENT = {"type": "object", "required": ["event_id"], "properties": {"event_id": {"type": "string"}}}
EXTERNAL = {"type": "object", "required": ["event_uid"], "properties": {"event_uid": {"type": "string"}}}
SHARED = {
    "/v1/shared": {
        "post": [
            op(
                "small.edit_external",
                when={"in": "body", "name": "event_uid"},
                requestBody=request_body({"$ref": "#/components/schemas/External"}),
            ),
            op(
                "small.cancel",
                when={"in": "body", "name": "method", "equals": "cancel"},
                requestBody=request_body({"type": "object", "properties": {"method": {}}}),
            ),
            op("small.upsert", requestBody=request_body({"$ref": "#/components/schemas/Own"})),
        ],
        "get": [
            op(
                "small.lookup",
                when={"in": "query", "name": "token"},
                parameters=[{"name": "token", "in": "query", "required": True, "schema": {"type": "string"}}],
                responses={"200": {"description": "One."}},
            ),
            op("small.without_tzid", when={"in": "query", "name": "tzid", "present": False}),
            op(
                "small.list",
                security=[{"access_token": []}],
                parameters=[{"name": "tzid", "in": "query", "schema": {"type": "string"}}],
            ),
        ],
    }
}
SCHEMAS = {"Own": EVENT, "External": EXTERNAL}


@pytest.mark.parametrize(
    ("method", "query", "body", "name"),
    [
        ("POST", "", {"event_uid": "u"}, "small.edit_external"),
        ("POST", "", {"event_uid": None, "method": "cancel"}, "small.edit_external"),
        ("POST", "", {"method": "cancel"}, "small.cancel"),
        ("POST", "", {"method": "other"}, "small.upsert"),
        ("POST", "", None, "small.upsert"),
        ("GET", "token=t", {}, "small.lookup"),
        ("GET", "", {}, "small.without_tzid"),
        ("GET", "tzid=Etc/UTC", {}, "small.list"),
    ],
)
def test_the_first_matching_operation_is_chosen(method: str, query: str, body: Any, name: str) -> None:
    route = contract_of(SHARED, SCHEMAS).find(method, "/v1/shared")

    assert route is not None
    assert route.choose(query, body).name == name


def test_operations_on_one_path_are_one_openapi_operation() -> None:
    document = contract_of(SHARED, SCHEMAS).document

    posted = document["paths"]["/v1/shared"]["post"]
    assert posted["operationId"] == "small.edit_external_or_cancel_or_upsert"
    assert [variant["name"] for variant in posted["x-cronofy-operations"]] == [
        "small.edit_external",
        "small.cancel",
        "small.upsert",
    ]
    assert len(posted["requestBody"]["content"]["application/json"]["schema"]["anyOf"]) == 3
    got = document["paths"]["/v1/shared"]["get"]
    assert got["security"] == [{"api_key": []}, {"access_token": []}]
    assert [parameter["required"] for parameter in got["parameters"]] == [False, False]
    assert got["responses"]["200"]["description"] == "One. Or: Done."
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


async def test_operations_on_one_path_have_separate_checks_faults_and_records() -> None:
    new_registry = registry()
    for name in ("edit_external", "cancel", "upsert", "lookup", "without_tzid", "list"):
        new_registry.add_operation(f"small.{name}", lambda _: _done())
    kernel = kernel_of(contract_of(SHARED, SCHEMAS), new_registry)

    assert fields(await send(kernel, "POST", "/v1/shared", {"event_uid": 1})) == {"event_uid": "errors.invalid_type"}
    assert fields(await send(kernel, "POST", "/v1/shared", {})) == {"event_id": "errors.required"}
    kernel.faults.add("small.edit_external", status=503)
    assert (await send(kernel, "POST", "/v1/shared", {"event_uid": "u"})).status == 503
    assert (await send(kernel, "POST", "/v1/shared", {"event_id": "e"})).status == 200
    assert (await send(kernel, "GET", "/v1/shared?tzid=a")).status == 403
    assert [request.operation for request in kernel.requests][-3:] == [
        "small.edit_external",
        "small.upsert",
        "small.list",
    ]


def _done() -> Any:
    from cronofy_async.sandbox.kernel.messages import ok

    return ok({})


# Loading.


def multiplied(times: int) -> Any:
    """Return the contract with each of its paths repeated ``times`` times."""
    document: Any = contract().document
    paths = {
        path.replace("/v1/", f"/v{number}/"): {
            verb: operation | {"operationId": f"{operation['operationId']}_{number}"}
            for verb, operation in item.items()
            if "responses" in operation
        }
        for number in range(times)
        for path, item in document["paths"].items()
    }
    return document | {"paths": paths}


def test_validators_are_compiled_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[object] = []

    def validator(_: schemas.Schemas, schema: object) -> None:
        compiled.append(schema)

    monkeypatch.setattr(schemas.Schemas, "validator", validator)

    loaded = Contract(multiplied(20))

    assert len(loaded.operations) > 150
    assert compiled == []


def test_the_merge_rejects_ambiguous_operations() -> None:
    with pytest.raises(ValueError, match="/v1/a: all operations but the last need `when`"):
        contract_of({"/v1/a": {"get": [op("a.one"), op("a.two")]}})
    part = {"paths": {"/v1/a": {"get": op("a.one", responses=OK)}}}
    with pytest.raises(ValueError, match="paths: get is defined twice"):
        merging.merge(base_of_the_contract(), [part, part])


def test_the_merge_rejects_two_objects_that_would_get_the_same_name() -> None:
    post = op("a.one", requestBody=request_body({"type": "object", "properties": {"b": {"type": "string"}}}))

    with pytest.raises(ValueError, match="schemas: AOneRequest is defined twice"):
        contract_of({"/v1/a": {"post": post}}, {"AOneRequest": {"type": "object"}})
