"""Applications that the admin API provisions (prerelease).

Docs: https://docs.cronofy.com/developers/admin-api/
"""

from __future__ import annotations

import attrs

from .._redaction import hide
from .base import ResponseModel

__all__ = ["ProvisionedApplication"]


@attrs.frozen(kw_only=True)
class ProvisionedApplication(ResponseModel):
    """The credentials of a new application, for its own ``CronofyClient``.

    Attributes:
        client_id: The application's ID.
        client_secret: The application's secret, which is also its API key.
    """

    client_id: str
    client_secret: str = attrs.field(repr=hide)
