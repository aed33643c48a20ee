"""pycronofy and this package send the same requests, except for the listed faults of pycronofy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import pytest

from cronofy_async import CronofyClient

from .faults import FAULTS, Fault
from .methods import PYCRONOFY
from .pair import ACCESS_TOKEN, APPLICATION, REFRESH_TOKEN, Clients, Pair
from .pairs_calendars import CALENDAR_PAIRS
from .pairs_connecting import CONNECTING_PAIRS
from .pairs_scheduling import SCHEDULING_PAIRS
from .recording import Places, Recorder, recording
from .support import pycronofy, settings

PAIRS = [*CALENDAR_PAIRS, *CONNECTING_PAIRS, *SCHEDULING_PAIRS]


@pytest.fixture
async def recorder(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Recorder]:
    async with recording() as recorder:
        monkeypatch.setattr(settings, "API_BASE_URL", recorder.url)
        monkeypatch.setattr(settings, "APP_BASE_URL", recorder.url)
        yield recorder


async def pycronofy_requests(recorder: Recorder, pair: Pair) -> list[Places]:
    """Return the requests of pycronofy."""
    client = pycronofy.Client(access_token=ACCESS_TOKEN, refresh_token=REFRESH_TOKEN, **APPLICATION)

    def call() -> Any:
        arguments, options = deepcopy((pair.arguments, pair.options))  # it changes them
        returned = getattr(client, pair.method)(*arguments, **options)
        return returned if isinstance(returned, str) else pair.finish(returned)

    return recorded_requests(recorder, await asyncio.to_thread(call))


async def our_requests(recorder: Recorder, pair: Pair) -> list[Places]:
    """Return the requests of this package."""
    async with CronofyClient(base_url=recorder.url, app_url=recorder.url, **APPLICATION) as cronofy:
        account = cronofy.account(access_token=ACCESS_TOKEN, refresh_token=REFRESH_TOKEN)
        returned = pair.ours(Clients(cronofy=cronofy, account=account))
        return recorded_requests(recorder, returned if isinstance(returned, str) else await returned)


def recorded_requests(recorder: Recorder, returned: Any) -> list[Places]:
    """Return the requests, including one for the page whose URL was returned."""
    if isinstance(returned, str) and returned.startswith(f"{recorder.url}/oauth/authorize"):
        recorder.record("GET", returned.removeprefix(recorder.url))
    return recorder.take()


def corrected(pair: Pair, request: Places) -> Places:
    for fault in FAULTS:
        if fault.concerns(pair):
            request = fault.corrected(request)
    return request


@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_both_sdks_send_the_same_requests_except_for_known_faults(recorder: Recorder, pair: Pair) -> None:
    theirs, ours = await pycronofy_requests(recorder, pair), await our_requests(recorder, pair)

    assert ours[-1]["operation"] == pair.operation
    assert [corrected(pair, request) for request in theirs] == ours


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.sends)
async def test_each_method_has_its_faults(recorder: Recorder, fault: Fault) -> None:
    seen = {
        pair.method
        for pair in PAIRS
        if fault.concerns(pair)
        for request in await pycronofy_requests(recorder, pair)
        if fault.corrected(request) != request
    }

    assert seen == set(fault.methods)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.sends)
async def test_each_correction_is_needed(recorder: Recorder, fault: Fault) -> None:
    requests = [
        request for pair in PAIRS if fault.concerns(pair) for request in await pycronofy_requests(recorder, pair)
    ]

    for correction in fault.corrections:
        alone = Fault(methods=(), sends="", here="", why="", corrections=[correction])
        assert any(alone.corrected(request) != request for request in requests)


def test_every_operation_of_every_method_has_a_pair() -> None:
    expected = {(method, name) for method, names in PYCRONOFY.operations.items() for name in names}

    assert {(pair.method, pair.operation) for pair in PAIRS} == expected
