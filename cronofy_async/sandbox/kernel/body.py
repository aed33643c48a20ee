"""Read the body of a request, in the forms that official SDKs send."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import parse_qsl

from ..._json import is_object
from .contract import Operation
from .messages import SandboxRequest

__all__ = ["as_documented", "read_body"]


def read_body(request: SandboxRequest) -> Any:
    """Return a JSON or form-encoded body as JSON values; ``{}`` if it is empty, ``None`` if it cannot be read."""
    if not request.body:
        return {}
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        text = request.body.decode()
        value: Any = _DECODER.decode(text)
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be written
    except (ValueError, RecursionError):
        return None
    return value


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


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_number)
