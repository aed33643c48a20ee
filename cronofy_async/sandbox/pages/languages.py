"""The languages of the booking page: texts, and dates, times and names from the CLDR.

``locales/`` has a JSON file for each language: the name of its locale in the CLDR, and its texts. A text that depends on a
number is an object with a form for each plural category of the language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final

import attrs
import babel
from babel.core import get_global
from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.units import format_unit
from markupsafe import Markup, escape

__all__ = ["DEFAULT", "Language", "choose", "language", "offset_text", "tags"]

DEFAULT: Final = "en"

_PACKAGE: Final = "cronofy_async.sandbox.pages"
_MINUTES_OF_HOUR: Final = 60

#: Tags that browsers may send instead of those of the catalogs.
_OLDER: Final = {"iw": "he"}


@attrs.frozen(slots=False)
class Language:
    """A language that pages can be shown in.

    Attributes:
        tag: Its BCP 47 tag, such as ``pt-BR``.
        locale: Its locale in the CLDR.
        texts: The texts, by key.
    """

    tag: str
    locale: babel.Locale
    texts: Mapping[str, str | Mapping[str, str]] = attrs.field(repr=False)

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return self.locale.text_direction

    def text(self, key: str, /, **values: Any) -> Markup:
        """Return a text with escaped values. If it has plural forms, ``count`` selects one."""
        text = self.texts[key]
        if not isinstance(text, str):
            text = text[self.locale.plural_form(values["count"])]
        return escape(text).format(**values)

    # Dates and times.

    def full_date(self, day: date) -> str:
        """Write a day with its weekday, month, and year."""
        return format_date(day, "full", locale=self.locale)

    def short_date(self, day: date) -> str:
        """Write a day with its weekday and month, abbreviated."""
        return format_skeleton("MMMEd", day, locale=self.locale)

    def days(self, first: date, last: date) -> str:
        """Write a range of days."""
        return format_interval(first, last, "yMMMMd", locale=self.locale)

    def month(self, day: date) -> str:
        """Return the abbreviated name of a month."""
        name: str = self.locale.months["stand-alone"]["abbreviated"][day.month]
        return name

    def weekday(self, day: date, *, short: bool = False) -> str:
        """Return the name of a weekday."""
        names = self.locale.days["stand-alone"]["abbreviated" if short else "wide"]
        name: str = names[day.weekday()]
        return name

    def week_of(self, day: date) -> date:
        """Return the first day of a week."""
        return day - timedelta(days=(day.weekday() - self.locale.first_week_day) % 7)

    @cached_property
    def weekend(self) -> frozenset[int]:
        """The weekdays of the weekend; Monday is 0."""
        first, last = self.locale.weekend_start, self.locale.weekend_end
        return frozenset((first + days) % 7 for days in range((last - first) % 7 + 1))

    def time(self, moment: datetime, hour_format: str | None) -> str:
        """Write a time of day.

        Args:
            moment: The time, in the zone that it is shown in.
            hour_format: ``h`` for 12 hours, ``H`` for 24; by default, the format that is usual in the language.
        """
        return _time(self.tag, hour_format, moment.hour, moment.minute)

    def uses_12_hours(self, hour_format: str | None) -> bool:
        """Return whether times of day have 12 hours, which makes them longer."""
        return hour_format == "h" or (hour_format is None and "h" in self.locale.time_formats["short"].pattern)

    def duration(self, length: timedelta) -> str:
        """Write a duration in hours if it is a whole number of hours, otherwise in minutes."""
        minutes = length // timedelta(minutes=1)
        hours, remainder = divmod(minutes, _MINUTES_OF_HOUR)
        if hours > 1 and not remainder:
            return format_unit(hours, "duration-hour", "long", locale=self.locale)
        return format_unit(minutes, "duration-minute", "long", locale=self.locale)

    # Zones.

    def city(self, tzid: str) -> str:
        """Return the name of a time zone, which is the name of its city."""
        canonical = get_global("zone_aliases").get(tzid, tzid)
        name: str | None = self.locale.time_zones.get(canonical, {}).get("city")
        return name or ("UTC" if canonical == "Etc/UTC" else canonical.rpartition("/")[2].replace("_", " "))

    def zone(self, moment: datetime, tzid: str) -> str:
        """Return the name of a time zone with its offset from UTC.

        Args:
            moment: A time in the zone.
            tzid: The name of the zone.
        """
        return f"{self.city(tzid)} ({offset_text(moment)})"


def offset_text(moment: datetime) -> str:
    """Write the offset from UTC of a time in its zone: ``UTC+5:30``."""
    offset = moment.utcoffset() or timedelta()
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), _MINUTES_OF_HOUR)
    sign = "−" if offset < timedelta() else "+"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


@cache
def _time(tag: str, hour_format: str | None, hour: int, minute: int) -> str:
    locale = language(tag).locale
    moment = datetime(1, 1, 1, hour, minute)  # noqa: DTZ001 - only its time of day is written
    if hour_format is None:
        return format_time(moment, "short", locale=locale)
    return format_skeleton("hm" if hour_format == "h" else "Hm", moment, locale=locale)


@cache
def tags() -> tuple[str, ...]:
    """Return the tags of all languages."""
    names = (file.name for file in files(_PACKAGE).joinpath("locales").iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


@cache
def language(tag: str) -> Language:
    """Return the language of a tag, which is one of ``tags``."""
    document = json.loads(files(_PACKAGE).joinpath("locales", f"{tag}.json").read_text("utf-8"))
    name: str = document["cldr"]
    return Language(tag, babel.Locale.parse(name), document["texts"])


def choose(forced: str | None, accepted: str) -> Language:
    """Return the language for a visitor.

    Args:
        forced: The ``locale`` of the URL. If there is no such language, the default one is used.
        accepted: The ``Accept-Language`` header of the browser.
    """
    candidates = _by_preference(accepted) if forced is None else [forced]
    return language(next((nearest for candidate in candidates if (nearest := _nearest(candidate))), DEFAULT))


def _nearest(requested: str) -> str | None:
    """Return the tag of a language: an exact match, otherwise one without its region, otherwise one with another region."""
    parts = requested.strip().replace("_", "-").lower().split("-")
    known = {tag.lower(): tag for tag in tags()}
    main = _OLDER.get(parts[0], parts[0])
    for name in (f"{main}-{parts[-1]}", main):
        if name in known:
            return known[name]
    return next((tag for tag in tags() if tag.lower().startswith(f"{main}-")), None)


def _by_preference(accepted: str) -> Iterator[str]:
    weighted: list[tuple[float, str]] = []
    for item in accepted.split(","):
        tag, _, weight = item.partition(";")
        match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", weight)
        quality = float(match[1]) if match else 1.0
        if tag.strip() and quality:
            weighted.append((quality, tag))
    return (tag for _, tag in sorted(weighted, key=lambda pair: -pair[0]))
