"""Scheduling requests of Cronofy's Scheduler (beta).

Docs: https://docs.cronofy.com/developers/api/scheduling-requests/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from ..times import Duration
from .base import ResponseModel

__all__ = ["RecipientOperations", "SchedulingRecipient", "SchedulingRequest"]


@attrs.frozen(kw_only=True)
class SchedulingRecipient(ResponseModel):
    """A person whom a scheduling request is sent to.

    Attributes:
        email: The email address.
        display_name: The name.
        slot_selector: Whether this person chooses the time.
        select_url: Where they choose it.
    """

    email: str | None = None
    display_name: str | None = None
    slot_selector: bool | None = None
    select_url: str | None = None


@attrs.frozen(kw_only=True)
class RecipientOperations(ResponseModel):
    """The pages where a recipient views, reschedules, and declines a request."""

    view_url: str | None = None
    reschedule_url: str | None = None
    decline_url: str | None = None


@attrs.frozen(kw_only=True)
class SchedulingRequest(ResponseModel):
    """The state of a scheduling request.

    Attributes:
        scheduling_request_id: Cronofy's ID of the request (``srq_…``).
        slot_selection: ``pending``, ``complete``, or a state added later.
        primary_select_url: The booking page.
        dashboard_url: The page for members of the organization.
        summary: The title.
        duration: The length of the event.
        recipient_operations: What a recipient can do.
        recipients: The people whom it is sent to.
        event: The event, as JSON, with ``metadata`` such as captured data.
    """

    scheduling_request_id: str
    slot_selection: Literal["pending", "complete"] | str | None = None
    primary_select_url: str | None = None
    dashboard_url: str | None = None
    summary: str | None = None
    duration: Duration | None = None
    recipient_operations: RecipientOperations | None = None
    recipients: tuple[SchedulingRecipient, ...] = ()
    event: Mapping[str, Any] | None = attrs.field(default=None, hash=False)

    @property
    def id(self) -> str:
        """The same as ``scheduling_request_id``."""
        return self.scheduling_request_id
