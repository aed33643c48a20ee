"""Data types that areas share; see ``data_types.yaml``.

Docs: https://docs.cronofy.com/developers/api/data-types/
"""

from __future__ import annotations

from ..kernel.area import Context, Field, Problem, Problems, rule
from ..kernel.times import is_zone

__all__ = ["known_time_zones"]


@rule("TimeZone", docs="https://docs.cronofy.com/developers/api/data-types/")
def known_time_zones(tzid: str, field: Field, context: Context) -> Problems:
    """Time zones are IANA names."""
    if not is_zone(tzid):
        yield Problem(field, "errors.tzid_unrecognized", "TZID not recognized", is_whole=True)
