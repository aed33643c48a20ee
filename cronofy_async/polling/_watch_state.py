"""The in-memory state of the watched links, and its persisted form.

Nothing here waits: the time is passed in, and changed rows are collected for the caller to persist.
"""

from __future__ import annotations

import json
import logging
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import attrs

from .._codec import from_dict, to_dict
from .._json import is_object
from ..errors import CronofyError
from ..models.notifications import Notification
from ..models.real_time_scheduling import SchedulingLink
from ._schedule import Schedule
from .watched import GONE, Change, Watched

__all__ = ["LEARNED", "WatchState", "add_message", "confirm_message", "discard_message", "hint_message"]

logger = logging.getLogger("cronofy_async")

_LINK: Final = "link/"
#: The key of the row of the answer rates.
LEARNED: Final = "learned"
_OPEN: Final = "open"

#: Times are seconds since the epoch, within the range of ``datetime``.
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH).total_seconds()
_LAST: Final = (datetime.max.replace(microsecond=0, tzinfo=UTC) - _EPOCH).total_seconds()

T = TypeVar("T")


@attrs.define(eq=False, weakref_slot=False)
class _Entry:
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
    status: str = _OPEN
    hints: int = 0
    missing: bool = False
    changes: int = 0
    unconfirmed: tuple[Change, ...] = ()

    @property
    def watched(self) -> Watched:
        expires = None if self.expires is None else _moment(self.expires)
        return Watched(self.id, sent_at=_moment(self.sent), expires_at=expires, event_id=self.event_id, ref=self.ref)


class _Index:
    """Finds links by a name that usually belongs to a single link."""

    def __init__(self) -> None:
        self._found: dict[str, str | tuple[str, ...]] = {}

    def add(self, name: str | None, link: str) -> None:
        if name is not None:
            others = [other for other in self.find(name) if other != link]
            self._found[name] = (*others, link) if others else link

    def discard(self, name: str | None, link: str) -> None:
        if name is not None:
            left = tuple(other for other in self.find(name) if other != link)
            if left:
                self._found[name] = left
            else:
                self._found.pop(name, None)

    def find(self, name: object) -> tuple[str, ...]:
        found = self._found.get(name, ()) if isinstance(name, str) else ()
        return (found,) if isinstance(found, str) else found


# The messages between replicas.


def add_message(watched: Watched, now: float) -> str:
    """Return the message that starts watching a link."""
    fields = {
        "sent": watched.sent_at.timestamp() if watched.sent_at else None,
        "expires": watched.expires_at.timestamp() if watched.expires_at else None,
        "event_id": watched.event_id,
        "ref": watched.ref,
    }
    return _text({"add": watched.id, "now": now, **_known(fields)})


def discard_message(link: str) -> str:
    """Return the message that stops watching a link."""
    return _text({"discard": link})


def hint_message(notification: Notification) -> str:
    """Return the message that makes a link the next one, as its status may have changed."""
    event: object = notification.data.get("event")
    event_id: object = event.get("event_id") if is_object(event) else None
    names = {"ref": notification.ref, "event_id": event_id if isinstance(event_id, str) else None}
    return _text({"hint": notification.fingerprint, **_known(names)})


def confirm_message(change: Change) -> str:
    """Return the message that confirms a change."""
    return _text({"confirm": change.id, "key": change.key})


