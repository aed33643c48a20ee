"""Calls of actions on a sandbox that runs in another process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from ..kernel.actions import SandboxError
from .calls import Call, call_named
from .table import PREFIX

__all__ = ["argument_of", "origin_of", "perform", "read_arguments"]

#: The number of seconds to wait for a response: a callback may take five.
_TIMEOUT: Final = 60
#: No proxy is used: a sandbox is on this machine or in its network, which proxies cannot reach.
_DIRECT: Final = build_opener(ProxyHandler({}))


def perform(url: str, name: str, arguments: Mapping[str, Any]) -> Any:
    """Perform an action on a sandbox, and return its result.

    Args:
        url: The URL of the sandbox.
        name: The name of the action.
        arguments: Its arguments as JSON values.

    Raises:
        SandboxError: The sandbox cannot be reached, or rejects the action.
    """
    request = Request(  # noqa: S310 - the scheme is checked
        f"{origin_of(url)}{PREFIX}actions/{quote(name, safe='')}",
        data=json.dumps(arguments).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with _DIRECT.open(request, timeout=_TIMEOUT) as response:
            return json.load(response)
    except HTTPError as error:
        with error:
            raise SandboxError(_error_text(error, url)) from None
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise SandboxError(f"no sandbox responds at {url}: {reason}. Run `cronofy-async sandbox`.") from None
    except ValueError:
        raise SandboxError(f"no sandbox responds at {url}: the response is not from a sandbox") from None


def _error_text(error: HTTPError, url: str) -> str:
    try:
        return str(json.load(error)["error_description"])
    except (ValueError, LookupError, TypeError):
        return f"no sandbox responds at {url}: the response has the status {error.code}"


def origin_of(url: str) -> str:
    """Return the scheme, host and port of a URL.

    Raises:
        SandboxError: The URL is not an HTTP URL, or is Cronofy's.
    """
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        parts, is_url = urlsplit(""), False
    if not is_url:
        raise SandboxError(f"url: must be a URL such as http://127.0.0.1:8910, got {url!a}")
    if f".{parts.hostname}".endswith(".cronofy.com"):
        raise SandboxError(f"url: must be the URL of a sandbox, got that of Cronofy, {parts.hostname}")
    return f"{parts.scheme}://{parts.netloc}"


def read_arguments(name: str, texts: Sequence[str], calls: Mapping[str, Call]) -> dict[str, Any]:
    """Return the arguments of an action that are given as ``name=value``, or ``name=@file`` if no text is valid.

    Raises:
        LookupError: There is no such action, an argument is not of this form, or its file cannot be read.
    """
    call = call_named(name, calls)
    arguments: dict[str, Any] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise LookupError(f"{text}: must be NAME=VALUE, such as {_example(call)}")
        kind = call.kinds.get(key)
        if value.startswith("@") and kind is not None and not kind.takes_text:
            value = _content(key, value[1:])
        arguments[key] = argument_of(call, key, value)
    return arguments


def _content(name: str, file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise LookupError(f"{name}: cannot read {file!a}: {reason}") from None


def argument_of(call: Call, name: str, value: str) -> Any:
    """Return the JSON value of an argument: text where any text is valid, otherwise JSON if it parses."""
    kind = call.kinds.get(name)
    if kind is not None and kind.takes_text and value != "null":
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _example(call: Call) -> str:
    return f"{next(iter(call.parameters), 'name')}=…"
