"""The tools of this folder need Node, which ``nox -s openapi`` installs; without them, its tests are not collected."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cronofy_async.sandbox import Sandbox

#: The folder in which npm has installed the packages of ``package.json``.
TOOLS = os.environ.get("OPENAPI_TOOLS")

collect_ignore_glob = [] if TOOLS else ["test_*.py"]

Run = Callable[..., str]


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """The OpenAPI document as a file."""
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(Sandbox.openapi()), "utf-8")
    return file


@pytest.fixture
def run() -> Run:
    """A function that runs a program and returns its output. It fails with the output if the program fails."""

    def run(*command: str, folder: Path | None = None, **variables: str) -> str:
        path = f"{TOOLS}/node_modules/.bin{os.pathsep}{os.environ['PATH']}"
        process = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PATH": path, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout

    return run
