"""Linters in their strictest published form find nothing."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Run


def test_redocly_finds_no_error_and_no_warning(document: Path, run: Run) -> None:
    findings = json.loads(run("redocly", "lint", "--extends=recommended-strict", "--format=json", str(document)))

    assert findings["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}


def test_spectral_finds_no_error_and_no_warning(document: Path, tmp_path: Path, run: Run) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text('{"extends": ["spectral:oas"]}', "utf-8")

    findings = run(
        "spectral",
        "lint",
        "--quiet",
        "--fail-severity=hint",
        "--format=json",
        "--ruleset=rules.json",
        document.name,
        folder=tmp_path,
    )

    assert json.loads(findings) == []
