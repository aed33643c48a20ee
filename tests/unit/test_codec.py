from __future__ import annotations

import importlib.util
import json
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async._codec import (
    decode,
    encode,
    from_dict,
    json_name,
    local,
    parse_json,
    parsing,
    to_dict,
)
from cronofy_async._json import Json
from cronofy_async._unset import UNSET
from cronofy_async.errors import DecodeError
from cronofy_async.models.base import RequestModel, ResponseModel
from cronofy_async.times import Duration, EventTime

from .codec_models import FULL, NOW, Ask, Leaf, Long, Reply

TEXT = st.text()
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SECONDS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
EXTRA = st.dictionaries(st.text().filter(lambda name: name not in {*FULL, "extra", "name", "size"}), JSON, max_size=3)
LEAVES = st.builds(Leaf, name=TEXT, size=st.none() | st.integers(), extra=EXTRA)
ANSWERS = st.builds(
    Reply,
    id=TEXT,
    status=TEXT,
    mood=st.none() | TEXT,
    from_=st.none() | SECONDS,
    at=st.none() | st.builds(EventTime, TEXT | st.fixed_dictionaries({"time": TEXT, "tzid": TEXT})),
    done=st.booleans(),
    ratio=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    leaf=st.none() | LEAVES,
    leaves=st.lists(LEAVES, max_size=3).map(tuple),
    free=st.dictionaries(TEXT, JSON, max_size=3),
    extra=EXTRA,
)
DURATIONS = st.builds(Duration, minutes=st.integers(0, 59), hours=st.none() | st.integers(0, 99))
ASKS = st.builds(
    Ask,
    required=st.just("all") | st.integers(),
    length=DURATIONS,
    note=st.just(UNSET) | st.none() | TEXT,
    kind=st.just(UNSET) | TEXT,
    leaf=st.just(UNSET) | st.builds(Leaf, name=TEXT, extra=EXTRA),
    either=st.just(UNSET) | DURATIONS | st.builds(Long, minimum=st.integers()),
    names=st.just(UNSET) | st.lists(TEXT).map(tuple),
    leaves=st.just(UNSET) | st.lists(LEAVES, max_size=2).map(tuple),
    groups=st.just(UNSET) | st.dictionaries(TEXT, st.lists(LEAVES, max_size=2).map(tuple), max_size=2),
    free=st.just(UNSET) | st.none() | st.dictionaries(TEXT, JSON, max_size=2),
    when=st.just(UNSET) | TEXT,
    periods=st.just(UNSET) | st.lists(st.tuples(SECONDS, SECONDS), max_size=3),
    tzid=st.just(UNSET) | st.just(ZoneInfo("Europe/Berlin")),
    from_=st.just(UNSET) | st.booleans(),
)


# Round trips.


@given(ANSWERS)
def test_a_response_survives_writing_and_reading(reply: Reply) -> None:
    assert from_dict(Reply, to_dict(reply)) == reply


@given(ASKS)
def test_a_request_survives_writing_and_reading(ask: Ask) -> None:
    assert from_dict(Ask, to_dict(ask)) == ask


@given(JSON)
def test_json_survives_writing_and_reading(value: Any) -> None:
    assert parse_json(encode(value)) == value
    assert to_dict(value) == value


def test_every_member_is_read_and_written_by_name() -> None:
    reply = from_dict(Reply, FULL)
    assert reply == Reply(
        id="x",
        status="open",
        mood="good",
        from_=NOW,
        at=EventTime({"time": "2030-02-01", "tzid": "Etc/UTC"}),
        done=True,
        ratio=1.5,
        leaf=Leaf(name="a", size=1),
        leaves=(Leaf(name="b"), Leaf(name="c", size=2)),
        free={"anything": [None, 1]},
    )
    assert to_dict(reply) == FULL


@given(ANSWERS, JSON)
def test_unknown_attributes_are_kept_and_written_back(reply: Reply, value: Any) -> None:
    data = to_dict(reply) | {"brand_new": value, "extra": value}
    read = from_dict(Reply, data)
    assert read.extra == {**reply.extra, "brand_new": value, "extra": value}
    assert to_dict(read) == data


def test_unknown_attributes_of_parts_are_kept() -> None:
    data = {"id": "x", "status": "new", "leaf": {"name": "a", "new": None}, "leaves": [{"name": "b", "n": 1}]}
    read = from_dict(Reply, data)
    assert read.leaf is not None
    assert (read.extra, read.leaf.extra, read.leaves[0].extra) == ({}, {"new": None}, {"n": 1})
    assert to_dict(read) == data | {"done": False, "free": {}}


