"""What is watched, and what a watcher tells about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import attrs

from .._codec import to_dict
from .._json import Json
from .._unset import UNSET, Unset
from ..models.availability import AvailabilityQuery
from ..models.events import EventTemplate
from ..models.real_time_scheduling import TERMINAL, CallbackUrls, CreatedLink, SchedulingLink
from ..scheduling import remember

__all__ = ["GONE", "AnyLink", "Change", "Watched", "as_watched"]

#: The status of a link that Cronofy does not know, or no longer.
GONE: Final = "gone"


def _aware(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, datetime):
        raise ValueError(f"{attribute.name}: expected a datetime, got {type(value).__name__}")
    if value is not None and value.tzinfo is None:
        raise ValueError(f"{attribute.name}: {value.isoformat()} has no time zone; give an aware datetime")


def _named(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or value in {"", ".", ".."}:
        raise ValueError(f"{attribute.name}: {value!r} cannot be the id of a link")


@attrs.frozen
class Watched:
    """A link to watch. The more is known of it, the fewer requests it takes.

    Args:
        id: Cronofy's id of the link.
        sent_at: when it was sent to somebody; now, if that is not known.
        expires_at: when it expires, if that is known: the end of its last query period.
        event_id: the ``event_id`` of its event, by which a callback finds the link if no other one has it.
        ref: the signed reference in its callback URL (``cronofy.webhooks.url``), by which a callback finds it.

    Raises:
        ValueError: the id is empty, or a time is naive.
    """

    id: str = attrs.field(validator=_named)
    sent_at: datetime | None = attrs.field(default=None, kw_only=True, validator=_aware)
    expires_at: datetime | None = attrs.field(default=None, kw_only=True, validator=_aware)
    event_id: str | None = attrs.field(default=None, kw_only=True)
    ref: str | None = attrs.field(default=None, kw_only=True)

    @classmethod
    def from_request(
        cls,
        link: CreatedLink,
        *,
        event: EventTemplate | Json | None = None,
        availability: AvailabilityQuery | Json | None = None,
        callback_urls: CallbackUrls | Json | Unset = UNSET,
        callback_url: str | Unset = UNSET,
        sent_at: datetime | None = None,
        **rest: object,  # noqa: ARG003
    ) -> Watched:
        """Find everything that helps in what a link was created with.

        Args:
            link: the new link.
            event: as it was given to ``create``.
            availability: as it was given to ``create``.
            callback_urls: as they were given to ``create``.
            callback_url: as it was given to ``create``.
            sent_at: when it was, or will be, sent; now by default.
            rest: the other arguments of ``create``, which do not matter here.

        Example::

            request = dict(oauth=oauth, event=event, availability=availability, callback_urls=urls)
            link = await cronofy.real_time_scheduling.create(**request)
            await watcher.add(Watched.from_request(link, **request))
        """
        request = {"event": event, "availability": availability, "callback_urls": callback_urls}
        found = remember(link, to_dict(request | {"callback_url": callback_url}))
        return attrs.evolve(as_watched(found), sent_at=sent_at or datetime.now(UTC))


AnyLink: TypeAlias = Watched | CreatedLink | SchedulingLink | str


def as_watched(link: AnyLink) -> Watched:
    """What is known of a link, in the form that is watched.

    Raises:
        TypeError: it is nothing of the kind.
    """
    if isinstance(link, Watched):
        return link
    if isinstance(link, str):
        return Watched(link)
    if not isinstance(link, CreatedLink | SchedulingLink):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected a link, its id or a Watched, got {type(link).__name__}")
    if isinstance(link, CreatedLink):
        return Watched(link.id, expires_at=link.expires_at, event_id=link.event_id, ref=link.ref)
    return Watched(link.id, event_id=link.event.event_id if link.event else None)


@attrs.frozen(kw_only=True)
class Change:
    """What became of a link.

    Attributes:
        key: names the change, the same way if it is reported again after a crash.
        watched: the link as it was given to the watcher.
        status: what it is now: ``completed``, ``expired``, ``disabled``, something that Cronofy added since, or
            ``gone`` if Cronofy does not know it any more.
        previous: what it was before.
        link: the whole state; ``None`` if it is ``gone``.
        seen_at: when it was seen.
    """

    key: str
    watched: Watched
    status: str
    previous: str
    link: SchedulingLink | None
    seen_at: datetime

    @property
    def id(self) -> str:
        """Cronofy's id of the link."""
        return self.watched.id

    @property
    def is_terminal(self) -> bool:
        """Whether nothing will follow: the link is not watched any more."""
        return self.status in TERMINAL or self.status == GONE
