"""Every public method of the official SDK for Node is exercised against the sandbox, or listed with a reason."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import cache, partial

import pytest

from .change import Change, Outcome, outcome, prepared
from .methods import NODE, reached
from .node_program import Node, running


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Generator[Node]:
    with running(tmp_path_factory.mktemp("node")) as node:
        yield node


@pytest.fixture(scope="module")
def outcome_of(node: Node) -> Callable[[Change], Outcome]:
    return cache(partial(outcome, node.connect))


def test_every_public_method_is_listed_once(node: Node) -> None:
    assert sorted([*NODE.operations, *NODE.sends_nothing]) == sorted(node.methods)


@pytest.mark.parametrize("change", NODE.changes, ids=lambda change: change.name)
def test_a_change_is_seen_by_a_later_read(outcome_of: Callable[[Change], Outcome], change: Change) -> None:
    actual = outcome_of(change)

    assert change.before != change.after
    assert (actual.before, actual.after) == (change.before, change.after)
    assert actual.unknown == []


@pytest.mark.parametrize("method", NODE.operations)
def test_the_listed_operations_accept_each_method(outcome_of: Callable[[Change], Outcome], method: str) -> None:
    assert reached(NODE, method, outcome_of) == set(NODE.operations[method])


def test_methods_call_back(node: Node) -> None:
    with prepared(node.connect) as setup:
        result = setup.client.listCalendars(by_callback=True)
        assert [calendar["calendar_id"] for calendar in result["calendars"]] == setup.ada.calendar_ids


def test_the_sdk_verifies_callbacks(node: Node) -> None:
    with prepared(node.connect) as setup:
        setup.client.createNotificationChannel(callback_url="https://app.example.com/changes")
        setup.sandbox.wait_for_callbacks()
        (delivery,) = setup.sandbox.deliveries
        header, body = delivery.headers["Cronofy-HMAC-SHA256"], delivery.body.decode()

        assert setup.client.hmacValid(hmac=header, body=body) is True
        assert setup.client.hmacValid(hmac=header, body=body + " ") is False
