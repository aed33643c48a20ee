"""The pytest plugin of cronofy_async: fixtures for tests of an application that uses Cronofy.

pytest imports this module in every run, used or not, so it is outside the package and imports nothing from it. The
first fixture that a test uses imports the SDK and the sandbox.

Docs: ``docs/testing-your-app.md``
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cronofy_async import CronofyClient
    from cronofy_async.sandbox import Account, RunningSandbox

__all__ = ["cronofy", "cronofy_account", "cronofy_env", "cronofy_sandbox", "cronofy_sandbox_options"]


@pytest.fixture
def cronofy_sandbox_options() -> dict[str, Any]:
    """The arguments of the test's ``Sandbox``, such as ``{"strict": True}``; none by default.

    Override it in a ``conftest.py`` for all tests, or in a module or class for the tests in it.
    """
    return {}


@pytest.fixture
def cronofy_sandbox(cronofy_sandbox_options: dict[str, Any]) -> Generator[RunningSandbox]:
    """A local Cronofy for this test, served from another thread; see ``cronofy_async.sandbox.RunningSandbox``."""
    from cronofy_async.testing import running_sandbox  # noqa: PLC0415 - nothing is imported before it is used

    with running_sandbox(**cronofy_sandbox_options) as sandbox:
        yield sandbox


@pytest.fixture
def cronofy_env(cronofy_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment variables of the sandbox, set until the test ends.

    ``CronofyClient.from_env()`` then returns clients of the sandbox. Other settings of Cronofy are removed from the
    environment.
    """
    for name in [variable for variable in os.environ if variable.startswith("CRONOFY_") and variable != "CRONOFY_LOG"]:
        monkeypatch.delenv(name)
    variables = cronofy_sandbox.env()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def cronofy(cronofy_sandbox: RunningSandbox) -> CronofyClient:
    """A client of the sandbox, for the event loop of the test. It need not be closed."""
    return cronofy_sandbox.client()


@pytest.fixture
def cronofy_account(cronofy_sandbox: RunningSandbox) -> Account:
    """The account of ``ada@example.com``, who has authorized the application, with its tokens and its calendar."""
    return cronofy_sandbox.add_account("ada@example.com")
