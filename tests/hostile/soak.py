"""Poll 100,000 links while one response in twenty is hostile, and fail unless memory, tasks, sockets, and permits stay flat.

::

    python -m tests.hostile.soak

The server runs in a process of its own, on loopback. It goes through the table of responses, apart from large ones and those
that end a poll (401, 402, and 403). The limits of the rate are far above Cronofy's, so that a run takes some two minutes; the limiter
keeps a number for each request of the last minute, so memory counts from half of the run on.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from cronofy_async import CronofyClient, Forbidden, PaymentRequired, RateLimit, RetryPolicy, Timeout, Unauthorized
from cronofy_async._clock import LoopClock
from cronofy_async.polling import Polled
from cronofy_async.transports.aiohttp import AiohttpTransport

from .calls import LINK, QuickLimiter, body_of
from .server import Received, Script, Server, Step, reply
from .table import RESPONSES

__all__ = ["Figures", "problems", "soak"]

LIMIT: Final = RateLimit(per_second=5_000, per_minute=60_000)
CONCURRENCY: Final = 64
HOSTILE: Final = 20
#: Larger responses, in bytes, would measure the memory that the allocator keeps rather than that of the client.
SMALL: Final = 2**16
#: The errors that end a poll.
FATAL: Final = {Unauthorized, PaymentRequired, Forbidden}
ROOT: Final = Path(__file__).parents[2]
#: The bytes by which memory may grow in the second half of a run.
GROWTH: Final = 2 * 2**20


@attrs.frozen
class Figures:
    """The resources of a client at one time.

    Attributes:
        polls: The outcomes so far.
        memory: The resident memory of the process in bytes.
        objects: The objects that the garbage collector knows.
        tasks: The tasks of the event loop.
        files: The open files of the process, most of which are sockets.
        permits: The permits of requests that are in flight.
    """

    polls: int
    memory: int
    objects: int
    tasks: int
    files: int
    permits: int

    def __str__(self) -> str:
        return (
            f"{self.polls:>9,}  {self.memory / 2**20:>6.1f} MiB  {self.objects:>8,}  {self.tasks:>5}  {self.files:>5}"
            f"  {self.permits:>7}"
        )


HEADER: Final = f"{'polls':>9}  {'memory':>10}  {'objects':>8}  {'tasks':>5}  {'files':>5}  {'permits':>7}"


def measure(polls: int, limiter: QuickLimiter) -> Figures:
    gc.collect()
    return Figures(
        polls,
        _resident(),
        len(gc.get_objects()),
        len(asyncio.all_tasks()),
        len(list(Path("/dev/fd").iterdir())),
        limiter.in_flight,
    )


def _resident() -> int:
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]  # Linux
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: the peak, in bytes
    return int(pages) * resource.getpagesize()


# ---------------------------------------------------------------------------------------------------------------------
# The server


def _responses(received: Received, number: int, hostile: Iterator[str]) -> Iterable[Step]:
    link = {**LINK["real_time_scheduling"], "real_time_scheduling_id": received.target.rpartition("/")[2]}
    body = body_of({"real_time_scheduling": link})
    return [reply(body)] if number % HOSTILE else RESPONSES[next(hostile)].steps(body)


def _small_responses() -> Iterator[str]:
    for name, response in RESPONSES.items():
        steps = response.steps(body_of(LINK))
        is_small = isinstance(steps, list) and sum(len(step) for step in steps if isinstance(step, bytes)) <= SMALL
        if is_small and response.at == "request" and response.outcome not in FATAL:
            yield name


async def _serve() -> None:
    hostile, numbers = itertools.cycle(_small_responses()), itertools.count(1)
    async with Server(Script(lambda received: _responses(received, next(numbers), hostile))) as server:
        print(server.url, flush=True)  # noqa: T201 - the parent process reads it
        await asyncio.Event().wait()


@contextmanager
def served() -> Generator[str]:
    """Run the server in another process, and yield its URL."""
    command = [sys.executable, "-m", "tests.hostile.soak", "--serve"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


# ---------------------------------------------------------------------------------------------------------------------
# The client


async def soak(url: str, polls: int, console: Console) -> list[Figures]:
    """Poll as many links, and return the figures at ten checkpoints, and after the client was closed."""
    limiter = QuickLimiter(LIMIT, LoopClock())
    counts: Counter[str] = Counter()
    figures: list[Figures] = []
    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console.print(HEADER)
    with Progress(*columns, console=console, transient=True) as progress:
        shown = progress.add_task("polls", total=polls)
        async with (
            AiohttpTransport(max_response=2**20) as transport,
            CronofyClient(
                client_secret="secret",
                base_url=url,
                transport=transport,
                rate_limit=limiter,
                retry=RetryPolicy(base=0.01, cap=0.1, max_retry_after=0.1),
                timeout=Timeout(attempt=1, total=10),
            ) as cronofy,
            cronofy.real_time_scheduling.poll(_ids(polls), concurrency=CONCURRENCY) as outcomes,
        ):
            done = 0
            async for outcome in outcomes:
                done += 1
                counts["results" if isinstance(outcome, Polled) else type(outcome.error).__name__] += 1
                if isinstance(outcome, Polled) and outcome.link.id != outcome.item:
                    raise AssertionError(f"{outcome.item}: got the status of {outcome.link.id}")
                progress.advance(shown)
                if done % (polls // 10) == 0:
                    figures.append(measure(done, limiter))
                    console.print(str(figures[-1]))
        assert done == polls
    figures.append(measure(done, limiter))
    console.print(f"{figures[-1]}  after closing")
    console.print(", ".join(f"{count:,} {name}" for name, count in counts.most_common()))
    return figures


def _ids(polls: int) -> Iterator[str]:
    return (f"sch_{number:024x}" for number in range(polls))


def problems(figures: list[Figures], *, growth: int = GROWTH) -> list[str]:
    """Return a message for each figure of ``soak`` that grows."""
    *checkpoints, last = figures
    half, *later = checkpoints[len(checkpoints) // 2 - 1 :]
    messages: list[str] = []
    messages += [f"memory grew: {entry}" for entry in later if entry.memory > half.memory + growth]
    messages += [f"more tasks: {entry}" for entry in later if entry.tasks > half.tasks]
    messages += [
        f"more files than connections: {entry}" for entry in checkpoints if entry.files > last.files + CONCURRENCY
    ]
    messages += [f"more permits than requests: {entry}" for entry in checkpoints if entry.permits > CONCURRENCY]
    if last.permits or last.tasks > 1:
        messages.append(f"left after closing: {last}")
    return messages


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.hostile.soak", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--polls", type=int, default=100_000, help="how many links to poll (default: 100,000)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(_serve())
        return 0
    console = Console()
    with served() as url:
        messages = problems(asyncio.run(soak(url, options.polls, console)))
    console.print("\n".join(messages) or "flat")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
