"""A misspelled member of a mapping causes a warning and is sent unchanged."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from inspect import getmembers, isfunction
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any, get_type_hints

import pytest

from cronofy_async import CronofyClient, UnknownMemberWarning, models, resources
from cronofy_async._codec.misspelled import warn_of_misspelled
from cronofy_async.resources.base import Resource

LINK: dict[str, Any] = {
    "oauth": {"redirect_uri": "https://app.example.com"},
    "event": {"event_id": "1", "summary": "Intro", "tzid": "Etc/UTC"},
    "availability": {"participants": [{"members": [{"sub": "acc_1"}]}], "required_duration": {"minutes": 30}},
}


def found(arguments: Mapping[str, Any], **types: Any) -> list[str]:
    def method() -> None: ...

    method.__annotations__ = types
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_misspelled(arguments, method)
    return [str(item.message) for item in caught]


MISSPELT: list[tuple[Any, Any, tuple[str, str, str]]] = [
    ({"descripton": "x"}, models.EventTemplate, ("thing.descripton", "EventTemplate", "description")),
    (
        MappingProxyType({"descripton": "x"}),
        models.EventTemplate,
        ("thing.descripton", "EventTemplate", "description"),
    ),
    (
        {"participants": [{"members": [{"sub": "a"}, {"calender_ids": []}]}]},
        models.AvailabilityQuery | Mapping[str, Any],
        ("thing.participants[0].members[1].calender_ids", "Member", "calendar_ids"),
    ),
    (
        models.ParticipantGroup([{"sub": "a", "calender_ids": []}]),
        models.ParticipantGroup,
        ("thing.members[0].calender_ids", "Member", "calendar_ids"),
    ),
    (
        {"a": {"descripton": "x"}},
        Mapping[str, models.EventTemplate],
        ("thing.a.descripton", "EventTemplate", "description"),
    ),
    ([{"redirect_url": "x"}], Sequence[models.OAuth] | None, ("thing[0].redirect_url", "OAuth", "redirect_uri")),
]


@pytest.mark.parametrize(("arguments", "kind", "expected"), MISSPELT)
def test_the_closest_known_name_is_suggested(arguments: object, kind: Any, expected: tuple[str, str, str]) -> None:
    path, model, near = expected

    assert found({"thing": arguments}, thing=kind) == [
        f"{path}: not a member of {model}, sent unchanged. Did you mean {near!r}?"
    ]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"brand_new": 1}, models.EventTemplate),  # Cronofy may have added it
        ({"description": "x", "descripton": "x"}, models.EventTemplate),  # the known member is set as well
        ({"descripton": "x"}, Mapping[str, str]),
        ({"descripton": "x"}, str),
        ([{"descripton": "x"}], str),
        ("descripton", models.EventTemplate),
        (models.EventTemplate(event_id="1", summary="s", tzid="Etc/UTC"), models.EventTemplate),
    ],
)
def test_other_values_do_not_warn(arguments: object, kind: Any) -> None:
    assert found({"thing": arguments}, thing=kind) == []


def test_the_warning_points_to_the_callers_line() -> None:
    client = CronofyClient(client_secret="x")
    event = LINK["event"] | {"descripton": "x"}

    with pytest.warns(UnknownMemberWarning, match=r"^event\.descripton: ") as caught:
        call = client.real_time_scheduling.create(**{**LINK, "event": event})

    assert [item.filename for item in caught] == [__file__]
    assert json.loads(call.request.body or b"")["event"] == event


def test_a_client_that_does_not_validate_does_not_warn() -> None:
    client = CronofyClient(client_secret="x", validate=False)

    link: dict[str, Any] = {**LINK, "event": {"descripton": "x"}}
    call = client.real_time_scheduling.create(**link)

    assert call.request.body


def test_the_types_of_all_methods_can_be_read() -> None:
    modules = [import_module(f"{resources.__name__}.{item.name}") for item in iter_modules(resources.__path__)]
    areas = {item for module in modules for item in vars(module).values() if isinstance(item, type)}
    methods = [
        (area, name)
        for area in areas
        if issubclass(area, Resource) and area is not Resource
        for name, _ in getmembers(area, isfunction)
        if name[0] != "_" and name not in {"poll", "watch"}  # they send no body
    ]

    assert len(methods) > 10
    assert all(get_type_hints(getattr(area, name)) for area, name in methods)
