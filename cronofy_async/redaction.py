"""Keeping secrets out of what is shown or stored: by the names they go under, and by their values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

__all__ = ["HIDDEN", "SECRET_NAMES", "redact_json", "redact_text"]

HIDDEN: Final = "…"

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
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    return text


def redact_json(value: Any, secrets: Iterable[str]) -> Any:
    """Copy a JSON value with secrets hidden: those in ``secrets``, and whatever stands under a secret's name."""
    if isinstance(value, str):
        return redact_text(value, secrets)
    if isinstance(value, list):
        return [redact_json(item, secrets) for item in value]
    if isinstance(value, dict):
        return {
            redact_text(name, secrets): HIDDEN if name in SECRET_NAMES and item else redact_json(item, secrets)
            for name, item in value.items()
        }
    return value
