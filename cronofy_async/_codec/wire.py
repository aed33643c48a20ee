"""The names that model members have in JSON."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import attrs

__all__ = ["json_name", "local", "outside_envelope", "own_members", "wire_members", "wire_name"]

_NAME: Final = "cronofy_async.wire_name"
_OUTSIDE: Final = "cronofy_async.outside_envelope"


@cache
def wire_name(name: str) -> str:
    """Return the JSON name of a parameter or member: its name without a trailing underscore, as in ``from_``."""
    return name.rstrip("_")


def json_name(name: str) -> dict[str, str | None]:
    """Return the metadata of a member whose JSON name is not a valid Python name, such as ``events.items``.

    Example::

        event_items: tuple[Item, ...] = attrs.field(default=(), metadata=json_name("events.items"))
    """
    return {_NAME: name}


def outside_envelope() -> dict[str, bool]:
    """Return the metadata of a member that responses have outside the model's envelope."""
    return {_OUTSIDE: True}


def local() -> dict[str, str | None]:
    """Return the metadata of a member that is neither read from JSON nor written to it."""
    return {_NAME: None}


def wire_members(cls: type[Any]) -> dict[str, attrs.Attribute[Any]]:
    """Return the members of a model that exist in JSON, by their JSON names."""
    members = {
        attribute.metadata.get(_NAME, wire_name(attribute.name)): attribute
        for attribute in attrs.fields(cls)
        if attribute.name != "extra"
    }
    members.pop(None, None)
    return members


def own_members(cls: type[Any]) -> set[str]:
    """Return the JSON names of the members that a model has inside its envelope."""
    return {name for name, attribute in wire_members(cls).items() if not attribute.metadata.get(_OUTSIDE, False)}


def local_members(cls: type[Any]) -> list[attrs.Attribute[Any]]:
    """Return the members of a model that do not exist in JSON, except ``extra``."""
    return [attribute for attribute in attrs.fields(cls) if attribute.metadata.get(_NAME, "") is None]
