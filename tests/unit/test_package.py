from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

import cronofy_async
from cronofy_async import errors, models, resources

PACKAGE = Path(cronofy_async.__file__).parent


def in_a_fresh_interpreter(code: str) -> Any:
    """Run code, and return the JSON that it prints."""
    path = os.pathsep.join([str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)))"
AREAS = ("cronofy_async.models.", "cronofy_async.resources.", "cronofy_async.webhooks", "cronofy_async.polling")
NEVER = (
    "cronofy_async.sandbox",
    "cronofy_async.cli",
    "cronofy_async.testing",
    "aiohttp",
    "click",
    "dateutil",
    "jsonschema_rs",
    "pydantic",
    "pytest",
    "rich",
)


# Public names.


def test_the_names_of_models_are_exported() -> None:
    assert list(models.__all__) == sorted(set(models.__all__))
    assert set(models.__all__) <= set(dir(models))
    for name in models.__all__:
        assert getattr(models, name) is not None
    with pytest.raises(AttributeError, match=r"module 'cronofy_async\.models' has no attribute 'Nonsense'"):
        getattr(models, "Nonsense")  # noqa: B009 - the name is not there


def test_the_names_of_the_package_are_exported() -> None:
    names: list[str] = vars(cronofy_async)["__all__"]
    assert len(names) == len(set(names))
    assert set(errors.__all__) <= set(names)
    for name in names:
        assert getattr(cronofy_async, name) is not None


def _documentable() -> Iterator[tuple[str, Any]]:
    """Yield every public class and function, and the members that such classes define."""
    for module in (cronofy_async, models):
        for name in vars(module)["__all__"]:
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value) or inspect.ismodule(value):
                yield name, value
    for info in pkgutil.iter_modules(resources.__path__, "cronofy_async.resources."):
        for name, value in vars(importlib.import_module(info.name)).items():
            if inspect.isclass(value) and value.__module__ == info.name:
                yield f"{info.name}.{name}", value
                yield from _members(name, value)
    for kind in (cronofy_async.CronofyClient, cronofy_async.CronofyAccount):
        yield from _members(kind.__name__, kind)


def _members(owner: str, kind: type) -> Iterator[tuple[str, Any]]:
    for name, value in vars(kind).items():
        if not name.startswith("_") and (callable(value) or isinstance(value, property)):
            yield f"{owner}.{name}", value


def test_every_public_name_has_a_docstring() -> None:
    documentable = dict(_documentable())
    assert len(documentable) > 100
    assert [name for name, value in documentable.items() if not (value.__doc__ or "").strip()] == []


# Lazy loading.


def test_the_package_loads_no_area_and_nothing_optional() -> None:
    loaded = in_a_fresh_interpreter(f"import cronofy_async; {LOADED}")
    assert "cronofy_async.client" in loaded
    assert [name for name in loaded if name.startswith(AREAS)] == []
    assert [name for name in loaded if name in NEVER or name.startswith(tuple(f"{item}." for item in NEVER))] == []


def test_a_client_is_made_without_loading_an_area() -> None:
    loaded = in_a_fresh_interpreter(f"import cronofy_async; cronofy_async.CronofyClient(client_id='x'); {LOADED}")
    assert [name for name in loaded if name.startswith(AREAS)] == []


def test_the_default_transport_does_not_load_cattrs() -> None:
    loaded = in_a_fresh_interpreter(f"import cronofy_async.transports.aiohttp; {LOADED}")
    assert "aiohttp" in loaded
    assert [name for name in loaded if name.partition(".")[0] == "cattrs"] == []


def test_a_model_loads_only_its_area_and_its_dependencies() -> None:
    loaded = in_a_fresh_interpreter(f"from cronofy_async.models import Tag; {LOADED}")
    assert [name for name in loaded if name.startswith(AREAS)] == [
        "cronofy_async.models.availability",
        "cronofy_async.models.base",
    ]


@pytest.mark.parametrize(
    ("use", "area"),
    [
        ("real_time_scheduling", "cronofy_async.resources.real_time_scheduling"),
        ("webhooks", "cronofy_async.webhooks"),
    ],
)
def test_a_client_loads_an_area_when_it_is_used(use: str, area: str) -> None:
    loaded = in_a_fresh_interpreter(
        f"import cronofy_async; cronofy_async.CronofyClient(client_secret='x').{use}; {LOADED}"
    )
    assert area in loaded


def test_preload_loads_every_area_and_cattrs() -> None:
    loaded = in_a_fresh_interpreter(f"import cronofy_async; cronofy_async.preload(); {LOADED}")
    areas = {
        module.name
        for package in (models, resources)
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    }
    assert areas | {"cronofy_async.webhooks", "cattrs"} <= set(loaded)
    assert [name for name in loaded if name in NEVER] == []
    cronofy_async.preload()


def test_the_package_works_without_optional_dependencies() -> None:
    blocked = [name for name in NEVER if not name.startswith("cronofy_async")] + ["orjson"]
    code = f"import sys; sys.modules.update(dict.fromkeys({blocked})); import cronofy_async; cronofy_async.preload()"
    assert "cronofy_async.webhooks" in in_a_fresh_interpreter(f"{code}; {LOADED}")


