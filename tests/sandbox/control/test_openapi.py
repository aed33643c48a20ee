"""The OpenAPI document of the control API is valid, complete, and correct."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.control.api import ROUTES
from cronofy_async.sandbox.control.calls import calls_of
from cronofy_async.sandbox.control.openapi import calls_by_route, openapi
from cronofy_async.sandbox.control.table import PREFIX, TABLE, WHOLE_BODY

from ..support import at, create, text
from .support import Control

CALLS = calls_of(Sandbox)
DOCUMENT = openapi(CALLS)


def operations() -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }


async def test_the_served_document_is_valid(control: Control) -> None:
    served = (await control.get("openapi.json")).json
    assert served == json.loads(json.dumps(DOCUMENT))
    assert list(OpenAPIV31SpecValidator(served).iter_errors()) == []


def test_every_action_is_described_once() -> None:
    assert {operation["operationId"] for operation in operations().values()} == set(Sandbox.actions())
    assert len(operations()) == len(calls_by_route(CALLS))


def test_every_line_of_the_table_fits_its_action() -> None:
    for line, name in TABLE.items():
        call = CALLS[name]
        assert set(re.findall(r"\{(\w+)\}", line)) <= set(call.parameters), line
        if not line.startswith("POST "):
            required = {parameter for parameter in call.parameters if call.is_required(parameter)}
            assert required == set(re.findall(r"\{(\w+)\}", line)), line  # there is no body
    assert [CALLS[name].is_required(argument) for name, argument in WHOLE_BODY.items()] == [True]


def test_every_line_of_the_table_is_routed() -> None:
    for line in TABLE:
        method, _, path = line.partition(" ")
        route, parameters = ROUTES.find(method, PREFIX + re.sub(r"\{(\w+)\}", r"x-\1", path))
        assert route.template == PREFIX + path
        assert parameters == {name: f"x-{name}" for name in re.findall(r"\{(\w+)\}", path)}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_argument_has_a_kind_and_every_action_a_summary(name: str) -> None:
    call = CALLS[name]
    assert set(call.kinds) == set(call.parameters)
    assert call.docs.summary.endswith(".")
    assert "\n" not in call.docs.summary
    assert set(call.docs.arguments) <= {*call.parameters, *call.action.parameters}


async def test_results_have_the_described_form(control: Control) -> None:
    """Results of many actions are valid, and have no members that are not described."""
    sandbox = control.sandbox
    sandbox.mount("https://app.example.com", lambda _: 204)
    ada = sandbox.add_account("ada@example.com")
    link = await create(sandbox, ada, callback_url="https://app.example.com/hook")
    talk = sandbox.scheduling_conversations.add([ada, {"email": "karl@example.com"}])
    event = sandbox.bookable_events.add().bookable_event_id
    created = {
        "POST accounts": {"email": "bob@example.com"},
        f"POST accounts/{ada.sub}/busy": {"start": text(at(14)), "end": text(at(15))},
        f"POST accounts/{ada.sub}/calendars": {},
        f"GET accounts/{ada.sub}": None,
        f"GET links/{link}/slots": None,
        f"POST links/{link}/book": {},
        f"GET links/{link}": None,
        f"GET conversations/{talk.id}/slots": None,
        f"POST conversations/{talk.id}/select": {},
        f"GET conversations/{talk.id}": None,
        f"POST bookable_events/{event}/register": {},
        "GET bookable_events": None,
        "POST faults": {"status": 500, "times": 1},
        "GET faults": None,
        "GET deliveries": None,
        "GET requests": None,
        "GET clock": None,
        "GET assumptions": None,
        "GET snapshot": None,
        "POST reset": {},
    }
    routed = {**DOCUMENT["paths"]}
    for line, body in created.items():
        method, _, path = line.partition(" ")
        reply = await control.send(method, path, None if body is None else json.dumps(body).encode())
        assert reply.status == 200, reply
        route, _ = ROUTES.find(method, PREFIX + path)
        operation = routed["/" + route.template.removeprefix(PREFIX)][method.lower()]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": closed(DOCUMENT["components"])}
        errors = [error.message for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(reply.json)]
        assert errors == [], line


def closed(components: Any) -> Any:
    """Return the schemas of records without other members, and with all members required."""
    schemas = {
        name: {**schema, "additionalProperties": False, "required": list(schema["properties"])}
        for name, schema in components["schemas"].items()
    }
    return {"schemas": schemas}
