"""Keeping secrets out of what is shown or stored: by the names they go under, and by their values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from ._json import is_array, is_object

__all__ = ["HIDDEN", "SECRET_NAMES", "hide", "redact_broken_json", "redact_json", "redact_text"]

HIDDEN: Final = "…"


def hide(value: object) -> str:
    """Stand in for a secret in a ``repr``."""
    return HIDDEN if value is not None else "None"


#: Members of Cronofy's JSON whose values are secrets: credentials, and URLs that let whoever has them act.
SECRET_NAMES: Final = frozenset(
    {
        "access_token",
        "api_key",
        "client_secret",
        "code",
        "element_token",
        "link_token",
        "refresh_token",
        "token",
        "url",
    }
)


def redact_text(text: str, secrets: Iterable[str]) -> str:
    """Replace every one of ``secrets`` wherever it stands in ``text``."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may be part of another
        if secret:
            text = text.replace(secret, HIDDEN)
    return text


_SECRET_MEMBER: Final = re.compile(rf'("(?:{"|".join(sorted(SECRET_NAMES))})"\s*:\s*")(?:[^"\\]|\\.)*+', re.DOTALL)


def redact_broken_json(text: str, secrets: Iterable[str]) -> str:
    """Hide secrets in a text that looks like JSON but is not, such as an answer that was cut off."""
    return redact_text(_SECRET_MEMBER.sub(rf"\1{HIDDEN}", text), secrets)


def redact_json(value: Any, secrets: Iterable[str]) -> Any:
    """Copy a JSON value with secrets hidden: those in ``secrets``, and whatever stands under a secret's name."""
    if isinstance(value, str):
        return redact_text(value, secrets)
    if is_array(value):
        return [redact_json(item, secrets) for item in value]
    if is_object(value):
        return {
            redact_text(name, secrets): _hide(item, secrets) if name in SECRET_NAMES else redact_json(item, secrets)
            for name, item in value.items()
        }
    return value


def _hide(value: Any, secrets: Iterable[str]) -> Any:
    if is_object(value):  # what Cronofy says about a secret's parameter
        return redact_json(value, secrets)
    if is_array(value):
        return [_hide(item, secrets) for item in value]
    return HIDDEN if value else value
