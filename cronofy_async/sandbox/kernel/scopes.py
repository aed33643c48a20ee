"""The operations that the scope of an access token allows.

Docs: https://docs.cronofy.com/developers/api/authorization/request-authorization/
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

__all__ = ["SCOPES_ARE_CHECKED", "allows", "includes"]

#: The assumption about access tokens without the scope that an operation needs.
SCOPES_ARE_CHECKED: Final = "scopes_are_checked"

_READING: Final = frozenset({"read_account", "list_calendars", "read_events", "read_free_busy"})
_WRITING: Final = frozenset({"create_calendar", "create_event", "delete_event", "change_participation_status"})

#: The simplified scopes, and those that each of them replaces. The docs do not specify these.
_SIMPLIFIED: Final[Mapping[str, frozenset[str]]] = {
    "read_write": _READING | _WRITING,
    "read_only": _READING,
    "write_only": _WRITING,
    "free_busy": frozenset({"read_free_busy", "list_calendars", "read_account"}),
    "free_busy_write": frozenset({"read_free_busy", "list_calendars", "read_account"}) | _WRITING,
}


#: The scopes that broader scopes include. The docs specify this for ``read_events`` only.
_INCLUDED: Final[Mapping[str, frozenset[str]]] = {"read_events": frozenset({"read_free_busy"}), **_SIMPLIFIED}


def allows(granted: str, needed: Collection[str]) -> bool:
    """Return whether granted scopes, separated by spaces, include one of the needed ones. If none is needed, any scope is allowed."""
    return not needed or not _expand(granted).isdisjoint(needed)


def includes(granted: str, requested: str) -> bool:
    """Return whether granted scopes, separated by spaces, include everything that the requested ones allow."""
    included = _expand(granted)
    return all(
        name in included or (name in _SIMPLIFIED and included >= _SIMPLIFIED[name]) for name in requested.split()
    )


def _expand(scopes: str) -> set[str]:
    """Return scopes, separated by spaces, with those that they include."""
    names = scopes.split()
    return {*names, *(part for name in names for part in _INCLUDED.get(name, ()))}
