"""What the watching replica knows about its links, in memory, and how that is written down.

Nothing here waits: times are given, and what has to be stored is collected as rows for whoever can wait.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from .._codec import from_dict, to_dict
from .._json import is_object
from ..models.notifications import Notification
from ..models.real_time_scheduling import SchedulingLink
from ._schedule import Schedule
from .watched import GONE, Change, Watched

__all__ = ["LEARNED", "WatchState", "message_to_add", "message_to_confirm", "message_to_discard", "message_to_hint"]

logger = logging.getLogger("cronofy_async")

_LINK: Final = "link/"
#: The key of the row that holds what was learned.
LEARNED: Final = "learned"
_OPEN: Final = "open"


@attrs.define(eq=False, weakref_slot=False)
class _Entry:
    """A link.

    Attributes:
        hints: how many hints came since it was last asked about.
        missing: whether it was not there when it was last asked about.
        changes: how many changes it has had.
        unconfirmed: those of them that were not confirmed.
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
    """Finds links by a name that most of them have for themselves."""

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


# What replicas tell each other.


def message_to_add(watched: Watched, now: float) -> str:
    """Watch a link."""
    fields = {
        "sent": watched.sent_at.timestamp() if watched.sent_at else None,
        "expires": watched.expires_at.timestamp() if watched.expires_at else None,
        "event_id": watched.event_id,
        "ref": watched.ref,
    }
    return _text({"add": watched.id, "now": now, **_known(fields)})


def message_to_discard(link: str) -> str:
    """Watch a link no longer."""
    return _text({"discard": link})


def message_to_hint(notification: Notification) -> str:
    """Something may have become of a link."""
    event: object = notification.data.get("event")
    event_id: object = event.get("event_id") if is_object(event) else None
    return _text({"hint": notification.fingerprint, **_known({"ref": notification.ref, "event_id": event_id})})


def message_to_confirm(change: Change) -> str:
    """A change was dealt with."""
    return _text({"confirm": change.id, "key": change.key})


