"""Real-Time Sequencing links: a page that books a sequence of events (beta).

No callback is sent when a sequence is chosen, because its body is not documented.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-sequencing/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from ..kernel.area import (
    AreaActions,
    Context,
    Event,
    Json,
    SandboxError,
    SandboxResponse,
    State,
    action,
    not_found,
    ok,
    operation,
    stored,
)
from ..kernel.links import (
    PageLink,
    add_link,
    disable_link,
    find_link,
    link_by_token,
    link_params,
    missing_target,
    targets_by_account,
)
from ..kernel.times import parse_duration, to_utc

__all__ = ["PAGE", "BookedStep", "RealTimeSequencing", "SequenceBooking", "SequencingLink"]

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


@stored
@attrs.define(eq=False, kw_only=True)
class SequencingLink(PageLink):
    """A Real-Time Sequencing link. ``steps`` are those that were chosen. Assumed: it expires as other links do."""

    operation = "real_time_sequencing.create"
    steps: Sequence[BookedStep] = ()


# Operations.


@operation("real_time_sequencing.create")
def create(context: Context) -> SandboxResponse:
    """Create a link, and return only its ID and URL."""
    if (missing := missing_target(context)) is not None:
        return missing
    state = context.state
    link = add_link(
        state, SequencingLink(id=state.new_id("seq"), token=state.new_token(20), params=link_params(context))
    )
    identity = _identity(link, context)
    return ok({"real_time_sequencing": identity, "url": identity["url"]})


@operation("real_time_sequencing.disable")
def disable(context: Context) -> SandboxResponse:
    """Disable a link that is not completed."""
    link = context.state.table(SequencingLink).get(context.path["real_time_sequencing_id"])
    if link is None:
        return not_found()
    rejection = disable_link(link, context, "real_time_sequencing_id")
    if rejection is not None:
        return rejection
    details = {"event": link.params["event"], "status": link.status(context.now)}
    return ok({"real_time_sequencing": _identity(link, context) | details})


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

    Assumed: the overall event is not written.
    """
    targets = targets_by_account(state, link)
    events = {str(step["sequence_id"]): step["event"] for step in link.params["availability"]["sequence"]}
    zone = {name: link.params["event"][name] for name in ("tzid",) if name in link.params["event"]}
    for step in steps:
        for sub in step.participants:
            if sub in targets:
                yield state.write_event(
                    sub, targets[sub]["calendar_id"], zone | events[step.sequence_id], step.start, step.end
                )


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
        return find_link(self.state, SequencingLink, getattr(link, "real_time_sequencing_id", link), "sequencing link")

    def by_token(self, token: str) -> SequencingLink | None:
        """Return the link with a token, which is the last part of its URL."""
        return link_by_token(self.state, SequencingLink, token)

    @action
    def sequences(self, link: object) -> list[tuple[BookedStep, ...]]:
        """Return the sequences that the page of a link offers now, one for each start of the first step."""
        record = self.find(link)
        earliest = self.runtime.now + parse_duration(record.params.get("minimum_notice"))
        return [
            sequence
            for sequence in _sequences(self.state, record.params["availability"])
            if sequence[0].start >= earliest
        ]

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
        start = start and to_utc("start", start)
        record = self.find(link)
        record.check_open(self.runtime.now)
        offered = self.sequences(record)
        steps = next((sequence for sequence in offered if start is None or sequence[0].start == start), None)
        if steps is None:
            raise SandboxError(
                f"{record.id} offers no sequence"
                + (f" that starts at {start}" if start else "")
                + f". It offers {len(offered)} sequences: see sequences()."
            )
        record.state, record.steps = "completed", steps
        return SequenceBooking(
            steps=steps,
            events=tuple(_write_events(self.state, record, steps)),
            redirect_url=record.redirect_url,
        )
