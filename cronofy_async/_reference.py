"""The reference of all endpoints, generated from their declarations: how each is called, and where it is documented."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final, TypeGuard

import attrs

from ._area import Area
from .client import CronofyAccount, CronofyAdmin, CronofyClient
from .http import Endpoint, Stability

__all__ = ["KEYWORDS", "RETIRED", "Reference", "endpoints"]

_CLIENTS: Final[dict[str, type[Any]]] = {"client": CronofyClient, "account": CronofyAccount, "admin": CronofyAdmin}
#: The credentials, as the docs name them.
_CREDENTIALS: Final = {
    "account": "access token",
    "api_key": "client secret",
    "client_in_body": "client ID and secret in the body",
    "admin": "admin API key",
}


@attrs.frozen(kw_only=True)
class Reference:
    """An endpoint, and how it is called.

    Attributes:
        name: The area and the method, as in ``events.upsert``.
        method: The HTTP method.
        path: The path template.
        credential: The credential that it takes; empty for a page to redirect a browser to.
        stability: Cronofy's label for it.
        call: The call, as in ``account.events.upsert(calendar_id, event_id=…, …)``.
        summary: What it does.
        docs: Its page in Cronofy's docs.
        keywords: Other words for its subject, to search for.
    """

    name: str
    method: str
    path: str
    credential: str
    stability: Stability
    call: str
    summary: str
    docs: str
    keywords: str = ""


#: What other calendar APIs call the subject of an area, to search for.
KEYWORDS: Final = {
    "availability": "find a time, open slots",
    "availability_rules": "working hours, office hours",
    "available_periods": "working hours, office hours",
    "bookable_events": "class, group event, sign-up",
    "channels": "webhook, push notifications, calendar sync, subscribe, watch",
    "conferencing_services": "video call, Zoom, Teams",
    "element_tokens": "widget, UI Elements",
    "events": "appointment, meeting, calendar sync, invitation, RSVP",
    "free_busy": "freebusy, free/busy, free-busy",
    "meeting_agents": "meeting bot, notetaker, recording, transcript",
    "oauth": "login, sign in, connect a calendar",
    "profiles": "connected account",
    "real_time_scheduling": "booking page, booking link, scheduling link",
    "real_time_sequencing": "booking page, booking link, interview loop",
    "resources": "rooms",
    "service_accounts": "domain-wide delegation, Google Workspace, Exchange",
    "smart_invites": "invite, invitation, iCalendar, iMIP, RSVP",
}


#: Endpoints that Cronofy has retired. They have no method, but can still be requested.
RETIRED: Final = (
    Reference(
        name="add_to_calendar.create",
        method="POST",
        path="/v1/add_to_calendar",
        credential=_CREDENTIALS["client_in_body"],
        stability="legacy",
        call='client.request("POST", "/v1/add_to_calendar", json={…}, credential="body")',
        summary="Create a page on which anyone can add an event to their calendar. Only official SDKs know it.",
        docs="",
    ),
    Reference(
        name="scheduler_requests.create",
        method="POST",
        path="/v1/scheduler_requests",
        credential=_CREDENTIALS["api_key"],
        stability="deprecated",
        call='client.request("POST", "/v1/scheduler_requests", json={…})',
        summary="Create a scheduling request. Use ``client.scheduling_requests.create``.",
        docs="https://docs.cronofy.com/developers/api-alpha/scheduler-requests/create/",
    ),
)


def endpoints() -> list[Reference]:
    """Return all endpoints, in the order of the attributes of the clients."""
    references: dict[str, Reference] = {}
    for label, client in _CLIENTS.items():
        for area, descriptor in vars(client).items():
            if isinstance(descriptor, Area):
                for reference in _area_references(label, getattr(client, area)):
                    name, call = reference.name, reference.call.partition("(")[0]
                    other = references.get(name)
                    references[name] = attrs.evolve(other, call=f"{other.call} or {call}(…)") if other else reference
    return [*references.values(), *RETIRED]


def _area_references(client: str, resource: type[Any]) -> Iterator[Reference]:
    methods = {name: method for name, method in vars(resource).items() if inspect.isfunction(method)}
    seen: set[str] = set()
    for endpoint in vars(import_module(resource.__module__)).values():
        if _is_endpoint(endpoint) and endpoint.name not in seen:
            seen.add(endpoint.name)
            name = endpoint.name.partition(".")[2]
            yield _reference(client, endpoint, name, methods[name])


def _is_endpoint(value: object) -> TypeGuard[Endpoint[Any]]:
    return isinstance(value, Endpoint)


def _reference(client: str, endpoint: Endpoint[Any], name: str, method: Callable[..., Any]) -> Reference:
    text = inspect.getdoc(method) or ""
    area = endpoint.name.partition(".")[0]
    return Reference(
        name=endpoint.name,
        method=endpoint.method,
        path=endpoint.path,
        credential=" or ".join(_CREDENTIALS[kind] for kind in sorted(endpoint.auth)),
        stability=endpoint.stability,
        call=f"{client}.{area}.{name}({_arguments(method)})",
        summary=text.partition("\n")[0],
        docs=text.rpartition("Docs: ")[2].split()[0] if "Docs: " in text else "",
        keywords=KEYWORDS.get(area, ""),
    )


def _arguments(method: Callable[..., Any]) -> str:
    """Return the required arguments of a method, and an ellipsis if there are others."""
    required: list[str] = []
    has_optional = False
    for name, parameter in list(inspect.signature(method).parameters.items())[1:]:
        if parameter.default is not parameter.empty or parameter.kind is parameter.VAR_KEYWORD:
            has_optional = True
        else:
            required.append(f"{name}=…" if parameter.kind is parameter.KEYWORD_ONLY else name)
    return ", ".join([*required, "…"] if has_optional else required)
