"""The CPU time of importing the package in fresh interpreters, compared with ``import aiohttp``.

Each round starts one interpreter per row, one after the other. The values are medians of the CPU time of the import itself,
and the ratios are medians of the ratios in each round.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cronofy_async

from .report import Row

TITLE = "CPU time of an import in a fresh interpreter"

GOAL = 1.30

PEER = "aiohttp"
OURS = "cronofy_async"
IMPORTS = {
    PEER: "import aiohttp",
    OURS: "import cronofy_async",
    f"{OURS} and its default transport": "import cronofy_async.transports.aiohttp",
}
MEASURE = "import time; begun = time.process_time(); {}; print(time.process_time() - begun)"


def _seconds(statement: str) -> float:
    command = [sys.executable, "-c", MEASURE.format(statement)]
    folder = Path(cronofy_async.__file__).parents[1]  # so that all interpreters find the same package
    return float(subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout)


def run(*, quick: bool) -> Sequence[Row]:
    for statement in IMPORTS.values():
        _seconds(statement)  # writes the bytecode
    rounds = [{name: _seconds(statement) for name, statement in IMPORTS.items()} for _ in range(3 if quick else 25)]
    rows: list[Row] = []
    for name in IMPORTS:
        value = statistics.median(times[name] for times in rounds) * 1000
        if name == PEER:
            rows.append(Row(label=name, value=value, unit="ms"))
        else:
            ratio = statistics.median(times[name] / times[PEER] for times in rounds)
            met = ratio <= GOAL
            rows.append(Row(label=name, value=value, unit="ms", ratio=ratio, goal=f"<= {GOAL}", met=met))
    return rows
