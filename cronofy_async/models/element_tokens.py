"""Tokens for UI elements in a browser.

Docs: https://docs.cronofy.com/developers/ui-elements/authentication/
"""

from __future__ import annotations

from typing import Literal, TypeAlias
from urllib.parse import urlsplit

import attrs

from .._json import Json
from .._redaction import hide
from .base import ResponseModel

__all__ = ["ElementPermission", "ElementToken"]

ElementPermission: TypeAlias = Literal["agenda", "account_management", "availability", "managed_availability"] | str


@attrs.frozen(kw_only=True)
class ElementToken(ResponseModel):
    """A token that a page in a browser passes to UI elements.

    Attributes:
        token: The token, which is the only credential that may be sent to a browser.
        permissions: What the elements may do.
        origin: The origin of the page.
        expires_in: How long the token is valid, in seconds.
    """

    token: str = attrs.field(repr=hide)
    permissions: tuple[ElementPermission, ...] = ()
    origin: str | None = None
    expires_in: int | None = None


# Documented rules.


def check_element_token(body: Json) -> None:
    """Check the request for a token against the documented rules.

    Args:
        body: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    for name in ("permissions", "subs", "bookable_event_ids"):
        if isinstance(body.get(name), str):
            raise ValueError(f"{name}: expected an array, got a string. Pass a list.")
    origin = body["origin"]
    url = urlsplit(origin) if isinstance(origin, str) else None
    if url is None or not url.netloc or origin != f"{url.scheme}://{url.netloc}":
        raise ValueError(f"origin: must be a scheme and a host, as in https://app.example.com, got {origin!r}")
