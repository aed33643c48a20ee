"""The rate that the limiter reaches in long simulations."""

from __future__ import annotations

import random
import statistics

import pytest

from ..unit.rate_limit_traffic import LATENCIES, Traffic, limiter
from ..unit.virtual_clock import VirtualClock


@pytest.mark.parametrize("name", LATENCIES)
async def test_the_rate_is_reached(name: str) -> None:
    """n requests in (a window + the mean latency), by Little's law."""
    clock = VirtualClock()
    traffic = Traffic(clock, limiter(clock), LATENCIES[name], random.Random(11))
    await traffic.run(1600, senders=400)
    permits = sorted(traffic.issued["foreground"])
    rounds = (len(permits) - 1) // 500
    rate = 500 * rounds / (permits[500 * rounds] - permits[0])
    assert rate >= 0.995 * 500 / (60 + statistics.mean(traffic.durations))
