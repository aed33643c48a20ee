"""Read JSON, and the bodies of requests in the forms that official SDKs send."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import parse_qsl

from ..._json import is_array, is_object
from .contract import Operation
from .messages import SandboxRequest

__all__ = ["as_documented", "read_body", "read_json"]

#: How deep JSON may be nested. No request needs a tenth of it, and whatever walks through values stays within its limits.
MOST_LEVELS: Final = 100
#: How many fields a form may have. Many are slow to read.
MOST_FIELDS: Final = 1_000


def read_json(content: bytes) -> Any:
    """Return the values of a JSON text.

    Raises:
        ValueError: It is not JSON, or could not be written again: half a surrogate pair, or too many levels.
    """
    try:
        text = content.decode()
        value: Any = _DECODER.decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if "\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode()  # fails for half a surrogate pair
    if text.count("[") + text.count("{") > MOST_LEVELS and _is_deep(value):
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
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    return read_json(request.body)


def as_documented(body: Any, operation: Operation) -> Any:
    """Return a body in the documented form.

    PHP serializes an empty object as ``[]``. Members that the contract calls ``x-stands-for`` get the documented name.
    """
    if body == [] and not operation.body_required:
        return {}
    others = operation.other_names
    if others and is_object(body):
        body = {name: value for name, value in body.items() if name not in others} | {
            others[name]: value for name, value in body.items() if name in others and others[name] not in body
        }
    return body


def _is_deep(value: Any) -> bool:
    level: list[Any] = [value]
    for _ in range(MOST_LEVELS):
        containers = [one for one in level if is_object(one) or is_array(one)]
        if not containers:
            return False
        level = [item for one in containers for item in (one.values() if is_object(one) else one)]
    return any(is_object(one) or is_array(one) for one in level)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_TOO_DEEP: Final = f"it has more than {MOST_LEVELS} levels"
_DECODER: Final = json.JSONDecoder(parse_constant=_no_number)
