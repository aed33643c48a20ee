"""Availability rules: the weekly working hours of an account.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability-rules/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from typing import ClassVar, Final, Literal, TypeAlias

import attrs

from .._json import Json, is_array, is_object
from .base import RequestModel, ResponseModel

__all__ = ["AvailabilityRule", "AvailabilityRuleList", "RulePeriod", "WeeklyPeriod"]

DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

Day: TypeAlias = Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def _as_time(value: str | time) -> str:
    return f"{value:%H:%M}" if isinstance(value, time) else value


@attrs.frozen
class WeeklyPeriod(RequestModel):
    """Working hours on a day of the week. A day may have several.

    Args:
        day: The day, in lower case, such as ``monday``.
        start_time: The start, such as ``"09:30"``, in the zone of the rule. A ``datetime.time`` is allowed.
        end_time: The end.
    """

    day: Day | str
    start_time: str = attrs.field(converter=_as_time)
    end_time: str = attrs.field(converter=_as_time)


@attrs.frozen(kw_only=True)
class RulePeriod(ResponseModel):
    """Working hours on a day of the week, as stored. Times are ``HH:MM``."""

    day: Day | str
    start_time: str
    end_time: str


@attrs.frozen(kw_only=True)
class AvailabilityRule(ResponseModel):
    """An availability rule.

    Attributes:
        availability_rule_id: Your ID of the rule.
        tzid: The time zone of the weekly periods.
        calendar_ids: The calendars that are checked for busy times; empty if the rule names none.
        weekly_periods: The working hours.
    """

    availability_rule_id: str
    tzid: str
    calendar_ids: tuple[str, ...] = ()
    weekly_periods: tuple[RulePeriod, ...] = ()


@attrs.frozen(kw_only=True)
class AvailabilityRuleList(ResponseModel):
    """The availability rules of an account. It can be iterated over."""

    ARRAY: ClassVar = "availability_rules"  # a response may be only this array, as an official SDK expects

    availability_rules: tuple[AvailabilityRule, ...]

    def __iter__(self) -> Iterator[AvailabilityRule]:
        return iter(self.availability_rules)


def check_availability_rule(rule: Json) -> None:
    """Check an availability rule against the rules that the docs state clearly.

    Args:
        rule: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    check_own_id(rule, "availability_rule_id")
    if rule.get("calendar_ids") == []:
        raise ValueError("calendar_ids: must not be empty. Leave it out for all calendars.")
    periods = rule.get("weekly_periods")
    for index, period in enumerate(periods if is_array(periods) else ()):
        if not is_object(period):
            continue
        if period.get("day") not in DAYS:
            raise ValueError(
                f"weekly_periods[{index}].day: must be one of {', '.join(DAYS)}, got {period.get('day')!r}"
            )
        for name in ("start_time", "end_time"):
            value: object = period.get(name)
            if not isinstance(value, str) or not _TIME.fullmatch(value):
                raise ValueError(f"weekly_periods[{index}].{name}: must be a time such as 09:30, got {value!r}")


def check_own_id(body: Json, name: str) -> None:
    """Check an ID that the application chooses.

    Raises:
        ValueError: It is empty, is longer than 64 characters, or contains characters other than ASCII.
    """
    value: object = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 64 or not value.isascii():
        raise ValueError(f"{name}: must be 1 to 64 ASCII characters, got {value!r}")