class WatchState:
    """The watched links, their changes, and the order of requests.

    All times are seconds since 1970.

    Args:
        learned: The row of the answer rates of an earlier state, if there is one.
        min_interval: The least number of seconds between two requests for a link.

    Attributes:
        failing: The links whose last request failed, with the error.
        changes: The number of changes by status.
    """

    def __init__(self, learned: str | None, *, min_interval: float) -> None:
        self.failing: dict[str, Exception] = {}
        self.changes: Counter[str] = Counter()
        self._entries: dict[str, _Entry] = {}
        self._by_ref = _Index()
        self._by_event = _Index()
        self._unsaved: dict[str, None] = {}
        self._unconfirmed: dict[str, Change] = {}
        self._schedule = _schedule(learned, min_interval)

    def load(self, rows: Iterable[tuple[Any, Any]], now: float) -> None:
        """Read rows that an earlier state wrote.

        A link whose row cannot be read is watched as if it had just been added.
        """
        changes = [*self._unconfirmed.values()]
        for key, row in rows:
            if not (isinstance(key, str) and key.startswith(_LINK)):
                continue
            link = key.removeprefix(_LINK)
            try:
                changes += self._load(link, row, now)
            except Exception as error:
                self._load_anew(link, error, now)
        self._unconfirmed = {change.key: change for change in sorted(changes, key=lambda change: change.seen_at)}

    def __len__(self) -> int:
        """Return the number of links that are watched or have unconfirmed changes."""
        return len(self._entries)

    @property
    def watched(self) -> int:
        """The number of links that are watched."""
        return len(self._schedule)

    @property
    def unconfirmed(self) -> Collection[Change]:
        """The changes that are not confirmed, oldest first."""
        return self._unconfirmed.values()

    def is_unconfirmed(self, change: Change) -> bool:
        """Whether a change is known and not confirmed."""
        return change.key in self._unconfirmed

    # The next request.

    def next_link(self, now: float) -> tuple[str, int] | None:
        """Return the link whose status to request now, and its number of hints, to be passed to ``record_…``."""
        link: str | None = self._schedule.next(now)
        return None if link is None else (link, self._entries[link].hints)

    def seconds_until_next(self, now: float) -> float:
        """Return the number of seconds until :meth:`next_link` returns a link; infinity if never."""
        return self._schedule.seconds_until_next(now)

    # The outcome of a request.

    def record_response(self, link: str, hints: int, response: SchedulingLink, now: float) -> Change | None:
        """Record a status response, and return the change, if the status is a new one."""
        entry = self._entries.get(link)
        if entry is None or link not in self._schedule:  # the link was discarded meanwhile
            return None
        self.failing.pop(link, None)
        self._unsaved[link] = None
        entry.missing = False
        entry.hints = max(0, entry.hints - hints)
        self._schedule.record(link, now, response.status)
        if response.status == entry.status:
            return None
        return self._record_change(entry, response.status, response, now)

    def record_not_found(self, link: str, hints: int, now: float) -> Change | None:
        """Record a 404. The second one in succession is a change: the link is gone."""
        entry = self._entries.get(link)
        if entry is None or link not in self._schedule:
            return None
        self.failing.pop(link, None)
        self._unsaved[link] = None
        entry.hints = max(0, entry.hints - hints)
        if not entry.missing:
            entry.missing = True
            self._schedule.reschedule(link, now)
            return None
        return self.record_gone(link, now)

    def record_gone(self, link: str, now: float) -> Change | None:
        """Record that the link no longer exists, and return the change."""
        entry = self._entries.get(link)
        if entry is None or link not in self._schedule:
            return None
        self.failing.pop(link, None)
        self._schedule.discard(link)
        return self._record_change(entry, GONE, None, now)

    def record_failure(self, link: str, error: Exception, now: float) -> None:
        """Record a failed request. It is retried when the link is due again."""
        if link in self._schedule:
            if link not in self.failing:
                known = isinstance(error, CronofyError)
                reason = str(error) if known else f"{type(error).__name__}: {error}"
                logger.warning(
                    "link %s: %s; it will be retried",
                    link,
                    reason,
                    extra={"link": link},
                    exc_info=None if known else error,
                )
            self.failing[link] = error
            self._schedule.reschedule(link, now)

    def _record_change(self, entry: _Entry, status: str, link: SchedulingLink | None, now: float) -> Change:
        entry.changes += 1
        change = Change(
            key=f"{entry.id}/{entry.changes}/{status}",
            watched=entry.watched,
            status=status,
            previous=entry.status,
            link=link,
            seen_at=_moment(now),
        )
        self.changes[status] += 1
        entry.status = status
        entry.unconfirmed += (change,)
        self._unconfirmed[change.key] = change
        self._unsaved[entry.id] = None
        return change

    def confirm(self, change: Change) -> None:
        """Record that a change is confirmed."""
        self._confirm(change.id, change.key)

    def _confirm(self, link: str, key: str) -> None:
        entry = self._entries.get(link)
        if entry is not None:
            entry.unconfirmed = tuple(change for change in entry.unconfirmed if change.key != key)
            self._unconfirmed.pop(key, None)
            self._unsaved[link] = None
            if link not in self._schedule and not entry.unconfirmed:
                self._forget(entry)

    # Messages.

    def apply(self, messages: Iterable[str], now: float) -> None:
        """Apply messages in their order. Applying one twice does no harm; one that cannot be read is ignored."""
        for text in messages:
            try:
                self._apply(json.loads(text), now)
            except Exception as error:
                logger.warning(
                    "a message in the store of the watcher cannot be read and is ignored: %s: %s",
                    type(error).__name__,
                    error,
                )

    def _apply(self, message: Any, now: float) -> None:
        match message:
            case {"add": link}:
                self._add(Watched(link).id, message, now)
            case {"discard": link}:
                self._discard(link)
            case {"confirm": link, "key": key}:
                self._confirm(link, key)
            case {"hint": _}:
                self._hint(message, now)
            case _:
                raise ValueError("it is of a kind that this version of cronofy_async does not know")

    def _add(self, link: str, message: Mapping[str, Any], now: float) -> None:
        given = _known(
            {
                "sent": _seconds(message, "sent"),
                "expires": _seconds(message, "expires"),
                "event_id": _string(message, "event_id"),
                "ref": _string(message, "ref"),
            }
        )
        entry, open_at = self._entries.get(link), None
        if entry is None:
            entry = self._entries[link] = _Entry(link, _required(_seconds(message, "now"), "now"))
        elif link not in self._schedule or all(getattr(entry, name) == value for name, value in given.items()):
            return  # the link has changes that will be yielded, or the message has no new facts
        else:
            open_at = self._schedule.last_open_at(link)
            self._leave_indexes(entry)
        for name, value in given.items():
            setattr(entry, name, value)
        self._unsaved[link] = None
        self._enter(entry, open_at, now)

    def _enter(self, entry: _Entry, open_at: float | None, now: float) -> None:
        self._by_ref.add(entry.ref, entry.id)
        self._by_event.add(entry.event_id, entry.id)
        self._schedule.add(entry.id, now, sent_at=entry.sent, expires_at=entry.expires, open_at=open_at)
        if entry.hints:
            self._schedule.hint(entry.id, now)

    def _discard(self, link: str) -> None:
        entry = self._entries.get(link)
        if entry is not None:
            self._schedule.discard(link)
            self._forget(entry)

    def _forget(self, entry: _Entry) -> None:
        del self._entries[entry.id]
        self._leave_indexes(entry)
        for change in entry.unconfirmed:
            self._unconfirmed.pop(change.key, None)
        self.failing.pop(entry.id, None)
        self._unsaved[entry.id] = None

    def _leave_indexes(self, entry: _Entry) -> None:
        self._by_ref.discard(entry.ref, entry.id)
        self._by_event.discard(entry.event_id, entry.id)

    def _hint(self, message: Mapping[str, Any], now: float) -> None:
        by_event = self._by_event.find(message.get("event_id"))
        for link in self._by_ref.find(message.get("ref")) or (by_event if len(by_event) == 1 else ()):
            if self._schedule.hint(link, now):
                self._entries[link].hints += 1
                self._unsaved[link] = None

    # Rows.

    def take_unsaved(self) -> dict[str, str | None]:
        """Return the rows that changed since the last call; ``None`` stands for a row to delete."""
        entries = {link: self._entries.get(link) for link in self._unsaved}
        rows = {_LINK + link: None if entry is None else self._row(entry) for link, entry in entries.items()}
        self._unsaved.clear()
        return rows

    def learned(self) -> dict[str, str]:
        """Return the answer rates as a row."""
        return {LEARNED: _text(self._schedule.learned())}

    def rows(self) -> dict[str, str]:
        """Return all rows."""
        return {_LINK + link: self._row(entry) for link, entry in self._entries.items()} | self.learned()

    def mark_unsaved(self, rows: Iterable[str]) -> None:
        """Put back rows from :meth:`take_unsaved` that could not be saved."""
        self._unsaved.update(dict.fromkeys(key.removeprefix(_LINK) for key in rows if key.startswith(_LINK)))

    def _row(self, entry: _Entry) -> str:
        try:
            return self._row_with(entry, to_dict)
        except (RecursionError, TypeError, ValueError):  # the response holds a value that cannot be written
            return self._row_with(entry, _essentials)

    def _row_with(self, entry: _Entry, link_row: Callable[[SchedulingLink], Any]) -> str:
        fields = {
            "sent": entry.sent,
            "expires": entry.expires,
            "event_id": entry.event_id,
            "ref": entry.ref,
            "status": entry.status,
            "hints": entry.hints,
            "missing": entry.missing,
            "changes": entry.changes,
            "open": self._schedule.last_open_at(entry.id) if entry.id in self._schedule else None,
            "unconfirmed": [
                {
                    "key": change.key,
                    "status": change.status,
                    "previous": change.previous,
                    "link": change.link and link_row(change.link),
                    "seen": change.seen_at.timestamp(),
                }
                for change in entry.unconfirmed
            ]
            or None,
        }
        return _text(_known(fields))

    def _load(self, link: str, text: str, now: float) -> Iterable[Change]:
        row = json.loads(text)
        entry = _Entry(
            Watched(link).id,
            _required(_seconds(row, "sent"), "sent"),
            expires=_seconds(row, "expires"),
            event_id=_string(row, "event_id"),
            ref=_string(row, "ref"),
            status=_required(_string(row, "status"), "status"),
            hints=int(row.get("hints", 0)),
            missing=bool(row.get("missing")),
            changes=int(row.get("changes", 0)),
        )
        entry.unconfirmed = tuple(_change(change, entry.watched) for change in row.get("unconfirmed", ()))
        open_at = _seconds(row, "open")
        self._entries[link] = entry
        if not any(change.is_terminal for change in entry.unconfirmed):
            self._enter(entry, open_at, now)
        return entry.unconfirmed

    def _load_anew(self, link: str, error: Exception, now: float) -> None:
        reason = f"its row in the store of the watcher cannot be read ({type(error).__name__}: {error})"
        try:
            entry = _Entry(Watched(link).id, now)
        except ValueError:
            logger.warning("link %a: %s, and it is ignored", link, reason, extra={"link": link})
            return
        logger.warning("link %s: %s; it is watched as if it had just been added", link, reason, extra={"link": link})
        self._entries[link] = entry
        self._unsaved[link] = None
        self._enter(entry, None, now)


