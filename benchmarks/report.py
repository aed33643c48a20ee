"""The rows of a benchmark's result, and how they are printed."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Protocol

import attrs

__all__ = ["Benchmark", "Row", "json_reader", "print_table"]


@attrs.frozen(kw_only=True)
class Row:
    """One figure.

    Attributes:
        label: The quantity that was measured.
        value: The measured value.
        unit: The unit of the value.
        ratio: The ratio to the peer of the same run, if there is one.
        goal: The upper limit to meet, or the lower limit for shares.
        met: Whether the goal is met; ``None`` if there is none.
        note: A remark that is printed below the table.
    """

    label: str
    value: float
    unit: str
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    note: str = ""

    def as_dict(self) -> dict[str, object]:
        return attrs.asdict(self)


class Benchmark(Protocol):
    """A module of this package."""

    TITLE: str

    def run(self, *, quick: bool) -> Sequence[Row]: ...


def print_table(title: str, rows: Sequence[Row]) -> None:
    cells = [("", "", "", "ratio", "goal", "")]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
        verdict = {None: "", True: "met", False: "MISSED"}[row.met]
        cells.append((row.label, f"{row.value:,.3f}".rstrip("0").rstrip("."), row.unit, ratio, row.goal, verdict))
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    print(f"\n{title}")
    for line in cells:
        print("  " + "  ".join(_pad(text, widths[column], column) for column, text in enumerate(line)).rstrip())
    for row in rows:
        if row.note:
            print(textwrap.fill(f"{row.label}: {row.note}", 118, initial_indent="  * ", subsequent_indent="    "))
    print()


def _pad(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column in {1, 3} else text.ljust(width)


def json_reader() -> str:
    """Return the name of the JSON parser that the SDK uses here: ``orjson`` comes with the extra ``speed``."""
    return "json" if find_spec("orjson") is None else "orjson"
