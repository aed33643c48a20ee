"""The search of the sandbox, compared with brute force."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, seed, settings

from ..sandbox.support import Json
from .availability_cases import cases, sequenced_cases, state_of, to_result
from .availability_oracle import Dataset, Oracle, sequences

CASES = 10_000
SEQUENCED_CASES = 2_000
#: The cases are split among this many tests, which run in parallel, each with a seed of its own.
PARTS = 4

each_part = pytest.mark.parametrize("part", range(PARTS))
UNTIMED = [HealthCheck.too_slow, HealthCheck.data_too_large]


@each_part
def test_slots_match_brute_force(part: int) -> None:
    @seed(part)
    @settings(max_examples=CASES // PARTS, suppress_health_check=UNTIMED)
    @given(cases())
    def check(case: tuple[Dataset, Json]) -> None:
        dataset, query = case

        result = state_of(dataset).available_slots(query)

        assert [to_result(slot) for slot in result] == Oracle(dataset, query).answer()

    check()


@each_part
def test_sequences_match_brute_force(part: int) -> None:
    @seed(part)
    @settings(max_examples=SEQUENCED_CASES // PARTS, suppress_health_check=UNTIMED)
    @given(sequenced_cases())
    def check(case: tuple[Dataset, Json]) -> None:
        dataset, query = case

        result = state_of(dataset).sequences(query)

        assert [
            [(step.sequence_id, step.slot.start, step.slot.end, step.slot.free) for step in steps] for steps in result
        ] == sequences(dataset, query)

    check()
