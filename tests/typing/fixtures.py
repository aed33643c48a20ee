"""The fixtures of tests, with the types that a user writes. Type checkers read this; it is never run."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from typing import Any, assert_type

import pytest

from cronofy_async import CronofyAccount, CronofyClient
from cronofy_async.models import SchedulingLink
from cronofy_async.sandbox import Account, BookableEvent, Booking, Delivery, RunningSandbox, Sandbox
from cronofy_async.testing import running_sandbox


@pytest.fixture
def cronofy_sandbox_options() -> dict[str, Any]:
    return {"strict": True, "now": datetime(2031, 3, 3, tzinfo=UTC)}


@pytest.fixture
def own_sandbox() -> Generator[RunningSandbox]:
    with running_sandbox(strict=True) as sandbox:
        assert_type(sandbox, RunningSandbox)
        yield sandbox


def sync_test(cronofy_sandbox: RunningSandbox, cronofy_account: Account, cronofy_env: dict[str, str]) -> None:
    booking = cronofy_sandbox.book("sch_1")
    assert_type(booking, Booking)
    assert_type(booking.delivery, Delivery)
    assert_type(booking.delivery.status, int | None)
    assert_type(cronofy_sandbox.add_account("bob@example.com"), Account)
    assert_type(cronofy_sandbox.run(lambda sandbox: sandbox.bookable_events.add()), BookableEvent)
    assert_type(cronofy_sandbox.client(), CronofyClient)
    assert_type(cronofy_account.access_token, str)
    settings: Mapping[str, str] = cronofy_env
    assert_type(settings["CRONOFY_API_URL"], str)
    cronofy_sandbox.book()  # type: ignore[call-arg]
    cronofy_sandbox.mount("https://app.example.com", 1)  # type: ignore[arg-type]
    Sandbox.running("localhost")  # type: ignore[call-arg]


async def async_test(cronofy: CronofyClient, cronofy_account: Account) -> None:
    assert_type(await cronofy.real_time_scheduling.status("sch_1"), SchedulingLink)
    assert_type(cronofy.account(access_token=cronofy_account.access_token), CronofyAccount)
