"""Real-Time Scheduling: links on which people pick a time.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar, overload

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.availability import AvailabilityQuery
from ..models.event_parts import EventTemplate
from ..models.real_time_scheduling import (
    CallbackUrls,
    CreatedLink,
    Formatting,
    OAuth,
    RedirectUrls,
    SchedulingLink,
    TargetCalendar,
    check_display_message,
    check_new_link,
)
from ..scheduling import remember
from ..times import AnyDuration, AnyTimeZone
from ._event_checks import check_event_details
from .base import Resource, get, post

if TYPE_CHECKING:
    from ..polling import Poll, Position, Watcher, WatchStore
    from ..polling.watched import AnyLink

__all__ = ["RealTimeScheduling"]

_LINKS: Final = "/v1/real_time_scheduling"
_LINK: Final = f"{_LINKS}/{{real_time_scheduling_id}}"
_ENVELOPE: Final = "real_time_scheduling"
_NAMES: Final = {"link": "real_time_scheduling_id"}


def _check_link(link: Json) -> None:
    check_new_link(link)
    check_event_details(link["event"], within="event.")


def _check_token(query: Json) -> None:
    if not query["token"]:
        raise ValueError("token: must not be empty")


CREATE: Final = post(
    "real_time_scheduling.create",
    _LINKS,
    CreatedLink,
    auth={"api_key"},
    envelope=_ENVELOPE,
    check=_check_link,
    remember=remember,
)
STATUS: Final = get(
    "real_time_scheduling.status", _LINK, SchedulingLink, auth={"api_key"}, envelope=_ENVELOPE, names=_NAMES
)
STATUS_BY_TOKEN: Final = get(
    "real_time_scheduling.status_by_token",
    _LINKS,
    SchedulingLink,
    auth={"api_key"},
    envelope=_ENVELOPE,
    check=_check_token,
)
DISABLE: Final = post(
    "real_time_scheduling.disable",
    f"{_LINK}/disable",
    SchedulingLink,
    auth={"api_key"},
    envelope=_ENVELOPE,
    names=_NAMES,
    idempotent=True,
    check=check_display_message,
)

I = TypeVar("I")  # noqa: E741 - an item
Link: TypeAlias = str | CreatedLink | SchedulingLink
L = TypeVar("L", bound=Link)


class RealTimeScheduling(Resource):
    """Create, poll, watch and disable links."""

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
        """Create a link on which someone picks a time.

        Every parameter also accepts a mapping instead of a model; it is sent unchanged. The link expires at the end of
        the last query period. If the response is lost, the request is not retried, since that could create a second
        link. A duplicate that no one has seen simply expires, so ``create(...).with_options(idempotent=True)`` is
        usually acceptable.

        Args:
            oauth: Where the user is redirected after booking.
            event: The event to write, without ``start`` and ``end``.
            availability: The times to offer.
            target_calendars: The calendars that the event is written to; without any, Cronofy creates no event. Of
                several calendars of one account, only one gets it.
            event_creation: ``default`` writes an event to each target calendar; ``single`` writes one event to one of
                them (beta), chosen by the order of the participants.
            callback_urls: The URLs that Cronofy calls, by kind of event.
            redirect_urls: Where the browser is redirected once a time is chosen.
            selection_mode: ``no_confirm`` books immediately, ``confirm`` asks first.
            minimum_notice: The minimum time from now to the first slot offered, for example a timedelta.
            formatting: How the page shows times.
            tzid: Undocumented, sent by official SDKs.
            callback_url: Deprecated, the same as ``callback_urls.completed_url``.

        Returns:
            A call for the new link: its ID and its URL.

        Raises:
            ValueError: A documented rule is broken or a time is naive; the message names the member.
            PaymentRequired: The application's plan does not include Real-Time Scheduling.
            ValidationFailed: Cronofy rejected a member.

        Example::

            link = await client.real_time_scheduling.create(
                oauth=OAuth("https://app.example.com/done"),
                event=EventTemplate(event_id="intro-1", summary="Intro call", tzid="Europe/Berlin"),
                availability=AvailabilityQuery(
                    participants=[ParticipantGroup([Member("acc_1")])],
                    required_duration=timedelta(minutes=30),
                    query_periods=[(start, end)],
                ),
                target_calendars=[TargetCalendar(sub="acc_1", calendar_id="cal_1")],
            )

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/
        """
        return self._call(CREATE, locals())

    @returns_call
    def status(self, link: Link) -> Call[SchedulingLink]:
        """Return the state of a link.

        Args:
            link: The link, or its ID.

        Raises:
            ValueError: The ID is empty.
            NotFound: There is no such link.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/status/
        """
        return self._call(STATUS, locals())

    @returns_call
    def status_by_token(self, token: str) -> Call[SchedulingLink]:
        """Return the state of the link that has a token.

        Args:
            token: The last part of the link's URL (``link.token``), or the ``token`` that Cronofy adds to
                ``redirect_urls.completed_url``.

        Raises:
            ValueError: The token is empty.
            NotFound: There is no such link.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/status/
        """
        return self._call(STATUS_BY_TOKEN, locals())

    @returns_call
    def disable(self, link: Link, *, display_message: str) -> Call[SchedulingLink]:
        """Disable a link that is not completed.

        Args:
            link: The link, or its ID.
            display_message: The text that visitors see from then on: up to 500 characters, no HTML.

        Returns:
            A call for the link, now ``disabled``.

        Raises:
            ValueError: The message is empty or too long.
            NotFound: There is no such link.
            ValidationFailed: The link is already completed.

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/disable/
        """
        return self._call(DISABLE, locals())

    @overload
    def poll(
        self,
        items: Iterable[L] | AsyncIterable[L],
        *,
        key: None = None,
        by: Literal["id", "token"] = "id",
        concurrency: int | None = None,
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
        concurrency: int | None = None,
        ordered: bool = False,
        position: Position | str | None = None,
    ) -> Poll[I]: ...

    def poll(
        self,
        items: Iterable[Any] | AsyncIterable[Any],
        *,
        key: Callable[[Any], Link] | None = None,
        by: Literal["id", "token"] = "id",
        concurrency: int | None = None,
        ordered: bool = False,
        position: Position | str | None = None,
    ) -> Poll[Any]:
        """Request the status of any number of links once each, without delaying interactive calls.

        The requests use the background lane, which leaves part of the rate limit to interactive calls. A link that
        does not exist, or whose response cannot be read, is an outcome like any other. A 401, 402 or 403 ends the
        pass, since every other link would get the same error. During an outage no link is recorded as failed: the pass
        waits, and sends one probe at a time until Cronofy responds.

        Args:
            items: Any iterable, plain or async, of any size. It is read only as fast as needed.
            key: Returns the ID (or token) of an item, or its link. Without it, the items are IDs or links themselves.
                An exception that it raises is the outcome of the item.
            by: Whether ``key`` returns IDs or tokens.
            concurrency: The maximum number of requests in flight. By default, it is at least 64 and follows from the
                rate limit and the latency.
            ordered: Whether outcomes are yielded in the order of the items, rather than as they complete.
            position: The ``position`` of an earlier pass over the same items in the same order, or its string. Items
                whose outcomes that pass yielded are skipped.

        Returns:
            An asynchronous context manager to iterate over. It yields a ``Polled`` with ``item`` and ``link``, or a
            ``Failed`` with ``item`` and ``error``, for each item.

        Raises:
            ValueError: ``concurrency`` is less than 1, or ``by`` or ``position`` is invalid.
            Unauthorized, PaymentRequired, Forbidden: Raised by the iteration; the pass is over.

        Example::

            async with client.real_time_scheduling.poll(rows, key=lambda row: row.link_id) as outcomes:
                print(outcomes.estimate)
                async for outcome in outcomes:
                    if isinstance(outcome, Polled):
                        outcome.item.status = outcome.link.status

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/status/
        """
        from ..polling import Poll  # noqa: PLC0415 - most users of links never poll

        if by not in ("id", "token"):
            raise ValueError(f"by: expected 'id' or 'token', got {by!r}")
        status = self.status if by == "id" else self._status_of_token
        return Poll(
            items,
            lambda item, on_sent: status(item if key is None else key(item)).background(on_sent),
            clock=self._sender.clock,
            rate=self._sender.background_rate,
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
        concurrency: int | None = None,
        forever: bool = False,
        auto_confirm: bool = True,
    ) -> Watcher:
        """Follow links until they are terminal, and yield each change as soon as the rate limit allows.

        The requests use the background lane, and are sent when answers are likely: the watcher learns how long people
        take to answer. Callbacks make it faster (``Watcher.notify``). During an outage it waits. A link whose request fails is
        logged and requested again.

        Args:
            links: The links to watch; any iterable, plain or async, of any size. A bare ID counts as sent just now;
                pass a ``Watched`` if you know when it was sent or when it expires.
            store: Persists links and changes, so nothing is lost when the process ends. If several processes share
                a store, one of them sends requests; if it dies, another takes over within 20 seconds. See
                ``SQLiteWatchStore``. By default, the state is kept in memory.
            min_interval: The minimum number of seconds between two requests for a link, except after a callback.
            concurrency: The maximum number of requests in flight. By default, it is at least 64 and follows from the
                rate limit and the latency.
            forever: Whether to keep running when no links are left, waiting for links that will be added.
            auto_confirm: Whether a change is confirmed when the loop asks for the next one. If not, call ``confirm``.

        Returns:
            An asynchronous context manager to iterate over. It yields each ``Change`` at least once, and again with the
            same ``key`` if the process ended before it was confirmed.

        Raises:
            ValueError: ``concurrency`` is less than 1, ``min_interval`` is not positive, or an ID is empty.
            Unauthorized, PaymentRequired, Forbidden: Raised by the iteration; every link would get the same error.
            StoreError: Raised by the iteration; the store can no longer be used.

        Example::

            async with client.real_time_scheduling.watch(links) as watcher:
                async for change in watcher:
                    print(change.id, change.status)

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/status/
        """
        from ..polling import Watcher  # noqa: PLC0415 - most users of links never watch

        return Watcher(
            links,
            lambda link, on_sent: self.status(link).background(on_sent),
            clock=self._sender.clock,
            rate=self._sender.background_rate,
            store=store,
            min_interval=min_interval.total_seconds() if isinstance(min_interval, timedelta) else min_interval,
            concurrency=concurrency,
            forever=forever,
            auto_confirm=auto_confirm,
        )

    def _status_of_token(self, link: Link) -> Call[SchedulingLink]:
        return self.status_by_token(link if isinstance(link, str) else link.token)
