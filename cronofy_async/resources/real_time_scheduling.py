"""Real-Time Scheduling: links on which people pick a time.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias, TypeVar, overload

from .._codec import to_dict
from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..http import Endpoint
from ..models.availability import AvailabilityQuery
from ..models.events import EventTemplate
from ..models.real_time_scheduling import (
    CallbackUrls,
    CreatedLink,
    Formatting,
    OAuth,
    RedirectUrls,
    SchedulingLink,
    TargetCalendar,
    check_new_link,
)
from ..polling import Poll, Position, Watcher, WatchStore
from ..polling.watched import AnyLink
from ..times import AnyDuration, AnyTimeZone
from .base import Resource, read_as

__all__ = ["RealTimeScheduling"]

CREATE: Final = Endpoint(
    name="real_time_scheduling.create",
    method="POST",
    path="/v1/real_time_scheduling",
    credential="api_key",
    idempotent=False,
)
STATUS: Final = Endpoint(
    name="real_time_scheduling.status",
    method="GET",
    path="/v1/real_time_scheduling/{id}",
    credential="api_key",
    idempotent=True,
)
STATUS_BY_TOKEN: Final = Endpoint(
    name="real_time_scheduling.status_by_token",
    method="GET",
    path="/v1/real_time_scheduling",
    credential="api_key",
    idempotent=True,
)
DISABLE: Final = Endpoint(
    name="real_time_scheduling.disable",
    method="POST",
    path="/v1/real_time_scheduling/{id}/disable",
    credential="api_key",
    idempotent=True,
)

_ENVELOPE: Final = "real_time_scheduling"
_CREATED: Final = read_as(CreatedLink, _ENVELOPE)
_LINK: Final = read_as(SchedulingLink, _ENVELOPE)

I = TypeVar("I")  # noqa: E741 - an item
Link: TypeAlias = str | CreatedLink | SchedulingLink
L = TypeVar("L", bound=Link)


class RealTimeScheduling(Resource):
    """``cronofy.real_time_scheduling``"""

    __slots__ = ()

    @returns_call
    def create(
        self,
        *,
        oauth: OAuth | Json,
        event: EventTemplate | Json,
        availability: AvailabilityQuery | Json,
        target_calendars: Sequence[TargetCalendar | Json] | Unset = UNSET,
        event_creation: Literal["default", "single"] | str | Unset = UNSET,
        callback_urls: CallbackUrls | Json | Unset = UNSET,
        redirect_urls: RedirectUrls | Json | Unset = UNSET,
        selection_mode: Literal["no_confirm", "confirm"] | str | Unset = UNSET,
        minimum_notice: AnyDuration | Unset = UNSET,
        formatting: Formatting | Json | Unset = UNSET,
        tzid: AnyTimeZone | Unset = UNSET,
        callback_url: str | Unset = UNSET,
    ) -> Call[CreatedLink]:
        """Make a link on which somebody picks a time.

        Every parameter takes a mapping in place of a model, which is sent as it is. The link expires at the end of
        the last query period. Repeating a lost request makes a second link, so that it is not done by itself; nobody
        has seen the first one and it expires, so ``create(...).with_options(idempotent=True)`` is usually fine.

        Args:
            oauth: where the user goes after the journey.
            event: the event to write, without ``start`` and ``end``.
            availability: which times may be offered.
            target_calendars: where the event is written; without any, Cronofy creates no event. In the docs' words,
                of several calendars of one account only one gets it.
            event_creation: ``default`` writes an event to each target calendar, ``single`` one event to one of them
                (beta), chosen by the order of the participants.
            callback_urls: what Cronofy calls as things happen.
            redirect_urls: where the browser goes once a time was chosen.
            selection_mode: ``no_confirm`` books at once, ``confirm`` asks first.
            minimum_notice: how far away a slot must be; a timedelta does as well.
            formatting: how the page shows times.
            tzid: not documented, sent by official SDKs.
            callback_url: deprecated, the same as ``callback_urls.completed_url``.

        Returns:
            A call for the new link: its id and its URL.

        Raises:
            ValueError: a rule of the docs is broken, or a time is naive; the message names the member.
            PaymentRequired, ValidationFailed, ApiError, TransportError: when it is awaited.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/

        Example::

            link = await cronofy.real_time_scheduling.create(
                oauth=OAuth("https://app.example.com/done"),
                event=EventTemplate(event_id="intro-1", summary="Intro call", tzid="Europe/Berlin"),
                availability=AvailabilityQuery(
                    participants=[ParticipantGroup([Member("acc_1")])],
                    required_duration=timedelta(minutes=30),
                    query_periods=[(start, end)],
                ),
                target_calendars=[TargetCalendar(sub="acc_1", calendar_id="cal_1")],
            )
            print(link.url)
        """
        link = to_dict(
            {
                "oauth": oauth,
                "event": event,
                "availability": availability,
                "target_calendars": target_calendars,
                "event_creation": event_creation,
                "callback_urls": callback_urls,
                "redirect_urls": redirect_urls,
                "selection_mode": selection_mode,
                "minimum_notice": minimum_notice,
                "formatting": formatting,
                "tzid": tzid,
                "callback_url": callback_url,
            }
        )
        if self._caller.validate:
            check_new_link(link)
        return self._call(CREATE, _CREATED, json=link)

    @returns_call
    def status(self, link: Link) -> Call[SchedulingLink]:
        """Ask what became of a link.

        Args:
            link: the link, or its id.

        Raises:
            ValueError: the id is empty.
            NotFound, ApiError, TransportError: when it is awaited.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/status/
        """
        return self._call(STATUS, _LINK, path={"id": _id(link)})

    @returns_call
    def status_by_token(self, token: str) -> Call[SchedulingLink]:
        """Ask what became of a link, by its token.

        Args:
            token: the last part of the link's URL (``link.token``), or the ``token`` that Cronofy adds to
                ``redirect_urls.completed_url``.

        Raises:
            ValueError: the token is empty.
            NotFound, ApiError, TransportError: when it is awaited.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/status/
        """
        if not token:
            raise ValueError("token: must not be empty")
        return self._call(STATUS_BY_TOKEN, _LINK, query={"token": token})

    @returns_call
    def disable(self, link: Link, *, display_message: str) -> Call[SchedulingLink]:
        """Make a link that was not used yet unusable.

        Args:
            link: the link, or its id.
            display_message: what visitors read from then on: up to 500 characters, no HTML.

        Returns:
            A call for the link, now ``disabled``.

        Raises:
            ValueError: the message is empty or too long.
            NotFound, ValidationFailed, ApiError, TransportError: when it is awaited. A link that was completed
                cannot be disabled.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/disable/
        """
        if self._caller.validate and not 0 < len(display_message) <= 500:
            raise ValueError(f"display_message: must have 1 to 500 characters, has {len(display_message)}")
        return self._call(
            DISABLE,
            _LINK,
            path={"id": _id(link)},
            json={"display_message": display_message},
        )

    @overload
    def poll(
        self,
        items: Iterable[L] | AsyncIterable[L],
        *,
        key: None = None,
        by: Literal["id", "token"] = "id",
        concurrency: int = 64,
        ordered: bool = False,
        position: Position | str | None = None,
    ) -> Poll[L]: ...

    @overload
    def poll(
        self,
        items: Iterable[I] | AsyncIterable[I],
        *,
        key: Callable[[I], Link],
        by: Literal["id", "token"] = "id",
        concurrency: int = 64,
        ordered: bool = False,
        position: Position | str | None = None,
    ) -> Poll[I]: ...

    def poll(
        self,
        items: Iterable[Any] | AsyncIterable[Any],
        *,
        key: Callable[[Any], Link] | None = None,
        by: Literal["id", "token"] = "id",
        concurrency: int = 64,
        ordered: bool = False,
        position: Position | str | None = None,
    ) -> Poll[Any]:
        """Find out what became of any number of links, once each, without getting in the way of other calls.

        It goes in the background lane, which leaves a part of the rate limit to calls that people wait for. Links
        that are not there, or whose answer cannot be read, are outcomes like others. A 401, 402 or 403 ends the pass,
        as every link would meet it. While Cronofy does not answer, nothing is recorded as failed: the pass holds,
        and tries one link after the other with a growing wait until one is answered.

        Args:
            items: anything iterable, plain or async, of any size; it is read as far as needed.
            key: finds the id (or token) in an item, or a link that has it; without, items are that themselves. If it
                raises for an item, that is the outcome of the item.
            by: whether ``key`` gives ids or tokens.
            concurrency: how many links are asked about at once.
            ordered: whether outcomes come in the order of the items; by default as they are known.
            position: where an earlier pass over the same items, in the same order, had come to: its ``position``, or
                that as a string. What it had handed out is not asked about again.

        Returns:
            What to use with ``async with`` and iterate over: :class:`~cronofy_async.polling.Polled` with ``item`` and
            ``link``, or :class:`~cronofy_async.Failed` with ``item`` and ``error``.

        Raises:
            ValueError: ``concurrency`` is less than 1, or ``position`` is not one.
            Unauthorized, PaymentRequired, Forbidden: during the pass; it is over then.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/status/

        Example::

            async with cronofy.real_time_scheduling.poll(rows, key=lambda row: row.link_id) as outcomes:
                print(outcomes.estimate)
                async for outcome in outcomes:
                    if isinstance(outcome, Polled):
                        outcome.item.status = outcome.link.status
        """
        if by not in ("id", "token"):
            raise ValueError(f"by: expected 'id' or 'token', got {by!r}")
        status = self.status if by == "id" else self._status_of_token
        return Poll(
            items,
            lambda item: status(item if key is None else key(item)).background(),
            clock=self._caller.clock,
            rate=self._caller.background_rate,
            concurrency=concurrency,
            ordered=ordered,
            position=position,
        )

    def watch(
        self,
        links: Iterable[AnyLink] | AsyncIterable[AnyLink] = (),
        *,
        store: WatchStore | None = None,
        min_interval: float | timedelta = 10.0,
        concurrency: int = 64,
        forever: bool = False,
        auto_confirm: bool = True,
    ) -> Watcher:
        """Follow links until nothing more can become of them, and tell each change as soon as the rate limit lets it.

        It goes in the background lane, and spends its requests where answers are likely: it learns how long people
        take. Callbacks make it faster (:meth:`Watcher.notify`). While Cronofy does not answer, it waits. A link that
        cannot be asked about is asked about again, and logged.

        Args:
            links: what to watch; any iterable, plain or async, of any size.
                :class:`~cronofy_async.polling.Watched` says more than a bare id, which is taken as sent just now.
            store: where links and changes are kept, so that nothing is lost when the process ends. Several processes
                with one store watch together: one asks, and if it dies, another goes on within 20 seconds.
                :class:`~cronofy_async.polling.stores.sqlite.SQLiteWatchStore` is one. By default, memory.
            min_interval: a link is asked about at most once in so many seconds, except after a callback.
            concurrency: how many links are asked about at once.
            forever: whether to go on when nothing is left, for links that will be added.
            auto_confirm: whether a change is confirmed when the loop asks for the next one; if not, ``confirm`` does.

        Returns:
            What to use with ``async with`` and iterate over: each :class:`~cronofy_async.polling.Change` once, or once
            more with the same ``key`` if the process ended before it was confirmed.

        Raises:
            ValueError: ``concurrency`` is less than 1, ``min_interval`` is not positive, or an id is empty.
            Unauthorized, PaymentRequired, Forbidden: while it is iterated over; every link would meet that.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/status/

        Example::

            async with cronofy.real_time_scheduling.watch(links) as watcher:
                async for change in watcher:
                    print(change.id, change.status)
        """
        return Watcher(
            links,
            lambda link, on_sent: self.status(link).background(on_sent),
            clock=self._caller.clock,
            store=store,
            min_interval=min_interval.total_seconds() if isinstance(min_interval, timedelta) else min_interval,
            concurrency=concurrency,
            forever=forever,
            auto_confirm=auto_confirm,
        )

    def _status_of_token(self, link: Link) -> Call[SchedulingLink]:
        return self.status_by_token(link if isinstance(link, str) else link.token)


def _id(link: Link) -> str:
    if isinstance(link, str):
        return link
    if not isinstance(link, CreatedLink | SchedulingLink):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"link: expected a link or its ID, got {type(link).__name__}")
    return link.real_time_scheduling_id
