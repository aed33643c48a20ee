"""The FastAPI example works, lifespan and callback included."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from fastapi.testclient import TestClient

from cronofy_async.sandbox import Sandbox

PATH = Path(__file__).parents[2] / "examples" / "fastapi_backend.py"


@pytest.fixture
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fastapi_backend", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_a_candidate_is_invited_and_books(example: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    async with Sandbox() as sandbox, sandbox.serve() as url:
        ada = sandbox.add_account("ada@example.com")
        monkeypatch.setenv("CRONOFY_API_URL", url)
        monkeypatch.setenv("CRONOFY_CLIENT_ID", sandbox.client_id)
        monkeypatch.setenv("CRONOFY_CLIENT_SECRET", sandbox.client_secret)
        sandbox.deliver("http://testserver", example.app)

        def invite() -> tuple[dict[str, str], int]:
            with TestClient(example.app) as backend:
                made = backend.post("/interviews/jim", params={"interviewer": ada.sub}).json()
                state = backend.get(f"/links/{made['id']}").json()
                assert state["status"] == "open"
                forged = backend.post("/callback", json={"event": {}}, headers={"Cronofy-HMAC-SHA256": "x"})
                return made, forged.status_code

        made, forged = await asyncio.to_thread(invite)
        assert forged == 401
        async with example.lifespan(example.app):
            booking = await sandbox.book(made["url"])
        assert booking.delivery is not None
        assert booking.delivery.status == 200
        assert example.booked == {"jim": booking.start}
