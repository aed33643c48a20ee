"""Tests of all models. The models and their JSON are in ``tests/areas``."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal

import attrs
import fastapi
import jsonschema_rs
import pydantic
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async import from_dict, models, to_dict
from cronofy_async._codec.wire import wire_members
from cronofy_async._unset import UNSET
from cronofy_async.models import (
    AvailabilityConstraint,
    AvailabilityQuery,
    BaseEvent,
    Buffer,
    EventAttendee,
    EventTemplate,
    LinkEvent,
    Member,
    OAuth,
    Participant,
    ParticipantGroup,
    RecurrenceRule,
    Tag,
    Visitor,
)
from cronofy_async.models.base import Model, RequestModel, ResponseModel

from ..areas.example import START, model_examples

EXAMPLES = model_examples()
IDS = [type(model).__name__ for model, _ in EXAMPLES]
each_model = pytest.mark.parametrize(("model", "written"), EXAMPLES, ids=IDS)


def test_every_model_has_an_example() -> None:
    kinds = {item for name in models.__all__ if isinstance(item := getattr(models, name), type)}
    assert kinds == {type(model) for model, _ in EXAMPLES}, "add the new models to MODELS of their area in tests/areas"


@each_model
def test_every_member_is_written_and_read(model: Model, written: dict[str, Any]) -> None:
    assert to_dict(model) == written
    assert from_dict(type(model), written) == model
    assert wire_members(type(model)).keys() <= written.keys(), "the example leaves members out"


@each_model
def test_models_are_values(model: Model, written: dict[str, Any]) -> None:
    twins = [pickle.loads(pickle.dumps(model)), copy.copy(model), copy.deepcopy(model)]
    assert all(twin == model and type(twin) is type(model) for twin in twins)
    assert from_dict(type(model), json.loads(json.dumps(written))) == model
    other = Participant(sub="else")
    assert model != other
    assert model not in [other, written]


@each_model
def test_models_are_frozen_and_slotted(model: Model, written: dict[str, Any]) -> None:
    name = attrs.fields(type(model))[0].name  # type: ignore[arg-type]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(model, name, "else")
    assert not hasattr(model, "__dict__")


@each_model
def test_models_of_responses_have_no_validators(model: Model, written: dict[str, Any]) -> None:
    """The codec fills them in without ``__init__``."""
    if isinstance(model, ResponseModel):
        assert not hasattr(model, "__attrs_post_init__")
        assert [member.name for member in attrs.fields(type(model)) if member.validator is not None] == []


HASHABLE = [model for model, _ in EXAMPLES if not isinstance(model, AvailabilityConstraint)]  # has a mapping


@pytest.mark.parametrize("model", HASHABLE, ids=lambda model: type(model).__name__)
def test_models_of_hashable_parts_are_hashable(model: Model) -> None:
    assert len({model, pickle.loads(pickle.dumps(model))}) == 1


@given(st.text(), st.dictionaries(st.text(), st.none() | st.text()))
def test_undeclared_members_do_not_change_the_hash(sub: str, extra: dict[str, Any]) -> None:
    assert hash(Participant(sub=sub, extra=extra)) == hash(Participant(sub=sub))


@pytest.mark.parametrize(
    ("build", "written"),
    [
        (lambda: EventTemplate(event_id="a", summary="b"), {"event_id": "a", "summary": "b"}),
        (lambda: ParticipantGroup([Member("a")]), {"members": [{"sub": "a"}], "required": "all"}),
        (lambda: ParticipantGroup([{"sub": "a", "new": 1}]), {"members": [{"sub": "a", "new": 1}], "required": "all"}),
        (lambda: OAuth("https://x"), {"redirect_uri": "https://x"}),
        (
            lambda: RecurrenceRule(frequency="daily", until=date(2030, 2, 1)),
            {"frequency": "daily", "until": "2030-02-01"},
        ),
        (
            lambda: RecurrenceRule(frequency="daily", until=START),
            {"frequency": "daily", "until": "2030-02-01T09:30:00Z"},
        ),
        (lambda: Buffer(before={"minutes": 1}), {"before": {"minutes": 1}}),
        (
            lambda: AvailabilityQuery(participants=(), required_duration={"minutes": 5}, start_interval=UNSET),
            {"participants": [], "required_duration": {"minutes": 5}},
        ),
        (lambda: AvailabilityConstraint(limit=1, period="day", tags={"x": [Tag("a")]}), {"limit": 1, "period": "day", "tags": {"x": [{"value": "a"}]}}),
        (LinkEvent, {}),
        (Visitor, {}),
    ],
)  # fmt: skip
def test_unset_members_are_omitted(build: Callable[[], Any], written: dict[str, Any]) -> None:
    assert to_dict(build()) == written


REQUESTS = sorted(
    {type(model) for model, _ in EXAMPLES if isinstance(model, RequestModel)}, key=lambda kind: kind.__name__
)


@pytest.mark.parametrize("kind", REQUESTS)
def test_parameters_default_to_unset(kind: type[RequestModel]) -> None:
    fields = attrs.fields(kind)  # type: ignore[arg-type]
    defaults = {a.name: a.default for a in fields if a.default is not attrs.NOTHING and a.default is not UNSET}
    required_members = {"ParticipantGroup": {"required": "all"}, "Subscription": {"type": "webhook"}}
    assert defaults == required_members.get(kind.__name__, {})
    assert [a.name for a in fields if not a.kw_only and a.default is not attrs.NOTHING] == []


@pytest.mark.parametrize(
    ("sent", "people"),
    [
        ({"invite": [{"email": "a@example.com", "display_name": "A"}], "remove": []}, [("a@example.com", "A")]),
        (
            [{"email": "a@example.com", "status": "accepted"}, {"email": "b@example.com"}],
            [("a@example.com", None), ("b@example.com", None)],
        ),
        ([{"email": None}, "a@example.com", {"email": "b@example.com"}], [("b@example.com", None)]),
        ({"invite": None}, []),
        ({}, []),
        ("odd", []),
        (None, []),
    ],
    ids=["object", "array", "odd items", "null", "empty", "text", "absent"],
)
def test_attendees_are_read_from_any_form(sent: Any, people: list[tuple[str, str | None]]) -> None:
    event = from_dict(BaseEvent, {"attendees": sent})

    assert [(person.email, person.display_name) for person in event.invitees] == people
    assert all(isinstance(person, EventAttendee) for person in event.invitees)
    assert event.attendees == sent


# FastAPI and pydantic.


@each_model
def test_every_model_is_a_body_and_a_response_in_fastapi(model: Model, written: dict[str, Any]) -> None:
    kind: Any = type(model)
    app = fastapi.FastAPI()
    seen: list[object] = []

    def echo(body: Any) -> Any:
        seen.append(body)
        return body

    echo.__annotations__ = {"body": Annotated[kind, fastapi.Body()], "return": kind}
    app.post("/")(echo)
    with TestClient(app) as client:
        response = client.post("/", json=written)
        assert (response.status_code, response.json()) == (200, written)
        assert seen == [model]
        document = client.get("/openapi.json").json()
        refused = client.post("/", json=[])
    assert refused.status_code == 422
    assert "expected an object" in refused.text
    operation = document["paths"]["/"]["post"]
    for content in (operation["requestBody"], operation["responses"]["200"]):
        schema = content["content"]["application/json"]["schema"]
        assert schema == {"$ref": f"#/components/schemas/{kind.__name__}"}
    schemas = document["components"]["schemas"]
    schema = schemas[kind.__name__]
    assert (schema["type"], schema["title"]) == ("object", kind.__name__)
    assert schema.get("required", []) == [a.name for a in attrs.fields(kind) if a.default is attrs.NOTHING]
    assert schema["properties"].keys() == wire_members(kind).keys()
    schema_valid = jsonschema_rs.validator_for({**schema, "components": document["components"]})
    schema_valid.validate(written)


@each_model
def test_every_model_is_a_field_in_pydantic(model: Model, written: dict[str, Any]) -> None:
    kind: Any = type(model)
    fields: dict[str, Any] = {
        "one": (kind, ...),
        "many": (list.__class_getitem__(kind), ...),
        "maybe": (kind | None, None),
    }
    holder: Any = pydantic.create_model("Holder", **fields)
    instance = holder.model_validate_json(json.dumps({"one": written, "many": [written]}))
    assert (instance.one, instance.many, instance.maybe) == (model, [model], None)
    assert holder(one=model, many=()).one is model
    assert json.loads(instance.model_dump_json()) == {"one": written, "many": [written], "maybe": None}
    assert instance.model_dump(mode="json") == {"one": written, "many": [written], "maybe": None}
    assert pickle.loads(pickle.dumps(model)) == instance.one


def test_pydantic_names_the_invalid_member() -> None:
    adapter = pydantic.TypeAdapter(EventTemplate)
    with pytest.raises(pydantic.ValidationError, match=r"\$\.location\.lat: expected a string, got an integer"):
        adapter.validate_python({"event_id": "a", "summary": "b", "location": {"lat": 3}})


def test_a_schema_uses_wire_names() -> None:
    assert pydantic.TypeAdapter(Renamed).json_schema() == {
        "type": "object",
        "title": "Renamed",
        "properties": {
            "from": {"type": "string", "title": "From"},
            "mode": {
                "anyOf": [{"type": "string", "const": "a"}, {"type": "string"}],
                "title": "Mode",
            },
            "names": {"type": "array", "items": {"type": "string"}, "title": "Names"},
        },
        "required": ["from"],
        "additionalProperties": True,
    }
    assert pydantic.TypeAdapter(Renamed).validate_json('{"from": "a"}') == Renamed(from_="a")


def test_front_ends_get_types_from_the_schema_of_an_application() -> None:
    app = fastapi.FastAPI()

    @app.post("/")
    def route(body: Annotated[AvailabilityQuery, fastapi.Body()]) -> models.SchedulingLink:
        raise NotImplementedError

    schemas = app.openapi()["components"]["schemas"]

    assert schemas["SchedulingLink"]["properties"]["event"] == {"$ref": "#/components/schemas/LinkEvent"}
    assert schemas["LinkEvent"]["properties"]["start"]["anyOf"][0] == {"type": "string"}
    assert schemas["AvailabilityQuery"]["properties"]["participants"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/ParticipantGroup"},
        "title": "Participants",
    }
    period = schemas["AvailabilityQuery"]["properties"]["query_periods"]["items"]
    assert period["properties"]["start"] == {"type": "string", "format": "date-time", "title": "Start"}


def test_an_application_model_may_share_a_name_with_an_sdk_model() -> None:
    own = pydantic.create_model("Member", name=(str, ...))
    container = pydantic.create_model("Both", ours=(Member, ...), own=(own, ...))

    schema = container.model_json_schema()

    required = {
        name: schema["$defs"][part["$ref"].rpartition("/")[2]]["required"]
        for name, part in schema["properties"].items()
    }
    assert required == {"ours": ["sub"], "own": ["name"]}


@attrs.frozen(kw_only=True)
class Renamed(RequestModel):
    from_: str
    mode: Literal["a"] | str = "a"
    names: Sequence[str] = ()
