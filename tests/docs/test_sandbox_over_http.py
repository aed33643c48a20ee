"""The examples of the page about the sandbox over HTTP and the Containerfile work with the sandbox."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from cronofy_async.cli.commands import cronofy_async
from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.control.seed import apply_seed
from cronofy_async.sandbox.site import ROUTES

from .snippets import ROOT

PAGE = (ROOT / "docs" / "sandbox-http.md").read_text("utf-8")


def block(kind: str) -> str:
    (content,) = re.findall(rf"<!-- {kind} -->\n```\w+\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(content)


async def test_the_seed_sets_up_a_sandbox(tmp_path: Path) -> None:
    path = tmp_path / "seed.toml"
    path.write_text(block("seed"), "utf-8")
    sandbox = Sandbox()
    await apply_seed(sandbox, path)
    assert [len(account.events) for account in sandbox.accounts] == [1]
    assert sandbox.bookable_events.find("yoga-monday").capacity == 12


def test_ci_services_have_the_settings_of_the_sandbox() -> None:
    github: Any = yaml.safe_load(block("github"))["jobs"]["test"]
    gitlab: Any = yaml.safe_load(block("gitlab"))["test"]
    sandbox = Sandbox()
    for settings in (github["env"], gitlab["variables"]):
        assert settings["CRONOFY_CLIENT_ID"] == sandbox.client_id
        assert settings["CRONOFY_CLIENT_SECRET"] == sandbox.client_secret
        assert settings["CRONOFY_API_URL"] == settings["CRONOFY_APP_URL"]
        assert settings["CRONOFY_API_URL"].endswith(":8910")
    assert github["services"]["cronofy"]["ports"] == ["8910:8910"]
    assert gitlab["services"][0]["alias"] in gitlab["variables"]["CRONOFY_API_URL"]


def test_the_documented_error_is_the_actual_one() -> None:
    (error,) = [json.loads(match) for match in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    for name, text in error["errors"].items():
        assert f"{name}: {text}" in error["error_description"]


def test_the_image_runs_the_sandbox_without_privileges() -> None:
    lines = (ROOT / "Containerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    split = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    instructions = [(name, arguments) for name, _, arguments in split]
    stages = [number for number, (name, _) in enumerate(instructions) if name == "FROM"]
    last = dict(instructions[stages[-1] :])
    assert last["USER"] == "sandbox"
    command, name, *options = json.loads(last["ENTRYPOINT"])
    assert (command, name) == ("cronofy-async", "sandbox")
    assert options[options.index("--port") + 1] == last["EXPOSE"]
    result = CliRunner().invoke(cronofy_async, ["sandbox", *options, "--list-assumptions"])
    assert result.exit_code == 0
    path = re.search(r"127\.0\.0\.1:(\d+)([\w/]+)'", last["HEALTHCHECK"])
    assert path is not None
    assert path[1] == last["EXPOSE"]
    assert ROUTES.find("GET", path[2])[0].public


def test_the_image_has_all_files_that_the_wheel_needs() -> None:
    included = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert included == {"cronofy_async", "build_contract.py", "pyproject.toml", "README.md", "LICENSE"}
