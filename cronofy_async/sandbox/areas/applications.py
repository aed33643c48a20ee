"""Applications that the admin API provisions: they are kept, with credentials that the sandbox does not accept.

Docs: https://docs.cronofy.com/developers/admin-api/
"""

from __future__ import annotations

from ..kernel.area import Context, SandboxResponse, keep, ok, operation

__all__: list[str] = []


@operation("applications.provision")
def provision(context: Context) -> SandboxResponse:
    """Keep an application, and return credentials."""
    application = keep(context, "app")
    credentials = {"client_id": application.id, "client_secret": f"sbx_{context.state.new_token()}"}
    return ok({"oauth_client": credentials})
