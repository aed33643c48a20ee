"""The FastAPI example works, lifespan and callback included."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from fastapi.testclient import TestClient

from cronofy_async import ConfigurationError
from cronofy_async.sandbox import Sandbox

PATH = Path(__file__).parents[2] / "examples" / "fastapi_backend.py"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("fastapi_backend", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # pydantic looks names up there
    spec.loader.exec_module(module)
    return module


async def test_a_candidate_is_invited_and_books(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with Sandbox() as sandbox, sandbox.serve() as url:
        ada = sandbox.add_account("ada@example.com")
        monkeypatch.setenv("CRONOFY_API_URL", url)
        monkeypatch.setenv("CRONOFY_CLIENT_ID", sandbox.client_id)
        monkeypatch.setenv("CRONOFY_CLIENT_SECRET", sandbox.client_secret)
        monkeypatch.setenv("LINKS_DB", str(tmp_path / "links.db"))
        sandbox.mount("http://testserver", example.app)

        def invite() -> int:
            with TestClient(example.app) as backend:
                made = backend.post("/interviews/jim", params={"interviewer": ada.sub}).json()
                state = backend.get(f"/links/{made['id']}").json()
                assert made.keys() == {"id"}
                assert state == {"status": "open", "start": None}  # in particular not the URL
                forged = backend.post("/callback", json={"event": {}}, headers={"Cronofy-HMAC-SHA256": "x"})
                return forged.status_code

        assert await asyncio.to_thread(invite) == 401
        # The backend was restarted since: the link is still watched.
        async with example.lifespan(example.app), asyncio.timeout(30):
            booking = await sandbox.book(example.emails["jim"].rpartition(" ")[2])
            while not example.outcome:  # noqa: ASYNC110 - the example tells nobody
                await asyncio.sleep(0.05)
        assert booking.delivery.status == 200
        assert example.outcome == {"jim": ("completed", booking.start)}


async def test_an_error_inside_the_lifespan_is_raised_unchanged(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CRONOFY_CLIENT_SECRET", "x")
    monkeypatch.setenv("LINKS_DB", str(tmp_path / "links.db"))

    with pytest.raises(AssertionError, match=r"^mine$"):
        async with example.lifespan(example.app):
            raise AssertionError("mine")


async def test_a_failed_watcher_is_logged(example: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    class Watcher:
        def __aiter__(self) -> Watcher:
            return self

        async def __anext__(self) -> None:
            raise ConfigurationError("client_secret: required")

    await example.follow(Watcher())

    assert caplog.messages == ["links are no longer watched"]
