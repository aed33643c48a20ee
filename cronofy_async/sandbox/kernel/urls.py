"""URLs of the application that browsers are redirected to."""

from __future__ import annotations

from urllib.parse import urlencode

__all__ = ["with_query"]


def with_query(url: str, **members: str) -> str:
    """Return a URL with further parameters in its query, before its fragment."""
    base, hash_sign, fragment = url.partition("#")
    base = base.removesuffix("?")
    return f"{base}{'&' if '?' in base else '?'}{urlencode(members)}{hash_sign}{fragment}"
