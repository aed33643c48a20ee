"""Scheduler requests, the deprecated predecessor of scheduling requests: they are kept.

Docs: https://docs.cronofy.com/developers/api-alpha/scheduler-requests/create/
"""

from __future__ import annotations

from ..kernel.area import Context, SandboxResponse, keep, ok, operation
from ..kernel.links import PageToken

__all__: list[str] = []


@operation("scheduler_requests.create")
def create(context: Context) -> SandboxResponse:
    """Keep a scheduler request."""
    token = context.state.new_token(6)
    page = context.url(f"/rts/{token}")
    request = keep(context, "srq", primary_select_url=page)
    context.state.table(PageToken)[token] = PageToken(link_id=request.id)
    recipients = [{**recipient, "select_url": page} for recipient in request.members["recipients"]]
    rendered = {"scheduler_request_id": request.id, "primary_select_url": page, "recipients": recipients}
    return ok({"scheduler_request": rendered})
