"""An availability query in the sandbox, compared with brute force, minute by minute.

Brute force is the oracle that the tests compare the sandbox with, and both must find the same. It takes so long that it
runs once, between rounds of the sandbox. Half of the members are required, which is harder to compute than all of them.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cronofy_async.sandbox import Sandbox
from tests.property.availability_oracle import Dataset, Oracle

from .report import Row

TITLE = "An availability query in the sandbox: 50 members, 35 days, 2,000 busy events"

GOAL = 1 / 20
NOW = datetime(2031, 3, 3, tzinfo=UTC)


def _filled(members: int, days: int, events: int) -> tuple[Sandbox, Dataset]:
    """Return a sandbox with random events, and the same data in the form that the oracle uses."""
    chosen = random.Random(1)
    sandbox = Sandbox(now=NOW)
    accounts = [sandbox.add_account(f"member{number}@example.com") for number in range(members)]
    for number in range(events):
        start = NOW + timedelta(minutes=15 * chosen.randrange(days * 96))
        sandbox.add_busy(accounts[number % members], start, start + timedelta(minutes=chosen.choice((30, 60, 90))))
    return sandbox, Dataset(
        now=NOW,
        calendars={account.sub: account.calendar_ids for account in accounts},
        events={
            account.sub: [
                {
                    "event_uid": event.event_uid,
                    "calendar_id": account.calendar_id,
                    "start": event.start,
                    "end": event.end,
                }
                for event in account.events
            ]
            for account in accounts
        },
        rules={},
        periods={},
    )


def _sandbox_times(sandbox: Sandbox, query: dict[str, Any], rounds: int) -> list[float]:
    times: list[float] = []
    for _ in range(rounds):
        started = time.process_time()
        sandbox.runtime.state.available_slots(query)
        times.append(time.process_time() - started)
    return times


def run(*, quick: bool) -> Sequence[Row]:
    members, days, events, rounds = (10, 2, 50, 3) if quick else (50, 35, 2_000, 10)
    sandbox, dataset = _filled(members, days, events)
    end = NOW + timedelta(days=days)
    query: dict[str, Any] = {
        "participants": [{"members": [account.member for account in sandbox.accounts], "required": members // 2}],
        "required_duration": {"minutes": 60},
        "start_interval": {"minutes": 15},
        "query_periods": [{"start": NOW.isoformat(), "end": end.isoformat()}],
        "response_format": "overlapping_slots",
    }
    times = _sandbox_times(sandbox, query, rounds)
    started = time.process_time()
    expected = Oracle(dataset, query).answer()
    brute_force = time.process_time() - started
    times += _sandbox_times(sandbox, query, rounds)
    slots = [
        (slot.start, slot.end, slot.participants, slot.free) for slot in sandbox.runtime.state.available_slots(query)
    ]
    if slots != expected:
        raise RuntimeError("the sandbox and brute force find different slots")
    seconds = statistics.median(times)
    return [
        Row(label="brute force", value=brute_force * 1e3, unit="ms"),
        Row(
            label="the sandbox",
            value=seconds * 1e3,
            unit="ms",
            ratio=seconds / brute_force,
            goal=f"<= {GOAL:.2f}",
            met=seconds <= GOAL * brute_force,
            note=f"Both find the same {len(slots):,} slots at which {members // 2} of {members} members are free.",
        ),
    ]
