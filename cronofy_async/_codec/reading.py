"""JSON values to models."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import attrs

from .._json import is_array, is_object
from ..errors import DecodeError
from .parsing import parse_json
from .wire import own_members

__all__ = ["decode", "from_dict"]

T = TypeVar("T")


def from_dict(cls: type[T], data: Any) -> T:
    """Return a model read from plain JSON values.

    Raises:
        DecodeError: The data does not fit the model. ``path`` is the JSON path of the member.
    """
    return _structure(cls, data, "$")


def decode(cls: type[T], body: bytes, *, envelope: str | None = None) -> T:
    """Return a model read from the body of a response.

    Members outside the envelope are kept in ``extra`` of the model, unless it declares them with ``outside_envelope``. If
    the model has a member of the same name, the one outside the envelope is kept under its path, such as
    ``extra["$.url"]``, unless both are equal. Only models of responses have ``extra``: if a response has an array and
    other members, declare a model with a member for the array. If the array may also come alone, ``ARRAY`` of the model is
    the name of that member.

    Args:
        cls: The model.
        body: The JSON.
        envelope: The member that the docs show around the model. A body without it is read as the model.

    Raises:
        DecodeError: The body is not JSON or does not fit the model. ``path`` is the JSON path of the member.
    """
    data = parse_json(body)
    if is_array(data) and (array := getattr(cls, "ARRAY", None)) is not None:
        return _structure(cls, {array: data}, "$")
    if envelope is None or not is_object(data) or envelope not in data:
        return _structure(cls, data, "$")
    inner: object = data[envelope]
    if len(data) > 1 and is_object(inner) and attrs.has(cls):
        inner = inner | _outside_envelope(data, envelope, inner, taken=own_members(cls) | inner.keys())
    return _structure(cls, inner, f"$.{envelope}")


def _outside_envelope(data: dict[str, Any], envelope: str, inner: dict[str, Any], taken: set[str]) -> dict[str, Any]:
    """Return the members outside an envelope. Those whose name is taken are returned under their path."""
    return {
        f"$.{name}" if name in taken else name: value
        for name, value in data.items()
        if name != envelope and not (name in inner and inner[name] == value)
    }


def _structure(cls: type[T], data: Any, root: str) -> T:
    kind: Any = cls
    try:
        read: T = _hook(kind)(data, kind)
        return read
    except Exception as error:
        from .structuring import failure  # noqa: PLC0415 - see `_hook`

        path, message = failure(error, root)
    raise DecodeError(f"{path}: {message}", path=path)  # without the context, whose frames hold the data


@cache
def _hook(cls: Any) -> Callable[[Any, Any], Any]:
    from .structuring import hook  # noqa: PLC0415 - imports cattrs, which takes time, with the first model

    return hook(cls)
