"""A signal shuts a command down cleanly, and a second one ends it immediately."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import pytest
from click.testing import CliRunner

from cronofy_async.cli import verify
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.cli.interruption import Interruption

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


def handlers() -> list[Any]:
    return [signal.getsignal(number) for number, _ in SIGNALS]


@pytest.mark.parametrize(("number", "status"), SIGNALS)
def test_a_signal_before_the_run_starts(number: signal.Signals, status: int) -> None:
    before = handlers()
    with Interruption() as interruption:
        assert handlers() != before
        signal.raise_signal(number)
        pytest.fail("the command continues")
    assert interruption.status == status
    assert handlers() == before


@pytest.mark.parametrize(("number", "status"), SIGNALS)
def test_a_signal_ends_the_running_task_cleanly(number: signal.Signals, status: int) -> None:
    done: list[str] = []

    async def main() -> None:
        try:
            signal.raise_signal(number)
            done.append("the step")
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            done.append("the end")

    with Interruption() as interruption:
        interruption.run(main)
        pytest.fail("the command continues")
    assert interruption.status == status
    assert done == ["the step", "the end"]


def test_a_second_signal_exits_immediately() -> None:
    async def main() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(60)
        finally:
            signal.raise_signal(signal.SIGINT)  # the tests' own handler is Python's, which raises

    with Interruption() as interruption:
        interruption.run(main)
    assert interruption.status == 143


def test_a_cancellation_during_an_interruption_still_exits() -> None:
    """``asyncio.run`` raises the CancelledError in this case."""

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        signal.raise_signal(signal.SIGINT)
        task.cancel()
        await asyncio.sleep(60)

    with Interruption() as interruption:
        interruption.run(main)
    assert interruption.status == 130


def test_without_a_signal_the_result_is_returned() -> None:
    async def main() -> int:
        return 7

    with Interruption() as interruption:
        assert interruption.run(main) == 7
    assert interruption.status == 0


@pytest.mark.parametrize("error", [asyncio.CancelledError, KeyboardInterrupt, ValueError])
def test_errors_are_raised(error: type[BaseException]) -> None:
    async def main() -> None:
        raise error

    with pytest.raises(error), Interruption() as interruption:
        interruption.run(main)


def test_an_interrupted_command_without_results_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verify, "run", interrupt)
    result = CliRunner().invoke(cronofy_async, ["verify", "-", "--signature", "x"], input="{}")
    assert (result.exit_code, result.output) == (130, "")
