"""Properties of every model, from JSON that is made of the types of its members.

The models are those of ``cronofy_async.models``; none is named here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cronofy_async import DecodeError, models
from cronofy_async._codec import decode, encode
from cronofy_async._codec.wire import wire_members
from cronofy_async._json import is_object
from cronofy_async._unset import Unset
from cronofy_async.models.base import Model
from cronofy_async.times import Duration, EventTime

KINDS: list[type[Model]] = [kind for name in models.__all__ if isinstance(kind := getattr(models, name), type)]

Json = st.SearchStrategy[Any]

#: The examples of each model, of which there are more than a hundred.
EXAMPLES = 33

TEXTS = st.text(max_size=5)
INTEGERS = st.integers(-(2**63), 2**63 - 1)  # orjson reads larger ones as floats
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0).isoformat())
DATES = st.dates().map(date.isoformat)
SCALARS = st.none() | st.booleans() | INTEGERS | FLOATS | TEXTS | TIMES | DATES
#: Samples, since drawing arbitrary JSON for each member takes most of the time of a test.
ODD: list[Any] = [
    *[None, True, 0, -1.5, 2**63 - 1, 1e300, "", "\x00é😀", "2030-02-01", "2030-13-41T25:61:61Z", "0001-01-01T00:00+14:00"],
    *[[], [None], [[]], [{}], ["", 1], {}, {"": None}, {"a": {"b": [1]}}, {"time": None}, {"time": "", "tzid": 1}],
    *[{"minutes": 60, "hours": 1}, {"minutes": -1}, {"start": 1}, {"errors": []}],
]  # fmt: skip
#: JSON for the types that are not made of others.
PLAIN: dict[Any, Json] = {
    Any: st.sampled_from(ODD),
    str: TEXTS,
    bool: st.booleans(),
    int: INTEGERS,
    float: INTEGERS | FLOATS,
    NoneType: st.none(),
    datetime: TIMES,
    date: DATES,
    EventTime: TIMES | DATES | st.fixed_dictionaries({"time": TIMES | DATES}, optional={"tzid": TEXTS}),
    Duration: st.integers(0, 59).map(lambda minutes: {"minutes": minutes})
    | st.fixed_dictionaries({"hours": st.integers(0, 99)}, optional={"minutes": st.integers(0, 59)}),
}


@cache
def values(kind: Any) -> Json:
    """JSON that a type can be read from."""
    origin: Any = get_origin(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if origin is Literal:
        return st.sampled_from(get_args(kind))
    if origin in {Union, UnionType}:
        # A mapping beside a model is for what the model does not know, but is read as the model.
        has_model = any(attrs.has(argument) for argument in get_args(kind))
        candidates = [
            argument
            for argument in get_args(kind)
            if argument is not Unset and not (has_model and get_origin(argument) is Mapping)
        ]
        return st.one_of(*map(values, candidates))
    if origin in {tuple, Sequence}:
        return st.lists(values(get_args(kind)[0]), max_size=2)
    if origin is Mapping:
        return st.dictionaries(TEXTS, values(get_args(kind)[1]), max_size=2)
    return objects(kind)


@cache
def objects(kind: Any) -> Json:
    """JSON that a model can be read from."""
    attrs.resolve_types(kind)
    members: Any = {
        name: (values(cast("Any", field.type)), field.default is attrs.NOTHING)
        for name, field in wire_members(kind).items()
    }
    required = {name: value for name, (value, is_required) in members.items() if is_required}
    optional = {name: value for name, (value, is_required) in members.items() if not is_required}
    return st.fixed_dictionaries(required, optional=optional)


def is_instance(value: Any, kind: Any) -> bool:
    """Whether a value that was read has the type that its member declares."""
    origin: Any = get_origin(kind)
    if origin is Literal:
        return value in get_args(kind)
    if origin in {Union, UnionType}:
        return any(is_instance(value, argument) for argument in get_args(kind))
    if origin in {tuple, Sequence}:
        return type(value) in {tuple, list} and all(is_instance(item, get_args(kind)[0]) for item in value)
    if origin is Mapping:
        return is_object(value) and all(is_instance(item, get_args(kind)[1]) for item in value.values())
    if kind is not EventTime and attrs.has(kind):
        return type(value) is kind and all(
            is_instance(getattr(value, field.name), field.type) for field in attrs.fields(kind)
        )
    return kind is Any or type(value) is kind


def read(kind: type[Any], body: Any) -> Any:
    """Read a model as a response is read. An error must have a path; then the result is ``None``."""
    failure: DecodeError | None = None
    try:
        model = decode(kind, json.dumps(body).encode())
    except DecodeError as error:
        failure = error
    else:
        assert is_instance(model, kind)
        return model
    assert failure.path.startswith("$")
    assert str(failure).startswith(f"{failure.path}: ")
    return None


def test_the_models_are_found() -> None:
    assert len(KINDS) > 100
    assert all(attrs.has(cast("type[Any]", kind)) for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_a_model_is_read_and_written(kind: Any, data: st.DataObject) -> None:
    document = data.draw(objects(kind))
    more, name, value = data.draw(st.tuples(*map(st.sampled_from, (ODD, [*wire_members(kind), ""], ODD))))
    unknown = {"unknown member": more}

    model = read(kind, document)
    if model is None:
        assert any(field.validator for field in attrs.fields(kind)), (
            "only a validator may reject members of the right types"
        )
    else:
        assert decode(kind, encode(model)) == model
        extended = read(kind, document | unknown)
        if "extra" in attrs.fields_dict(kind):
            assert extended == attrs.evolve(model, extra=unknown)
            assert decode(kind, encode(extended)) == extended
        else:
            assert extended == model  # a request ignores it
    read(kind, document | {name: value})


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_any_json_is_a_model_or_an_error_with_a_path(body: Any) -> None:
    for kind in KINDS:
        read(kind, body)


@given(st.dictionaries(st.sampled_from(sorted({name for kind in KINDS for name in wire_members(kind)})), SCALARS))
def test_an_object_with_members_of_other_models_is_a_model_or_an_error_with_a_path(body: Any) -> None:
    for kind in KINDS:
        read(kind, body)
