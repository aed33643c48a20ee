"""The rows of the watched links in the store, and the messages between replicas."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import attrs

from .._codec import from_dict, to_dict
from .._json import is_object
from ..models.notifications import Notification
from ..models.real_time_scheduling import SchedulingLink
from .watched import Change, Watched

__all__ = [
    "Entry",
    "add_message",
    "confirm_message",
    "discard_message",
    "hint_message",
    "read_entry",
    "read_seconds",
    "read_string",
    "require",
    "to_datetime",
    "to_json",
    "without_none",
]

T = TypeVar("T")

#: Times are seconds since the epoch, within the range of ``datetime``.
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH).total_seconds()
_LATEST: Final = (datetime.max.replace(microsecond=0, tzinfo=UTC) - _EPOCH).total_seconds()


@attrs.define(eq=False, weakref_slot=False)
class Entry:
    """A link that is watched, or that has unconfirmed changes.

    Attributes:
        id: Cronofy's ID of the link.
        sent: When it was sent.
        expires: When it expires, if that is known.
        event_id: The ``event_id`` of its event, if that is known.
        ref: The signed reference in its callback URL, if that is known.
        status: Its last known status.
        hints: The number of hints since its status was last requested.
        missing: Whether the last response was a 404.
        changes: The number of its changes.
        unconfirmed: The changes that are not confirmed.
    """

    id: str
    sent: float
    expires: float | None = None
    event_id: str | None = None
    ref: str | None = None
    status: str = "open"
    hints: int = 0
    missing: bool = False
    changes: int = 0
    unconfirmed: tuple[Change, ...] = ()

    @property
    def watched(self) -> Watched:
        expires = None if self.expires is None else to_datetime(self.expires)
        return Watched(
            self.id, sent_at=to_datetime(self.sent), expires_at=expires, event_id=self.event_id, ref=self.ref
        )

    def row(self, open_at: float | None) -> str:
        """Return the row to persist. ``open_at`` is when the link was last known to be open."""
        try:
            return self._row(open_at, to_dict)
        except (RecursionError, TypeError, ValueError):  # the response contains a value that cannot be written
            return self._row(open_at, _essentials)

    def _row(self, open_at: float | None, link_row: Callable[[SchedulingLink], Any]) -> str:
        fields = {
            "sent": self.sent,
            "expires": self.expires,
            "event_id": self.event_id,
            "ref": self.ref,
            "status": self.status,
            "hints": self.hints,
            "missing": self.missing,
            "changes": self.changes,
            "open": open_at,
            "unconfirmed": [
                {
                    "key": change.key,
                    "status": change.status,
                    "previous": change.previous,
                    "link": change.link and link_row(change.link),
                    "seen": change.seen_at.timestamp(),
                }
                for change in self.unconfirmed
            ]
            or None,
        }
        return to_json(without_none(fields))


def read_entry(link: str, text: str) -> tuple[Entry, float | None]:
    """Return a link from its row, and when it was last known to be open.

    Raises:
        Exception: The row cannot be read.
    """
    row = json.loads(text)
    entry = Entry(
        Watched(link).id,
        require(read_seconds(row, "sent"), "sent"),
        expires=read_seconds(row, "expires"),
        event_id=read_string(row, "event_id"),
        ref=read_string(row, "ref"),
        status=require(read_string(row, "status"), "status"),
        hints=int(row.get("hints", 0)),
        missing=bool(row.get("missing")),
        changes=int(row.get("changes", 0)),
    )
    entry.unconfirmed = tuple(_change(change, entry.watched) for change in row.get("unconfirmed", ()))
    return entry, read_seconds(row, "open")


def _essentials(link: SchedulingLink) -> dict[str, str]:
    return {"real_time_scheduling_id": link.real_time_scheduling_id, "url": link.url, "status": link.status}


def _change(row: Mapping[str, Any], watched: Watched) -> Change:
    state = row["link"]
    return Change(
        key=require(read_string(row, "key"), "key"),
        watched=watched,
        status=require(read_string(row, "status"), "status"),
        previous=require(read_string(row, "previous"), "previous"),
        link=None if state is None else from_dict(SchedulingLink, state),
        seen_at=to_datetime(require(read_seconds(row, "seen"), "seen")),
    )


# The messages between replicas.


def add_message(watched: Watched, now: float) -> str:
    """Return the message that starts watching a link."""
    fields = {
        "sent": watched.sent_at.timestamp() if watched.sent_at else None,
        "expires": watched.expires_at.timestamp() if watched.expires_at else None,
        "event_id": watched.event_id,
        "ref": watched.ref,
    }
    return to_json({"add": watched.id, "now": now, **without_none(fields)})


def discard_message(link: str) -> str:
    """Return the message that stops watching a link."""
    return to_json({"discard": link})


def hint_message(notification: Notification) -> str:
    """Return the message that requests a link next, as its status may have changed."""
    event: object = notification.data.get("event")
    event_id: object = event.get("event_id") if is_object(event) else None
    names = {"ref": notification.ref, "event_id": event_id if isinstance(event_id, str) else None}
    return to_json({"hint": notification.fingerprint, **without_none(names)})


def confirm_message(change: Change) -> str:
    """Return the message that confirms a change."""
    return to_json({"confirm": change.id, "key": change.key})


# Reading and writing JSON.


def require(value: T | None, name: str) -> T:
    """Return a value, or raise ``ValueError`` if it is missing."""
    if value is None:
        raise ValueError(f"{name}: is missing")
    return value


def read_string(row: Mapping[str, Any], name: str) -> str | None:
    """Return a string from a row or a message."""
    value: object = row.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name}: expected a string, got {type(value).__name__}")
    return value


def read_seconds(row: Mapping[str, Any], name: str) -> float | None:
    """Return a time from a row or a message, within the range of ``datetime``."""
    value: object = row.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or math.isnan(value):
        raise ValueError(f"{name}: expected a number of seconds, got {value!a}")
    return min(max(float(value), _EARLIEST), _LATEST)


def to_datetime(time: float) -> datetime:
    """Return a time in UTC from seconds since 1970."""
    return _EPOCH + timedelta(seconds=time)


def without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are not ``None``."""
    return {name: value for name, value in fields.items() if value is not None}


def to_json(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return compact JSON in ASCII."""
    return json.dumps(value, separators=(",", ":"))
