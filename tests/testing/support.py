"""Runs of pytest in a separate process, with this plugin and those that are named."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import pytest

__all__ = ["ASYNC_MODULE", "run"]

#: Two async tests, whose mark is ``MARK``.
ASYNC_MODULE = """
import asyncio

import pytest
from cronofy_async import CronofyClient

pytestmark = MARK
APP = "https://app.example.com"
LINK = dict(
    oauth={"redirect_uri": APP},
    event={"event_id": "intro-1", "summary": "Intro", "tzid": "Etc/UTC"},
    callback_urls={"completed_url": APP},
)


def availability(account):
    return {
        "participants": [{"members": [{"sub": account.sub}], "required": "all"}],
        "required_duration": {"minutes": 30},
        "query_periods": [{"start": "2031-03-03T09:00:00Z", "end": "2031-03-03T12:00:00Z"}],
    }


@pytest.fixture
def cronofy_sandbox_options():
    from datetime import UTC, datetime

    return {"strict": True, "now": datetime(2031, 3, 3, tzinfo=UTC)}


async def test_the_client_is_open_in_this_loop(cronofy, cronofy_sandbox, cronofy_account):
    link = await cronofy.real_time_scheduling.create(**LINK, availability=availability(cronofy_account))
    assert link.url.startswith(cronofy_sandbox.url)
    cronofy_sandbox.book(link)
    assert (await cronofy.real_time_scheduling.status(link)).status == "completed"
    account = cronofy.account(access_token=cronofy_account.access_token)
    assert (await account.identity.account()).email == "ada@example.com"


async def test_an_application_in_this_loop_gets_callbacks(cronofy_env, cronofy_sandbox, cronofy_account):
    loops = []
    async with CronofyClient.from_env() as client:

        async def app(scope, receive, send):
            loops.append(asyncio.get_running_loop())
            loops.append((await client.real_time_scheduling.status(link)).status)
            await send({"type": "http.response.start", "status": 204, "headers": []})

        cronofy_sandbox.mount(APP, app)
        link = await client.real_time_scheduling.create(**LINK, availability=availability(cronofy_account))
        booking = await asyncio.to_thread(cronofy_sandbox.book, link)
        assert booking.delivery.status == 204
        assert loops == [asyncio.get_running_loop(), "completed"]
"""


def run(
    pytester: pytest.Pytester,
    *options: str,
    environment: Mapping[str, str] | None = None,
    python: Sequence[str] = (),
) -> pytest.RunResult:
    """Run the tests of ``pytester`` with only our plugin, and those in the options; warnings are errors."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        command = [sys.executable, *python, "-m", "pytest", "-p", "pytest_cronofy_async", "-W", "error", *options]
        pytester.makeini("[pytest]")  # or pytest reads the settings of this project, if the folder is in its checkout
        return pytester.run(*command, timeout=120)
