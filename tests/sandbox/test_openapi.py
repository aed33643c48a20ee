"""The OpenAPI document as users get it: complete, with valid examples, and served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

import aiohttp
import pytest

from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.contract.contract import contract
from cronofy_async.sandbox.kernel.contract.merging import VERBS

from .support import ORIGIN, call

Json: TypeAlias = dict[str, Any]

DOCUMENT = Sandbox.openapi()
TAGS: dict[str, Json] = {tag["name"]: tag for tag in DOCUMENT["tags"]}
OPERATIONS: dict[str, Json] = {
    item[verb]["operationId"]: item[verb] for item in DOCUMENT["paths"].values() for verb in VERBS if verb in item
}
#: The operations that share a verb and path, and that the document names only in an extension.
COMBINED = {
    variant["name"] for operation in OPERATIONS.values() for variant in operation.get("x-cronofy-operations", ())
}
PUBLIC = [operation for operation in contract().operations.values() if operation.path in DOCUMENT["paths"]]
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))


def resolved(response: Json) -> Json:
    if "$ref" not in response:
        return response
    result: Json = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return result


def media_of(operation: Json) -> Iterator[tuple[str, Json]]:
    """Yield where an operation has a body, and the media type object that describes it."""
    body = operation.get("requestBody", {})
    yield from ((f"body {kind}", media) for kind, media in body.get("content", {}).items())
    for status, response in operation["responses"].items():
        yield from ((f"{status} {kind}", media) for kind, media in resolved(response).get("content", {}).items())


def examples_of(holder: Json) -> Iterator[tuple[str, Any]]:
    yield from ((name, example["value"]) for name, example in holder.get("examples", {}).items())
    if "example" in holder:
        yield "example", holder["example"]


def each_example() -> Iterator[Any]:
    """Yield every example of the document, with its schema."""
    for name, operation in OPERATIONS.items():
        for where, media in media_of(operation):
            for key, value in examples_of(media):
                yield pytest.param(media["schema"], value, id=f"{name} {where} {key}")
        for status, response in operation["responses"].items():
            for media in resolved(response).get("x-optional-content", {}).values():
                for key, value in examples_of(media):
                    yield pytest.param(media["schema"], value, id=f"{name} {status} {key}")
        for parameter in operation.get("parameters", ()):
            for key, value in examples_of(parameter):
                yield pytest.param(parameter["schema"], value, id=f"{name} {parameter['name']} {key}")


@each_operation
def test_an_operation_says_what_it_does_and_where_it_is_documented(operation: Json) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["externalDocs"]["url"].startswith("https://docs.cronofy.com/developers/")
    assert operation["x-fidelity"] in {"documented", "assumed", "shallow"}
    assert operation["security"]
    (tag,) = operation["tags"]
    assert TAGS[tag].get("description"), f"describe {tag} under `tags` in sandbox/areas/{tag}.yaml"
    assert TAGS[tag].get("externalDocs"), f"name the docs of {tag} under `tags` in sandbox/areas/{tag}.yaml"


@each_operation
def test_an_operation_has_examples_of_what_is_sent_and_returned(operation: Json) -> None:
    without = [where for where, media in media_of(operation) if not list(examples_of(media))]
    without += [
        parameter["name"]
        for parameter in operation.get("parameters", ())
        if parameter.get("required") and not list(examples_of(parameter))
    ]

    assert without == [], "add an example that the contract allows to tests/areas, and run `nox -s generate`"


def test_what_only_the_sandbox_has_is_left_out() -> None:
    text = json.dumps(DOCUMENT)

    assert [name for name in ("x-sandbox", "login_hint", "stored_file", "/storage/") if name in text] == []
    assert contract().operations.keys() - OPERATIONS.keys() - COMBINED == {"meeting_agents.stored_file"}
    (own_path,) = (path for path in contract().document["paths"] if path not in DOCUMENT["paths"])
    assert own_path == "/storage/{file_token}"


@pytest.mark.parametrize("variant", PUBLIC, ids=[variant.name for variant in PUBLIC])
def test_each_of_several_operations_on_one_path_has_an_example(variant: Any) -> None:
    operation = DOCUMENT["paths"][variant.path][variant.method.lower()]
    rendered = {name for _, media in media_of(operation) for name, _ in examples_of(media)}

    assert (
        "x-cronofy-operations" not in operation
        or "requestBody" not in operation
        or any(name.startswith(variant.name) for name in rendered)
    )


@pytest.mark.parametrize(("schema", "value"), list(each_example()))
def test_an_example_is_valid(schema: Json, value: Any) -> None:
    contract().schemas.validator(schema).validate(value)
    assert contract().schemas.unknown(value, schema) == {}


def test_every_data_center_is_a_server() -> None:
    hosts = [server["url"].removeprefix("https://") for server in DOCUMENT["servers"]]

    assert hosts == ["api.cronofy.com", *(f"api-{center}.cronofy.com" for center in ("au", "ca", "de", "sg", "uk"))]


def test_the_document_is_a_copy() -> None:
    Sandbox.openapi()["paths"].clear()

    assert Sandbox.openapi()["paths"]


# Served.


async def test_the_document_is_served_without_a_credential() -> None:
    sandbox = Sandbox()

    reply = await call(sandbox, "GET", "/openapi.json", token=None)

    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert reply.json["servers"] == [{"url": ORIGIN, "description": "This sandbox"}, *DOCUMENT["servers"]]
    assert {**reply.json, "servers": DOCUMENT["servers"]} == DOCUMENT
    assert list(sandbox.requests) == []


async def test_viewers_of_other_sites_can_load_it_over_http() -> None:
    headers = {"Origin": "https://viewer.example.com", "Sec-Fetch-Site": "cross-site"}
    async with (
        Sandbox() as sandbox,
        sandbox.serve() as url,
        aiohttp.ClientSession() as http,
        http.get(f"{url}/openapi.json", headers=headers) as answer,
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert (await answer.json())["servers"][0]["url"] == url
