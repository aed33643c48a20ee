"""The fixtures, in sync and async tests."""

from __future__ import annotations

import pytest

from .support import ASYNC_MODULE, run

pytest_plugins = ["pytester"]

ASYNCIO = ("-p", "asyncio", "-o", "asyncio_default_fixture_loop_scope=function")


@pytest.mark.parametrize(
    ("options", "mark"),
    [
        ((*ASYNCIO, "-o", "asyncio_mode=auto"), "[]"),
        ((*ASYNCIO, "-o", "asyncio_mode=strict"), "pytest.mark.asyncio"),
        (("-p", "anyio"), "pytest.mark.anyio"),
        ((*ASYNCIO, "-p", "anyio"), "pytest.mark.anyio"),
    ],
    ids=["pytest-asyncio, auto", "pytest-asyncio, strict", "anyio", "anyio beside pytest-asyncio"],
)
def test_async_tests(pytester: pytest.Pytester, options: tuple[str, ...], mark: str) -> None:
    anyio_backend = "\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    pytester.makepyfile(ASYNC_MODULE.replace("MARK", mark) + anyio_backend)
    run(pytester, *options).assert_outcomes(passed=2)


def test_sync_tests_without_any_other_plugin(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import asyncio
        import os

        import pytest
        from cronofy_async import CronofyClient, Forbidden
        from cronofy_async.sandbox import Account, RunningSandbox


        def test_types(cronofy, cronofy_account, cronofy_env, cronofy_sandbox):
            assert type(cronofy) is CronofyClient
            assert type(cronofy_account) is Account
            assert type(cronofy_sandbox) is RunningSandbox
            assert cronofy_env == cronofy_sandbox.env()


        @pytest.mark.parametrize("number", range(3))
        def test_each_test_has_its_own_sandbox(cronofy_sandbox, cronofy_account, number):
            assert cronofy_sandbox.accounts == [cronofy_account]
            assert cronofy_sandbox.requests == []


        def test_the_client_runs_in_a_loop_of_the_test(cronofy, cronofy_account):
            account = cronofy.account(access_token=cronofy_account.access_token)
            assert asyncio.run(ended(account.identity.account())).sub == cronofy_account.sub


        def test_the_environment_points_at_the_sandbox(cronofy_env, cronofy_sandbox):
            assert {name: value for name, value in os.environ.items() if name.startswith("CRONOFY_")} == {
                **cronofy_env,
                "CRONOFY_LOG": "warning",
            }

            async def main():
                async with CronofyClient.from_env() as client:
                    await client.request("GET", "/v1/real_time_scheduling/sch_1").response()

            with pytest.raises(Exception, match="404"):
                asyncio.run(main())
            assert len(cronofy_sandbox.requests) == 1


        def test_the_environment_is_restored():
            assert os.environ["CRONOFY_CLIENT_SECRET"] == "made-up"
            assert os.environ["CRONOFY_PREVIOUS_SECRETS"] == "older"
            assert "CRONOFY_API_URL" not in os.environ


        async def ended(awaitable):
            return await awaitable
        """
    )
    mine = {"CRONOFY_CLIENT_SECRET": "made-up", "CRONOFY_PREVIOUS_SECRETS": "older", "CRONOFY_LOG": "warning"}
    run(pytester, environment=mine).assert_outcomes(passed=7)


def test_options_are_overridden_at_every_level(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def cronofy_sandbox_options():
            return {"client_id": "of conftest"}
        """
    )
    pytester.makepyfile(
        test_one="""
        def test_conftest(cronofy_sandbox):
            assert cronofy_sandbox.client_id == "of conftest"
        """,
        test_other="""
        import pytest

        @pytest.fixture
        def cronofy_sandbox_options(cronofy_sandbox_options):
            return {**cronofy_sandbox_options, "client_secret": "of the module"}

        def test_module(cronofy_sandbox):
            assert (cronofy_sandbox.client_id, cronofy_sandbox.client_secret) == ("of conftest", "of the module")

        class TestClass:
            @pytest.fixture
            def cronofy_sandbox_options(self):
                return {"client_id": "of the class"}

            def test_class(self, cronofy_sandbox):
                assert (cronofy_sandbox.client_id, cronofy_sandbox.client_secret) == ("of the class", "sbx_secret")

        @pytest.mark.parametrize("cronofy_sandbox_options", [{"client_id": "of the test"}])
        def test_test(cronofy_sandbox):
            assert cronofy_sandbox.client_id == "of the test"

        @pytest.mark.parametrize("cronofy_sandbox_options", [{"nwo": None}])
        def test_a_misspelled_option_is_reported(cronofy_sandbox):
            pass
        """,
    )
    result = run(pytester)
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines("*TypeError: *unexpected keyword argument 'nwo'*")


def test_tests_run_in_parallel(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(20))
        def test_parallel(cronofy_sandbox, cronofy_account, number):
            assert cronofy_sandbox.accounts == [cronofy_account]
        """
    )
    run(pytester, "-p", "xdist", "-n", "2").assert_outcomes(passed=20)


def test_a_django_application_gets_callbacks_in_the_thread_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import threading

        import django
        from django.conf import settings
        from django.http import HttpResponse
        from django.test import Client
        from django.urls import path

        from cronofy_async import CronofyClient

        settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DATABASES={})
        django.setup()
        threads = []


        def hook(request):
            threads.append(threading.current_thread())
            client = CronofyClient.from_env()
            return HttpResponse(status=204 if client.webhooks.verify(request.body, request.headers) else 401)


        urlpatterns = [path("hook", hook)]


        def test_callback(cronofy_env, cronofy_sandbox):
            web = Client()

            def receive(delivery):
                headers = dict(delivery.headers)
                return web.post("/hook", delivery.body, content_type="application/json", headers=headers).status_code

            cronofy_sandbox.mount("https://app.example.com", receive)
            delivery = cronofy_sandbox.run(
                lambda sandbox: sandbox.runtime.callbacks.send("https://app.example.com/hook", {})
            )
            assert delivery.status == 204
            assert threads == [threading.current_thread()]
        """
    )
    run(pytester).assert_outcomes(passed=1)
