"""The values of a watcher: the links to watch, their changes, and statistics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import attrs

from ..models.real_time_scheduling import TERMINAL, CreatedLink, SchedulingLink

__all__ = ["GONE", "AnyLink", "Change", "WatchStats", "Watched", "as_watched"]

#: The status of a link that Cronofy does not know, or no longer knows.
GONE: Final = "gone"

#: Databases and applications represent "never" as a time in this year or later.
_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


def _link_id(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{attribute.name}: expected a string, got {type(value).__name__}")
    if "://" in value:  # not shown: anyone who has the URL of a link can book
        raise ValueError(f"{attribute.name}: expected the ID of a link, got a URL")
    if value in {"", ".", ".."} or not _is_utf8(value):
        raise ValueError(f"{attribute.name}: {value!a} cannot be the ID of a link")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _string(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{attribute.name}: expected a string, got {type(value).__name__}")


def _time(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is None:
        return
    if not isinstance(value, datetime):
        raise TypeError(f"{attribute.name}: expected a datetime, got {type(value).__name__}")
    if value.utcoffset() is None:
        raise ValueError(f"{attribute.name}: {value.isoformat()} has no time zone. Pass an aware datetime.")


def _unless_never(value: datetime | None) -> datetime | None:
    """Replace a time that means "never" with ``None``. The validator checks all other values."""
    if isinstance(value, datetime) and value.utcoffset() is not None and value >= _NEVER:
        return None
    return value


@attrs.frozen
class Watched:
    """A link to watch, with details that help the watcher to send requests when answers are likely.

    Args:
        id: Cronofy's ID of the link.
        sent_at: When the link was sent to its recipient. Defaults to the time at which it is added.
        expires_at: When the link expires: the end of its last query period. ``None`` if that is not known. A time in
            the year 9999, such as ``datetime.max`` in any time zone, means "never" and becomes ``None``.
        event_id: The ``event_id`` of the link's event. A callback is matched to the link by it if no other watched link
            has the same one.
        ref: The signed reference in the link's callback URL (``cronofy.webhooks.url``). A callback is matched to the link
            by it.

    Raises:
        TypeError: A value has the wrong type. The message names the field.
        ValueError: The ID is empty, is a path such as ``..``, or cannot be encoded in UTF-8; or a time is naive.
    """

    id: str = attrs.field(validator=_link_id)
    sent_at: datetime | None = attrs.field(default=None, kw_only=True, validator=_time)
    expires_at: datetime | None = attrs.field(default=None, kw_only=True, validator=_time, converter=_unless_never)
    event_id: str | None = attrs.field(default=None, kw_only=True, validator=_string)
    ref: str | None = attrs.field(default=None, kw_only=True, validator=_string)


AnyLink: TypeAlias = Watched | CreatedLink | SchedulingLink | str


def as_watched(link: AnyLink) -> Watched:
    """Return a link, or its ID, as a ``Watched``.

    Raises:
        TypeError: The value is not a link.
        ValueError: The ID cannot be the ID of a link.
    """
    if isinstance(link, Watched):
        return link
    if isinstance(link, str):
        return Watched(link)
    if isinstance(link, CreatedLink):
        return Watched(link.id, expires_at=link.expires_at, event_id=link.event_id, ref=link.ref)
    if not isinstance(link, SchedulingLink):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"link: expected a link, its ID or a Watched, got {type(link).__name__}")
    return Watched(link.id, event_id=link.event.event_id if link.event else None)


@attrs.frozen(kw_only=True)
class Change:
    """A new status of a link.

    Attributes:
        key: Identifies the change. It is the same when the change is reported again after a crash.
        watched: The link as it was added to the watcher.
        status: The new status: ``completed``, ``expired``, ``disabled``, a status added later, or ``gone`` if Cronofy no
            longer knows the link.
        previous: The previous status.
        link: The complete state of the link; ``None`` if it is ``gone``.
        seen_at: When the watcher received the new status.
    """

    key: str
    watched: Watched
    status: str
    previous: str
    link: SchedulingLink | None
    seen_at: datetime

    @property
    def id(self) -> str:
        """Cronofy's ID of the link."""
        return self.watched.id

    @property
    def start(self) -> datetime | None:
        """The chosen start in UTC; ``None`` if no time is chosen, or if the link is ``gone``."""
        event = self.link.event if self.link is not None else None
        return event.start.utc if event is not None and event.start is not None else None

    @property
    def is_terminal(self) -> bool:
        """Whether this is the last change of the link, after which it is no longer watched."""
        return self.status in TERMINAL or self.status == GONE


@attrs.frozen(kw_only=True)
class WatchStats:
    """Statistics of a watcher.

    Attributes:
        is_leading: Whether this replica sends the requests. If not, the other statistics are those of its last term.
        is_paused: Whether requests are paused because Cronofy does not respond.
        watched: The number of watched links.
        unconfirmed: The number of changes that are not confirmed.
        responses: The number of requests that were answered or failed.
        changes: The number of changes, by status.
        failing: The links whose last request failed, with the error.
    """

    is_leading: bool = False
    is_paused: bool = False
    watched: int = 0
    unconfirmed: int = 0
    responses: int = 0
    changes: Mapping[str, int] = attrs.field(factory=dict[str, int], hash=False)
    failing: Mapping[str, Exception] = attrs.field(factory=dict[str, Exception], hash=False)
