"""Every member of a valid response, replaced by a value of another type: a result, or an error that names the member."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from cronofy_async import CronofyError, DecodeError, TokensUnknown
from cronofy_async._json import is_array, is_object

from ..e2e.test_secrets import Watch, watch
from .calls import KINDS, assert_nothing_left, attack, body_of, outcome_of, valid_response
from .server import Received, Script, Step, reply

__all__ = ["watch"]  # the fixture

MISSING: Final = object()
WRONG: Final[dict[str, Any]] = {
    "missing": MISSING,
    "null": None,
    "true": True,
    "zero": 0,
    "a fraction": -1.5,
    "400 digits": 10**400,
    "NaN": float("nan"),
    "an empty string": "",
    "a string": "x\0\ud83d",
    "an empty array": [],
    "an array": [None, "x", {}],
    "an empty object": {},
    "an object": {"x": {"y": []}},
}


def with_wrong(document: Any, wrong: Any) -> Iterator[Any]:
    """Yield copies of a JSON value with one member or item replaced, or left out, at any depth."""
    if is_object(document):
        for name, value in document.items():
            others = {other: kept for other, kept in document.items() if other != name}
            yield others if wrong is MISSING else {**others, name: wrong}
            yield from ({**others, name: changed} for changed in with_wrong(value, wrong))
    elif is_array(document):
        for number, value in enumerate(document):
            before, after = document[:number], document[number + 1 :]
            yield [*before, *after] if wrong is MISSING else [*before, wrong, *after]
            yield from ([*before, changed, *after] for changed in with_wrong(value, wrong))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("value", WRONG)
async def test_members_of_the_wrong_type(value: str, name: str, watch: Watch) -> None:
    kind = KINDS[name]
    documents = list(with_wrong(json.loads(json.dumps(kind.document)), WRONG[value]))
    assert len(documents) >= 6
    for document in documents:

        def steps(received: Received, document: Any = document) -> list[Step]:
            is_attacked = (received.method, received.target) == kind.attacked_request
            return [reply(body_of(document))] if is_attacked else valid_response(received)

        async with attack(Script(steps)) as (cronofy, server, limiter):
            outcome = await outcome_of(kind.call(cronofy))
            if isinstance(outcome, CronofyError):
                assert type(outcome) is (TokensUnknown if name == "refresh" else DecodeError), document
                assert name != "raw"
                watch.check(outcome)
            else:
                assert kind.is_result(outcome)
            assert_nothing_left(limiter, watch.caplog)
            assert len([request for request in server.received if request.method == "POST"]) <= 1
