"""What all tests of commands have: an environment without settings of the user's, and a cache of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("CRONOFY_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CRONOFY_CLIENT_SECRET", "sbx_secret")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
