"""Delayed effects after a 202, and snapshots, which include pending effects."""

from __future__ import annotations

import json
import logging

import pytest

from cronofy_async.sandbox.kernel.area import Runtime

from .small import PUT, Note, make_kernel, registry, send, writing_registry


async def test_without_a_delay_a_202_takes_effect_immediately() -> None:
    kernel = make_kernel(PUT, writing_registry())

    assert (await send(kernel, "POST", "/v1/put", {"text": "a"})).status == 202

    assert list(kernel.state.table(Note)) == ["a"]


async def test_a_202_takes_effect_after_the_delay() -> None:
    kernel = make_kernel(PUT, writing_registry(), write_delay=5)
    await send(kernel, "POST", "/v1/put", {"text": "a"})
    kernel.clock.advance(4)
    await send(kernel, "POST", "/v1/put", {"text": "b"})
    assert list(kernel.state.table(Note)) == []

    kernel.clock.advance(1)
    assert list(kernel.state.table(Note)) == ["a"]
    kernel.clock.advance(4)
    assert list(kernel.state.table(Note)) == ["a", "b"]


async def test_an_effect_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    kernel = make_kernel(PUT, writing_registry(), write_delay=5)
    for text in ("fail", "a"):
        await send(kernel, "POST", "/v1/put", {"text": text})

    with caplog.at_level(logging.ERROR, "cronofy_async.sandbox"):
        kernel.clock.advance(5)

    assert list(kernel.state.table(Note)) == ["a"]
    assert "the effect small.write failed" in caplog.text


async def test_reset_discards_pending_effects() -> None:
    kernel = make_kernel(PUT, writing_registry(), write_delay=5)
    await send(kernel, "POST", "/v1/put", {"text": "a"})

    kernel.reset()
    kernel.clock.advance(5)

    assert list(kernel.state.table(Note)) == []


def test_an_effect_is_registered_and_its_arguments_are_json() -> None:
    new_registry = writing_registry()
    runtime = make_kernel(PUT, new_registry).runtime

    def anything(runtime: Runtime) -> None: ...

    with pytest.raises(LookupError, match="anything: not registered as an effect"):
        runtime.later(anything)
    with pytest.raises(TypeError, match="not JSON serializable"):
        runtime.later(new_registry.effects["small.write"], text=object())


# Snapshots.


async def test_a_snapshot_is_one_json_document_with_pending_effects() -> None:
    kernel = make_kernel(PUT, writing_registry(), write_delay=5)
    ada = kernel.state.add_account("ada@example.com", "Ada", calendars=2)
    kernel.state.write_event(ada.sub, ada.calendar_id, {"summary": "x"}, kernel.clock.now(), kernel.clock.now())
    kernel.clock.advance(60)
    await send(kernel, "POST", "/v1/put", {"text": "done"})
    kernel.clock.advance(5)
    await send(kernel, "POST", "/v1/put", {"text": "pending"})
    kernel.faults.add("callback", hold=True, times=1)
    for number in range(2):
        kernel.runtime.notify("https://app.example.com/hook", {"number": number})

    document = json.loads(json.dumps(kernel.snapshot()))
    other = make_kernel(PUT, writing_registry(), write_delay=5)
    seen: list[int] = []
    other.callbacks.mount("https://app.example.com", lambda delivery: seen.append(delivery.json["number"]))
    other.restore(document)

    assert other.clock.now() == kernel.clock.now()
    assert json.loads(json.dumps(other.snapshot())) == document
    restored = other.state.by_access_token(ada.access_token)
    assert restored is not None
    assert restored.events == ada.events
    assert other.state.by_refresh_token(ada.refresh_token) is restored
    assert other.state.new_id("x") == kernel.state.new_id("x")
    assert list(other.state.table(Note)) == ["done"]
    other.clock.advance(5)
    assert list(other.state.table(Note)) == ["done", "pending"]
    await other.callbacks.wait()
    assert seen == [0, 1]
    await kernel.callbacks.aclose()


async def test_a_held_callback_survives_a_snapshot() -> None:
    kernel = make_kernel({}, registry())
    kernel.faults.add("callback", hold=True, times=1)
    await kernel.callbacks.send("https://app.example.com/hook", {"number": 0})

    other = make_kernel({}, registry())
    seen: list[int] = []
    other.callbacks.mount("https://app.example.com", lambda delivery: seen.append(delivery.json["number"]))
    other.restore(json.loads(json.dumps(kernel.snapshot())))
    await other.callbacks.send("https://app.example.com/hook", {"number": 1})

    assert seen == [1, 0]


def test_an_invalid_snapshot_changes_nothing() -> None:
    kernel = make_kernel({}, registry())
    kernel.state.add_account("ada@example.com", "Ada")

    with pytest.raises(ValueError, match="version: must be 1, got None"):
        kernel.restore({})

    assert len(kernel.state.accounts) == 1
