"""The operations that the scope of an access token allows.

Docs: https://docs.cronofy.com/developers/api/authorization/request-authorization/
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

__all__ = ["SCOPES_ARE_CHECKED", "allows"]

#: The assumption about access tokens without the scope that an operation needs.
SCOPES_ARE_CHECKED: Final = "scopes_are_checked"

_READING: Final = frozenset({"read_account", "list_calendars", "read_events", "read_free_busy"})
_WRITING: Final = frozenset({"create_calendar", "create_event", "delete_event", "change_participation_status"})

#: The scopes that broader scopes include. The docs specify this for ``read_events`` only.
_INCLUDED: Final[Mapping[str, frozenset[str]]] = {
    "read_events": frozenset({"read_free_busy"}),
    "read_write": _READING | _WRITING,
    "read_only": _READING,
    "write_only": _WRITING,
    "free_busy": frozenset({"read_free_busy", "list_calendars", "read_account"}),
    "free_busy_write": frozenset({"read_free_busy", "list_calendars", "read_account"}) | _WRITING,
}


def allows(granted: str, needed: Collection[str]) -> bool:
    """Return whether granted scopes, separated by spaces, include one of the needed ones. If none is needed, any scope is allowed."""
    names = granted.split()
    held = {*names, *(part for name in names for part in _INCLUDED.get(name, ()))}
    return not needed or not held.isdisjoint(needed)
