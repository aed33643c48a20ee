"""Every public method of pycronofy is exercised against the sandbox, or listed with the reason why it is not."""

from __future__ import annotations

import inspect
from functools import cache

import attrs
import pytest

from . import pycronofy_changes, pycronofy_companies
from .change import Change, Step, prepared
from .support import OPERATIONS, answered, pycronofy

CHANGES = [*pycronofy_changes.CHANGES, *pycronofy_companies.CHANGES]

METHODS: list[str] = [
    name for name, _ in inspect.getmembers(pycronofy.Client, inspect.isfunction) if not name.startswith("_")
]

#: Methods of operations that are not modeled: they have no typed call, and the sandbox does not emulate them.
NOT_MODELED = {
    Step("get_ui_element_token", lambda _: ([], [], "u")): "element_tokens.create",
}

#: Methods that send nothing.
LOCAL: dict[str, str] = {
    "hmac_valid": "exercised in test_pycronofy.py",
    "is_authorization_expired": "compares times",
    "validate": "checks arguments",
    **dict.fromkeys(
        (name for name in METHODS if name.startswith(("map_", "translate_"))),
        "converts arguments of other methods",
    ),
}


@attrs.frozen
class Outcome:
    before: object
    after: object
    reached: set[tuple[str, str]]
    unknown: list[str]


@cache
def outcome(change: Change) -> Outcome:
    with prepared() as setup:
        change.prepare(setup)
        before = change.show(setup)
        change.then(setup, setup.call(change.write))
        return Outcome(before, change.show(setup), setup.client.reached(), setup.sandbox.unknown_parameters)


def test_every_public_method_is_listed_once() -> None:
    assert sorted([*OPERATIONS, *(step.method for step in NOT_MODELED), *LOCAL]) == METHODS
    assert not any("request_handler" in inspect.getsource(getattr(pycronofy.Client, name)) for name in LOCAL)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_is_seen_by_a_later_read(change: Change) -> None:
    found = outcome(change)

    assert change.before != change.after
    assert (found.before, found.after) == (change.before, change.after)
    assert found.unknown == []


def test_every_operation_of_every_method_accepts_it() -> None:
    reached = set[tuple[str, str]]().union(*(outcome(change).reached for change in CHANGES))

    expected = {(method, name) for method, names in OPERATIONS.items() for name in names}
    assert expected - reached == set()


def test_every_method_is_in_the_table() -> None:
    assert {method for change in CHANGES for method in change.methods} | {"user_auth_link"} == OPERATIONS.keys()


@pytest.mark.parametrize("step", NOT_MODELED, ids=lambda step: step.method)
def test_what_is_not_modeled_is_not_faked(step: Step) -> None:
    refused(step)


def refused(step: Step) -> None:
    """The sandbox says that it does not emulate a call."""
    with prepared() as setup, answered(501) as answers:
        setup.call(step)
    assert "does not emulate" in answers[0].json()["error_description"]
