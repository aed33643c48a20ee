"""URLs of the application that browsers are redirected to."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

__all__ = ["with_query"]


def with_query(url: str, **members: str) -> str:
    """Return a URL with further parameters in its query."""
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(members)}"
