"""The JSON forms of results: records with their attributes, and with further members that tests need."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import attrs

from ..._json import is_object
from ..areas.real_time_scheduling import PAGE, Link
from ..kernel.callbacks.delivery import Delivery
from ..kernel.clock import SandboxClock
from ..kernel.links import LinkStatus
from ..kernel.records import Account, Calendar
from ..web.visit import Visit

__all__ = ["ADDED", "LEFT_OUT", "to_json"]

#: Attributes that are left out: those with resources of their own, and internal ones.
LEFT_OUT: Final[Mapping[type[Any], frozenset[str]]] = {
    Account: frozenset({"access_tokens", "delegated_scope"}),
    Calendar: frozenset({"events", "deleted_events"}),
    Delivery: frozenset({"effect"}),
}

#: Members that are added to the attributes, with their types. Each is an attribute too, or in ``_COMPUTED``.
ADDED: Final[Mapping[type[Any], Mapping[str, Any]]] = {
    Account: {"calendar_id": str, "calendar_ids": list[str]},
    Delivery: {"json": Any, "advice": str | None},
    Link: {"status": LinkStatus, "url": str, "expires_at": datetime},
    SandboxClock: {"now": datetime, "is_frozen": bool},
}

_PLAIN: Final = (str, int, float, bool)

_COMPUTED: Final[Mapping[tuple[type[Any], str], Callable[[Any, Visit], Any]]] = {
    (Link, "status"): lambda link, visit: link.status(visit.kernel.runtime.now),
    (Link, "url"): lambda link, visit: visit.url(f"{PAGE}{link.token}"),
    (SandboxClock, "now"): lambda clock, _: clock.now(),
}


def to_json(value: Any, visit: Visit) -> Any:
    """Return the JSON form of a result."""
    cls: Any = value.__class__
    if value is None or cls in _PLAIN:
        return value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return _text(value)
    if is_object(value):
        return {str(name): to_json(member, visit) for name, member in value.items()}
    if attrs.has(cls) or cls is SandboxClock:
        return _record(value, cls, visit)
    if hasattr(value, "__iter__"):
        return [to_json(item, visit) for item in value]
    raise TypeError(f"{cls.__name__}: has no JSON form")


def _record(value: Any, cls: type[Any], visit: Visit) -> dict[str, Any]:
    fields = attrs.fields(cls) if attrs.has(cls) else ()
    left_out = LEFT_OUT.get(cls, ())
    names = [field.name for field in fields if field.name not in left_out and not field.name.startswith("_")]
    members = {name: to_json(getattr(value, name), visit) for name in names}
    for name in ADDED.get(cls, ()):
        compute = _COMPUTED.get((cls, name))
        members[name] = to_json(compute(value, visit) if compute else getattr(value, name), visit)
    return members


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return b64encode(value).decode()