def test_a_model_is_accepted_in_place_of_its_json() -> None:
    leaf = Leaf(name="a")
    assert from_dict(Leaf, leaf) is leaf
    reply = from_dict(Reply, {"id": "x", "status": "open", "leaf": leaf, "at": EventTime("2030-02-01")})
    assert (reply.leaf, reply.at) == (leaf, EventTime("2030-02-01"))
    ask = from_dict(Ask, {"required": 1, "length": Duration(hours=1), "leaf": leaf, "leaves": (leaf,), "note": UNSET})
    assert (ask.length, ask.leaf, ask.leaves, ask.note) == (Duration(hours=1), leaf, (leaf,), UNSET)


# Names, and members that are not in JSON.


@attrs.frozen(kw_only=True)
class Named(ResponseModel):
    event_items: tuple[Leaf, ...] = attrs.field(default=(), metadata=json_name("events.items"))
    import_: str | None = None
    seen: str | None = attrs.field(default=None, eq=False, metadata=local())


def test_a_json_name_need_not_be_a_python_name() -> None:
    data = {"events.items": [{"name": "a"}], "import": "x"}
    model = Named(event_items=(Leaf(name="a"),), import_="x")

    assert from_dict(Named, data) == model
    assert to_dict(model) == data
    with pytest.raises(DecodeError, match=r"^\$\.events\.items\[0\]\.name: expected a string, got null$"):
        from_dict(Named, {"events.items": [{"name": None}]})


def test_a_local_member_is_neither_read_nor_written() -> None:
    model = from_dict(Named, {"seen": "by the server"})

    assert (model.seen, model.extra) == (None, {"seen": "by the server"})
    assert to_dict(attrs.evolve(model, seen="here")) == {"seen": "by the server"}


@attrs.frozen
class Checked(RequestModel):
    size: int = attrs.field(validator=attrs.validators.ge(1))
    name: str = "a"

    def __attrs_post_init__(self) -> None:
        if self.name == "":
            raise ValueError("name must not be empty")


@pytest.mark.parametrize(
    ("data", "message"), [({"size": 0}, "'size' must be >= 1"), ({"size": 1, "name": ""}, "name must not")]
)
def test_validators_run_when_a_model_is_read(data: Json, message: str) -> None:
    with pytest.raises(DecodeError, match=message) as caught:
        from_dict(Checked, data)
    assert caught.value.path == "$"
    assert from_dict(Checked, {"size": 1}) == Checked(1)


def test_a_traceback_with_local_variables_shows_no_partial_model() -> None:
    with pytest.raises(DecodeError) as caught:
        from_dict(Reply, {"id": "x", "status": None})

    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "expected a string, got null" in "".join(report.format())


# Reading is strict.


@pytest.mark.parametrize("nothing", [{}, {"leaves": None, "mood": None, "leaf": None, "at": None, "from": None}])
def test_null_is_read_as_absent_for_optional_members(nothing: dict[str, Any]) -> None:
    assert from_dict(Reply, {"id": "x", "status": "open"} | nothing) == Reply(id="x", status="open")


@pytest.mark.parametrize("status", ["open", "brand_new", ""])
def test_unknown_values_of_open_sets_stay_strings(status: str) -> None:
    read = from_dict(Reply, {"id": "x", "status": status, "mood": status})
    assert (read.status, read.mood) == (status, status)