class WatchState:
    """The links, what is known of them, and in which order to ask about them.

    Args:
        learned: the row of what an earlier one learned, if there is one.
        min_interval: as :class:`Schedule` takes it.

    Times are on one axis throughout.

    Attributes:
        failing: the links that got no answer of their own when they were last asked about, and why.
        seen: how many changes there were, by status.
    """

    def __init__(self, learned: str | None, *, min_interval: float) -> None:
        self.failing: dict[str, Exception] = {}
        self.seen: Counter[str] = Counter()
        self._entries: dict[str, _Entry] = {}
        self._by_ref = _Index()
        self._by_event = _Index()
        self._unsaved: dict[str, None] = {}
        self._unconfirmed: dict[str, Change] = {}
        self._schedule = _schedule(learned, min_interval)

    def load(self, rows: Iterable[tuple[str, str]], now: float) -> None:
        """Take rows that an earlier one wrote."""
        changes = [*self._unconfirmed.values()]
        for key, row in rows:
            if key.startswith(_LINK):
                changes += self._load(key.removeprefix(_LINK), json.loads(row), now)
        self._unconfirmed = {change.key: change for change in sorted(changes, key=lambda change: change.seen_at)}

    def __len__(self) -> int:
        """How many links are watched, or have a change that is not confirmed."""
        return len(self._entries)

    @property
    def watched(self) -> int:
        """How many links are watched."""
        return len(self._schedule)

    @property
    def unconfirmed(self) -> Collection[Change]:
        """The changes that were not confirmed, the oldest first."""
        return self._unconfirmed.values()

    def awaits(self, change: Change) -> bool:
        """Whether a change still has to be confirmed."""
        return change.key in self._unconfirmed

    # What there is to ask about.

    def next(self, now: float) -> tuple[str, int] | None:
        """The link to ask about now, and a number that :meth:`answered` wants to have back."""
        link: str | None = self._schedule.next(now)
        return None if link is None else (link, self._entries[link].hints)

    def wait(self, now: float) -> float:
        """Seconds until there is one."""
        return self._schedule.wait(now)

    # What the answers are.

    def answered(self, link: str, hints: int, answer: SchedulingLink, now: float) -> Change | None:
        """Take an answer, and give the change that it is, if it is one."""
        entry = self._entries.get(link)
        if entry is None or link not in self._schedule:  # it was discarded meanwhile
            return None
        self.failing.pop(link, None)
        self._unsaved[link] = None
        entry.missing = False
        entry.hints = max(0, entry.hints - hints)
        self._schedule.seen(link, now, answer.status)
        if answer.status == entry.status:
            return None
        return self._changed(entry, answer.status, answer, now)

    def not_found(self, link: str, hints: int, now: float) -> Change | None:
        """Take that Cronofy does not know a link. Only if it does not when asked again is the link gone."""
        entry = self._entries.get(link)
        if entry is None or link not in self._schedule:
            return None
        self.failing.pop(link, None)
        self._unsaved[link] = None
        entry.hints = max(0, entry.hints - hints)
        if not entry.missing:
            entry.missing = True
            self._schedule.give_back(link, now)
            return None
        self._schedule.discard(link)
        return self._changed(entry, GONE, None, now)

    def failed(self, link: str, error: Exception, now: float) -> None:
        """Take that nothing was found out about a link. It is asked about again."""
        if link in self._schedule:
            if link not in self.failing:
                logger.warning("link %s: %s; it is asked about again", link, error, extra={"link": link})
            self.failing[link] = error
            self._schedule.give_back(link, now)

    def _changed(self, entry: _Entry, status: str, link: SchedulingLink | None, now: float) -> Change:
        entry.changes += 1
        change = Change(
            key=f"{entry.id}/{entry.changes}/{status}",
            watched=entry.watched,
            status=status,
            previous=entry.status,
            link=link,
            seen_at=_moment(now),
        )
        self.seen[status] += 1
        entry.status = status
        entry.unconfirmed += (change,)
        self._unconfirmed[change.key] = change
        self._unsaved[entry.id] = None
        return change

    def confirm(self, change: Change) -> None:
        """Take that a change was dealt with."""
        self._confirm(change.id, change.key)

    def _confirm(self, link: str, key: str) -> None:
        entry = self._entries.get(link)
        if entry is not None:
            entry.unconfirmed = tuple(change for change in entry.unconfirmed if change.key != key)
            self._unconfirmed.pop(key, None)
            self._unsaved[link] = None
            if link not in self._schedule and not entry.unconfirmed:
                self._forget(entry)

    # What is to be watched.

    def apply(self, messages: Iterable[str], now: float) -> None:
        """Do what messages say, in their order. Doing it twice does no harm."""
        for text in messages:
            message = json.loads(text)
            match message:
                case {"add": link}:
                    self._add(link, message, now)
                case {"discard": link}:
                    self._discard(link)
                case {"confirm": link, "key": key}:
                    self._confirm(link, key)
                case {"hint": _}:
                    self._hint(message, now)
                case _:
                    logger.warning("a message of another version of cronofy_async is ignored")

    def _add(self, link: str, message: Mapping[str, Any], now: float) -> None:
        given = {name: message[name] for name in ("sent", "expires", "event_id", "ref") if name in message}
        entry, open_at = self._entries.get(link), None
        if entry is None:
            entry = self._entries[link] = _Entry(link, message["now"])
        elif link not in self._schedule or all(getattr(entry, name) == value for name, value in given.items()):
            return  # what became of it is known, and will be told; or nothing is new
        else:
            open_at = self._schedule.open_at(link)
            self._leave_indexes(entry)
        for name, value in given.items():
            setattr(entry, name, value)
        self._unsaved[link] = None
        self._enter(entry, open_at, now)

    def _enter(self, entry: _Entry, open_at: float | None, now: float) -> None:
        self._by_ref.add(entry.ref, entry.id)
        self._by_event.add(entry.event_id, entry.id)
        self._schedule.add(entry.id, now, sent_at=entry.sent, expires_at=entry.expires, asked_at=open_at)
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
            del self._unconfirmed[change.key]
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

    # What is written down.

    def unsaved(self) -> dict[str, str | None]:
        """The rows that changed since this was last called."""
        entries = {link: self._entries.get(link) for link in self._unsaved}
        self._unsaved.clear()
        return {_LINK + link: None if entry is None else self._row(entry) for link, entry in entries.items()}

    def learned(self) -> dict[str, str]:
        """What was learned, as a row."""
        return {LEARNED: _text(self._schedule.learned())}

    def rows(self) -> dict[str, str]:
        """All rows."""
        return {_LINK + link: self._row(entry) for link, entry in self._entries.items()} | self.learned()

    def not_saved(self, rows: Iterable[str]) -> None:
        """Rows that :meth:`unsaved` gave were not saved after all."""
        self._unsaved.update(dict.fromkeys(key.removeprefix(_LINK) for key in rows if key.startswith(_LINK)))

    def _row(self, entry: _Entry) -> str:
        fields = {
            "sent": entry.sent,
            "expires": entry.expires,
            "event_id": entry.event_id,
            "ref": entry.ref,
            "status": entry.status,
            "hints": entry.hints,
            "missing": entry.missing,
            "changes": entry.changes,
            "open": self._schedule.open_at(entry.id) if entry.id in self._schedule else None,
            "unconfirmed": [_change_row(change) for change in entry.unconfirmed] or None,
        }
        return _text(_known(fields))

    def _load(self, link: str, row: dict[str, Any], now: float) -> Iterable[Change]:
        open_at, changes = row.pop("open", None), row.pop("unconfirmed", ())
        entry = self._entries[link] = _Entry(link, **row)
        entry.unconfirmed = tuple(_change(change, entry.watched) for change in changes)
        if not any(change.is_terminal for change in entry.unconfirmed):
            self._enter(entry, open_at, now)
        return entry.unconfirmed


def _change_row(change: Change) -> dict[str, Any]:
    return {
        "key": change.key,
        "status": change.status,
        "previous": change.previous,
        "link": change.link and to_dict(change.link),
        "seen": change.seen_at.timestamp(),
    }


def _change(row: Mapping[str, Any], watched: Watched) -> Change:
    state = row["link"]
    return Change(
        key=row["key"],
        watched=watched,
        status=row["status"],
        previous=row["previous"],
        link=None if state is None else from_dict(SchedulingLink, state),
        seen_at=_moment(row["seen"]),
    )


def _schedule(learned: str | None, min_interval: float) -> Schedule:
    try:
        return Schedule(min_interval=min_interval, learned=json.loads(learned) if learned else None)
    except ValueError:
        logger.warning("what was learned by another version of cronofy_async is of no use: it is learned anew")
        return Schedule(min_interval=min_interval)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
