"""``cronofy-async conform``, run as a command against a served sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator

import pytest

from cronofy_async.sandbox import RunningSandbox, Sandbox

LIMIT = 60
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sandbox() -> Generator[RunningSandbox]:
    with Sandbox.running(assume={"wrong_kind_is_forbidden": False}) as sandbox:
        yield sandbox


def run(sandbox: RunningSandbox, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cronofy_async", "conform", *arguments]
    environment = os.environ | sandbox.env() | env
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=LIMIT, check=False)


def test_the_report_is_readable_text(sandbox: RunningSandbox) -> None:
    ada = sandbox.add_account("ada@example.com")

    result = run(sandbox, CRONOFY_ACCESS_TOKEN=ada.access_token)

    assert result.returncode == 1, result.stderr
    lines = result.stdout.splitlines()
    assert "refuted        wrong_kind_is_forbidden" in lines
    assert "confirmed      periods_up_to_50" in lines
    assert "not testable   codes_expire  would create or change something" in lines
    assert "as documented  calendars.list" in lines
    assert "1 refuted" in lines[-2]


def test_a_missing_access_token_is_mentioned(sandbox: RunningSandbox) -> None:
    assert "set CRONOFY_ACCESS_TOKEN" in run(sandbox).stdout
    ada = sandbox.add_account("ada@example.com")
    assert "set CRONOFY_ACCESS_TOKEN" not in run(sandbox, CRONOFY_ACCESS_TOKEN=ada.access_token).stdout


def test_the_report_is_printed_as_json_lines(sandbox: RunningSandbox) -> None:
    result = run(sandbox, "--json")

    findings = [json.loads(line) for line in result.stdout.splitlines()]
    assert {"name": "periods_up_to_50", "verdict": "not testable", "reason": "needs an access token"} in findings
    assert [finding["name"] for finding in findings if finding["verdict"] == "refuted"] == ["wrong_kind_is_forbidden"]


def test_credentials_are_required() -> None:
    command = [sys.executable, "-m", "cronofy_async", "conform"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CRONOFY_")}

    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=LIMIT, check=False)

    assert result.returncode == 2
    assert "CRONOFY_CLIENT_SECRET is not set" in result.stderr
