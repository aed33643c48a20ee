"""Every response of the table, for every kind of call: each call has the expected outcome, and leaves nothing behind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from cronofy_async import CronofyError, Timeout

from ..e2e.test_canary import Watch, watch
from .answers import Answer
from .calls import DOWNLOAD, KINDS, Kind, attacked, healthy, outcome_of, unharmed
from .server import Received, Script
from .table import ANSWERS, GROUPS

__all__ = ["watch"]  # the fixture

ATTACKED: Final = {**KINDS, "download": DOWNLOAD}
#: The timeouts for responses that never end.
SHORT: Final = Timeout(attempt=0.1, total=30)


def hostile(kind: Kind, answer: Answer) -> Script:
    """Send the response to the attacked request of a call, and valid responses to its other requests."""

    def steps(received: Received) -> Any:
        is_attacked = (received.method, received.target) == kind.attacked or answer.at != "request"
        return answer.steps(kind.body) if is_attacked else healthy(received)

    return Script(steps, answer.at)


def is_one_of(outcome: Any, kind: Kind, expected: set[type[CronofyError] | None]) -> bool:
    return (
        type(outcome) in expected if isinstance(outcome, CronofyError) else None in expected and kind.is_result(outcome)
    )


@pytest.mark.parametrize("name", ATTACKED)
@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_hostile_response(answer: str, name: str, watch: Watch) -> None:
    given, kind = ANSWERS[answer], ATTACKED[name]
    options: dict[str, Any] = {"timeout": SHORT} if given.is_slow(name) else {}
    async with attacked(hostile(kind, given), **options) as (cronofy, server, limiter):
        outcome = await outcome_of(kind.call(cronofy))

        assert is_one_of(outcome, kind, given.outcomes(name)), repr(outcome)
        watch.check(*[outcome] if isinstance(outcome, CronofyError) else [])
        unharmed(limiter, watch.caplog)
        posts = [one for one in server.received if one.method == "POST"]
        assert len(posts) <= (1 if given.processed and not kind.is_repeatable else 2)
        assert len(server.received) <= 4
        server.script = Script(healthy)
        assert kind.is_result(await kind.call(cronofy.with_options(timeout=Timeout())))


def test_the_documented_number_of_attacks_is_correct() -> None:
    page = (Path(__file__).parents[2] / "docs" / "robustness.md").read_text("utf-8")
    counted = {name: int(number) for name, number in re.findall(r"^\| (.+) \| (\d+) \|$", page, re.MULTILINE)}

    assert counted == {**{name: len(group) for name, group in GROUPS.items()}, "all": len(ANSWERS)}
    assert f"{len(ANSWERS) * len(ATTACKED):,} attacks" in page
