"""Availability rules: the weekly working hours of an account.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability-rules/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.availability_rules import (
    AvailabilityRule,
    AvailabilityRuleList,
    RulePeriod,
    WeeklyPeriod,
    check_availability_rule,
)
from ..times import AnyTimeZone
from .base import Resource, delete, get, post

__all__ = ["AvailabilityRules"]

_RULES: Final = "/v1/availability_rules"
_RULE: Final = f"{_RULES}/{{availability_rule_id}}"
_ENVELOPE: Final = "availability_rule"
_NAMES: Final = {"rule": "availability_rule_id"}

UPSERT: Final = post(
    "availability_rules.upsert",
    _RULES,
    AvailabilityRule,
    auth={"account"},
    envelope=_ENVELOPE,
    idempotent=True,
    check=check_availability_rule,
)
LIST: Final = get("availability_rules.list", _RULES, AvailabilityRuleList, auth={"account"})
READ: Final = get(
    "availability_rules.read", _RULE, AvailabilityRule, auth={"account"}, envelope=_ENVELOPE, names=_NAMES
)
DELETE: Final = delete("availability_rules.delete", _RULE, auth={"account"}, names=_NAMES)


class AvailabilityRules(Resource):
    """Store and read the weekly working hours of an account.

    A query applies them to members with ``managed_availability``. Open links follow later changes.
    """

    __slots__ = ()

    @returns_call
    def upsert(
        self,
        *,
        availability_rule_id: str,
        tzid: AnyTimeZone,
        weekly_periods: Sequence[WeeklyPeriod | RulePeriod | Json],
        calendar_ids: Sequence[str] | Unset = UNSET,
    ) -> Call[AvailabilityRule]:
        """Create a rule, or replace the one with the same ID.

        Args:
            availability_rule_id: Your ID of the rule: up to 64 ASCII characters.
            tzid: The time zone of the weekly periods.
            weekly_periods: The working hours. A day may have several periods.
            calendar_ids: The calendars that are checked for busy times. By default, all calendars of the account.

        Raises:
            ValueError: The ID, a day or a time is invalid, or ``calendar_ids`` is empty.
            PaymentRequired: The application's plan does not include availability rules.
            ValidationFailed: Cronofy rejected a member.

        Example::

            await account.availability_rules.upsert(
                availability_rule_id="office",
                tzid="Europe/Berlin",
                weekly_periods=[WeeklyPeriod("tuesday", "08:30", "12:00")],
            )

        Docs: https://docs.cronofy.com/developers/api/scheduling/availability-rules/upsert-availability-rule/
        """
        return self._call(UPSERT, locals())

    @returns_call
    def list(self) -> Call[AvailabilityRuleList]:
        """Return all rules of the account.

        Example::

            for rule in await account.availability_rules.list():
                print(rule.availability_rule_id, rule.tzid)

        Docs: https://docs.cronofy.com/developers/api/scheduling/availability-rules/list-availability-rules/
        """
        return self._call(LIST, locals())

    @returns_call
    def read(self, rule: str | AvailabilityRule) -> Call[AvailabilityRule]:
        """Return a rule.

        Args:
            rule: The rule, or its ID.

        Raises:
            ValueError: The ID is empty.
            NotFound: There is no such rule.

        Example::

            rule = await account.availability_rules.read("office")
            print(rule.weekly_periods)

        Docs: https://docs.cronofy.com/developers/api/scheduling/availability-rules/read-availability-rule/
        """
        return self._call(READ, locals())

    @returns_call
    def delete(self, rule: str | AvailabilityRule) -> Call[None]:
        """Delete a rule.

        Args:
            rule: The rule, or its ID.

        Raises:
            ValueError: The ID is empty.

        Example::

            await account.availability_rules.delete("office")

        Docs: https://docs.cronofy.com/developers/api/scheduling/availability-rules/delete-availability-rule/
        """
        return self._call(DELETE, locals())
