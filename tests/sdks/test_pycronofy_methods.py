"""Every public method of pycronofy is exercised against the sandbox, or listed with the reason why it is not."""

from __future__ import annotations

import inspect
from functools import cache, partial

import pytest

from .change import Change, outcome
from .methods import PYCRONOFY, reached
from .support import client_of, pycronofy

outcome_of = cache(partial(outcome, client_of))


def test_every_public_method_is_listed_once() -> None:
    methods = [name for name, _ in inspect.getmembers(pycronofy.Client, inspect.isfunction) if name[0] != "_"]

    assert sorted([*PYCRONOFY.operations, *PYCRONOFY.sends_nothing]) == methods


@pytest.mark.parametrize("method", PYCRONOFY.sends_nothing)
def test_methods_without_a_request_send_nothing(method: str) -> None:
    assert "request_handler" not in inspect.getsource(getattr(pycronofy.Client, method))


@pytest.mark.parametrize("change", PYCRONOFY.changes, ids=lambda change: change.name)
def test_a_change_is_seen_by_a_later_read(change: Change) -> None:
    result = outcome_of(change)

    assert change.before != change.after
    assert (result.before, result.after) == (change.before, change.after)
    assert result.unknown == []


@pytest.mark.parametrize("method", PYCRONOFY.operations)
def test_the_listed_operations_accept_each_method(method: str) -> None:
    assert reached(PYCRONOFY, method, outcome_of) == set(PYCRONOFY.operations[method])
