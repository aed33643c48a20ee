"""The users and resources that a service account authorizes.

Docs: https://docs.cronofy.com/developers/api/enterprise-connect/delegated-access/
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import attrs

from .._codec import join_names
from .._json import Json, is_array, is_object
from .._unset import UNSET, Unset
from .base import RequestModel

__all__ = ["ServiceAccountAuthorization"]

MAX_AUTHORIZATIONS: Final = 50


def _join_scopes(scope: str | Collection[str]) -> str:
    return join_names("scope", scope)


@attrs.frozen(kw_only=True)
class ServiceAccountAuthorization(RequestModel):
    """A user or resource to authorize through a service account.

    Args:
        email: The email address of the user or resource.
        callback_url: Your URL that Cronofy sends the code to (http or https, publicly reachable).
        scope: The scopes to request, within the ``delegated_scope`` of the service account: a list, or a string separated
            by spaces.
        state: A value that is returned unchanged.
    """

    email: str
    callback_url: str
    scope: str = attrs.field(converter=_join_scopes)
    state: str | Unset = UNSET


# Documented rules.


def check_authorization(body: Json) -> None:
    """Check the request that authorizes one user or resource against the documented rules.

    Args:
        body: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    _check(body, "")


def check_authorizations(body: Json) -> None:
    """Check the request that authorizes many users and resources against the documented rules.

    Args:
        body: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    authorizations = body["service_account_authorizations"]
    if not is_array(authorizations) or not 1 <= len(authorizations) <= MAX_AUTHORIZATIONS:
        received = len(authorizations) if is_array(authorizations) else repr(authorizations)
        raise ValueError(
            f"service_account_authorizations: must have 1 to {MAX_AUTHORIZATIONS} authorizations, got {received}"
        )
    for index, authorization in enumerate(authorizations):
        if is_object(authorization):
            _check(authorization, f"service_account_authorizations[{index}].")


def _check(authorization: Json, path: str) -> None:
    for name in ("email", "scope"):
        value = authorization.get(name)
        if isinstance(value, str) and not value.strip():
            raise ValueError(f"{path}{name}: must not be empty, got {value!r}")
    url = authorization.get("callback_url")
    if isinstance(url, str) and not re.match(r"https?://.", url):
        raise ValueError(f"{path}callback_url: must begin with https:// or http://, got {url!r}")