def _essentials(link: SchedulingLink) -> dict[str, str]:
    return {"real_time_scheduling_id": link.real_time_scheduling_id, "url": link.url, "status": link.status}


def _change(row: Mapping[str, Any], watched: Watched) -> Change:
    state = row["link"]
    return Change(
        key=_required(_string(row, "key"), "key"),
        watched=watched,
        status=_required(_string(row, "status"), "status"),
        previous=_required(_string(row, "previous"), "previous"),
        link=None if state is None else from_dict(SchedulingLink, state),
        seen_at=_moment(_required(_seconds(row, "seen"), "seen")),
    )


def _schedule(learned: str | None, min_interval: float) -> Schedule:
    if learned is not None:
        try:
            return Schedule(min_interval=min_interval, learned=json.loads(learned))
        except Exception as error:
            logger.warning(
                "the answer rates in the store of the watcher cannot be read, and are learned anew: %s: %s",
                type(error).__name__,
                error,
            )
    return Schedule(min_interval=min_interval)


# Reading and writing JSON.


def _required(value: T | None, name: str) -> T:
    if value is None:
        raise ValueError(f"{name}: is missing")
    return value


def _string(row: Mapping[str, Any], name: str) -> str | None:
    value: object = row.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name}: expected a string, got {type(value).__name__}")
    return value


def _seconds(row: Mapping[str, Any], name: str) -> float | None:
    value: object = row.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or math.isnan(value):
        raise ValueError(f"{name}: expected a number of seconds, got {value!a}")
    return min(max(float(value), _FIRST), _LAST)


def _moment(seconds: float) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