def test_the_package_works_without_the_sandbox_the_command_line_and_testing(tmp_path: Path) -> None:
    shutil.copytree(
        PACKAGE,
        tmp_path / "cronofy_async",
        ignore=shutil.ignore_patterns("sandbox", "cli", "conformance", "_demo.py", "testing.py", "__main__.py"),
    )
    code = """
import asyncio, json, sys
sys.path.insert(0, sys.argv[1])
import cronofy_async
from cronofy_async.transports.memory import MemoryTransport

cronofy_async.preload()
BODY = b'{"real_time_scheduling": {"real_time_scheduling_id": "sch_1", "url": "u", "status": "open"}}'


async def main():
    transport = MemoryTransport(lambda _: cronofy_async.RawResponse(status=200, body=BODY))
    async with cronofy_async.CronofyClient(client_secret="s", transport=transport) as client:
        async with client.real_time_scheduling.poll(["sch_1"]) as outcomes:
            statuses = [outcome.link.status async for outcome in outcomes]
    print(json.dumps([statuses, cronofy_async.__file__]))


asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)],
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},  # a copy is not measured
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(done.stdout) == [["open"], str(tmp_path / "cronofy_async" / "__init__.py")]


# Layers.

LAYERS = (
    {"_version"},
    {"_unset", "_json", "_clock", "_files"},
    {"times", "_redaction", "_field_errors", "_hints", "_warnings"},
    {"http", "errors", "_api_error", "config"},
    {"_codec", "tokens", "transports", "middleware"},
    {"models"},
    {"call", "bulk", "pages", "changes", "downloads", "_batching"},
    {"_area"},
    {"webhooks", "scheduling", "polling"},
    {"resources"},
    {"client", "account", "_pipeline"},
    {"_demo", "_links_file", "_reference"},
    {"conformance"},
    {"cli", "testing"},
)
RANK = {area: rank for rank, layer in enumerate(LAYERS) for area in layer}
OF_THE_SANDBOX = {
    "_version",
    "http",
    "errors",
    "_clock",
    "_files",
    "_unset",
    "_json",
    "_redaction",
    "times",
    "client",
    "sandbox",
}
ANYTHING = {"__init__", "__main__"}


def _modules() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _imports(module: str, tree: ast.AST) -> Iterator[str]:
    """Yield the modules of the package that are imported anywhere below a node."""
    package = module.split(".") if MODULES[module].name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "cronofy_async")
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            if source.split(".")[0] == "cronofy_async":
                for alias in node.names:
                    inner = f"{source}.{alias.name}"
                    yield inner if inner in MODULES else source


def _area(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@cache
def _edges(*, at_import: bool = False) -> list[tuple[str, str]]:
    edges: list[tuple[str, str]] = []
    for module, path in MODULES.items():
        tree = ast.parse(path.read_text("utf-8"))
        top: list[ast.AST] = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        for node in top if at_import else [tree]:
            edges += ((module, imported) for imported in _imports(module, node))
    return edges


def test_the_import_parser_finds_imports() -> None:
    edges = set(_edges())
    assert ("cronofy_async.client", "cronofy_async.http") in edges
    assert ("cronofy_async.client", "cronofy_async.resources.real_time_scheduling") in edges
    assert ("cronofy_async.resources.base", "cronofy_async.call") in edges
    assert ("cronofy_async.middleware.auth", "cronofy_async.middleware") in edges


def test_every_module_has_a_layer() -> None:
    assert {_area(module) for module in MODULES} - RANK.keys() - {"sandbox"} <= ANYTHING


def test_imports_follow_the_layers() -> None:
    backwards = [
        (module, imported)
        for module, imported in _edges()
        if _area(module) not in ANYTHING | {"sandbox"}
        and RANK.get(_area(imported), 0 if _area(imported) == "sandbox" else 99) > RANK[_area(module)]
    ]
    assert backwards == []


def test_no_imports_are_circular() -> None:
    graph: dict[str, set[str]] = {}
    for module, imported in _edges(at_import=True):
        if module != imported:
            graph.setdefault(module, set()).add(imported)
    assert len(list(TopologicalSorter(graph).static_order())) > 20


def test_the_sandbox_imports_only_utilities_of_the_sdk() -> None:
    foreign = [
        (module, imported)
        for module, imported in _edges()
        if _area(module) == "sandbox" and _area(imported) not in OF_THE_SANDBOX
    ]
    assert foreign == []


def test_only_the_command_line_and_testing_use_the_sandbox() -> None:
    users = {_area(module) for module, imported in _edges() if _area(imported) == "sandbox"}
    assert users <= {"_demo", "cli", "conformance", "testing", "sandbox"}


def test_no_module_imports_the_command_line_or_testing() -> None:
    users = {_area(module) for module, imported in _edges() if _area(imported) in {"cli", "testing"}}
    assert users <= {"__main__", "cli", "testing"}
