"""The time zones that a visitor can choose from."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.core import get_global
from markupsafe import Markup

from ..kernel.times import is_zone
from .languages import Language, language

__all__ = ["options"]

_REGIONS: Final = frozenset(
    {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)


def options(lang: Language, day: date, tzid: str) -> Markup:
    """Return the options of a select element, sorted by city, with one selected.

    Args:
        lang: The language of the page.
        day: The day whose offsets are shown.
        tzid: The zone to select.
    """
    chosen = get_global("zone_aliases").get(tzid, tzid)
    html = _options(lang.tag, day)
    value = Markup(' value="{}"').format(chosen)
    if value not in html:
        return _option(lang, day, chosen).replace(value, value + Markup(" selected")) + html
    return html.replace(value, value + Markup(" selected"), 1)


@cache
def _zones() -> tuple[ZoneInfo, ...]:
    aliases = get_global("zone_aliases")
    names = [name for name in get_global("zone_territories") if name.partition("/")[0] in _REGIONS]
    return tuple(ZoneInfo(name) for name in ("Etc/UTC", *names) if name not in aliases and is_zone(name))


@lru_cache(maxsize=64)
def _options(tag: str, day: date) -> Markup:
    lang = language(tag)
    names = sorted((zone.key for zone in _zones()), key=lambda name: _sortable(lang.city(name)))
    return Markup().join(_option(lang, day, name) for name in names)


def _option(lang: Language, day: date, tzid: str) -> Markup:
    noon = datetime.combine(day, time(12), UTC).astimezone(ZoneInfo(tzid))
    return Markup('<option value="{}">{}</option>\n').format(tzid, lang.zone(noon, tzid))


def _sortable(name: str) -> str:
    """Return a name without accents, to sort Ōsaka before Zürich."""
    return "".join(
        character for character in unicodedata.normalize("NFKD", name) if not unicodedata.combining(character)
    ).casefold()
