"""The benchmarks run. Measured times depend on the machine, so they are not checked here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("msgspec")
pytest.importorskip("pycronofy")

NAMES = (
    "status",
    "decode",
    "imports",
    "limiter",
    "sandbox",
    "availability",
    "pages",
    "budget",
    "scale",
    "poll",
    "throughput",
    "holds",
    "freshness",
)
CHECKOUT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    done = run("--quick", "--json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_each_benchmark_reports_rows(printed: dict[str, Any]) -> None:
    assert set(printed) == {"python", "machine", "results"}
    assert list(printed["results"]) == list(NAMES)
    for rows in printed["results"].values():
        assert rows
        for row in rows:
            assert set(row) == {"label", "value", "unit", "ratio", "goal", "met", "note"}
            assert row["label"]
            assert row["unit"]
            assert row["value"] >= 0
            assert (row["met"] is None) == (row["goal"] == "")


def test_ratios_compare_with_the_named_peers(printed: dict[str, Any]) -> None:
    results = printed["results"]
    assert [row["ratio"] is None for row in results["status"]] == [True, False, False]
    assert [row["ratio"] is None for row in results["decode"]] == [True, False, True, False]
    assert [row["ratio"] is None for row in results["imports"]] == [True, False, False]
    assert [row["ratio"] is None for row in results["sandbox"]] == [True, False] * 3


def test_the_limiter_meets_its_goals(printed: dict[str, Any]) -> None:
    """The time is virtual, so this does not depend on the machine."""
    missed = [row["label"] for row in printed["results"]["limiter"] if row["met"] is False]
    assert not missed
    assert len(printed["results"]["limiter"]) == 24


def test_no_request_of_a_poll_is_rate_limited(printed: dict[str, Any]) -> None:
    """On the sandbox's clock, except for the two processes at the end."""
    rows = printed["results"]["budget"]
    assert [row["value"] for row in rows if "refused" in row["label"]] == [0] * 6
    assert not [row["label"] for row in rows if row["met"] is False]
    assert sum("budget used" in row["label"] for row in rows) == 6


def test_scaling_is_reported_for_three_sizes(printed: dict[str, Any]) -> None:
    labels = [row["label"] for row in printed["results"]["scale"]]
    assert sum("CPU per link" in label for label in labels) == sum("peak memory" in label for label in labels) == 3
    assert "watcher" in labels[-1]


def test_the_sandbox_is_faster_than_brute_force(printed: dict[str, Any]) -> None:
    rows = printed["results"]["availability"]
    assert [row["ratio"] is None for row in rows] == [True, False]
    assert rows[1]["ratio"] < 1


def test_a_readable_table() -> None:
    done = run("decode", "--quick")
    assert done.returncode == 0, done.stderr
    assert "Decoding, from bytes to models" in done.stdout
    assert "cronofy_async: a status response" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Python 3.")


def test_help_shows_examples() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in (*NAMES, "--json", "--quick", "Examples"):
        assert name in done.stdout


def test_an_unknown_benchmark_name() -> None:
    done = run("speed")
    assert done.returncode == 2
    assert f"unknown benchmark speed; choose from {', '.join(NAMES)}" in done.stderr
