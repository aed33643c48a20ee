"""Real-Time Sequencing links: a page that books a sequence of events (beta).

No callback is sent when a sequence is chosen, since no source shows its body.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-sequencing/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

import attrs

from ..kernel.area import (
    AreaActions,
    Context,
    Event,
    Field,
    Json,
    Problem,
    SandboxError,
    SandboxResponse,
    State,
    UnknownRecord,
    action,
    errors_of,
    invalid,
    not_found,
    ok,
    operation,
    record,
)
from ..kernel.times import length, moment, utc
from ..kernel.urls import with_query

__all__ = ["PAGE", "BookedStep", "RealTimeSequencing", "SequenceBooking", "SequencingLink", "redirect_url"]

Status: TypeAlias = Literal["open", "completed", "disabled", "expired"]

PAGE: Final = "/rts/"


@attrs.frozen(kw_only=True)
class BookedStep:
    """The time of one step of a sequence, and the accounts selected for it."""

    sequence_id: str
    start: datetime
    end: datetime
    participants: tuple[str, ...]


@attrs.frozen(kw_only=True)
class SequenceBooking:
    """The result of choosing a sequence.

    Attributes:
        steps: The steps, in order.
        events: The events that were written to calendars.
        redirect_url: The URL that the visitor's browser is redirected to.
    """

    steps: tuple[BookedStep, ...]
    events: tuple[Event, ...]
    redirect_url: str = attrs.field(repr=False)


@record
@attrs.define(eq=False, kw_only=True)
class SequencingLink:
    """A stored link: the parameters that it was created with, and its state. ``steps`` are those that were chosen."""

    id: str
    token: str = attrs.field(repr=False)
    params: Json = attrs.field(repr=False)
    state: Literal["open", "completed", "disabled"] = "open"
    steps: Sequence[BookedStep] = ()
    display_message: str | None = None

    @property
    def expires_at(self) -> datetime:
        """The end of the last period. Assumed, as for other links."""
        query: Json = self.params["availability"]
        names = ("query_periods", "available_periods")
        given = [one for holder in (query, *query["sequence"]) for name in names for one in holder.get(name) or ()]
        return max(moment(one["end"]) for one in given)

    def status(self, now: datetime) -> Status:
        """Return the status that Cronofy would report."""
        return "expired" if self.state == "open" and now >= self.expires_at else self.state


# Operations.


@operation("real_time_sequencing.create")
def create(context: Context) -> SandboxResponse:
    """Create a link, and return only its ID and URL."""
    for target in context.body.get("target_calendars") or ():
        account = context.state.accounts.get(target["sub"])
        if account is None or account.calendar(target["calendar_id"]) is None:
            return not_found()
    params = {name: value for name, value in context.body.items() if name not in {"client_id", "client_secret"}}
    state = context.state
    link = SequencingLink(id=state.new_id("seq"), token=state.new_token(20), params=deepcopy(params))
    state.table(SequencingLink)[link.id] = link
    identity = _identity(link, context)
    return ok({"real_time_sequencing": identity, "url": identity["url"]})


@operation("real_time_sequencing.disable")
def disable(context: Context) -> SandboxResponse:
    """Disable a link that is not completed."""
    link = context.state.table(SequencingLink).get(context.path["real_time_sequencing_id"])
    if link is None:
        return not_found()
    if link.state == "completed":
        problem = Problem(Field("real_time_sequencing_id"), "errors.not_allowed", "is of a link that is completed")
        return invalid(errors_of([problem]))
    link.state, link.display_message = "disabled", context.body["display_message"]
    shown = {"event": link.params["event"], "status": link.status(context.now)}
    return ok({"real_time_sequencing": _identity(link, context) | shown})


def _identity(link: SequencingLink, context: Context) -> dict[str, Any]:
    return {"real_time_sequencing_id": link.id, "url": context.url(f"{PAGE}{link.token}")}


# Booking.


def _sequences(state: State, query: Json) -> Iterator[tuple[BookedStep, ...]]:
    """Yield a sequence for each start of the first step, each with the other steps as early as possible."""
    for steps in state.sequences(query):
        yield tuple(
            BookedStep(
                sequence_id=str(step.sequence_id),
                start=step.slot.start,
                end=step.slot.end,
                participants=step.slot.participants,
            )
            for step in steps
        )


def _write_events(state: State, link: SequencingLink, steps: Sequence[BookedStep]) -> Iterator[Event]:
    """Write the event of each step to the target calendars of the accounts that were selected for it.

    Assumed: if an account has several calendars, the first one that still exists gets the event; the overall event is
        not written.
    """
    targets: dict[str, str] = {}
    for target in link.params.get("target_calendars") or ():
        if state.calendar(target["sub"], target["calendar_id"]) is not None:
            targets.setdefault(target["sub"], target["calendar_id"])
    events = {str(step["sequence_id"]): step["event"] for step in link.params["availability"]["sequence"]}
    zone = {name: link.params["event"][name] for name in ("tzid",) if name in link.params["event"]}
    for step in steps:
        for sub in step.participants:
            if sub in targets:
                yield state.write_event(sub, targets[sub], zone | events[step.sequence_id], step.start, step.end)


def redirect_url(link: SequencingLink) -> str:
    """Return the URL that the browser is redirected to. Assumed: as for other links."""
    url: str | None = link.params.get("redirect_urls", {}).get("completed_url")
    if url is None:
        return str(link.params["oauth"]["redirect_uri"])
    return with_query(url, token=link.token)


class RealTimeSequencing(AreaActions):
    """Actions for tests: ``sandbox.real_time_sequencing``."""

    @action
    def all(self) -> list[SequencingLink]:
        """Return all links, oldest first."""
        return list(self.state.table(SequencingLink).values())

    @action
    def find(self, link: object) -> SequencingLink:
        """Return a link by its ID, URL or token, or by the object that the SDK returned.

        Raises:
            SandboxError: There is no such link.
        """
        name = getattr(link, "real_time_sequencing_id", link)
        if isinstance(name, SequencingLink):
            return name
        if isinstance(name, str):
            token = urlsplit(name).path.rpartition("/")[2]
            found = self.state.table(SequencingLink).get(name) or self.by_token(token)
            if found is not None:
                return found
        raise UnknownRecord("the sandbox has no such sequencing link")

    def by_token(self, token: str) -> SequencingLink | None:
        """Return the link with a token, which is the last part of its URL."""
        return next((link for link in self.all() if link.token == token), None)

    @action
    def sequences(self, link: object) -> list[tuple[BookedStep, ...]]:
        """Return the sequences that the page of a link offers now, one for each start of the first step."""
        found = self.find(link)
        earliest = self.runtime.now + length(found.params.get("minimum_notice"))
        return [one for one in _sequences(self.state, found.params["availability"]) if one[0].start >= earliest]

    @action
    def book(self, link: object, start: datetime | None = None) -> SequenceBooking:
        """Book a sequence, as a visitor would.

        Args:
            link: The link, its ID, its URL or its token.
            start: The start of the first step, with a time zone. Defaults to the first sequence.

        Raises:
            ValueError: The start is naive.
            SandboxError: The link is not open, or there is no such sequence.
        """
        start = start and utc("start", start)
        found = self.find(link)
        status = found.status(self.runtime.now)
        if status != "open":
            raise SandboxError(f"{found.id} is {status}")
        offered = self.sequences(found)
        steps = next((one for one in offered if start is None or one[0].start == start), None)
        if steps is None:
            raise SandboxError(
                f"{found.id} offers no sequence"
                + (f" that starts at {start}" if start else "")
                + f". It offers {len(offered)} sequences: see sequences()."
            )
        found.state, found.steps = "completed", steps
        return SequenceBooking(
            steps=steps,
            events=tuple(_write_events(self.state, found, steps)),
            redirect_url=redirect_url(found),
        )
