"""Bytes to plain JSON values, with orjson where it is installed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..errors import DecodeError

_loads: Callable[[bytes], Any]
try:
    from orjson import loads as _loads
except ImportError:  # orjson comes with the extra "speed"
    _loads = json.loads

__all__ = ["parse_json"]


def parse_json(body: bytes) -> Any:
    """Parse JSON.

    Raises:
        DecodeError: The body is empty or is not JSON. The message does not quote the body, which may hold secrets.
    """
    for loads in (_loads, json.loads):  # orjson rejects lone surrogates, which JSON may contain
        try:
            return loads(body)
        except (ValueError, RecursionError):
            continue
    raise DecodeError("the response is not JSON" if body else "the response is empty")
