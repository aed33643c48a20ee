"""Hide secrets on pages: by the names of members, parameters and headers, and by known values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

import attrs

from ...._json import is_array, is_object
from ...._redaction import HIDDEN, SECRET_NAMES, escaped_pattern
from ...kernel.kernel import Kernel

__all__ = ["Redactor"]

#: The SDK hides all URLs in responses, because the URL of a link contains its token. Here, known tokens are found by
#: value.
_NAMES: Final = SECRET_NAMES - {"url"}
_NAME_ENDS: Final = ("token", "secret", "password")
_HEADERS: Final = re.compile(r"auth|cookie|token|secret|key|session")
_PARAMETER: Final = re.compile(
    rf"((?<![\w])(?:\w*(?:{'|'.join(_NAME_ENDS)})|{'|'.join(_NAMES)})(?:\[\])?=)[^&\s\"'<>#]+"
)
_BEFORE_HOST: Final = re.compile(r"(//)[^/@\s\"'<>]+@")
#: The texts that can contain a token of the sandbox.
_WORD: Final = re.compile(r"[\w-]{20,}")


@lru_cache(maxsize=16)
def _pattern(*secrets: str) -> re.Pattern[str]:
    """Return a pattern that matches secrets, the longest first, as one may be part of another."""
    return re.compile("|".join(map(escaped_pattern, sorted(filter(None, secrets), key=len, reverse=True))) or r"(?!)")


def _is_secret(name: str) -> bool:
    return name in _NAMES or name.lower().endswith(_NAME_ENDS)


@attrs.frozen
class Redactor:
    """Replaces secrets with ``…``."""

    _kernel: Kernel

    def text(self, text: str) -> str:
        """Return a text without secrets, such as a URL or a traceback."""
        text = text.encode("utf-8", "replace").decode()  # half a surrogate pair could not be written
        return self._values(_BEFORE_HOST.sub(rf"\1{HIDDEN}@", _PARAMETER.sub(rf"\1{HIDDEN}", text)))

    def json(self, value: Any) -> Any:
        """Return a copy of a JSON value without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if is_array(value):
            return [self.json(item) for item in value]
        if is_object(value):
            return {
                self.text(name): self._member(item) if _is_secret(name) else self.json(item)
                for name, item in value.items()
            }
        return value

    def path(self, path: str, parameters: Mapping[str, str]) -> str:
        """Return the path of a request without its secret parameters."""
        for name, value in parameters.items():
            if _is_secret(name) and value:
                path = path.replace(quote(value, safe=""), HIDDEN).replace(value, HIDDEN)
        return self.text(path)

    def headers(self, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return headers without secrets; ``authorization`` is described instead."""
        return [(name.lower(), self._header(name.lower(), value)) for name, value in headers.items()]

    def credential(self, authorization: str) -> str:
        """Describe the value of an ``Authorization`` header."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return f"{HIDDEN}, not a bearer token"
        return f"Bearer {HIDDEN}, {self._owner(token.strip())}"

    def _owner(self, token: str) -> str:
        credentials = self._kernel.settings.credentials
        if token in credentials.client_secrets:
            return "the API key"
        if token == credentials.admin_key:
            return "the admin key"
        account = self._kernel.state.owner_of(token)
        return "unknown or revoked" if account is None else f"an access token of {self.text(account.email)}"

    def _header(self, name: str, value: str) -> str:
        if name == "authorization":
            return self.credential(value)
        return HIDDEN if _HEADERS.search(name) else self.text(value)

    def _member(self, value: Any) -> Any:
        """Hide the value of a secret member, unless it describes an error in that member."""
        if is_object(value):
            return self.json(value)
        if is_array(value):
            return [self._member(item) for item in value]
        return HIDDEN if value not in (None, "") else value

    def _values(self, text: str) -> str:
        credentials, state = self._kernel.settings.credentials, self._kernel.state
        text = _pattern(*credentials.client_secrets, credentials.admin_key).sub(HIDDEN, text)
        return _WORD.sub(lambda word: HIDDEN if state.has_secret(word[0]) else word[0], text)