S3CRET = "s3cret"
WRONG: list[tuple[dict[str, Any] | None, str, str]] = [
    ({"id": None}, "$.id", "expected a string, got null"),
    ({"id": 3}, "$.id", "expected a string, got an integer"),
    ({"id": 3.0}, "$.id", "expected a string, got a number"),
    ({"id": True}, "$.id", "expected a string, got a boolean"),
    ({"id": [S3CRET]}, "$.id", "expected a string, got an array"),
    ({"id": {S3CRET: 1}}, "$.id", "expected a string, got an object"),
    (None, "$.id", "a required member is missing"),
    ({"status": None}, "$.status", "expected a string, got null"),
    ({"status": 7}, "$.status", "expected a string, got an integer"),
    ({"mood": 7}, "$.mood", "expected a string or null, got an integer"),
    ({"from": S3CRET}, "$.from", "expected a time like 2030-02-01T09:30:00Z"),
    ({"from": "2030-02-01T09:30:00"}, "$.from", "expected a time like 2030-02-01T09:30:00Z"),
    ({"from": 7}, "$.from", "expected a string, got an integer"),
    ({"at": 7}, "$.at", "expected a time, a date or an object with a time, got an integer"),
    ({"at": {"time": None}}, "$.at", "expected a time, a date or an object with a time, got an object"),
    ({"at": {"tzid": S3CRET}}, "$.at", "expected a time, a date or an object with a time, got an object"),
    ({"done": None}, "$.done", "expected a boolean, got null"),
    ({"done": 1}, "$.done", "expected a boolean, got an integer"),
    ({"done": S3CRET}, "$.done", "expected a boolean, got a string"),
    ({"ratio": S3CRET}, "$.ratio", "expected a number, got a string"),
    ({"ratio": True}, "$.ratio", "expected a number, got a boolean"),
    ({"leaf": S3CRET}, "$.leaf", "expected an object, got a string"),
    ({"leaf": {"name": 1}}, "$.leaf.name", "expected a string, got an integer"),
    ({"leaf": {"name": "a", "size": True}}, "$.leaf.size", "expected an integer, got a boolean"),
    ({"leaf": {"name": "a", "size": 1.0}}, "$.leaf.size", "expected an integer, got a number"),
    ({"leaf": {}}, "$.leaf.name", "a required member is missing"),
    ({"leaves": {S3CRET: 1}}, "$.leaves", "expected an array, got an object"),
    ({"leaves": [{"name": "a"}, None]}, "$.leaves[1]", "expected an object, got null"),
    ({"leaves": [{"name": "a"}, {"name": S3CRET, "size": S3CRET}]}, "$.leaves[1].size", "expected an integer, got a string"),
    ({"free": None}, "$.free", "expected an object, got null"),
    ({"free": [S3CRET]}, "$.free", "expected an object, got an array"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "path", "problem"), WRONG, ids=lambda item: str(item)[:40])
def test_an_invalid_member_is_reported_by_its_path_without_its_value(
    part: dict[str, Any] | None, path: str, problem: str
) -> None:
    data = {"status": "open"} if part is None else {"id": "x", "status": "open"} | part
    with pytest.raises(DecodeError) as caught:
        from_dict(Reply, data)
    assert (caught.value.path, str(caught.value)) == (path, f"{path}: {problem}")
    assert caught.value.__context__ is None
    with pytest.raises(DecodeError) as caught:
        decode(Reply, json.dumps({"envelope": data}).encode(), envelope="envelope")
    assert caught.value.path == path.replace("$", "$.envelope")


@pytest.mark.parametrize(
    ("part", "path", "problem"),
    [
        ({"required": "some"}, "$.required", "expected an integer or one of ['all'], got a string"),
        ({"required": None}, "$.required", "expected an integer or one of ['all'], got null"),
        ({"length": {"minutes": S3CRET}}, "$.length.minutes", "expected an integer, got a string"),
        ({"length": {}}, "$.length", "a Duration needs minutes, hours or both"),
        ({"length": [S3CRET]}, "$.length", "expected an object, got an array"),
        ({"note": 3}, "$.note", "expected a string or null, got an integer"),
        ({"kind": None}, "$.kind", "expected a string, got null"),
        ({"leaf": {"name": None}}, "$.leaf.name", "expected a string, got null"),
        ({"either": {"maximum": S3CRET}}, "$.either.maximum", "expected an integer, got a string"),
        ({"names": None}, "$.names", "expected an array, got null"),
        ({"names": ["a", 1]}, "$.names[1]", "expected a string, got an integer"),
        ({"leaves": [{"name": "a"}, S3CRET]}, "$.leaves[1]", "expected an object, got a string"),
        ({"groups": []}, "$.groups", "expected an object, got an array"),
        ({"groups": {"a": [], "b": [{"name": 1}]}}, "$.groups['b'][0].name", "expected a string, got an integer"),
        ({"free": S3CRET}, "$.free", "expected null or an object, got a string"),
        ({"when": 5}, "$.when", "expected a string, got an integer"),
        ({"periods": [{"start": "2030-02-01T09:30:00Z"}]}, "$.periods[0].end", "a required member is missing"),
        ({"periods": [{"start": S3CRET, "end": S3CRET}]}, "$.periods[0].start", "expected a time like 2030-02-01T09:30:00Z"),
        ({"from": "yes"}, "$.from", "expected a boolean, got a string"),
    ],
)  # fmt: skip
def test_request_models_are_read_strictly(part: dict[str, Any], path: str, problem: str) -> None:
    with pytest.raises(DecodeError) as caught:
        from_dict(Ask, {"required": 1, "length": {"minutes": 5}} | part)
    assert str(caught.value) == f"{path}: {problem}"


@pytest.mark.parametrize("data", [None, [], "x", 3, [{"id": "x", "status": "open"}]])
def test_a_model_requires_an_object(data: Any) -> None:
    with pytest.raises(DecodeError, match=r"^\$: expected an object, got "):
        from_dict(Reply, data)


