"""The base classes of all models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from .._codec import from_dict, to_dict
from ..errors import DecodeError

__all__ = ["Model", "RequestModel", "ResponseModel"]


class Model:
    """Makes each model a body, response or field type in FastAPI and pydantic.

    FastAPI takes parameters of unknown classes for query parameters: declare a body as ``Annotated[..., Body()]``.
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: Any) -> Any:
        from pydantic_core import core_schema  # noqa: PLC0415 - only pydantic calls this, so it is installed

        from .._codec.json_schema import object_schema  # noqa: PLC0415 - as above

        def validate(value: Any) -> Any:
            try:
                return from_dict(source, value)
            except DecodeError as error:
                raise ValueError(str(error)) from None

        return core_schema.no_info_plain_validator_function(
            validate,
            ref=f"{source.__module__}.{source.__qualname__}",
            json_schema_input_schema=object_schema(source, handler),
            serialization=core_schema.plain_serializer_function_ser_schema(to_dict),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {"title": cls.__name__, **handler(schema["json_schema_input_schema"])}


class RequestModel(Model):
    """Part of a request. Members that are ``UNSET`` are left out; ``None`` is sent as ``null``."""

    __slots__ = ()


def _nothing() -> dict[str, Any]:
    return {}  # `dict[str, Any]()` takes four times as long


@attrs.frozen(kw_only=True)
class ResponseModel(Model):
    """Part of a response. Members that the server sent and the model does not declare are in ``extra``."""

    extra: Mapping[str, Any] = attrs.field(factory=_nothing, repr=False, hash=False)
