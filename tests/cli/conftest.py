"""Fixtures of all tests of commands."""

from __future__ import annotations

import json
import os
import sys

import pytest

from cronofy_async.http import Request

from .support import respond, respond_with


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CRONOFY_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CRONOFY_CLIENT_SECRET", "sbx_secret")


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print lines of up to 200 characters without wrapping them."""
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """Answer every request in this process, and return the list to which the requests are added."""
    return respond_with(respond, monkeypatch)


@pytest.fixture
def without_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse JSON as without the extra ``speed``: orjson rejects unpaired surrogates."""
    modules = [module for name, module in sys.modules.items() if name.startswith("cronofy_async._codec")]
    patched = [module for module in modules if hasattr(module, "_loads")]
    assert patched
    for module in patched:
        monkeypatch.setattr(module, "_loads", json.loads)
