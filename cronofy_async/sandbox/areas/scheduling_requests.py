"""Scheduling requests: they are kept, and a recipient or a test chooses a time. Nothing is written to calendars.

Docs: https://docs.cronofy.com/developers/api/scheduling-requests/
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from ..kernel.area import (
    AreaActions,
    Context,
    Field,
    Json,
    KeptRecord,
    Problem,
    Problems,
    Runtime,
    SandboxError,
    SandboxResponse,
    Slot,
    State,
    UnknownRecord,
    accepted,
    action,
    effect,
    keep,
    not_found,
    ok,
    operation,
    rule,
)
from ..kernel.availability.managed import AvailabilityRule, AvailablePeriod
from ..kernel.links import PageToken
from ..kernel.times import format_time, to_utc

__all__ = ["DASHBOARD", "SLOT", "STATE", "SchedulingRequests"]

CREATE: Final = "scheduling_requests.create"
#: The path of pages for hosts.
DASHBOARD: Final = "/scheduler/requests/"
DOCS: Final = "https://docs.cronofy.com/developers/api/scheduling-requests/create/"
IMPERSONATE: Final = "cronofy-impersonate"
#: The members of a request that a recipient, a test, or an effect changes.
STATE: Final = "slot_selection"
SLOT: Final = "slot"
#: The duration of an event whose request sets none.
DEFAULT_DURATION: Final[Json] = {"minutes": 30}
#: The period in which times are offered. The docs specify it for selection rules.
OFFER_PERIOD: Final = timedelta(days=14)


@operation(CREATE)
def create(context: Context) -> SandboxResponse:
    """Keep a scheduling request."""
    impersonated = context.request.headers.get(IMPERSONATE)
    if _is_foreign(context) or (impersonated is not None and impersonated not in context.state.accounts):
        return SandboxResponse.of(403)
    host = {} if impersonated is None else {"host": {"sub": impersonated}}
    token = context.state.new_token(6)
    page = context.url(f"/rts/{token}")
    dashboard = context.url(f"{DASHBOARD}{context.state.new_token(9)}")
    request = keep(context, "srq", **host, primary_select_url=page, dashboard_url=dashboard, slot_selection="pending")
    context.state.table(PageToken)[token] = PageToken(link_id=request.id)
    return ok(_render(request))


@operation("scheduling_requests.query")
def query(context: Context) -> SandboxResponse:
    """Return the scheduling requests with some IDs."""
    if _is_foreign(context):
        return SandboxResponse.of(403)
    requests = [_find(context.state, ident) for ident in context.body["scheduling_request_ids"]]
    return ok({"scheduling_requests": [_render(request) for request in requests if request is not None]})


@operation("scheduling_requests.cancel")
def cancel(context: Context) -> SandboxResponse:
    """Cancel a scheduling request after the response."""
    if _is_foreign(context):
        return SandboxResponse.of(403)
    request = _find(context.state, context.body["scheduling_request_id"])
    if request is None:
        return not_found("scheduling_request_id: there is no such scheduling request")
    context.later(mark_cancelled, ident=request.id)
    return accepted()


@effect("scheduling_requests.cancel")
def mark_cancelled(runtime: Runtime, ident: str) -> None:
    runtime.state.table(KeptRecord)[ident].members[STATE] = "cancelled"


@rule(CREATE, docs=DOCS, fidelity="assumed")
def scheduling_request_has_a_host(body: Json, field: Field, context: Context) -> Problems:
    """A scheduling request has a host: in host, host_group, a template, or the header Cronofy-Impersonate."""
    if not body.keys() & {"host", "host_group", "template"} and IMPERSONATE not in context.request.headers:
        yield Problem(field / "host", "errors.required", "is required, unless there is a host_group or template")


@rule(CREATE, docs=DOCS, fidelity="assumed")
def scheduling_request_has_an_event(body: Json, field: Field, context: Context) -> Problems:
    """A scheduling request without a template has an event."""
    if not body.keys() & {"event", "template"}:
        yield Problem(field / "event", "errors.required", "is required, unless there is a template")


@rule(CREATE, docs=DOCS, fidelity="assumed")
def a_recipient_selects_the_slot(body: Json, field: Field, context: Context) -> Problems:
    """At least one recipient of a scheduling request has slot_selector. The docs demand it for templates only."""
    if not any(recipient.get("slot_selector") for recipient in body["recipients"]):
        yield Problem(field / "recipients", "errors.required", "must include one with slot_selector")


@rule("Host", docs=DOCS, fidelity="assumed")
def hosts_are_accounts(host: Json, field: Field, context: Context) -> Problems:
    """The hosts and collaborators of a scheduling request are accounts of the organizational unit."""
    if host["sub"] not in context.state.accounts:
        yield Problem(field / "sub", "errors.not_found", "must be an account of the organizational unit")


def _is_foreign(context: Context) -> bool:
    """Return whether the access token is not that of an organizational unit."""
    account = context.account_or_none
    return account is not None and account.kind != "organizational_unit"


def _find(state: State, ident: object) -> KeptRecord | None:
    request = state.table(KeptRecord).get(ident) if isinstance(ident, str) else None
    return request if request is not None and request.operation == CREATE else None


def _render(request: KeptRecord) -> dict[str, Any]:
    members = request.members
    event = members.get("event") or {"summary": "Meeting"}
    page = members["primary_select_url"]
    operations = {"view_url": page}
    if members[STATE] == "complete":
        operations |= {"reschedule_url": f"{page}?reschedule=true", "decline_url": f"{page}?decline=true"}
    metadata = members.get("metadata")
    rendered = {
        "scheduling_request_id": request.id,
        "slot_selection": members[STATE],
        "primary_select_url": page,
        "dashboard_url": members["dashboard_url"],
        "summary": event["summary"],
        "duration": event.get("duration") or DEFAULT_DURATION,
        "recipient_operations": operations,
        "recipients": [_render_recipient(recipient, page) for recipient in members["recipients"]],
        "event": {"summary": event["summary"], **({"metadata": {"scheduler": metadata}} if metadata else {})},
    }
    return {"scheduling_request": rendered}


def _render_recipient(recipient: Json, page: str) -> dict[str, Any]:
    selects = recipient.get("slot_selector", False)
    return {**recipient, "slot_selector": selects, **({"select_url": page} if selects else {})}


class SchedulingRequests(AreaActions):
    """Actions for tests: ``sandbox.scheduling_requests``."""

    @action
    def complete(self, request: object, start: datetime | None = None, *, metadata: Json | None = None) -> KeptRecord:
        """Choose a time, as a recipient does on the page. Nothing is written to a calendar.

        Args:
            request: The scheduling request: its ID, or the object that the SDK returned.
            start: The start of the slot, with a time zone. Defaults to the first slot, if there is any.
            metadata: The value of ``event.metadata.scheduler``, such as ``{"correlation_id": "7"}``.

        Raises:
            ValueError: The start is naive.
            SandboxError: There is no such request, it was canceled or completed before, or there is no such slot.
        """
        start = start and to_utc("start", start)
        record = self._find(request)
        if record.members[STATE] != "pending":
            raise SandboxError(f"the scheduling request is {record.members[STATE]}")
        offered = self.slots(record)
        slot = next((slot for slot in offered if start is None or slot.start == start), None)
        if slot is None and start is not None:
            raise SandboxError(
                f"{record.id} offers no slot that starts at {start}. It offers {len(offered)} slots: see slots()."
            )
        record.members |= {STATE: "complete", "metadata": dict(metadata or {})}
        if slot is not None:
            times = {"start": format_time(slot.start), "end": format_time(slot.end)}
            record.members[SLOT] = {**times, "participants": list(slot.participants)}
        return record

    @action
    def slots(self, request: object) -> list[Slot]:
        """Return the slots that the page of a request offers now; none if a template or selection rule names the hosts.

        Raises:
            SandboxError: There is no such request.
        """
        query = self.availability(self._find(request))
        return [] if query is None else self.state.available_slots(query)

    def availability(self, request: KeptRecord) -> Json | None:
        """Return the availability query of a request; ``None`` if a template or selection rule names the hosts.

        Assumed: the times of the next 14 days when the hosts are free, every half hour, within their availability rules
        if they have any. All collaborators must be free unless the request sets another number.
        """
        members = request.members
        hosts: list[Json] = [{"members": [members["host"]]}] if "host" in members else []
        hosts += [group for group in (members.get("host_group", {}),) if "members" in group]
        if not hosts:
            return None
        groups = [*hosts, *(group for group in members.get("collaborator_groups", ()) if group.get("members"))]
        return {
            "participants": [
                {
                    "members": [self._member(member["sub"]) for member in group["members"]],
                    "required": group.get("required", "all"),
                }
                for group in groups
            ],
            "required_duration": members.get("event", {}).get("duration") or DEFAULT_DURATION,
            "start_interval": {"minutes": 30},
            "query_periods": [{"start": format_time(request.at), "end": format_time(request.at + OFFER_PERIOD)}],
        }

    def _member(self, sub: str) -> Json:
        has_rules = any(rule.sub == sub for rule in self.state.table(AvailabilityRule).values())
        has_periods = any(period.sub == sub for period in self.state.table(AvailablePeriod).values())
        return {"sub": sub, "managed_availability": has_rules or has_periods}

    def by_token(self, token: str) -> KeptRecord | None:
        """Return the request whose page has a token, which is the last part of its URL."""
        record = self.state.table(PageToken).get(token)
        return _find(self.state, record.link_id) if record else None

    def _find(self, request: object) -> KeptRecord:
        if isinstance(request, KeptRecord):
            return request
        record = _find(self.state, getattr(request, "scheduling_request_id", request))
        if record is None:
            raise UnknownRecord("the sandbox has no such scheduling request")
        return record
