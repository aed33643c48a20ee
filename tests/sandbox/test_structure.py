"""The structure of the sandbox: the kernel imports no area, areas import no other area, and there are no circular imports or long files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import cronofy_async.sandbox
from cronofy_async.sandbox.sandbox import PAGES
from cronofy_async.sandbox.site import ROUTES

PACKAGE = Path(cronofy_async.sandbox.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
MAX_LINES = 450


def imports(name: str) -> Iterator[str]:
    """The modules of the sandbox that one of them imports, under ``TYPE_CHECKING`` and in functions as well."""
    path = MODULES[name]
    parts = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not 1 <= node.level <= len(parts) + 1:
            continue
        base = [*parts[: len(parts) + 1 - node.level], *(node.module or "").split(".")]
        module = ".".join(part for part in base if part)
        members = [f"{module}.{alias.name}".strip(".") for alias in node.names]
        for target in {member if member in MODULES else module for member in members}:
            if target in MODULES and target != name:
                yield target


EDGES = {name: sorted(set(imports(name))) for name in MODULES}


def area_of(module: str) -> str | None:
    first, _, remaining = module.partition(".")
    return remaining.partition(".")[0] if first == "areas" and remaining else None


def test_the_search_finds_imports() -> None:
    assert "kernel.state" in EDGES["kernel.runtime"]
    assert "kernel.area" in EDGES["areas.calendars"]
    assert "areas.bookable_events" in EDGES["sandbox"]
    assert "running" in EDGES["sandbox"]


def test_the_kernel_imports_no_area() -> None:
    for module, imported in EDGES.items():
        if module.startswith("kernel"):
            assert [module for module in imported if not module.startswith("kernel")] == [], module


def test_areas_import_the_kernel_only() -> None:
    for module, imported in EDGES.items():
        if area_of(module):
            remaining = [
                name for name in imported if not name.startswith("kernel") and area_of(name) != area_of(module)
            ]
            assert remaining == [], module


def test_no_imports_are_circular() -> None:
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way, module))
        if module not in done:
            for name in EDGES[module]:
                visit(name, (*way, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


@pytest.mark.parametrize("name", MODULES)
def test_source_files_are_short(name: str) -> None:
    assert len(MODULES[name].read_text("utf-8").splitlines()) <= MAX_LINES


def test_contract_files_are_short() -> None:
    for path in PACKAGE.rglob("*.yaml"):
        assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES, path.name


def test_an_operation_is_in_the_module_of_its_area() -> None:
    from cronofy_async.sandbox.kernel.registry import REGISTRY

    for name, function in REGISTRY.operations.items():
        assert area_of(function.__module__.removeprefix("cronofy_async.sandbox.")) == name.partition(".")[0]


def test_requests_for_pages_reach_them() -> None:
    templates = [route.template for route in ROUTES.routes]
    assert [template for template in templates if not template.startswith(PAGES)] == ["/"]
    assert [prefix for prefix in PAGES if not any(template.startswith(prefix) for template in templates)] == []
