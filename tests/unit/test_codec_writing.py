from __future__ import annotations

import json
from collections import UserDict, UserList, deque
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

import attrs
import pytest

from cronofy_async._codec import (
    encode,
    query_items,
    query_string,
    to_dict,
)
from cronofy_async._unset import UNSET
from cronofy_async.times import Duration, EventTime, Period

from .codec_models import NAIVE, NOW, Ask, Leaf, Reply

# Writing depends on the type of a value.


class Later(datetime):
    """A subclass of datetime, as libraries define them."""


class Names(list[Any]):
    """A subclass of list."""


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (NOW, "2030-02-01T09:30:00Z"),
        (NOW.replace(microsecond=999_999), "2030-02-01T09:30:00Z"),
        (NOW.astimezone(timezone(timedelta(hours=-3))), "2030-02-01T09:30:00Z"),
        (Later(2030, 2, 1, tzinfo=UTC), "2030-02-01T00:00:00Z"),
        (date(2030, 2, 1), "2030-02-01"),
        (timedelta(hours=1, minutes=30), {"minutes": 90}),
        (Duration(hours=1), {"hours": 1}),
        (ZoneInfo("Europe/Berlin"), "Europe/Berlin"),
        (Period(NOW, NOW), {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T09:30:00Z"}),
        (EventTime("2030-02-01"), "2030-02-01"),
        (EventTime({"time": "x", "tzid": "y"}), {"time": "x", "tzid": "y"}),
        (deque([NOW]), ["2030-02-01T09:30:00Z"]),
        (UserList([NOW]), ["2030-02-01T09:30:00Z"]),
        (Names([NOW, (NOW,)]), ["2030-02-01T09:30:00Z", ["2030-02-01T09:30:00Z"]]),
        (UserDict(a=NOW), {"a": "2030-02-01T09:30:00Z"}),
        (MappingProxyType({"a": UNSET, "b": None, "c": [UNSET, 1]}), {"b": None, "c": [1]}),
        ([Leaf(name="a"), {"leaf": Leaf(name="b")}], [{"name": "a"}, {"leaf": {"name": "b"}}]),
        ("text", "text"),
        (1.5, 1.5),
        (True, True),
        (None, None),
    ],
)
def test_values_are_written_by_their_type(value: Any, written: Any) -> None:
    assert to_dict(value) == written
    assert json.loads(encode({"value": value})) == {"value": written}


def test_unset_is_omitted_and_none_is_null() -> None:
    assert to_dict(Ask(required="all", length=timedelta(minutes=5))) == {"required": "all", "length": {"minutes": 5}}
    full = Ask(
        required=2, length={"minutes": 5, "new": 1}, note=None, free=None, names=[], leaf={"a": NOW}, from_=False
    )
    assert to_dict(full) == {
        "required": 2,
        "length": {"minutes": 5, "new": 1},
        "note": None,
        "free": None,
        "names": [],
        "leaf": {"a": "2030-02-01T09:30:00Z"},
        "from": False,
    }


def test_models_mappings_and_pairs_are_written_alike() -> None:
    typed = Ask(
        required=1,
        length=timedelta(minutes=30),
        leaf=Leaf(name="a"),
        periods=[(NOW, NOW + timedelta(hours=1))],
        tzid=ZoneInfo("Europe/Berlin"),
        when=NOW,
    )
    mapped = {
        "required": 1,
        "length": timedelta(minutes=30),
        "leaf": {"name": "a"},
        "periods": [{"start": NOW, "end": "2030-02-01T10:30:00Z"}],
        "tzid": ZoneInfo("Europe/Berlin"),
        "when": "2030-02-01T09:30:00Z",
    }
    assert to_dict(typed) == to_dict(mapped)
    assert encode(to_dict(typed)) == encode(typed)


def test_bodies_are_compact_utf_8() -> None:
    assert encode({"a": ["é", True, None], "b": 1}) == '{"a":["é",true,null],"b":1}'.encode()


ASK = Ask(required=1, length={})


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (NAIVE, "value"),
        ({"a": NAIVE}, "a"),
        ({"a": {"b.c": [1, {"d": NAIVE}]}}, "a.b.c[1].d"),
        ([NOW, NAIVE], "[1]"),
        ({"a": [[NOW], [NOW, NAIVE]]}, "a[1][1]"),
        ({"a": deque([NOW, UserDict(b=NAIVE)])}, "a[1].b"),
        (Period(NOW, NAIVE), "end"),
        (attrs.evolve(ASK, periods=[(NOW, NOW), (NAIVE, NOW)]), "periods[1].start"),
        ({"ask": attrs.evolve(ASK, leaf={"x": (NAIVE,)})}, "ask.leaf.x[0]"),
        (Reply(id="x", status="x", from_=NAIVE), "from"),
        (Leaf(name="a", extra={"at": NAIVE}), "extra.at"),
    ],
)
def test_a_naive_datetime_is_named_by_its_path(value: Any, path: str) -> None:
    for write in (to_dict, encode):
        with pytest.raises(ValueError, match=r"^[^ ]+: 2030-02-01T09:30:00 has no time zone") as caught:
            write(value)
        assert str(caught.value).partition(": ")[0] == path


