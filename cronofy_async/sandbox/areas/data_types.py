"""Data types that areas share; see ``data_types.yaml``.

Docs: https://docs.cronofy.com/developers/api/data-types/
"""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..kernel.area import Context, Field, Problem, Problems, rule

__all__ = ["known_time_zones"]


@rule("TimeZone", docs="https://docs.cronofy.com/developers/api/data-types/")
def known_time_zones(tzid: str, field: Field, context: Context) -> Problems:
    """Time zones are IANA names."""
    try:
        ZoneInfo(tzid)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem(field, "errors.invalid", "must be a known IANA time zone")
