"""URLs of the application that browsers are redirected to."""

from __future__ import annotations

from string import punctuation
from urllib.parse import quote, urlencode, urlsplit

__all__ = ["for_header", "is_web_url", "with_query"]


def is_web_url(text: str) -> bool:
    """Return whether a text is an http or https URL with a host, and has no spaces and control characters."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isprintable() and " " not in text


def with_query(url: str, **members: str) -> str:
    """Return a URL with further parameters in its query, before its fragment."""
    base, sign, fragment = url.partition("#")
    separator = "" if base.endswith(("?", "&")) else "&" if "?" in base else "?"
    return f"{base}{separator}{urlencode(members)}{sign}{fragment}"


def for_header(url: str) -> str:
    """Return a URL in a form that is safe in a ``Location`` header. Only the beginning of an application's URL was checked."""
    return quote(url, safe=punctuation)