def test_a_duration_with_seconds_is_named_by_its_path() -> None:
    with pytest.raises(ValueError, match=r"^a\.b: 0:00:01 is not a whole number of minutes$"):
        to_dict({"a": {"b": timedelta(seconds=1)}})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_rejected(value: float) -> None:
    with pytest.raises(ValueError, match=r"^a\.b: .*JSON compliant"):
        encode({"a": {"b": value}})


@pytest.mark.parametrize("value", [b"x", {1}, object(), 1j, memoryview(b"x")])
def test_values_without_a_json_form_are_rejected(value: object) -> None:
    with pytest.raises(TypeError, match=r"^a\[1\]: .*not JSON serializable$"):
        encode({"a": [1, value]})


# Queries.


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a b", [("x", "a b")]),
        ("", [("x", "")]),
        (3, [("x", "3")]),
        (1.5, [("x", "1.5")]),
        (True, [("x", "true")]),
        (False, [("x", "false")]),
        (NOW, [("x", "2030-02-01T09:30:00Z")]),
        (date(2030, 2, 1), [("x", "2030-02-01")]),
        (ZoneInfo("Europe/Berlin"), [("x", "Europe/Berlin")]),
        (EventTime("2030-02-01"), [("x", "2030-02-01")]),
        (None, []),
        (UNSET, []),
        ([], []),
        (["b", "a"], [("x[]", "b"), ("x[]", "a")]),
        (("b", None, UNSET, "a"), [("x[]", "b"), ("x[]", "a")]),
        ({"b", "a", "c"}, [("x[]", "a"), ("x[]", "b"), ("x[]", "c")]),
        (frozenset({NOW}), [("x[]", "2030-02-01T09:30:00Z")]),
        ({"b": 1, "a": 2}.keys(), [("x[]", "a"), ("x[]", "b")]),
        ({1: "b", 2: "a"}.values(), [("x[]", "b"), ("x[]", "a")]),
        (deque([True]), [("x[]", "true")]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_query_values_are_written_by_their_type(value: Any, written: list[tuple[str, str]]) -> None:
    assert query_items({"x": value}) == written


def test_a_query_accepts_any_iterable_as_an_array() -> None:
    assert query_items({"x": (name for name in "ba")}, arrays={"x", "y"}) == [("x[]", "b"), ("x[]", "a")]


def test_a_query_is_percent_encoded() -> None:
    query = {"tzid": "Europe/Paris", "ids": ["a&b", "é c"], "more": True}

    assert query_string(query) == "?tzid=Europe%2FParis&ids%5B%5D=a%26b&ids%5B%5D=%C3%A9%20c&more=true"
    assert query_string({"a": None}) == ""


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ("cal_1", ValueError, r"^ids: expected an array, got 'cal_1'\. Pass a list"),
        (3, ValueError, r"^ids: expected an array, got 3\. "),
        (b"cal_1", ValueError, r"^ids: expected an array, got b'cal_1'\. "),
        ({"cal_1": 1}, ValueError, r"^ids: expected an array, got \{"),
        ([NOW, NAIVE], ValueError, r"^ids: 2030-02-01T09:30:00 has no time zone"),
        ([float("nan")], ValueError, r"^ids: expected a finite number, got nan$"),
        ([["cal_1"]], TypeError, r"^ids: list cannot be sent in a query"),
        ([{"cal_1"}], TypeError, r"^ids: set cannot be sent in a query"),
        ([b"cal_1"], TypeError, r"^ids: bytes cannot be sent in a query"),
        ([None, object()], TypeError, r"^ids: object cannot be sent in a query"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_invalid_array_in_a_query_is_named(value: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        query_items({"ids": value}, arrays=["ids"])


@pytest.mark.parametrize(
    "value",
    [{"a": 1}, {}, b"x", bytearray(b"x"), memoryview(b"x"), object(), timedelta(hours=1), Leaf(name="a")],
    ids=lambda value: type(value).__name__,
)
def test_a_query_never_contains_the_repr_of_a_value(value: object) -> None:
    with pytest.raises(TypeError, match=rf"^x: {type(value).__name__} cannot be sent in a query\. Pass a string"):
        query_items({"x": value})


def test_a_naive_datetime_in_a_query_is_named() -> None:
    with pytest.raises(ValueError, match=r"^from: 2030-02-01T09:30:00 has no time zone"):
        query_string({"from": NAIVE})


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"event": {"tzid": UTC}}, "event.tzid"),
        (Ask(required=1, length=timedelta(minutes=5), tzid=cast("Any", UTC)), "tzid"),
        ([UTC], r"\[0\]"),
    ],
)
def test_a_fixed_offset_is_not_a_time_zone(value: Any, path: str) -> None:
    with pytest.raises(ValueError, match=rf"^{path}: expected a time zone with a name, got .*utc\. Pass a ZoneInfo"):
        to_dict(value)
