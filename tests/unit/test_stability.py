"""The warning about endpoints that Cronofy may still change."""

from __future__ import annotations

import warnings

import pytest

from cronofy_async import CronofyClient, CronofyStabilityWarning


def client(*, warn_unstable: bool) -> CronofyClient:
    return CronofyClient(client_secret="s", warn_unstable=warn_unstable)


async def test_a_call_of_an_unstable_endpoint_warns_at_the_line_of_the_user() -> None:
    async with client(warn_unstable=True) as cronofy:
        with pytest.warns(CronofyStabilityWarning, match=r"^bookable_events\.read: .* is beta") as caught:
            call = cronofy.bookable_events.read("yoga")
        call.request  # noqa: B018 - reading it does not use the call
        call.close()

    assert caught[0].filename == __file__


async def test_a_stable_endpoint_does_not_warn() -> None:
    async with client(warn_unstable=True) as cronofy:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            cronofy.real_time_scheduling.status("sch_1").close()


async def test_there_is_no_warning_by_default() -> None:
    async with client(warn_unstable=False) as cronofy:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            cronofy.bookable_events.read("yoga").close()


async def test_copies_of_a_client_and_its_accounts_warn_as_well() -> None:
    async with client(warn_unstable=True) as cronofy:
        with pytest.warns(CronofyStabilityWarning, match="alpha"):
            cronofy.account(access_token="t").link_tokens.create().close()
        with pytest.warns(CronofyStabilityWarning, match="beta"):
            cronofy.with_options(validate=False).bookable_events.read("yoga").close()
