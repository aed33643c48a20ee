"""Read JSON, and the bodies of requests in the forms that official SDKs send."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import parse_qsl

from ..._json import is_array, is_object
from .contract.contract import Operation
from .messages import SandboxRequest

__all__ = ["as_documented", "read_body", "read_json"]

#: The maximum depth of JSON. No request needs a tenth of it, and functions that walk values stay below the recursion limit.
MAX_LEVELS: Final = 100
#: The maximum number of fields of a form. Many are slow to read.
MAX_FIELDS: Final = 1_000


def read_json(content: bytes) -> Any:
    """Return the values of a JSON text.

    Raises:
        ValueError: It is not JSON, or cannot be encoded again: half a surrogate pair, or too many levels.
    """
    try:
        text = content.decode()
        value: Any = _DECODER.decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if "\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode()  # fails for half a surrogate pair
    if text.count("[") + text.count("{") > MAX_LEVELS and _is_deep(value):
        raise ValueError(_TOO_DEEP)
    return value


def read_body(request: SandboxRequest) -> Any:
    """Return a JSON or form-encoded body as JSON values; ``{}`` if it is empty.

    Raises:
        ValueError: It cannot be read.
    """
    if not request.body:
        return {}
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        text = request.body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    return read_json(request.body)


def as_documented(body: Any, operation: Operation) -> Any:
    """Return a body in the documented form.

    PHP serializes an empty object as ``[]``. Members that the contract calls ``x-stands-for`` get the documented name.
    """
    if body == [] and not operation.body_required:
        return {}
    aliases = operation.aliases
    if aliases and is_object(body):
        body = {name: value for name, value in body.items() if name not in aliases} | {
            aliases[name]: value for name, value in body.items() if name in aliases and aliases[name] not in body
        }
    return body


def _is_deep(value: Any) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_LEVELS):
        containers = [item for item in level if is_object(item) or is_array(item)]
        if not containers:
            return False
        level = [
            item for container in containers for item in (container.values() if is_object(container) else container)
        ]
    return any(is_object(item) or is_array(item) for item in level)


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_TOO_DEEP: Final = f"it has more than {MAX_LEVELS} levels"
_DECODER: Final = json.JSONDecoder(parse_constant=_reject_constant)
