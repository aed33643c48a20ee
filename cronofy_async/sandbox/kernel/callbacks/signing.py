"""The signature of callbacks."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable

__all__ = ["sign"]


def sign(body: bytes, secrets: Iterable[str]) -> str:
    """Return the value of the header ``Cronofy-HMAC-SHA256``: one signature for each valid secret of the application.

    Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/#callback-request-headers
    """
    signatures = (hmac.digest(secret.encode(), body, "sha256") for secret in secrets)
    return ",".join(base64.b64encode(signature).decode() for signature in signatures)
