"""Availability rules, which queries apply to members with ``managed_availability``.

They are kept when a user revokes the authorization.

Docs: https://docs.cronofy.com/developers/api/scheduling/availability-rules/
"""

from __future__ import annotations

from typing import Any

from ..kernel.area import Context, Runtime, SandboxResponse, accepted, assumption, effect, not_found, ok, operation
from ..kernel.availability.managed import CROSS_MIDNIGHT, AvailabilityRule, WeeklyPeriod

__all__: list[str] = []

assumption(
    CROSS_MIDNIGHT,
    "A weekly period whose end is not after its start ends on the next day. Otherwise it allows no time.",
)


@operation("availability_rules.upsert")
def upsert(context: Context) -> SandboxResponse:
    """Store a rule, in place of the one with the same ID."""
    body = context.body
    rule = AvailabilityRule(
        sub=context.account.sub,
        availability_rule_id=body["availability_rule_id"],
        tzid=body["tzid"],
        calendar_ids=body.get("calendar_ids"),
        weekly_periods=[
            WeeklyPeriod(day=period["day"], start_time=period["start_time"], end_time=period["end_time"])
            for period in body["weekly_periods"]
        ],
    )
    context.state.table(AvailabilityRule)[_key(context, rule.availability_rule_id)] = rule
    return ok({"availability_rule": _render(rule)})


@operation("availability_rules.list")
def list_rules(context: Context) -> SandboxResponse:
    """Return all rules of the account."""
    rules = context.state.table(AvailabilityRule).values()
    return ok({"availability_rules": [_render(rule) for rule in rules if rule.sub == context.account.sub]})


@operation("availability_rules.read")
def read(context: Context) -> SandboxResponse:
    """Return a rule."""
    rule = context.state.table(AvailabilityRule).get(_key(context, context.path["availability_rule_id"]))
    return not_found() if rule is None else ok({"availability_rule": _render(rule)})


@operation("availability_rules.delete")
def delete(context: Context) -> SandboxResponse:
    """Delete a rule."""
    key = _key(context, context.path["availability_rule_id"])
    if key not in context.state.table(AvailabilityRule):
        return not_found()
    context.later(forget, key=key)
    return accepted()


@effect("availability_rules.forget")
def forget(runtime: Runtime, key: str) -> None:
    """Delete a rule, if it still exists."""
    runtime.state.table(AvailabilityRule).pop(key, None)


def _key(context: Context, availability_rule_id: str) -> str:
    return f"{context.account.sub}/{availability_rule_id}"


def _render(rule: AvailabilityRule) -> dict[str, Any]:
    rendered: dict[str, Any] = {"availability_rule_id": rule.availability_rule_id, "tzid": rule.tzid}
    if rule.calendar_ids is not None:
        rendered["calendar_ids"] = rule.calendar_ids
    weekly = [
        {"day": period.day, "start_time": period.start_time, "end_time": period.end_time}
        for period in rule.weekly_periods
    ]
    return rendered | {"weekly_periods": weekly}
