"""Scheduling requests of Cronofy's Scheduler (beta).

Docs: https://docs.cronofy.com/developers/api/scheduling-requests/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import attrs

from .._json import Json
from .._redaction import hide
from .._unset import UNSET, Unset
from ..times import Duration, as_duration
from .base import RequestModel, ResponseModel
from .event_parts import Location

__all__ = [
    "GroupMember",
    "Host",
    "NewRecipient",
    "RecipientOperations",
    "RequestedEvent",
    "SchedulingGroup",
    "SchedulingRecipient",
    "SchedulingRequest",
    "SchedulingRequestItem",
    "SchedulingRequestList",
    "SchedulingTemplate",
]


# Parts of requests.


@attrs.frozen
class Host(RequestModel):
    """The account that hosts an event (``acc_…``)."""

    sub: str


@attrs.frozen
class GroupMember(RequestModel):
    """An account (``acc_…``) of a group."""

    sub: str


@attrs.frozen(kw_only=True)
class SchedulingGroup(RequestModel):
    """A group of accounts, some of which take part as hosts or collaborators.

    Args:
        name: The name of the group.
        members: The accounts to choose from.
        required: How many of them take part.
        sub: The ID of a selection rule of the organization (``sel_…``) instead of the other members; only for hosts.
    """

    name: str | Unset = UNSET
    members: Sequence[GroupMember | Json] | Unset = UNSET
    required: int | Unset = UNSET
    sub: str | Unset = UNSET


@attrs.frozen
class SchedulingTemplate(RequestModel):
    """A template of the organization (``sgr_…``); its ID is in the developer details of the dashboard."""

    sub: str


@attrs.frozen
class NewRecipient(RequestModel):
    """A person to send a scheduling request to.

    Args:
        email: The email address.
        display_name: The name.
        slot_selector: Whether this person chooses the time. At least one recipient does.
    """

    email: str
    display_name: str | Unset = attrs.field(default=UNSET, kw_only=True)
    slot_selector: bool | Unset = attrs.field(default=UNSET, kw_only=True)


@attrs.frozen(kw_only=True)
class RequestedEvent(RequestModel):
    """The event to find a time for.

    Args:
        summary: The title.
        description: Plain text.
        location: Where it takes place.
        duration: The length. Only the docs of an earlier endpoint show it.
    """

    summary: str
    description: str | Unset = UNSET
    location: Location | Json | Unset = UNSET
    duration: Duration | Json | Unset = attrs.field(default=UNSET, converter=as_duration)


# Responses.


@attrs.frozen(kw_only=True)
class SchedulingRecipient(ResponseModel):
    """A person that a scheduling request is sent to.

    Attributes:
        email: The email address.
        display_name: The name.
        slot_selector: Whether this person chooses the time.
        select_url: The page where they choose it. Anyone who has the URL can choose, so it is hidden in a ``repr``.
    """

    email: str | None = None
    display_name: str | None = None
    slot_selector: bool | None = None
    select_url: str | None = attrs.field(default=None, repr=hide)


@attrs.frozen(kw_only=True)
class RecipientOperations(ResponseModel):
    """The pages where a recipient views, reschedules, and declines a request. They are hidden in a ``repr``."""

    view_url: str | None = attrs.field(default=None, repr=hide)
    reschedule_url: str | None = attrs.field(default=None, repr=hide)
    decline_url: str | None = attrs.field(default=None, repr=hide)


@attrs.frozen(kw_only=True)
class SchedulingRequest(ResponseModel):
    """The state of a scheduling request.

    Attributes:
        scheduling_request_id: Cronofy's ID of the request (``srq_…``).
        slot_selection: ``pending``, ``complete``, or a state added later.
        primary_select_url: The booking page. Anyone who has the URL can choose a time, so it is hidden in a ``repr``.
        dashboard_url: The page for members of the organization.
        summary: The title.
        duration: The length of the event.
        recipient_operations: What a recipient can do.
        recipients: The people that it is sent to.
        event: The event, as JSON, with ``metadata`` such as captured data.
    """

    scheduling_request_id: str
    slot_selection: Literal["pending", "complete"] | str | None = None
    primary_select_url: str | None = attrs.field(default=None, repr=hide)
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


@attrs.frozen(kw_only=True)
class SchedulingRequestItem(ResponseModel):
    """An item of a ``SchedulingRequestList``."""

    scheduling_request: SchedulingRequest


@attrs.frozen(kw_only=True)
class SchedulingRequestList(ResponseModel):
    """The scheduling requests that exist. It can be iterated over.

    Unknown IDs are presumably left out: look for a request with ``get``, not by its position.

    Attributes:
        scheduling_requests: The requests, each in its own object.
    """

    scheduling_requests: tuple[SchedulingRequestItem, ...]

    def __iter__(self) -> Iterator[SchedulingRequest]:
        return (item.scheduling_request for item in self.scheduling_requests)

    def __len__(self) -> int:
        return len(self.scheduling_requests)

    def get(self, scheduling_request_id: str) -> SchedulingRequest | None:
        """Return the request with an ID; ``None`` if it was not found."""
        return next((request for request in self if request.id == scheduling_request_id), None)
