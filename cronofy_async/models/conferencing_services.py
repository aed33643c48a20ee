"""Conferencing services that users connect.

Docs: https://docs.cronofy.com/developers/api/conferencing-services/authorization/
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from .base import ResponseModel

__all__ = ["ConferencingProvider", "ConferencingServiceAuthorization"]

ConferencingProvider: TypeAlias = Literal["ms_teams", "go_to", "zoom"] | str


@attrs.frozen(kw_only=True)
class ConferencingServiceAuthorization(ResponseModel):
    """The authorization of a conferencing service.

    Attributes:
        url: The page where the user connects the service.
    """

    url: str
