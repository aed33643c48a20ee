"""The search of the sandbox, compared with brute force."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from ..sandbox.support import Json
from .availability_cases import cases, sequenced_cases, state_of, to_result
from .availability_oracle import Dataset, Oracle, sequences

CASES = 10_000
UNTIMED = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=CASES, suppress_health_check=UNTIMED)
@given(cases())
def test_slots_match_brute_force(case: tuple[Dataset, Json]) -> None:
    dataset, query = case

    result = state_of(dataset).available_slots(query)

    assert [to_result(slot) for slot in result] == Oracle(dataset, query).answer()


@settings(max_examples=CASES // 5, suppress_health_check=UNTIMED)
@given(sequenced_cases())
def test_sequences_match_brute_force(case: tuple[Dataset, Json]) -> None:
    dataset, query = case

    result = state_of(dataset).sequences(query)

    assert [
        [(step.sequence_id, step.slot.start, step.slot.end, step.slot.free) for step in steps] for steps in result
    ] == sequences(dataset, query)
