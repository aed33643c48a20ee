from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from typing import Any, cast, get_args, get_origin, get_overloads, get_type_hints

import attrs
import pytest

from cronofy_async import resources
from cronofy_async.models.base import Model
from cronofy_async.models.pages import Page
from cronofy_async.pages import Paginated
from cronofy_async.resources.base import Resource

from . import contract
from .example import Example, answering, examples, sent

EXAMPLES = examples()
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])


def methods() -> Iterator[tuple[str, Any, Any]]:
    """Yield the name, the function and the return type of every method that makes a call."""
    for info in pkgutil.iter_modules(resources.__path__, "cronofy_async.resources."):
        for cls in vars(importlib.import_module(info.name)).values():
            if inspect.isclass(cls) and issubclass(cls, Resource) and cls.__module__ == info.name:
                for name, function in vars(cls).items():
                    declared = getattr(function, "__annotations__", {}).get("return", "")
                    if not name.startswith("_") and declared.startswith(("Call[", "Paginated[")):
                        returned = get_type_hints(function)["return"]
                        yield f"{info.name.rpartition('.')[2]}.{name}", function, returned


METHODS = {name: (function, returned) for name, function, returned in methods()}


def undeclared_members(value: object, path: str = "$") -> Iterator[str]:
    """Yield the paths of the members that a model and its parts do not declare."""
    if isinstance(value, tuple):
        for index, item in enumerate(cast("tuple[object, ...]", value)):
            yield from undeclared_members(item, f"{path}[{index}]")
    elif isinstance(value, Model):
        yield from (f"{path}.{name}" for name in getattr(value, "extra", {}))
        for attribute in attrs.fields(type(value)):  # type: ignore[arg-type]
            yield from undeclared_members(getattr(value, attribute.name), f"{path}.{attribute.name}")


def test_every_method_has_an_example() -> None:
    assert METHODS.keys() - {example.method or example.endpoint for example in EXAMPLES} == set()


def test_every_example_has_a_unique_name() -> None:
    names = [example.name for example in EXAMPLES]
    assert sorted(set(names)) == sorted(names)


@each_example
async def test_the_request_is_sent_and_the_whole_response_is_read(example: Example) -> None:
    client, transport = answering(example.response, example.status)

    result, request = await sent(example.call(client), transport)

    assert f"{request.method} {request.target}" == example.request
    assert request.endpoint.name == example.endpoint
    assert (None if request.body is None else json.loads(request.body)) == example.json
    assert result == example.result
    assert list(undeclared_members(result)) == []


@each_example
def test_the_result_has_the_type_that_the_method_declares(example: Example) -> None:
    function, returned = METHODS[example.method or example.endpoint]
    declared = [get_type_hints(overload)["return"] for overload in get_overloads(function)] or [returned]

    assert isinstance(example.result, tuple(_runtime_type(overload) for overload in declared))


def _runtime_type(returned: Any) -> type:
    if get_origin(returned) is Paginated:
        return Page
    type_argument = get_args(returned)[0]
    cls: type = get_origin(type_argument) or type_argument or type(None)
    return cls


@each_example
def test_the_method_names_its_docs_page(example: Example) -> None:
    function, _ = METHODS[example.method or example.endpoint]

    assert "Docs: https://docs.cronofy.com/developers/" in (inspect.getdoc(function) or "")


@pytest.mark.parametrize(
    "example",
    [pytest.param(example, id=example.name) for example in EXAMPLES if example.in_contract],
)
def test_the_contract_allows_the_request_and_the_response(example: Example) -> None:
    assert contract.problems(example) == []
