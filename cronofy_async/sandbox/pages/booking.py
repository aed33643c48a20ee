"""The booking page at the URL of a link.

GET requests change nothing; they only send the callback for a page without times. A form books a time. Everything that
the page does is an action of the link's area, so tests, the control API, and visitors do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

import attrs

from ..areas.real_time_scheduling import DISPLAYED_ONCE, DONE_PAGE, RealTimeScheduling
from ..areas.real_time_sequencing import RealTimeSequencing
from ..areas.scheduling_requests import SchedulingRequests
from ..kernel.actions import SandboxError
from ..kernel.events.ical import Address, invitation
from ..kernel.links import PageToken
from ..kernel.messages import SandboxResponse, plain
from ..kernel.shallow import KeptRecord
from ..kernel.times import format_time, is_zone
from ..web.rendering import html, redirect
from ..web.routes import Routes
from ..web.visit import Visit
from . import zones
from .languages import Language, choose
from .not_emulated import not_emulated
from .offers import Bookable, Offer, SchedulingPage, SequencingPage
from .request_offers import RequestPage
from .weeks import Style, week_of

__all__ = ["ROUTES"]

ROUTES: Final = Routes()

#: Set by a page without times, so a reload does not report it again.
_COOKIE: Final = "sandbox_no_times"


@attrs.frozen(slots=False)
class _Visitor:
    """A visitor of the page of a link."""

    visit: Visit
    link: Bookable

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields that forms and links of the page pass on."""
        return self.visit.form if self.visit.request.method == "POST" else self.visit.query

    @cached_property
    def language(self) -> Language:
        return _language(self.visit, self.fields)

    @property
    def requested_tzid(self) -> str | None:
        """The time zone that the visitor or their browser chose."""
        return self.fields.get("tzid") or None

    @property
    def has_known_zone(self) -> bool:
        return self.requested_tzid is None or is_zone(self.requested_tzid)

    @cached_property
    def tzid(self) -> str:
        """The zone of the page: the visitor's, or that of the event."""
        candidates = (self.requested_tzid, self.link.tzid)
        return next((tzid for tzid in candidates if tzid and is_zone(tzid)), "Etc/UTC")

    @cached_property
    def style(self) -> Style:
        return Style(self.language, self.tzid, self.link.hour_format)

    @property
    def week(self) -> date | None:
        try:
            return date.fromisoformat(self.fields.get("week", ""))
        except ValueError:
            return None

    @cached_property
    def carried(self) -> dict[str, str]:
        """The fields that each form and link of the page passes on."""
        fields: dict[str, str] = {}
        if "locale" in self.fields:
            fields["locale"] = self.language.tag
        if self.requested_tzid and self.has_known_zone:
            fields["tzid"] = self.tzid
        if self.week:
            fields["week"] = self.week.isoformat()
        return fields

    def url(self, **changes: object) -> str:
        """Return the URL of the page with these fields and with changes."""
        fields = {**self.carried, **{name: str(value) for name, value in changes.items()}}
        return self.link.path + (f"?{urlencode(fields)}" if fields else "")

    def html(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> SandboxResponse:
        """Render a page about the link."""
        return _html(
            template,
            self.language,
            status=status,
            headers=headers,
            visitor=self,
            link=self.link,
            style=self.style,
            **values,
        )


def _html(template: str, language: Language, **options: Any) -> SandboxResponse:
    return html(template, lang=language.tag, dir=language.direction, language=language, text=language.text, **options)


def _language(visit: Visit, fields: Mapping[str, str]) -> Language:
    return choose(fields.get("locale"), visit.request.headers.get("accept-language", ""))


def _unknown(visit: Visit) -> SandboxResponse:
    state = visit.kernel.state
    page_token = state.table(PageToken).get(visit.path["token"])
    if page_token is not None and page_token.link_id in state.table(KeptRecord):
        return not_emulated(visit)
    return _html("booking_note.html", _language(visit, visit.query), status=404, note="unknown", again=None)


# Pages.


async def _show(visitor: _Visitor) -> SandboxResponse:
    link, fields = visitor.link, visitor.fields
    if link.status != "open":
        return _closed(visitor)
    if "reported" in fields:
        return visitor.html("booking_note.html", note="reported", again=visitor.url())
    start = _parse_time(fields.get("slot", "")) if link.needs_confirmation else None
    if start is not None:
        offer = next((offer for offer in link.offers() if offer.start == start), None)
        if offer is None:
            return await _times(visitor, taken=True)
        return visitor.html("booking_confirm.html", offer=offer)
    return await _times(visitor)


async def _times(visitor: _Visitor, *, taken: bool = False) -> SandboxResponse:
    """Return the page with the times to choose from. If there are none, report it."""
    link, visit = visitor.link, visitor.visit
    offers = link.offers()
    headers = {} if offers else await _report_none(visitor)
    if offers and _COOKIE in visit.cookies:
        headers["Set-Cookie"] = _cookie(link, "Max-Age=0")
    week = week_of(offers, visitor.style, visitor.week)
    first = offers[0].start if offers else visit.kernel.runtime.now
    day = visitor.style.local(first).date() if week is None else week.start
    return visitor.html(
        "booking_times.html",
        status=409 if taken else 200,
        headers=headers,
        week=week,
        taken=taken,
        now=visit.kernel.runtime.now,
        zones=zones.options(visitor.language, day, visitor.tzid),
        detect=visit.request.method == "GET" and visitor.requested_tzid is None,
        shown=len(offers),
        reasons=link.reasons(len(offers)),
    )


async def _report_none(visitor: _Visitor) -> dict[str, str]:
    """Send the callback for a page without times, unless this browser has seen it, and return the headers of the page."""
    link, request = visitor.link, visitor.visit.request
    if not isinstance(link, SchedulingPage) or request.method == "HEAD" or "sec-purpose" in request.headers:
        return {}
    if _COOKIE in visitor.visit.cookies and visitor.visit.kernel.runtime.assumes(DISPLAYED_ONCE):
        return {}
    with suppress(SandboxError):  # it has just expired
        await link.no_times_displayed(visitor.tzid)
    return {"Set-Cookie": _cookie(link, "HttpOnly")}


def _cookie(link: Bookable, *attributes: str) -> str:
    return "; ".join((f"{_COOKIE}=1", f"Path={link.path}", "SameSite=Lax", *attributes))


def _closed(visitor: _Visitor, *, status: int = 200) -> SandboxResponse:
    """Return the page of a link that is not open. Status 409 means that the visitor's choice came too late."""
    link = visitor.link
    if link.chosen is not None:
        return visitor.html("booking_done.html", status=status, offer=link.chosen, late=status != 200)
    return visitor.html("booking_gone.html", status=status)


# Forms.


async def _submit(visitor: _Visitor) -> SandboxResponse:
    link, fields = visitor.link, visitor.fields
    if "none_suit" in fields and isinstance(link, SchedulingPage):
        try:
            await link.no_times_suitable(visitor.tzid)
        except SandboxError:  # it is not open
            return _closed(visitor, status=409)
        return redirect(visitor.url(reported=1))
    start = _parse_time(fields.get("slot", ""))
    if start is None:
        return plain(400, "slot: must be a time such as 2030-02-01T09:30:00Z. Choose one of those on the page.\n")
    if link.status != "open":
        # The same choice again means that the form was submitted twice: return the same response as the first time.
        is_same = link.chosen is not None and link.chosen.start == start
        return _after_booking(visitor) if is_same else _closed(visitor, status=409)
    try:
        await link.book(start, visitor.tzid)
    except SandboxError:  # it is no longer offered
        return await _times(visitor, taken=True)
    return _after_booking(visitor)


def _after_booking(visitor: _Visitor) -> SandboxResponse:
    link = visitor.link
    url = link.redirect_url
    if url is None or (link.completed_url is None and visitor.visit.kernel.runtime.assumes(DONE_PAGE)):
        return redirect(visitor.url())
    return redirect(url)


def _parse_time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _calendar_file(link: Bookable, offer: Offer) -> SandboxResponse:
    organizer = next((link.runtime.state.accounts.get(sub) for sub in offer.participants), None)
    text = invitation(
        {
            **link.event,
            "tzid": link.tzid,
            "start": format_time(offer.start),
            "end": format_time(offer.end),
            "reminders": (),
        },
        method="PUBLISH",
        uid=f"{link.id}@sandbox.invalid",
        sequence=0,
        stamp=link.runtime.now,
        organizer=Address(email=organizer.email, name=organizer.name) if organizer else None,
        attendees=(),
    )
    headers = {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'attachment; filename="event.ics"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return SandboxResponse(status=200, headers=headers, body=text.encode())


# Routes.


def _scheduling(visit: Visit) -> Bookable | None:
    link = RealTimeScheduling(visit.kernel.runtime).by_token(visit.path["token"])
    return None if link is None else SchedulingPage(visit.kernel.runtime, link)


def _sequencing(visit: Visit) -> Bookable | None:
    link = RealTimeSequencing(visit.kernel.runtime).by_token(visit.path["token"])
    return _request(visit) if link is None else SequencingPage(visit.kernel.runtime, link)


def _request(visit: Visit) -> Bookable | None:
    """Return a scheduling request, or nothing if its page is not emulated."""
    area = SchedulingRequests(visit.kernel.runtime)
    request = area.by_token(visit.path["token"])
    query = None if request is None else area.availability(request)
    if request is None or query is None or visit.query.keys() & {"reschedule", "decline"}:
        return None
    return RequestPage(visit.kernel.runtime, request, query)


def _add_routes(base: str, find: Callable[[Visit], Bookable | None]) -> None:
    @ROUTES.get(f"{base}{{token}}")
    async def page(visit: Visit) -> SandboxResponse:
        link = find(visit)
        return _unknown(visit) if link is None else await _show(_Visitor(visit, link))

    @ROUTES.post(f"{base}{{token}}")
    async def form(visit: Visit) -> SandboxResponse:
        link = find(visit)
        return _unknown(visit) if link is None else await _submit(_Visitor(visit, link))

    @ROUTES.get(f"{base}{{token}}/event.ics")
    def file(visit: Visit) -> SandboxResponse:
        link = find(visit)
        offer = None if link is None else link.chosen
        return _unknown(visit) if link is None or offer is None else _calendar_file(link, offer)


_add_routes(SchedulingPage.base, _scheduling)
_add_routes(SequencingPage.base, _sequencing)
