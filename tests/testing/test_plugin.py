"""The plugin costs nothing unless a test uses it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import pytest_cronofy_async

from .support import run

pytest_plugins = ["pytester"]

NAME = "pytest_cronofy_async"
HEAVY = {"cronofy_async", "aiohttp", "attr", "attrs", "cattrs", "yarl", "multidict", "dateutil", "jsonschema_rs"}


def imported(pytester: pytest.Pytester, *options: str) -> set[str]:
    """Run pytest with our plugin only, and return the packages and top-level modules that it imports."""
    result = run(pytester, "-s", *options, python=("-v",))
    assert result.ret == 0
    return set(re.findall(r"^import '(\w+)", str(result.stderr), re.MULTILINE))


@pytest.mark.parametrize("options", [(), ("--fixtures",), ("--collect-only",)], ids=str)
def test_a_run_without_the_fixtures_imports_nothing(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    uses = "def test_uses(cronofy, cronofy_env, cronofy_account): pass\n" if options else ""
    pytester.makepyfile(f"{uses}def test_unrelated(): pass")
    names = imported(pytester, *options)
    assert NAME in names
    assert names & HEAVY == set()


def test_the_version_of_pytest_is_shown_without_the_package(pytester: pytest.Pytester) -> None:
    names = imported(pytester, "--version")
    assert "pytest" in names
    assert names & HEAVY == set()


def test_the_first_fixture_imports_the_sandbox(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_uses(cronofy_sandbox): pass")
    assert imported(pytester) >= {"cronofy_async", "aiohttp", "attrs"}


def test_the_plugin_imports_only_pytest_and_the_standard_library() -> None:
    tree = ast.parse(Path(pytest_cronofy_async.__file__).read_text("utf-8"))
    names = {
        name.partition(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [str(node.module)])
    }
    assert names - sys.stdlib_module_names == {"pytest"}


def test_every_fixture_is_shown_with_its_description(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--fixtures")
    for name in pytest_cronofy_async.__all__:
        result.stdout.fnmatch_lines([f"{name} -- *", "    [A-Z]*."])


def test_the_entry_point_has_the_name_of_its_module() -> None:
    """Otherwise `-p` would not find it in both ways, or would register it twice."""
    root = Path(__file__).parents[2]
    declared = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["pytest11"]
    assert declared == {NAME: NAME}
    installed = [entry_point.value for entry_point in entry_points(group="pytest11", name=NAME)]
    assert installed in ([NAME], [])  # in a checkout that is not installed, tests load it by name


@pytest.mark.parametrize(
    ("options", "outcomes"), [((), {"passed": 1}), (("-p", f"no:{NAME}"), {"errors": 1})], ids=["on", "off"]
)
def test_the_installed_plugin_is_found_and_can_be_switched_off(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], outcomes: dict[str, int]
) -> None:
    """The installation consists of its metadata."""
    metadata = pytester.mkdir("some_plugin-1.dist-info")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: some-plugin\nVersion: 1\n", "utf-8")
    (metadata / "entry_points.txt").write_text(f"[pytest11]\n{NAME} = {NAME}\n", "utf-8")
    pytester.makepyfile("def test_any(cronofy_account): assert cronofy_account.access_token")
    for name in ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)

    result = pytester.runpytest_subprocess(*options, timeout=120)

    result.assert_outcomes(**outcomes)
