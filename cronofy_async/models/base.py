"""The base classes of all models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import attrs

from .._codec import from_dict, to_dict, wire_name
from ..errors import DecodeError

__all__ = ["Model", "Page", "RequestModel", "ResponseModel"]


T_co = TypeVar("T_co", covariant=True)


class Model:
    """Lets every model stand as a body, response or field type in FastAPI and pydantic.

    FastAPI takes parameters of foreign classes for query parameters: declare a body as ``Annotated[…, Body()]``.
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: object) -> Any:
        from pydantic_core import core_schema  # noqa: PLC0415 - pydantic is there if, and only if, it calls this

        def validate(value: Any) -> Any:
            try:
                return from_dict(source, value)
            except DecodeError as error:
                raise ValueError(str(error)) from None

        return core_schema.no_info_plain_validator_function(
            validate, serialization=core_schema.plain_serializer_function_ser_schema(to_dict)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, Any]:
        members: dict[str, Any] = attrs.fields_dict(cls)  # type: ignore[arg-type]
        required = [wire_name(name) for name, member in members.items() if member.default is attrs.NOTHING]
        return {"type": "object", "title": cls.__name__, "required": required, "additionalProperties": True}


class RequestModel(Model):
    """Part of a request. Members that are ``UNSET`` are left out; ``None`` is sent as ``null``."""

    __slots__ = ()


def _nothing() -> dict[str, Any]:
    return {}  # `dict[str, Any]()` costs four times as much


@attrs.frozen(kw_only=True)
class ResponseModel(Model):
    """Part of an answer. What the server sent beyond the declared members is in ``extra``."""

    extra: Mapping[str, Any] = attrs.field(factory=_nothing, repr=False, hash=False)


@attrs.frozen(kw_only=True)
class Page(ResponseModel, Generic[T_co]):
    """One page of items.

    Each area's page declares its own members, and gives its items and the URL of the next page by these properties.
    """

    @property
    def items(self) -> tuple[T_co, ...]:
        """The items of this page."""
        raise NotImplementedError

    @property
    def next_page(self) -> str | None:
        """The URL of the next page; ``None`` on the last one."""
        raise NotImplementedError
