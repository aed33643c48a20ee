"""``python -m benchmarks.picture docs/freshness.svg``: draw the delay until an answer is seen, by the request limit.

The simulation is that of the benchmark ``freshness``, at several limits. It takes about five minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from cronofy_async.polling._schedule import Schedule

from .freshness import LOG_NORMAL, RoundRobin, Scenario, least_delay

#: Requests a minute.
LIMITS: Final = (60, 125, 250, 500, 1000, 2000)
#: The label of each line, and its color in light and in dark mode.
LINES: Final = {
    "round robin": ("round robin", "#8250df", "#b392f0"),
    "watcher": ("watcher", "#0969da", "#58a6ff"),
    "possible": ("optimum (dashed)", "#d1590a", "#ffa657"),
    "webhooks": ("watcher, 95% webhooks", "#1a7f37", "#3fb950"),
}

WIDTH: Final = 780
HEIGHT: Final = 440
LEFT, RIGHT, TOP, BOTTOM = 76, 580, 56, 384
SECONDS: Final = {1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h", 14400: "4 h"}
LEAST, MOST = 1, 14400

STYLE: Final = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.quiet { fill: #57606a }
.panel { fill: #fff }
.grid { stroke: #d8dee4 }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
.watcher.line { stroke-width: 5 }
.possible.line { stroke-width: 2; stroke-dasharray: 6 6; stroke-linecap: butt }
"""
DARK: Final = """\
text { fill: #e6edf3 }
.quiet { fill: #9ba6b2 }
.panel { fill: #1c2027 }
.grid { stroke: #353c46 }
"""


def measure(limit: int) -> dict[str, float]:
    """Return the mean delay for each line, with 20,000 open links."""
    scale = 0.1 * min(1.0, 500 / limit)  # no run takes longer than that of the benchmark
    scenario = Scenario.of(LOG_NORMAL, scale, 14.0, rate=limit / 60)
    return {
        "round robin": scenario.delays(RoundRobin()).mean,
        "watcher": scenario.delays(Schedule()).mean,
        "possible": least_delay(scenario, hooks=False, quick=False),
        "webhooks": scenario.delays(Schedule(), hooks=True).mean,
    }


def _across(limit: float) -> float:
    return LEFT + (RIGHT - LEFT) * math.log(limit / LIMITS[0]) / math.log(LIMITS[-1] / LIMITS[0])


def _down(delay: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * math.log(delay / LEAST) / math.log(MOST / LEAST)


def _spread(heights: Mapping[str, float], least: float) -> dict[str, float]:
    """Return the positions of the labels from top to bottom, at least ``least`` apart."""
    positions: dict[str, float] = {}
    lowest = -math.inf
    for name in sorted(heights, key=lambda name: heights[name]):
        positions[name] = lowest = max(heights[name], lowest + least)
    return positions


def draw(delays: Sequence[Mapping[str, float]]) -> str:
    """Return the picture as SVG, with its own background, so that it is readable on light and dark pages."""
    return "\n".join(_draw(delays)) + "\n"


def _draw(delays: Sequence[Mapping[str, float]]) -> Iterator[str]:
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title">'
    yield '<title id="title">The delay until an answer is seen, by the requests a minute</title>'
    light = "".join(_color(name, colors[0]) for name, (_, *colors) in LINES.items())
    dark = "".join(_color(name, colors[1]) for name, (_, *colors) in LINES.items())
    yield f"<style>\n{STYLE}{light}@media (prefers-color-scheme: dark) {{\n{DARK}{dark}}}\n</style>"
    yield f'<rect class="panel" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
    yield '<text class="title" x="20" y="30">Mean time until an answer is seen, with 20,000 open links</text>'
    for seconds, text in SECONDS.items():
        down = _down(seconds)
        yield f'<path class="grid" d="M{LEFT} {down:.1f}H{RIGHT}"/>'
        yield f'<text class="quiet" x="{LEFT - 10}" y="{down + 4:.1f}" text-anchor="end">{text}</text>'
    for limit in LIMITS:
        across = _across(limit)
        yield f'<path class="grid" d="M{across:.1f} {TOP}V{BOTTOM}"/>'
        yield f'<text class="quiet" x="{across:.1f}" y="{BOTTOM + 20}" text-anchor="middle">{limit:,}</text>'
    middle = (LEFT + RIGHT) / 2
    yield f'<text class="quiet" x="{middle:.0f}" y="{BOTTOM + 42}" text-anchor="middle">requests a minute</text>'
    positions = _spread({name: _down(delays[-1][name]) for name in LINES}, 18)
    for name, (label, *_) in LINES.items():
        points = " ".join(
            f"{_across(limit):.1f},{_down(delay[name]):.1f}" for limit, delay in zip(LIMITS, delays, strict=True)
        )
        yield f'<polyline class="{name.replace(" ", "-")} line" points="{points}"/>'
        yield f'<text class="{name.replace(" ", "-")}" x="{RIGHT + 10}" y="{positions[name] + 4:.1f}">{label}</text>'
    yield "</svg>"


def _color(name: str, color: str) -> str:
    css_class = name.replace(" ", "-")
    return f".{css_class} {{ fill: {color} }}\n.{css_class}.line {{ fill: none; stroke: {color} }}\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.picture", description=__doc__)
    parser.add_argument("file", type=Path, help="the SVG to write")
    parser.add_argument("--figures", type=Path, help="the file of the figures: read if it exists, otherwise written")
    options = parser.parse_args()
    if options.figures is not None and options.figures.exists():
        delays: list[dict[str, float]] = json.loads(options.figures.read_text("utf-8"))
    else:
        with ProcessPoolExecutor() as pool:
            delays = list(pool.map(measure, LIMITS))
        if options.figures is not None:
            options.figures.write_text(json.dumps(delays), "utf-8")
    for limit, delay in zip(LIMITS, delays, strict=True):
        print(f"{limit:6,} a minute: " + ", ".join(f"{name} {seconds:,.0f} s" for name, seconds in delay.items()))
    options.file.write_text(draw(delays), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
