"""``cronofy-async poll``: write the status of many links to a file that a later run resumes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..bulk import Failed
from .common import one_line
from .links_run import LinksRun, run_links
from .live_display import Counts


def run(*, concurrency: int | None, **options: Any) -> int:
    """Request the status of all links in a file once, and return the exit status."""

    async def poll(links_run: LinksRun) -> None:
        outcomes = links_run.poll(links_run.items, concurrency)
        links_run.is_paused = lambda: outcomes.is_paused
        links_run.note = lambda: f"About {time_left(links_run.counts, links_run.rate)} left."
        async with outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Failed):
                    links_run.write(outcome.item, None, one_line(outcome.error))
                else:
                    links_run.write(outcome.item, outcome.link)

    return run_links(poll, **options)


def time_left(counts: Counts, rate: float) -> timedelta:
    """Estimate the time until all links are done, at the rate so far, but at most ``rate`` links a second."""
    so_far = counts.done / max(counts.seconds, 0.001)
    return timedelta(seconds=round(counts.remaining / min(so_far or rate, rate)))
