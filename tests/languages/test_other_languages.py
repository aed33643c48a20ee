"""The programs in the docs for other languages and the shell run against a sandbox in a separate process."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
LIMIT = 60


@pytest.fixture
def sandbox(tmp_path: Path) -> Generator[dict[str, Any]]:
    """Start a sandbox, and yield its first line of output."""
    command = [sys.executable, "-m", "cronofy_async", "sandbox", "--json", "--env", str(tmp_path / ".env.sandbox")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            assert process.wait(LIMIT) == 0


def program(page: str, kind: str) -> str:
    """Return the program of a page with the given kind."""
    (match,) = re.findall(
        rf"<!-- {kind} -->\n```\w+\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return str(match)


def settings(folder: Path) -> dict[str, str]:
    lines = (folder / ".env.sandbox").read_text("utf-8").splitlines()
    return {**os.environ, **dict(line.split("=", 1) for line in lines if not line.startswith("#"))}


def needs(name: str) -> str:
    match = shutil.which(name)
    if match is None:
        pytest.skip(f"{name} is not installed")
    return match


@pytest.mark.parametrize(
    ("page", "kind", "file"),
    [("sandbox-javascript.md", "node", "interview.mjs"), ("sandbox-ruby.md", "ruby", "interview.rb")],
)
def test_the_program_of_a_page_runs(sandbox: dict[str, Any], tmp_path: Path, page: str, kind: str, file: str) -> None:
    interpreter = needs(kind)
    (tmp_path / file).write_text(program(page, kind), "utf-8")
    command = [interpreter, *(["--env-file=.env.sandbox"] if kind == "node" else []), file]
    process = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ if kind == "node" else settings(tmp_path),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert f"It prints `{process.stdout.strip()}`." in (DOCS / page).read_text("utf-8")


def test_the_shell_commands_of_the_page_run(sandbox: dict[str, Any], tmp_path: Path) -> None:
    needs("curl")
    process = subprocess.run(
        ["/bin/sh", "-eu"],
        input=program("sandbox-http.md", "sh"),
        cwd=tmp_path,
        env=settings(tmp_path),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    lines: list[Any] = [json.loads(line) for line in process.stdout.splitlines()]
    assert lines[-1]["is_frozen"] is True
    assert not any("error_description" in str(line) for line in lines)
