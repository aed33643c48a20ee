"""A kernel with a few test operations, so that its tests need no area."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import yaml

from cronofy_async.sandbox.kernel.area import Context, Runtime, accepted, effect, operation, stored
from cronofy_async.sandbox.kernel.clock import SandboxClock
from cronofy_async.sandbox.kernel.contract import merging
from cronofy_async.sandbox.kernel.contract.contract import Contract
from cronofy_async.sandbox.kernel.dispatch import WRONG_KIND, Credentials
from cronofy_async.sandbox.kernel.kernel import Kernel, Settings
from cronofy_async.sandbox.kernel.messages import SandboxRequest, SandboxResponse
from cronofy_async.sandbox.kernel.registry import Registry
from cronofy_async.sandbox.kernel.scopes import SCOPES_ARE_CHECKED

SANDBOX = Path(__file__).parents[3] / "cronofy_async" / "sandbox"
NOW = datetime(2031, 3, 3, 7, tzinfo=UTC)


ANYTHING: dict[str, Any] = {"application/json": {"schema": {}}}
DONE = {"description": "Done.", "x-optional-content": ANYTHING}
OK = {"200": DONE, "202": {"description": "It will be done."}}


BOTH: list[dict[str, list[str]]] = [{"api_key": []}, {"access_token": []}]
API_KEY: list[dict[str, list[str]]] = [{"api_key": []}]


def op(name: str, **more: Any) -> dict[str, Any]:
    """Return an operation of a part, with the members that every operation requires."""
    return {
        "operationId": name,
        "summary": name,
        "externalDocs": {"url": "https://docs.example.com/"},
        "x-fidelity": "documented",
        "security": API_KEY,
        "responses": OK,
    } | more


def request_body(schema: Mapping[str, Any], *, required: bool = True) -> dict[str, Any]:
    """Return a request body."""
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def base() -> dict[str, Any]:
    result: dict[str, Any] = yaml.safe_load((SANDBOX / "kernel" / "contract" / "openapi.yaml").read_text("utf-8"))
    return result


def contract_of(paths: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> Contract:
    return Contract(merging.merge(base(), [{"paths": paths, "components": {"schemas": schemas or {}}}]))


def registry() -> Registry:
    new_registry = Registry()
    new_registry.add_assumption(WRONG_KIND, "A known credential of the wrong kind gets a 403.")
    new_registry.add_assumption(SCOPES_ARE_CHECKED, "A token without the scope gets a 403.")
    return new_registry


def kernel_of(contract: Contract, registry: Registry, **settings: Any) -> Kernel:
    credentials = Credentials(client_id="id", client_secrets=["key"], admin_key="admin")
    return Kernel(contract, Settings(credentials=credentials, **settings), SandboxClock(NOW), registry)


async def send(
    kernel: Kernel,
    method: str,
    target: str,
    body: Any = None,
    *,
    token: str | None = "key",
    headers: Iterable[tuple[str, str]] = (),
    served: bool = False,
) -> SandboxResponse:
    path, _, query = target.partition("?")
    bearer = {} if token is None else {"authorization": f"Bearer {token}"}
    return await kernel.dispatcher.handle(
        SandboxRequest(
            method=method,
            path=path,
            query=query,
            headers=bearer | dict(headers),
            body=body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode(),
            base_url="http://sandbox.test",
            served=served,
        )
    )


def fields(response: SandboxResponse) -> dict[str, str]:
    """Return the fields of a 422, each with the key of its first problem."""
    assert response.status == 422, response
    return {field: problems[0]["key"] for field, problems in response.json["errors"].items()}


@stored
@attrs.define(kw_only=True)
class Note:
    """A record of an area."""

    text: str


def make_kernel(paths: Any, registered: Registry, schemas: Any = None, **settings: Any) -> Kernel:
    return kernel_of(contract_of(paths, schemas), registered, **settings)


# An operation that returns a 202 and has an effect.


def writing_registry() -> Registry:
    new_registry = registry()

    @effect("small.write", registry=new_registry)
    def write(runtime: Runtime, *, text: str) -> None:
        if text == "fail":
            raise RuntimeError("on purpose")
        runtime.state.table(Note)[text] = Note(text=text)

    @operation("small.put", registry=new_registry)
    def put(context: Context) -> SandboxResponse:
        context.later(write, text=context.body["text"])
        return accepted()

    return new_registry


PUT = {"/v1/put": {"post": op("small.put", requestBody=request_body({"properties": {"text": {"type": "string"}}}))}}
