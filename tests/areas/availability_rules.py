"""Examples of availability rules."""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cronofy_async.client import CronofyAccount
from cronofy_async.models import AvailabilityRule, AvailabilityRuleList, RulePeriod, WeeklyPeriod

from .example import EXTRA, Example, ModelExample, answering

PERIODS = (
    RulePeriod(day="monday", start_time="09:30", end_time="12:30"),
    RulePeriod(day="wednesday", start_time="09:30", end_time="12:30"),
)
RULE = AvailabilityRule(
    availability_rule_id="default",
    tzid="America/Chicago",
    calendar_ids=("cal_n23kjnwrw2_jsdfjksn234",),
    weekly_periods=PERIODS,
)
RULE_JSON: dict[str, Any] = {
    "availability_rule_id": "default",
    "tzid": "America/Chicago",
    "calendar_ids": ["cal_n23kjnwrw2_jsdfjksn234"],
    "weekly_periods": [
        {"day": "monday", "start_time": "09:30", "end_time": "12:30"},
        {"day": "wednesday", "start_time": "09:30", "end_time": "12:30"},
    ],
}

EXAMPLES = [
    Example(
        endpoint="availability_rules.upsert",
        call=lambda client: client.account(access_token="token").availability_rules.upsert(
            availability_rule_id="default",
            tzid=ZoneInfo("America/Chicago"),
            calendar_ids=["cal_n23kjnwrw2_jsdfjksn234"],
            weekly_periods=[WeeklyPeriod("monday", "09:30", time(12, 30)), PERIODS[1]],
        ),
        request="POST /v1/availability_rules",
        json=RULE_JSON,
        response={"availability_rule": RULE_JSON},
        result=RULE,
    ),
    Example(
        endpoint="availability_rules.list",
        call=lambda client: client.account(access_token="token").availability_rules.list(),
        request="GET /v1/availability_rules",
        response={
            "availability_rules": [RULE_JSON, {"availability_rule_id": "none", "tzid": "Etc/UTC", "weekly_periods": []}]
        },
        result=AvailabilityRuleList(
            availability_rules=(RULE, AvailabilityRule(availability_rule_id="none", tzid="Etc/UTC"))
        ),
    ),
    Example(
        endpoint="availability_rules.list",
        title="without an envelope",
        call=lambda client: client.account(access_token="token").availability_rules.list(),
        request="GET /v1/availability_rules",
        response=[RULE_JSON],
        result=AvailabilityRuleList(availability_rules=(RULE,)),
        in_contract=False,
    ),
    Example(
        endpoint="availability_rules.read",
        call=lambda client: client.account(access_token="token").availability_rules.read("default"),
        request="GET /v1/availability_rules/default",
        response={"availability_rule": RULE_JSON},
        result=RULE,
    ),
    Example(
        endpoint="availability_rules.read",
        title="without the envelope, as in some copies of the docs",
        call=lambda client: client.account(access_token="token").availability_rules.read(RULE),
        request="GET /v1/availability_rules/default",
        response=RULE_JSON,
        result=RULE,
        in_contract=False,
    ),
    Example(
        endpoint="availability_rules.delete",
        call=lambda client: client.account(access_token="token").availability_rules.delete("my rule"),
        request="DELETE /v1/availability_rules/my%20rule",
        status=202,
        response=None,
        result=None,
    ),
]

MODELS: list[ModelExample] = [
    (WeeklyPeriod("monday", "09:30", "24:00"), {"day": "monday", "start_time": "09:30", "end_time": "24:00"}),
    (PERIODS[0], RULE_JSON["weekly_periods"][0]),
    (
        AvailabilityRule(
            availability_rule_id="a", tzid="Etc/UTC", calendar_ids=("cal_1",), weekly_periods=PERIODS[:1], extra=EXTRA
        ),
        {
            "availability_rule_id": "a",
            "tzid": "Etc/UTC",
            "calendar_ids": ["cal_1"],
            "weekly_periods": RULE_JSON["weekly_periods"][:1],
            **EXTRA,
        },
    ),
    (AvailabilityRuleList(availability_rules=(RULE,)), {"availability_rules": [RULE_JSON]}),
]


def test_a_list_can_be_iterated_over() -> None:
    assert list(AvailabilityRuleList(availability_rules=(RULE,))) == [RULE]


@pytest.fixture
def account() -> CronofyAccount:
    return answering({})[0].account(access_token="token")


MONDAY = {"day": "monday", "start_time": "09:00", "end_time": "17:00"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"availability_rule_id": ""}, "availability_rule_id: must be 1 to 64 ASCII characters, got ''"),
        ({"availability_rule_id": "é"}, "availability_rule_id: must be 1 to 64 ASCII"),
        ({"availability_rule_id": "a" * 65}, "availability_rule_id: must be 1 to 64 ASCII"),
        ({"calendar_ids": []}, "calendar_ids: must not be empty. Leave it out for all calendars."),
        (
            {"weekly_periods": [MONDAY, MONDAY | {"day": "Monday"}]},
            r"weekly_periods\[1\].day: must be one of sunday, .*, got 'Monday'",
        ),
        (
            {"weekly_periods": [MONDAY | {"start_time": "9:00"}]},
            r"weekly_periods\[0\].start_time: must be a time such as 09:30, got '9:00'",
        ),
        ({"weekly_periods": [MONDAY | {"end_time": "24:30"}]}, r"weekly_periods\[0\].end_time: .*, got '24:30'"),
        ({"weekly_periods": [MONDAY | {"end_time": None}]}, r"weekly_periods\[0\].end_time: .*, got None"),
    ],
)
def test_an_invalid_rule_is_not_sent(account: CronofyAccount, changes: dict[str, Any], message: str) -> None:
    arguments: Any = {"availability_rule_id": "a", "tzid": "Etc/UTC", "weekly_periods": [MONDAY]} | changes

    with pytest.raises(ValueError, match=message):
        _ = account.availability_rules.upsert(**arguments)


def test_a_period_that_is_not_an_object_is_not_checked(account: CronofyAccount) -> None:
    periods: Any = ["monday"]

    account.availability_rules.upsert(availability_rule_id="a", tzid="Etc/UTC", weekly_periods=periods).close()
