"""The verification of the application: requests are kept.

Docs: https://docs.cronofy.com/developers/admin-api/
"""

from __future__ import annotations

from ..kernel.area import Context, SandboxResponse, accepted, keep, operation

__all__: list[str] = []


@operation("application_verification.submit")
def submit(context: Context) -> SandboxResponse:
    """Keep a request for verification."""
    keep(context, "ver")
    return accepted({})
