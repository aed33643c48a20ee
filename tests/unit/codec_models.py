"""Models that the tests of the codec read and write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal

import attrs

from cronofy_async._json import Json
from cronofy_async._unset import UNSET, Unset
from cronofy_async.models.base import RequestModel, ResponseModel
from cronofy_async.times import Duration, EventTime, Period, as_periods, as_required_duration, as_tzid

NOW = datetime(2030, 2, 1, 9, 30, tzinfo=UTC)
NAIVE = datetime(2030, 2, 1, 9, 30)  # noqa: DTZ001


@attrs.frozen(kw_only=True)
class Leaf(ResponseModel):
    name: str
    size: int | None = None


@attrs.frozen(kw_only=True)
class Reply(ResponseModel):
    id: str
    status: Literal["open", "closed"] | str
    mood: Literal["good"] | str | None = None
    from_: datetime | None = None
    at: EventTime | None = None
    done: bool = False
    ratio: float | None = None
    leaf: Leaf | None = None
    leaves: tuple[Leaf, ...] = ()
    free: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


@attrs.frozen(kw_only=True)
class Long(RequestModel):
    minimum: int | Unset = UNSET
    maximum: int | Unset = UNSET


@attrs.frozen(kw_only=True)
class Ask(RequestModel):
    required: Literal["all"] | int
    length: Duration | Json = attrs.field(converter=as_required_duration)
    note: str | Unset | None = UNSET
    kind: Literal["a", "b"] | str | Unset = UNSET
    leaf: Leaf | Json | Unset = UNSET
    either: Long | Duration | Json | Unset = UNSET
    names: Sequence[str] | Unset = UNSET
    leaves: Sequence[Leaf | Json] | Unset = UNSET
    groups: Mapping[str, Sequence[Leaf | Json]] | Unset = UNSET
    free: Json | Unset | None = UNSET
    when: datetime | date | str | Unset = UNSET
    periods: Sequence[Period | Json] | Unset = attrs.field(default=UNSET, converter=as_periods)
    tzid: str | Unset = attrs.field(default=UNSET, converter=as_tzid)
    from_: bool | Unset = UNSET


FULL: dict[str, Any] = {
    "id": "x",
    "status": "open",
    "mood": "good",
    "from": "2030-02-01T09:30:00Z",
    "at": {"time": "2030-02-01", "tzid": "Etc/UTC"},
    "done": True,
    "ratio": 1.5,
    "leaf": {"name": "a", "size": 1},
    "leaves": [{"name": "b"}, {"name": "c", "size": 2}],
    "free": {"anything": [None, 1]},
}
