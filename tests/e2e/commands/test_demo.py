"""The demo, run as a command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest

from cronofy_async.cli.demo import run as run_demo


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cronofy_async", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("faults", [[], ["--faults"]])
def test_every_link_is_accounted_for(faults: Sequence[str]) -> None:
    process = run("demo", "--links", "60", "--json", *faults)
    assert process.returncode == 0, process.stderr
    report = json.loads(process.stdout)
    assert list(report) == [
        "links",
        "by_status",
        "requests",
        "rate_limited",
        "retries",
        "callbacks_verified",
        "seconds",
    ]
    assert report["links"] == sum(report["by_status"].values()) == 60
    assert set(report["by_status"]) == {"completed", "disabled", "expired"}
    # Each booking and each "no times suitable" sends a callback.
    assert report["callbacks_verified"] >= report["by_status"]["completed"]
    assert (report["retries"] > 0) == bool(faults)
    assert (report["rate_limited"] > 0) == bool(faults)


def test_a_terminal_shows_a_table_and_progress() -> None:
    process = run("demo", "--links", "30")
    assert process.returncode == 0, process.stderr
    for word in (
        "completed",
        "disabled",
        "expired",
        "links",
        "requests",
        "rate limited",
        "retries",
        "verified",
        "requests per link",
    ):
        assert word in process.stdout
    assert "these requests take at least 1 min" in " ".join(process.stdout.split())
    assert process.stdout.splitlines()[-3:] == [
        "Next",
        "  docs/quickstart.md creates a link in your own program and tests a booking.",
        "  `cronofy-async sandbox` runs this local Cronofy for your application.",
    ]
    assert "30/30" in process.stderr
    assert max(map(len, process.stdout.splitlines())) <= 80


def test_the_same_seed_gives_the_same_demo(capsys: pytest.CaptureFixture[str]) -> None:
    statuses: list[dict[str, int]] = []
    for seed in (3, 3, 4):
        assert run_demo(links=40, faults=False, seed=seed, as_json=True) == 0
        statuses.append(json.loads(capsys.readouterr().out)["by_status"])
    assert statuses[0] == statuses[1] != statuses[2]
