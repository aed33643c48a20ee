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
    Kept,
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
from ..kernel.links import PageToken
from ..kernel.managed import AvailabilityRule, AvailablePeriod
from ..kernel.times import utc, written

__all__ = ["DASHBOARD", "SLOT", "STATE", "SchedulingRequests"]

CREATE: Final = "scheduling_requests.create"
#: The path of pages for hosts.
DASHBOARD: Final = "/scheduler/requests/"
DOCS: Final = "https://docs.cronofy.com/developers/api/scheduling-requests/create/"
IMPERSONATE: Final = "cronofy-impersonate"
#: The members of a request that a recipient, a test, or an effect changes.
STATE: Final = "slot_selection"
SLOT: Final = "slot"
#: How long times are offered. The docs say so of selection rules.
DURATION: Final[Json] = {"minutes": 30}
OFFERED: Final = timedelta(days=14)


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
    return ok(_shown(request))


@operation("scheduling_requests.query")
def query(context: Context) -> SandboxResponse:
    """Return the scheduling requests with some IDs."""
    if _is_foreign(context):
        return SandboxResponse.of(403)
    found = [_find(context.state, ident) for ident in context.body["scheduling_request_ids"]]
    return ok({"scheduling_requests": [_shown(request) for request in found if request is not None]})


@operation("scheduling_requests.cancel")
def cancel(context: Context) -> SandboxResponse:
    """Cancel a scheduling request after the response."""
    if _is_foreign(context):
        return SandboxResponse.of(403)
    request = _find(context.state, context.body["scheduling_request_id"])
    if request is None:
        return not_found("scheduling_request_id: there is no such scheduling request")
    context.later(canceled, ident=request.id)
    return accepted()


@effect("scheduling_requests.cancel")
def canceled(runtime: Runtime, ident: str) -> None:
    runtime.state.table(Kept)[ident].members[STATE] = "cancelled"


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


def _find(state: State, ident: object) -> Kept | None:
    request = state.table(Kept).get(ident) if isinstance(ident, str) else None
    return request if request is not None and request.operation == CREATE else None


def _shown(request: Kept) -> dict[str, Any]:
    members = request.members
    event = members.get("event") or {"summary": "Meeting"}
    page = members["primary_select_url"]
    operations = {"view_url": page}
    if members[STATE] == "complete":
        operations |= {"reschedule_url": f"{page}?reschedule=true", "decline_url": f"{page}?decline=true"}
    metadata = members.get("metadata")
    shown = {
        "scheduling_request_id": request.id,
        "slot_selection": members[STATE],
        "primary_select_url": page,
        "dashboard_url": members["dashboard_url"],
        "summary": event["summary"],
        "duration": event.get("duration") or DURATION,
        "recipient_operations": operations,
        "recipients": [_recipient(one, page) for one in members["recipients"]],
        "event": {"summary": event["summary"], **({"metadata": {"scheduler": metadata}} if metadata else {})},
    }
    return {"scheduling_request": shown}


def _recipient(given: Json, page: str) -> dict[str, Any]:
    selects = given.get("slot_selector", False)
    return {**given, "slot_selector": selects, **({"select_url": page} if selects else {})}


class SchedulingRequests(AreaActions):
    """Actions for tests: ``sandbox.scheduling_requests``."""

    @action
    def complete(self, request: object, start: datetime | None = None, *, metadata: Json | None = None) -> Kept:
        """Choose a time, as a recipient does on the page. Nothing is written to a calendar.

        Args:
            request: The scheduling request: its ID, or the object that the SDK returned.
            start: The start of the slot, with a time zone. Defaults to the first slot, if there is any.
            metadata: The value of ``event.metadata.scheduler``, such as ``{"correlation_id": "7"}``.

        Raises:
            ValueError: The start is naive.
            SandboxError: There is no such request, it was canceled or completed before, or there is no such slot.
        """
        start = start and utc("start", start)
        found = self._find(request)
        if found.members[STATE] != "pending":
            raise SandboxError(f"the scheduling request is {found.members[STATE]}")
        offered = self.slots(found)
        slot = next((one for one in offered if start is None or one.start == start), None)
        if slot is None and start is not None:
            raise SandboxError(
                f"{found.id} offers no slot that starts at {start}. It offers {len(offered)} slots: see slots()."
            )
        found.members |= {STATE: "complete", "metadata": dict(metadata or {})}
        if slot is not None:
            times = {"start": written(slot.start), "end": written(slot.end)}
            found.members[SLOT] = {**times, "participants": list(slot.participants)}
        return found

    @action
    def slots(self, request: object) -> list[Slot]:
        """Return the slots that the page of a request offers now; none if a template or selection rule names the hosts.

        Raises:
            SandboxError: There is no such request.
        """
        query = self.availability(self._find(request))
        return [] if query is None else self.state.suitable(query)

    def availability(self, request: Kept) -> Json | None:
        """Return the availability query of a request; ``None`` if a template or selection rule names the hosts.

        Assumed: the times of the next 14 days at which the hosts are free, every half hour, and those that their
        availability rules allow if they have any. All collaborators have to be free unless the request says otherwise.
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
                    "members": [self._member(one["sub"]) for one in group["members"]],
                    "required": group.get("required", "all"),
                }
                for group in groups
            ],
            "required_duration": members.get("event", {}).get("duration") or DURATION,
            "start_interval": {"minutes": 30},
            "query_periods": [{"start": written(request.at), "end": written(request.at + OFFERED)}],
        }

    def _member(self, sub: str) -> Json:
        has_rules = any(rule.sub == sub for rule in self.state.table(AvailabilityRule).values())
        has_periods = any(period.sub == sub for period in self.state.table(AvailablePeriod).values())
        return {"sub": sub, "managed_availability": has_rules or has_periods}

    def by_token(self, token: str) -> Kept | None:
        """Return the request whose page has a token, which is the last part of its URL."""
        found = self.state.table(PageToken).get(token)
        return _find(self.state, found.link_id) if found else None

    def _find(self, request: object) -> Kept:
        if isinstance(request, Kept):
            return request
        found = _find(self.state, getattr(request, "scheduling_request_id", request))
        if found is None:
            raise UnknownRecord("the sandbox has no such scheduling request")
        return found
