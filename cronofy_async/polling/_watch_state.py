"""The in-memory state of the watched links.

Nothing here waits: the time is passed in, and changed rows are collected for the caller to persist.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from ..errors import CronofyError
from ..models.real_time_scheduling import SchedulingLink
from ._schedule import Schedule
from ._watch_rows import Entry, read_entry, read_seconds, read_string, require, to_datetime, to_json, without_none
from .watched import GONE, Change, Watched

__all__ = ["LEARNED", "WatchState"]

logger = logging.getLogger("cronofy_async")

_LINK: Final = "link/"
#: The key of the row of the answer rates.
LEARNED: Final = "learned"


class _Index:
    """Finds links by a name that usually belongs to a single link."""

    def __init__(self) -> None:
        self._found: dict[str, str | tuple[str, ...]] = {}

    def add(self, name: str | None, link: str) -> None:
        if name is not None:
            links = [other for other in self.find(name) if other != link]
            self._found[name] = (*links, link) if links else link

    def discard(self, name: str | None, link: str) -> None:
        if name is not None:
            links = tuple(other for other in self.find(name) if other != link)
            if links:
                self._found[name] = links
            else:
                self._found.pop(name, None)

    def find(self, name: object) -> tuple[str, ...]:
        links = self._found.get(name, ()) if isinstance(name, str) else ()
        return (links,) if isinstance(links, str) else links


class WatchState:
    """The watched links, their changes, and the order of requests.

    All times are seconds since 1970.

    Args:
        learned: The row of the answer rates of an earlier state, if there is one.
        min_interval: The minimum number of seconds between two requests for a link.

    Attributes:
        failing: The links whose last request failed, with the error.
        changes: The number of changes by status.
    """

    def __init__(self, learned: str | None, *, min_interval: float) -> None:
        self.failing: dict[str, Exception] = {}
        self.changes: Counter[str] = Counter()
        self._entries: dict[str, Entry] = {}
        self._by_ref = _Index()
        self._by_event = _Index()
        self._unsaved: dict[str, None] = {}
        self._unconfirmed: dict[str, Change] = {}
        self._schedule = _schedule(learned, min_interval)

    def load(self, rows: Iterable[tuple[Any, Any]], now: float) -> None:
        """Read rows that an earlier state wrote.

        A link whose row cannot be read is watched as if it had just been added.
        """
        for key, row in rows:
            if not (isinstance(key, str) and key.startswith(_LINK)):
                continue
            link = key.removeprefix(_LINK)
            try:
                entry, open_at = read_entry(link, row)
                self._load(entry, open_at, now)
            except Exception as error:
                self._add_unreadable(link, error, now)

    def __len__(self) -> int:
        """Return the number of links that are watched or have unconfirmed changes."""
        return len(self._entries)

    @property
    def watched(self) -> int:
        """The number of links that are watched."""
        return len(self._schedule)

    @property
    def unconfirmed(self) -> Sequence[Change]:
        """The changes that are not confirmed, oldest first."""
        return sorted(self._unconfirmed.values(), key=lambda change: change.seen_at)

    @property
    def unconfirmed_count(self) -> int:
        """The number of changes that are not confirmed."""
        return len(self._unconfirmed)

    def is_unconfirmed(self, change: Change) -> bool:
        """Return whether a change is known and not confirmed."""
        return change.key in self._unconfirmed

    # The next request.

    def next_link(self, now: float) -> tuple[str, int] | None:
        """Return the link whose status to request now, and its number of hints, to be passed to ``record_…``."""
        link: str | None = self._schedule.next(now)
        return None if link is None else (link, self._entries[link].hints)

    def seconds_until_next(self, now: float) -> float:
        """Return the number of seconds until ``next_link`` returns a link; infinity if never."""
        return self._schedule.seconds_until_next(now)

    # The outcome of a request.

    def record_response(self, link: str, hints: int, response: SchedulingLink, now: float) -> Change | None:
        """Record a status response, and return the change, if the status is new."""
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
        """Record a 404. The second in a row is a change: the link is gone."""
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
                is_known = isinstance(error, CronofyError)
                reason = str(error) if is_known else f"{type(error).__name__}: {error}"
                logger.warning(
                    "link %s: %s; it will be retried",
                    link,
                    reason,
                    extra={"link": link},
                    exc_info=None if is_known else error,
                )
            self.failing[link] = error
            self._schedule.reschedule(link, now)

    def _record_change(self, entry: Entry, status: str, link: SchedulingLink | None, now: float) -> Change:
        entry.changes += 1
        change = Change(
            key=f"{entry.id}/{entry.changes}/{status}",
            watched=entry.watched,
            status=status,
            previous=entry.status,
            link=link,
            seen_at=to_datetime(now),
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
        """Apply messages in order. Applying a message twice has no effect; unreadable messages are ignored."""
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
                raise ValueError("unknown kind of message for this version of cronofy_async")

    def _add(self, link: str, message: Mapping[str, Any], now: float) -> None:
        details = without_none(
            {
                "sent": read_seconds(message, "sent"),
                "expires": read_seconds(message, "expires"),
                "event_id": read_string(message, "event_id"),
                "ref": read_string(message, "ref"),
            }
        )
        entry, open_at = self._entries.get(link), None
        if entry is None:
            entry = self._entries[link] = Entry(link, require(read_seconds(message, "now"), "now"))
        elif link not in self._schedule or all(getattr(entry, name) == value for name, value in details.items()):
            return  # the link has changes to be yielded, or the message contains nothing new
        else:
            open_at = self._schedule.last_open_at(link)
            self._remove_from_indexes(entry)
        for name, value in details.items():
            setattr(entry, name, value)
        self._unsaved[link] = None
        self._start_watching(entry, open_at, now)

    def _start_watching(self, entry: Entry, open_at: float | None, now: float) -> None:
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

    def _forget(self, entry: Entry) -> None:
        del self._entries[entry.id]
        self._remove_from_indexes(entry)
        for change in entry.unconfirmed:
            self._unconfirmed.pop(change.key, None)
        self.failing.pop(entry.id, None)
        self._unsaved[entry.id] = None

    def _remove_from_indexes(self, entry: Entry) -> None:
        self._by_ref.discard(entry.ref, entry.id)
        self._by_event.discard(entry.event_id, entry.id)

    def _hint(self, message: Mapping[str, Any], now: float) -> None:
        by_event = self._by_event.find(message.get("event_id"))
        for link in self._by_ref.find(message.get("ref")) or (by_event if len(by_event) == 1 else ()):
            if self._schedule.hint(link, now):
                self._entries[link].hints += 1
                self._unsaved[link] = None

    # Rows.

    @property
    def has_unsaved(self) -> bool:
        """Whether there are rows that changed and were not returned by ``take_unsaved``."""
        return bool(self._unsaved)

    def take_unsaved(self, maximum: int) -> dict[str, str | None]:
        """Return changed rows that were not returned since they changed; ``None`` stands for a row to delete."""
        links = list(islice(self._unsaved, maximum))
        entries = ((link, self._entries.get(link)) for link in links)
        rows = {_LINK + link: None if entry is None else self._row(entry) for link, entry in entries}
        for link in links:
            del self._unsaved[link]
        return rows

    def learned(self) -> dict[str, str]:
        """Return the answer rates as a row."""
        return {LEARNED: to_json(self._schedule.learned())}

    @property
    def links(self) -> Sequence[str]:
        """The links that are watched or have unconfirmed changes."""
        return list(self._entries)

    def rows(self, links: Iterable[str]) -> dict[str, str]:
        """Return the rows of the links that still exist."""
        return {_LINK + link: self._row(self._entries[link]) for link in links if link in self._entries}

    def mark_unsaved(self, rows: Iterable[str]) -> None:
        """Put back rows from ``take_unsaved`` that could not be saved."""
        self._unsaved.update(dict.fromkeys(key.removeprefix(_LINK) for key in rows if key.startswith(_LINK)))

    def _load(self, entry: Entry, open_at: float | None, now: float) -> None:
        self._entries[entry.id] = entry
        if not any(change.is_terminal for change in entry.unconfirmed):
            self._start_watching(entry, open_at, now)
        self._unconfirmed.update((change.key, change) for change in entry.unconfirmed)

    def _row(self, entry: Entry) -> str:
        return entry.row(self._schedule.last_open_at(entry.id) if entry.id in self._schedule else None)

    def _add_unreadable(self, link: str, error: Exception, now: float) -> None:
        reason = f"its row in the store of the watcher cannot be read ({type(error).__name__}: {error})"
        try:
            entry = Entry(Watched(link).id, now)
        except ValueError:
            logger.warning("link %a: %s, and it is ignored", link, reason, extra={"link": link})
            return
        logger.warning("link %s: %s; it is watched as if it had just been added", link, reason, extra={"link": link})
        self._entries[link] = entry
        self._unsaved[link] = None
        self._start_watching(entry, None, now)


def _schedule(learned: str | None, min_interval: float) -> Schedule:
    if learned is not None:
        try:
            return Schedule(min_interval=min_interval, learned=json.loads(learned))
        except Exception as error:
            logger.warning(
                "the answer rates in the store of the watcher cannot be read, and are learned again: %s: %s",
                type(error).__name__,
                error,
            )
    return Schedule(min_interval=min_interval)
