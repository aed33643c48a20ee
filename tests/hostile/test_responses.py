"""Every response of the table, for every kind of call: each call has the expected outcome, and leaves nothing behind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from cronofy_async import CronofyError, Timeout

from ..e2e.test_secrets import Watch, watch
from .calls import DOWNLOAD, KINDS, CallKind, assert_nothing_left, attack, outcome_of, valid_response
from .responses import HostileResponse
from .server import Received, Script
from .table import GROUPS, RESPONSES

__all__ = ["watch"]  # the fixture

ATTACKED: Final = {**KINDS, "download": DOWNLOAD}
#: The timeouts for responses that never end.
SHORT: Final = Timeout(attempt=0.1, total=30)


def hostile(kind: CallKind, response: HostileResponse) -> Script:
    """Send the response to the attacked request of a call, and valid responses to its other requests."""

    def steps(received: Received) -> Any:
        is_attacked = (received.method, received.target) == kind.attacked_request or response.at != "request"
        return response.steps(kind.body) if is_attacked else valid_response(received)

    return Script(steps, response.at)


def is_one_of(outcome: Any, kind: CallKind, expected: set[type[CronofyError] | None]) -> bool:
    return (
        type(outcome) in expected if isinstance(outcome, CronofyError) else None in expected and kind.is_result(outcome)
    )


@pytest.mark.parametrize("name", ATTACKED)
@pytest.mark.parametrize("response_name", RESPONSES)
async def test_a_hostile_response(response_name: str, name: str, watch: Watch) -> None:
    response, kind = RESPONSES[response_name], ATTACKED[name]
    options: dict[str, Any] = {"timeout": SHORT} if response.is_slow(name) else {}
    async with attack(hostile(kind, response), **options) as (cronofy, server, limiter):
        outcome = await outcome_of(kind.call(cronofy))

        assert is_one_of(outcome, kind, response.outcomes(name)), repr(outcome)
        watch.check(*[outcome] if isinstance(outcome, CronofyError) else [])
        assert_nothing_left(limiter, watch.caplog)
        posts = [request for request in server.received if request.method == "POST"]
        assert len(posts) <= (1 if response.processed and not kind.is_repeatable else 2)
        assert len(server.received) <= 4
        server.script = Script(valid_response)
        assert kind.is_result(await kind.call(cronofy.with_options(timeout=Timeout())))


def test_the_documented_number_of_attacks_is_correct() -> None:
    page = (Path(__file__).parents[2] / "docs" / "robustness.md").read_text("utf-8")
    counted = {name: int(number) for name, number in re.findall(r"^\| (.+) \| (\d+) \|$", page, re.MULTILINE)}

    assert counted == {**{name: len(group) for name, group in GROUPS.items()}, "all": len(RESPONSES)}
    assert f"{len(RESPONSES) * len(ATTACKED):,} attacks" in page
