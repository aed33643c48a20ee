"""The messages about mistakes with the fixtures."""

from __future__ import annotations

import pytest

from .support import run

pytest_plugins = ["pytester"]

REQUEST = """
import asyncio

import pytest
from cronofy_async import CronofyClient, NotFound


async def request(client):
    with pytest.raises(NotFound):
        await client.real_time_scheduling.status("sch_1")
"""


def test_a_client_that_is_not_closed_is_a_warning_of_its_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        REQUEST
        + """
def test_forgetful(cronofy_env):
    asyncio.run(request(CronofyClient.from_env()))


def test_more_forgetful(cronofy_env):
    asyncio.run(request(CronofyClient.from_env()))
    asyncio.run(request(CronofyClient.from_env()))


def test_tidy(cronofy_env):
    async def main():
        async with CronofyClient.from_env() as client:
            await request(client)

    asyncio.run(main())


def test_of_something_else(cronofy_sandbox, cronofy_env):
    from cronofy_async.sandbox import Sandbox

    with Sandbox.running() as other:
        client = CronofyClient(client_secret=other.client_secret, base_url=other.url)
        asyncio.run(request(client))


def test_of_the_fixture(cronofy):
    asyncio.run(request(cronofy))
"""
    )
    result = run(pytester, "-W", "default::pytest.PytestWarning", "-W", "ignore::ResourceWarning", "-rw")
    result.assert_outcomes(passed=5, warnings=2)
    result.stdout.fnmatch_lines(
        [
            "*::test_forgetful",
            "*PytestWarning: 1 CronofyClient was used with the sandbox and not closed. Create clients with `async with`*",
            "*::test_more_forgetful",
            "*PytestWarning: 2 CronofyClients were used with the sandbox and not closed.*",
        ]
    )


def test_an_error_when_the_sandbox_stops_is_an_error_of_its_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def broken(monkeypatch):
            from cronofy_async.sandbox import Sandbox

            async def aclose(self):
                raise RuntimeError("cannot stop")

            monkeypatch.setattr(Sandbox, "aclose", aclose)

        def test_broken(broken, cronofy_sandbox):
            pass

        def test_the_next_one(cronofy_sandbox):
            cronofy_sandbox.add_account("ada@example.com")
        """
    )
    result = run(pytester)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_broken*", "E *RuntimeError: cannot stop"])


def test_a_client_used_after_its_test_raises(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import asyncio

        clients = []

        def test_keeps(cronofy):
            clients.append(cronofy)

        def test_uses():
            async def main():
                await clients[0].real_time_scheduling.status("sch_1")

            asyncio.run(main())
        """
    )
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines("E *SandboxError: the sandbox has stopped*")


def test_without_the_extra_a_test_says_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys; sys.modules['jsonschema_rs'] = None")
    pytester.makepyfile("def test_any(cronofy_sandbox): pass")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        "E *ImportError: the sandbox needs an extra. Run: pip install 'cronofy_async[[]sandbox]'"
    )
