"""The contract of the sandbox: it finds the operation of a request, and validates requests and responses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, unquote

import attrs

from ...._json import is_object
from ..problems import Problem
from ..query import read_query
from . import loading
from .explain import explain
from .merging import VERBS
from .publishing import publish
from .schemas import Schema, Schemas, Unknown

__all__ = ["Contract", "Operation", "Route", "contract", "openapi"]

Json: TypeAlias = Mapping[str, Any]

_FOLDER: Final = Path(__file__).parents[2]
_JSON: Final[Json] = {"Content-Type": "application/json"}


@attrs.frozen(eq=False, kw_only=True)
class Operation:
    """One operation of the contract, such as ``events.upsert``.

    Attributes:
        fidelity: ``documented``, ``assumed``, or ``shallow`` (``x-fidelity``); see ``docs/fidelity.md``.
        credentials: The kinds of credential that it accepts, such as ``api_key``; ``none`` if it needs none.
        scopes: The scopes of which an access token needs one (``x-scopes``); empty if it needs none.
        unscoped: The condition under which no scope is needed (``x-scopes-unless``), in the form of ``when``.
        when: The condition that distinguishes it from others with the same verb and path; see ``matches``.
        body_schema: The schema of its body; ``None`` if it has no body.
        aliases: The documented name of each member that official SDKs misname (``x-stands-for``).
    """

    name: str
    method: str
    path: str
    summary: str
    docs: str
    fidelity: str
    assumed: Sequence[str]
    credentials: frozenset[str]
    scopes: frozenset[str]
    unscoped: Json
    when: Json
    parameters: Sequence[Json]
    body_schema: Schema | None
    body_required: bool
    aliases: Mapping[str, str]
    responses: Json
    schemas: Schemas = attrs.field(repr=False)
    _components: Json = attrs.field(repr=False, alias="components")

    @property
    def has_oauth_errors(self) -> bool:
        """Whether its errors are those of RFC 6749."""
        return "400" in self.responses

    def matches(self, query: Mapping[str, Any], body: Any) -> bool:
        """Return whether a request is for this operation, among several with the same verb and path.

        ``when`` is ``{in: query | body, name: …}`` with ``equals: value`` or ``present: true | false``.
        """
        return not self.when or _holds(self.when, query, body)

    def needed_scopes(self, query: str, body: Any) -> frozenset[str]:
        """Return the scopes of which the access token of a request needs one."""
        if self.unscoped and _holds(self.unscoped, dict(parse_qsl(query)), body):
            return frozenset()
        return self.scopes

    def read_query(self, text: str) -> tuple[dict[str, Any], list[Problem], Unknown]:
        """Read the query; see ``read_query``."""
        return read_query(text, self.parameters, self.schemas)

    def check_body(self, body: Any) -> tuple[list[Problem], Unknown]:
        """Return the problems of the body, and its unknown members."""
        if self.body_schema is None:
            return [], self.schemas.unknown(body, _NO_BODY) if body else {}
        return self.problems_of(body), self.schemas.unknown(body, self.body_schema)

    def problems_of(self, body: Any) -> list[Problem]:
        """Return the problems of the body."""
        if self.body_schema is None:
            return []
        root = self.schemas.root(self.body_schema)
        return [
            problem
            for error in self.schemas.validator(self.body_schema).iter_errors(body)
            for problem in explain(error, root)
        ]

    def check_response(self, status: int, body: bytes, value: Any = None, headers: Json = _JSON) -> None:
        """Check a response of the sandbox against the contract.

        Args:
            status: The status.
            body: The body. It is empty, unless the contract describes one (``content``, or ``x-optional-content`` for
                one that can be empty as well).
            value: The JSON values of the body, if they are already known.
            headers: The headers, which must have the required ones of the contract, and the type of the body.

        Raises:
            LookupError: The contract has no such status, header, or body.
            jsonschema_rs.ValidationError: The body is not valid. It is a ``ValueError``.
        """
        response = self.responses.get(str(status))
        if response is None:
            raise LookupError(f"{self.name}: {status} is not in the contract")
        if "$ref" in response:
            response = self._components["responses"][response["$ref"].rpartition("/")[2]]
        for name, header in response.get("headers", {}).items():
            if header.get("required") and name not in headers:
                raise LookupError(f"{self.name}: {status} has no header {name}, which the contract requires")
        if not body:
            if "content" in response:
                raise LookupError(f"{self.name}: {status} has no body, which the contract requires")
            return
        media = headers.get("Content-Type", "").partition(";")[0]
        contents = response.get("content", response.get("x-optional-content", {}))
        if "*/*" in contents:
            return
        content = contents.get(media)
        if content is None:
            raise LookupError(f"{self.name}: {status} with a body of type {media!r} is not in the contract")
        if media == "application/json":
            self.schemas.validator(content["schema"]).validate(json.loads(body) if value is None else value)


_MISSING: Final = object()


def _holds(condition: Json, query: Mapping[str, Any], body: Any) -> bool:
    holder: Any = query if condition["in"] == "query" else body
    for step in condition["name"].split("."):
        holder = holder.get(step, _MISSING) if is_object(holder) else _MISSING
    if "equals" not in condition:
        return bool((holder is not _MISSING) == condition.get("present", True))
    expected = condition["equals"]
    return bool(holder == expected or (expected is True and isinstance(holder, str) and holder.lower() == "true"))


#: The schema for the body of an operation that takes none: every member is unknown.
_NO_BODY: Final[Schema] = {"properties": {"": {}}}


@attrs.define
class Route:
    """The operations of a verb and path, with the path parameters of a request, decoded."""

    operations: Sequence[Operation]
    path: Mapping[str, str]

    def choose(self, query: str, body: Any) -> Operation:
        """Return the operation of a request: the first one whose ``when`` holds."""
        if len(self.operations) == 1:
            return self.operations[0]
        values = dict(parse_qsl(query, keep_blank_values=True))
        return next(operation for operation in self.operations if operation.matches(values, body))


@attrs.define
class _Node:
    """A node in the tree of the paths of a verb.

    Attributes:
        steps: The nodes of the next segment, by its text.
        parameter: The node of the next segment if it is a parameter.
        operations: The operations of the path that ends here; empty if none does.
        names: The parameters of that path: the indexes of their segments, and their names.
    """

    steps: dict[str, _Node] = attrs.field(factory=dict[str, "_Node"])
    parameter: _Node | None = None
    operations: Sequence[Operation] = ()
    names: Sequence[tuple[int, str]] = ()

    def add(self, step: str) -> _Node:
        """Return the node of a segment of a path template, and add it if it is new."""
        if not step.startswith("{"):
            return self.steps.setdefault(step, _Node())
        self.parameter = self.parameter or _Node()
        return self.parameter

    def find(self, steps: Sequence[str]) -> _Node | None:
        """Return the node at which a path ends. Literal segments take precedence over parameters."""
        node = self
        for index, step in enumerate(steps):
            literal, parameter = node.steps.get(step), node.parameter if step else None
            if literal is not None and parameter is not None:
                remaining = steps[index + 1 :]
                return literal.find(remaining) or parameter.find(remaining)
            following = literal or parameter
            if following is None:
                return None
            node = following
        return node if node.operations else None


class Contract:
    """All operations.

    Args:
        document: A merged document; see ``loading``.
    """

    def __init__(self, document: Json) -> None:
        self.document = document
        self.schemas = Schemas(document["components"])
        self.operations: dict[str, Operation] = {}
        self._routes: dict[str, _Node] = {}
        for path, item in document["paths"].items():
            for verb in VERBS:
                if verb in item:
                    self._add(path, verb.upper(), list(self._operations(path, verb, item[verb])))

    def _add(self, path: str, method: str, operations: list[Operation]) -> None:
        self.operations |= {operation.name: operation for operation in operations}
        node = self._routes.setdefault(method, _Node())
        for step in path.split("/"):
            node = node.add(step)
        node.operations = operations
        node.names = [(index, step[1:-1]) for index, step in enumerate(path.split("/")) if step.startswith("{")]

    def find(self, method: str, path: str) -> Route | None:
        """Return the route of a request; its path is percent-encoded, and may end with a slash."""
        steps = path.split("/")
        if len(steps) > 2 and not steps[-1]:
            steps.pop()
        root = self._routes.get(method)
        node = root.find(steps) if root else None
        if node is None:
            return None
        return Route(node.operations, {name: unquote(steps[index]) for index, name in node.names})

    def nearest(self, method: str, path: str) -> str:
        """Return a description of the routes that are most similar to a request without a route."""
        methods = [verb for verb in map(str.upper, VERBS) if verb != method and self.find(verb, path)]
        if methods:
            return f"{' and '.join(methods)} {path}"
        matches = get_close_matches(path[:200], list(self.document["paths"]), n=1, cutoff=0.75)
        return matches[0] if matches else ""

    def _operations(self, path: str, verb: str, item: Json) -> Iterator[Operation]:
        for operation in item.get("x-cronofy-operations") or [_as_variant(item)]:
            schema: Schema = operation.get("schema") or {}
            members = self.schemas.resolve(schema).get("properties", {})
            yield Operation(
                name=operation["name"],
                method=verb.upper(),
                path=path,
                summary=operation["summary"],
                docs=operation["externalDocs"]["url"],
                fidelity=operation["x-fidelity"],
                assumed=operation.get("x-assumed", ()),
                credentials=frozenset(operation["x-credentials"]),
                scopes=frozenset(operation.get("x-scopes", ())),
                unscoped=operation.get("x-scopes-unless", {}),
                when=operation.get("when", {}),
                parameters=[parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "query"],
                body_schema=operation.get("schema"),
                body_required=operation.get("body_required", False),
                aliases={name: member["x-stands-for"] for name, member in members.items() if "x-stands-for" in member},
                responses=operation["responses"],
                schemas=self.schemas,
                components=self.document["components"],
            )


def _as_variant(item: Json) -> Json:
    """Return a single operation in the form that ``x-cronofy-operations`` uses for several."""
    body = item.get("requestBody", {})
    content = body.get("content", {}).get("application/json")
    operation = {**item, "name": item["operationId"], "body_required": body.get("required", False)}
    return operation | {"schema": content["schema"]} if content else operation


@cache
def contract() -> Contract:
    """Return the contract that comes with the package."""
    return Contract(loading.document(_FOLDER))


@cache
def openapi() -> Json:
    """Return the contract as the OpenAPI document that others read."""
    return publish(contract().document, loading.examples(_FOLDER))
