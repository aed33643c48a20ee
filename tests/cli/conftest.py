"""What all tests of commands have: an environment without settings of the user's, and a cache of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("CRONOFY_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CRONOFY_CLIENT_SECRET", "sbx_secret")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def without_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read JSON as it is read where the extra ``speed`` is not installed: orjson rejects unpaired surrogates."""
    modules = [module for name, module in sys.modules.items() if name.startswith("cronofy_async._codec")]
    patched = [module for module in modules if hasattr(module, "_loads")]
    assert patched
    for module in patched:
        monkeypatch.setattr(module, "_loads", json.loads)
