"""Sets of minutes as integers: bit ``n`` stands for the n-th minute, so that one operation processes a whole set.

Minutes are counted since 1970, and ranges of minutes do not include their end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

__all__ = [
    "DAY",
    "Range",
    "Stretch",
    "at_least",
    "between",
    "ceil_minute",
    "every",
    "floor_minute",
    "from_minute",
    "lasting",
    "positions",
    "stretches",
    "to_text",
    "within_reach",
]

Range: TypeAlias = tuple[int, int]
#: A range with one UTC offset, in minutes.
Stretch: TypeAlias = tuple[int, int, int]

DAY: Final = 24 * 60

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)


# Times.


def floor_minute(moment: datetime) -> int:
    """Return the minute that contains a time."""
    return (moment - _EPOCH) // _MINUTE


def ceil_minute(moment: datetime) -> int:
    """Return the first minute that begins at a time or later."""
    return -((_EPOCH - moment) // _MINUTE)


_FIRST: Final = floor_minute(datetime.min.replace(tzinfo=UTC))
_LAST: Final = floor_minute(datetime.max.replace(tzinfo=UTC))


def from_minute(minute: int) -> datetime:
    """Return the start of a minute in UTC. Minutes that ``datetime`` cannot represent are limited to its range."""
    return _EPOCH + timedelta(minutes=min(max(minute, _FIRST), _LAST))


@lru_cache(maxsize=128)
def stretches(zone: ZoneInfo, start: int, end: int) -> Sequence[Stretch]:
    """Return the parts of a range between the changes of a zone's UTC offset, such as those to daylight saving."""
    result: list[Stretch] = []
    begin, offset = start, _offset(zone, start)
    for low in range(start, end, DAY):
        high = min(low + DAY, end)
        if _offset(zone, high) != offset:
            change = _change(zone, low, high)
            result.append((begin, change, offset))
            begin, offset = change, _offset(zone, change)
    return (*result, (begin, end, offset))


def _offset(zone: ZoneInfo, minute: int) -> int:
    moment = from_minute(min(max(minute, _FIRST + DAY), _LAST - DAY))
    return (moment.astimezone(zone).utcoffset() or timedelta()) // _MINUTE


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """Return the minute at which the offset changes, given that it differs between ``low`` and ``high``."""
    old = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == old:
            low = middle
        else:
            high = middle
    return high


# Sets.


def between(start: int, end: int) -> int:
    """Return the minutes of a range, which begins at 0 or later."""
    return ((1 << (end - start)) - 1) << start if start < end else 0


def every(step: int, start: int, end: int) -> int:
    """Return each ``step``-th minute of a range, the first one included."""
    total = len(range(start, end, step))
    result, count = 1, 1
    while count < total:
        result |= result << (step * count)
        count *= 2
    return (result & between(0, (total - 1) * step + 1)) << start if total else 0


def lasting(minutes: int, length: int) -> int:
    """Return the minutes from which a set continues for ``length`` minutes."""
    covered = 1
    while covered < length and minutes:
        step = min(covered, length - covered)
        minutes &= minutes >> step
        covered += step
    return minutes


def within_reach(minutes: int, low: int, high: int) -> int:
    """Return the minutes that are followed by a minute of the set after ``low`` to ``high`` minutes, both included."""
    covered, width = 1, high - low + 1
    if width < 1:
        return 0
    result = minutes
    while covered < width:
        step = min(covered, width - covered)
        result |= result >> step
        covered += step
    return result >> low


def at_least(sets: Sequence[int], needed: int) -> int:
    """Return the minutes that are in at least ``needed`` of the sets, where ``needed`` is 1 or more.

    ``digits[k]`` holds bit ``k`` of the number of sets that contain each minute, so each set is added to all counts in one step.
    """
    digits: list[int] = []
    for carry in sets:
        place = 0
        while carry:
            if place == len(digits):
                digits.append(0)
            digits[place], carry = digits[place] ^ carry, digits[place] & carry  # noqa: PLW2901 - what is left to add
            place += 1
    greater, equal = 0, -1
    for place in reversed(range(max(len(digits), needed.bit_length()))):
        digit = digits[place] if place < len(digits) else 0
        if needed >> place & 1:
            equal &= digit
        else:
            greater |= equal & digit
            equal &= ~digit
    return greater | equal


def to_text(minutes: int) -> str:
    """Return a set as text: ``1`` for each minute in it, ``0`` for the others and at the end. It is searched quickly."""
    return f"{minutes:b}"[::-1] + "0"


def positions(minutes: int) -> Iterator[int]:
    """Yield the minutes of a set, first to last."""
    text = to_text(minutes)
    position = text.find("1")
    while position >= 0:
        yield position
        position = text.find("1", position + 1)