def test_an_array_of_models_can_be_read() -> None:
    assert from_dict(tuple[Leaf, ...], [{"name": "a"}]) == (Leaf(name="a"),)
    assert from_dict(tuple[Leaf, ...], None) == ()
    with pytest.raises(DecodeError, match=r"^\$\[1\].name: expected a string, got null$"):
        from_dict(tuple[Leaf, ...], [{"name": "a"}, {"name": None}])


@pytest.mark.parametrize(
    ("either", "read"),
    [
        ({"minimum": 1}, Long(minimum=1)),
        ({"maximum": 2}, Long(maximum=2)),
        ({"minutes": 3}, Duration(minutes=3)),
        ({"hours": 1, "minutes": 3}, Duration(hours=1, minutes=3)),
    ],
)
def test_the_best_matching_model_of_a_union_is_read(either: Any, read: Long | Duration) -> None:
    assert from_dict(Ask, {"required": "all", "length": {"hours": 1}, "either": either}).either == read


def test_integers_are_read_as_floats() -> None:
    ratio = from_dict(Reply, {"id": "x", "status": "open", "ratio": 2}).ratio
    assert (ratio, type(ratio)) == (2.0, float)


# Bodies of responses.


def _without_orjson(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], Any]:
    """Return the ``parse_json`` that is used without orjson."""
    monkeypatch.setitem(sys.modules, "orjson", None)
    spec = importlib.util.spec_from_file_location("cronofy_async._codec.parsing_without_orjson", parsing.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module._loads is json.loads
    found: Callable[[bytes], Any] = module.parse_json
    return found


@pytest.fixture(params=["as installed", "without orjson"])
def parse(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], Any]:
    return parse_json if request.param == "as installed" else _without_orjson(monkeypatch)


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, "é", null, true]}', "[]", '"x"', "null", " 3 "])
def test_json_is_parsed(text: str, parse: Callable[[bytes], Any]) -> None:
    assert parse(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the response is empty"),
        (b"<html>s3cret</html>", "the response is not JSON"),
        (b'{"a": "s3cr', "the response is not JSON"),
        (b"\xff\xfe", "the response is not JSON"),
        (b"[" * 100_000, "the response is not JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "the response is not JSON"),
    ],
)
def test_invalid_json_is_reported_without_its_text(body: bytes, message: str, parse: Callable[[bytes], Any]) -> None:
    with pytest.raises(DecodeError) as caught:
        parse(body)
    assert (str(caught.value), caught.value.path) == (message, "$")


@pytest.mark.parametrize(
    ("body", "envelope"),
    [
        (b'{"name": "a"}', None),
        (b'{"leaf": {"name": "a"}}', "leaf"),
        (b'{"name": "a"}', "leaf"),
    ],
)
def test_a_model_is_read_with_or_without_its_envelope(body: bytes, envelope: str | None) -> None:
    assert decode(Leaf, body, envelope=envelope) == Leaf(name="a")


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        ({"leaf": {"name": "a"}, "pages": {"current": 1}, "sub": None}, {"pages": {"current": 1}, "sub": None}),
        ({"leaf": {"name": "a"}, "name": "a"}, {}),
        ({"leaf": {"name": "a"}, "name": "b", "size": 3}, {"$.name": "b", "$.size": 3}),
        ({"leaf": {"name": "a", "new": 1}, "new": 2}, {"new": 1, "$.new": 2}),
    ],
)
def test_members_beside_an_envelope_are_kept(body: Json, extra: Json) -> None:
    leaf = decode(Leaf, json.dumps(body).encode(), envelope="leaf")

    assert leaf == Leaf(name="a", extra=extra)
    assert from_dict(Leaf, to_dict(leaf)) == leaf


def test_an_envelope_may_hold_an_array() -> None:
    assert decode(tuple[Leaf, ...], b'{"leaves": [{"name": "a"}], "sub": "x"}', envelope="leaves") == (Leaf(name="a"),)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"leaf": null}', "$.leaf: expected an object, got null"),
        (b'{"leaf": {}, "name": "a"}', "$.leaf.name: a required member is missing"),
        (b'{"leaf": null, "name": "a"}', "$.leaf: expected an object, got null"),
        (b'{"leaf": {}}', "$.leaf.name: a required member is missing"),
        (b"[]", "$: expected an object, got an array"),
        (b"{}", "$.name: a required member is missing"),
    ],
)
def test_an_envelope_is_part_of_the_path(body: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(Leaf, body, envelope="leaf")
    assert str(caught.value) == message
