"""Assumptions are switched when a sandbox is created and while it runs, by one mechanism."""

from __future__ import annotations

import json

import pytest

from cronofy_async.sandbox import Sandbox

from .support import NOW, Json, at, call, create, group, period


async def status_of_a_wrong_kind(sandbox: Sandbox) -> int:
    return (await call(sandbox, "GET", "/v1/userinfo")).status


async def test_an_assumption_is_switched_while_the_sandbox_runs() -> None:
    sandbox = Sandbox(now=NOW)
    assert await status_of_a_wrong_kind(sandbox) == 403

    sandbox.assume("wrong_kind_is_forbidden", False)
    assert await status_of_a_wrong_kind(sandbox) == 401
    sandbox.assume("wrong_kind_is_forbidden", False)
    sandbox.assume("wrong_kind_is_forbidden", True)
    assert await status_of_a_wrong_kind(sandbox) == 403


async def test_availability_uses_the_same_switches() -> None:
    sandbox = Sandbox(now=NOW)
    ada = sandbox.add_account("ada@example.com")
    query = {
        "participants": [group(ada)],
        "required_duration": {"minutes": 60},
        "available_periods": [period(at(9, 10), at(12))],
        "response_format": "slots",
    }

    async def first() -> str:
        reply = await call(sandbox, "POST", "/v1/availability", query)
        start: str = reply.json["available_slots"][0]["start"]
        return start

    before = await first()
    sandbox.assume("slots_align_to_midnight", False)
    assert await first() != before


async def test_an_assumed_rule_is_switched() -> None:
    sandbox = Sandbox(now=NOW)
    ada = sandbox.add_account("ada@example.com")
    event: Json = {"event_id": "e", "summary": "s", "tzid": "Etc/UTC", "attendees": {"invite": []}}
    sandbox.assume("attendees_of_single_only", False)
    assert await create(sandbox, ada, event=event)


def test_an_unknown_name_is_rejected_in_both_ways() -> None:
    for attempt in (
        lambda: Sandbox(assume={"wrong_kind": False}),
        lambda: Sandbox().assume("wrong_kind", False),
    ):
        with pytest.raises(ValueError, match=r"no assumption 'wrong_kind'\. Did you mean wrong_kind_is_forbidden\?"):
            attempt()


async def test_a_reset_and_a_restored_snapshot_undo_switches() -> None:
    sandbox = Sandbox(now=NOW, assume={"wrong_kind_is_forbidden": False})
    document = json.loads(json.dumps(sandbox.snapshot()))
    for undo in (sandbox.reset, lambda: sandbox.restore(document)):
        sandbox.assume("wrong_kind_is_forbidden", True)
        sandbox.assume("codes_expire", False)
        undo()
        assert await status_of_a_wrong_kind(sandbox) == 401
        assert sandbox.runtime.assumes("codes_expire")


def test_a_running_sandbox_switches_assumptions() -> None:
    with Sandbox.running(now=NOW) as sandbox:
        sandbox.assume("codes_expire", False)
        assert sandbox.run(lambda inner: inner.runtime.assumes("codes_expire")) is False
