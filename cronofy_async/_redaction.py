"""Redact secrets from texts, JSON and exceptions: by the names of members, and by known values."""

from __future__ import annotations

import html
import json
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

from ._json import is_array, is_object

__all__ = [
    "HIDDEN",
    "SECRET_NAMES",
    "detach",
    "escaped_pattern",
    "hide",
    "redact_body",
    "redact_broken_json",
    "redact_bytes",
    "redact_json",
    "redact_text",
    "secrets_in_body",
    "secrets_in_target",
    "text_copy",
]

E = TypeVar("E", bound=BaseException)

HIDDEN: Final = "…"


def hide(value: object) -> str:
    """Return the text that a ``repr`` shows instead of a secret."""
    return HIDDEN if value is not None else "None"


#: Members of Cronofy's JSON whose values are secrets: credentials, and URLs that work without further credentials.
SECRET_NAMES: Final = frozenset(
    {
        "access_token",
        "api_key",
        "client_secret",
        "code",
        "decline_url",
        "download_url",
        "element_token",
        "link_token",
        "primary_select_url",
        "refresh_token",
        "reschedule_url",
        "select_url",
        "token",
        "url",
        "view_url",
    }
)


def redact_text(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret wherever it occurs in ``text``, plain or escaped for a URL, HTML or JSON."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may be part of another
        if secret:
            text = text.replace(secret, HIDDEN)
            if not _NEVER_ESCAPED.fullmatch(secret):
                text = re.sub(escaped_pattern(secret), HIDDEN, text)
    return text


def escaped_pattern(secret: str) -> str:
    """Return a pattern for a secret, plain or escaped for a URL, HTML or JSON."""
    return "".join(map(_character_pattern, secret))


_NEVER_ESCAPED: Final = re.compile(r"[A-Za-z0-9]*")


def _character_pattern(character: str) -> str:
    """Return a pattern for a character and its escaped forms."""
    if _NEVER_ESCAPED.fullmatch(character):
        return re.escape(character)
    code = ord(character)
    percent = "".join(f"%(?:25){{0,9}}{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
    forms = [rf"\\{{0,9}}{re.escape(character)}", re.escape(html.escape(character)), f"(?i:{percent})"]
    forms += [f"&#0{{0,4}}{code};", f"(?i:&#x0{{0,4}}{code:x};)", rf"(?i:\\{{1,9}}u{code:04x})"]
    if character == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"


_NAMES: Final = "|".join(sorted(SECRET_NAMES))
_SECRET_MEMBER: Final = re.compile(rf'("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)*+', re.DOTALL)
#: A parameter of a form, or of a URL on an error page.
_SECRET_PARAMETER: Final = re.compile(rf"(\b(?:{_NAMES})=)[^&\s\"'<>]+")
#: The shortest part of a secret that is redacted at the end of a truncated text, in characters.
_MIN_CUT_LENGTH: Final = 4


def redact_broken_json(text: str, secrets: Iterable[str]) -> str:
    """Redact text that resembles JSON but is not, such as a truncated response or a form."""
    secrets = tuple(secrets)
    for pattern in (_SECRET_MEMBER, _SECRET_PARAMETER):
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return _redact_truncated_secret(redact_text(text, secrets), secrets)


def _redact_truncated_secret(text: str, secrets: Iterable[str]) -> str:
    """Replace a secret that a text ends in the middle of."""
    longest = 0
    for secret in secrets:
        sizes = range(len(secret) - 1, max(longest, _MIN_CUT_LENGTH - 1), -1)
        longest = next((size for size in sizes if text.endswith(secret[:size])), longest)
    return text[: len(text) - longest] + HIDDEN if longest else text


def redact_body(body: bytes, secrets: Iterable[str]) -> Any:
    """Return the redacted JSON of a body, its redacted text if it is not JSON, or ``None`` if it is empty."""
    try:
        return redact_json(json.loads(body), secrets)
    except (ValueError, RecursionError):
        return redact_broken_json(body.decode("utf-8", "replace"), secrets) or None


def redact_bytes(body: bytes, secrets: Iterable[str]) -> bytes:
    """Return a redacted body as bytes."""
    redacted = redact_body(body, secrets)
    text = redacted if isinstance(redacted, str) else json.dumps(redacted, ensure_ascii=False)
    return text.encode("utf-8", "replace")


def redact_json(value: Any, secrets: Iterable[str]) -> Any:
    """Return a copy of a JSON value without the given secrets and without the values of secret members."""
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
    if is_object(value):  # Cronofy's description of an error in that member
        return redact_json(value, secrets)
    if is_array(value):
        return [_hide(item, secrets) for item in value]
    return HIDDEN if value else value


def secrets_in_target(target: str) -> Iterator[str]:
    """Yield the values of secret parameters in a path and query, decoded."""
    for name, value in parse_qsl(urlsplit(target).query):
        if name.removesuffix("[]") in SECRET_NAMES:
            yield value


def secrets_in_body(body: bytes | None) -> Iterator[str]:
    """Yield the values of secret members in a JSON body, at any depth."""
    if body:
        yield from _strings(json.loads(body), secret=False)


def _strings(value: Any, *, secret: bool) -> Iterator[str]:
    if is_object(value):
        for name, item in value.items():
            yield from _strings(item, secret=name in SECRET_NAMES)
    elif is_array(value):
        for item in value:
            yield from _strings(item, secret=secret)
    elif secret and isinstance(value, str):
        yield value


def detach(error: E, redact: Callable[[str], str] = str) -> E:
    """Remove from an exception the frames and exceptions that led to it: their variables hold unredacted requests.

    Error trackers store the local variables of each frame. An ``OSError`` stays as the cause, with its text only.

    Args:
        error: The exception, which is changed and returned. Raise it outside the ``except`` block.
        redact: The function that redacts its message.
    """
    cause = error.__cause__
    error.__cause__ = OSError(cause.errno, cause.strerror) if isinstance(cause, OSError) and cause.strerror else None
    error.__suppress_context__ = False
    error.__traceback__ = error.__context__ = None
    error.args = tuple(redact(item) if isinstance(item, str) else item for item in error.args)
    return error


def text_copy(error: Exception, secrets: Iterable[str]) -> Exception:
    """Return an exception that holds only the redacted text of another: its message, and its traceback as a note."""
    secrets = tuple(secrets)
    copy = Exception(redact_text(f"{type(error).__qualname__}: {error}", secrets))
    copy.add_note(redact_text("".join(traceback.format_exception(error)), secrets))
    return copy
