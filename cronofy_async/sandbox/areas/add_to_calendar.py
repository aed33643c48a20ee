"""Add to Calendar, a retired endpoint that official SDKs still have: requests are kept."""

from __future__ import annotations

from ..kernel.area import Context, SandboxResponse, keep, ok, operation

__all__: list[str] = []


@operation("add_to_calendar.create")
def create(context: Context) -> SandboxResponse:
    """Keep an event to add to a calendar, and return a link."""
    link = keep(context, "atc", url=context.url(f"/add_to_calendar/{context.state.new_token(12)}"))
    return ok({"url": link.members["url"]})
