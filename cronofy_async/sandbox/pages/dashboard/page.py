"""The pages of the dashboard: everything at a glance, and one exchange in full."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs
from markupsafe import Markup, escape

from ...._json import is_array, is_object
from ...areas.real_time_scheduling import PAGE, Link
from ...kernel.body import read_body
from ...kernel.callbacks.delivery import Delivery
from ...kernel.journal import Exchange
from ...kernel.messages import SandboxResponse, plain
from ...web.rendering import html, redirect
from ...web.routes import Routes
from ...web.visit import Visit
from .board import Board
from .entries import Rows
from .json_text import MAX_CHARACTERS, pretty
from .redactor import Redactor
from .view import PATH, View

__all__ = ["ROUTES"]

ROUTES: Final = Routes()

_LINK_ID: Final = re.compile(rb"\bsch_[0-9a-f]+\b")
#: The last characters of a truncated text, which could be the beginning of a secret.
_CUT: Final = re.compile(r"[^\s\"'&,{}]*\Z")


@ROUTES.get("/__sandbox__")
def without_slash(visit: Visit) -> SandboxResponse:
    """Redirect to the dashboard."""
    return redirect(PATH)


@ROUTES.get(PATH)
def dashboard(visit: Visit) -> SandboxResponse:
    """Show the dashboard."""
    view = View.of(visit.query)
    return html("dashboard/page.html", **Board(visit, view).page())


@ROUTES.get("/__sandbox__/links/{link}")
def open_page(visit: Visit) -> SandboxResponse:
    """Redirect to the page of a link. Its URL contains the link's token, so no page shows it."""
    link = visit.kernel.state.table(Link).get(visit.path["link"])
    return plain(404, "The sandbox has no such link.\n") if link is None else redirect(visit.url(f"{PAGE}{link.token}"))


@ROUTES.get("/__sandbox__/exchanges/{number}")
def exchange(visit: Visit) -> SandboxResponse:
    """Show a request beside its response, or a callback beside its response."""
    number = visit.path["number"]
    entry = visit.kernel.journal.find(int(number)) if number.isdecimal() and len(number) < 10 else None
    if entry is None:
        return html("dashboard/gone.html", status=404, missing="exchange")
    redactor = Redactor(visit.kernel)
    row = Rows(visit.kernel, redactor).of(entry)
    item = entry.item
    panes = _request_panes(item, redactor) if isinstance(item, Exchange) else _delivery_panes(item, redactor)
    links = _links(visit, item)
    operation = item.recorded.operation if isinstance(item, Exchange) else None
    return html("dashboard/exchange.html", row=row, panes=panes, links=links, operation=operation)


@attrs.frozen(kw_only=True)
class Pane:
    """A request or a response, without secrets.

    Attributes:
        body_summary: The type and size of the body.
        traceback: The traceback of an application.
    """

    title: str
    body_summary: str = ""
    headers: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]])
    query: Markup | None = None
    body: Markup | None = None
    note: str | None = None
    traceback: str | None = None


def _request_panes(item: Exchange, redactor: Redactor) -> list[Pane]:
    request = item.request
    query: Any = dict(parse_qsl(request.query, keep_blank_values=True)) if request.query else None
    fields = {*item.fields, *_rejected(item)}
    broken = "The connection was broken: the client received nothing, or half of this." if item.broken else None
    try:
        parsed = read_body(request)
    except ValueError:
        parsed = None
    return [
        Pane(
            title="Request",
            body_summary=_body_summary(request.headers.get("content-type", ""), request.body),
            headers=redactor.headers(request.headers),
            query=query and pretty(redactor.json(query), fields),
            body=_body(request.body, parsed, redactor, fields),
            note=None if request.body or query else "The request has no body.",
        ),
        Pane(
            title="Response",
            body_summary=_body_summary(item.headers.get("Content-Type", ""), item.body),
            headers=[("status", str(item.status)), *redactor.headers(item.headers)],
            body=_body(item.body, _parse(item.body), redactor),
            note=broken or (None if item.body else "The response has no body."),
        ),
    ]


def _delivery_panes(item: Delivery, redactor: Redactor) -> list[Pane]:
    answered = item.status is not None
    note = None
    if not answered:
        note = (
            "Nothing was sent."
            if item.outcome in {"none", "refused", "lost", "held"}
            else f"There is no response. {redactor.text(item.problem or '')}"
        )
    return [
        Pane(
            title="Callback",
            body_summary=_body_summary(item.headers.get("Content-Type", ""), item.body),
            headers=[("post", redactor.text(item.url) or "no URL"), *redactor.headers(item.headers)],
            body=_body(item.body, _parse(item.body), redactor),
            note=None if item.body else "There is no body, because nothing was to be sent.",
        ),
        Pane(
            title="Response of the application",
            headers=[("status", str(item.status))] if answered else [],
            body=_body((item.response_body or "").encode(), _parse((item.response_body or "").encode()), redactor),
            note=note or (None if item.response_body else "The response has no body, or it is not known."),
            traceback=item.traceback and redactor.text(item.traceback),
        ),
    ]


def _rejected(item: Exchange) -> list[str]:
    """Return the fields that a 422 names."""
    body = _parse(item.body) if item.status == 422 else None
    errors = body.get("errors") if is_object(body) else None
    return list(errors) if is_object(errors) else []


def _body(raw: bytes, parsed: Any, redactor: Redactor, marked: Collection[str] = ()) -> Markup | None:
    if not raw:
        return None
    if len(raw) <= MAX_CHARACTERS and (is_object(parsed) or is_array(parsed)):
        return pretty(redactor.json(parsed), marked)
    text = raw.decode("utf-8", "replace")
    cut = _CUT.sub("", text[:MAX_CHARACTERS]) if len(text) > MAX_CHARACTERS else text
    more = f"\n… {len(text) - len(cut):,} more characters" if len(cut) < len(text) else ""
    return escape(redactor.text(cut) + more)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _body_summary(content_type: str, body: bytes) -> str:
    return f"{content_type.partition(';')[0]}, {len(body):,} bytes" if body else ""


def _links(visit: Visit, item: Exchange | Delivery) -> list[str]:
    """Return the IDs of the links that an exchange is about."""
    texts = [item.body] if isinstance(item, Delivery) else [item.request.path.encode(), item.body]
    problem = [(item.problem or "").encode()] if isinstance(item, Delivery) else []
    link_ids = [link_id.decode() for text in [*texts, *problem] for link_id in _LINK_ID.findall(text)]
    known = visit.kernel.state.table(Link)
    return [link_id for link_id in dict.fromkeys(link_ids) if link_id in known][:3]
