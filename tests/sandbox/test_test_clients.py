"""A FastAPI application that its tests drive with Starlette's ``TestClient``, and a sandbox in a thread."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from cronofy_async import CronofyClient
from cronofy_async.sandbox import RunningSandbox, Sandbox

from .support import NOW, link_body

APP = "https://app.example.com"


@pytest.fixture
def sandbox() -> Generator[RunningSandbox]:
    with Sandbox.running(now=NOW, strict=True) as sandbox:
        yield sandbox


def make_app(sandbox: RunningSandbox) -> FastAPI:
    """An application that creates links, and requests their status when it receives a callback."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with CronofyClient(client_secret=sandbox.client_secret, base_url=sandbox.url) as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=lifespan)
    app.state.found = []

    @app.post("/links")
    async def create() -> str:  # pyright: ignore[reportUnusedFunction]
        body = link_body(*sandbox.accounts, callback_url=f"{APP}/hook")
        app.state.link = await app.state.client.real_time_scheduling.create(**body)
        return str(app.state.link.id)

    @app.post("/hook", status_code=202)
    async def hook(request: Request) -> None:  # pyright: ignore[reportUnusedFunction]
        state = await app.state.client.real_time_scheduling.status(app.state.link)
        app.state.found.append((await request.json(), state.status))

    return app


def test_callbacks_are_delivered_through_the_test_client(sandbox: RunningSandbox) -> None:
    sandbox.add_account("ada@example.com")
    app = make_app(sandbox)

    with TestClient(app) as http:
        sandbox.mount(APP, http)
        delivery = sandbox.book(http.post("/links").json()).delivery

    assert delivery is not None
    assert delivery.status == 202
    assert app.state.found == [(delivery.json, "completed")]


def test_an_application_in_another_event_loop_is_reported_with_a_hint(
    sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.add_account("ada@example.com")
    app = make_app(sandbox)
    caplog.set_level(logging.WARNING, "cronofy_async.sandbox")

    with TestClient(app) as http:
        sandbox.mount(APP, app)
        delivery = sandbox.book(http.post("/links").json()).delivery

    assert delivery is not None
    assert (delivery.outcome, app.state.found) == ("failed", [])
    assert delivery.problem is not None
    assert delivery.problem.startswith("ConfigurationError: ")
    assert delivery.problem.endswith("in another event loop: mount its TestClient instead.")
    assert "await app.state.client.real_time_scheduling.status" in caplog.text


def test_a_repr_shows_the_url_and_counts(sandbox: RunningSandbox) -> None:
    sandbox.add_account("ada@example.com")
    with TestClient(make_app(sandbox)) as http:
        http.post("/links")

    expected = f"<Sandbox url='{sandbox.url}' accounts=1 links=1 requests=1>"
    assert repr(sandbox) == f"<RunningSandbox of {expected}>"
    assert sandbox.run(repr) == expected
    assert repr(Sandbox()) == "<Sandbox url=None accounts=0 links=0 requests=0>"
