"""What ``cronofy-async watch`` shows, as text."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cronofy_async.cli import board as module
from cronofy_async.cli.board import Board, Situation, Told

ID = "sch_64b1859e8090ea21640c915f"
START = "2030-01-07 10:00 GMT"
AT = datetime(2029, 12, 24, 12, 3, 4)  # noqa: DTZ001 - as clocks on the wall show it


def situation(**other: Any) -> Situation:
    facts: dict[str, Any] = {
        "name": "links.csv",
        "links": 20_000,
        "counts": {"open": 19_938, "completed": 60, "failed": 0},
        "seconds": 3601.4,
        "used": 123,
        "budget": 400,
        "interval": 3000.0,
    }
    return Situation(**facts | other)


def shown(now: Situation, *told: Told, width: int = 80, height: int = 30) -> list[str]:
    """The lines of the table, without colours, in which the rest of a bar is blank."""
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None, force_terminal=True)
    board = Board(console, is_shown=True)
    for one in told:
        board.tell(one)
    with console.capture() as capture:
        console.print(board.table(now))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_the_table() -> None:
    assert shown(situation(), Told(ID, "completed", START, AT), Told("line 7", "failed", "what is wrong", AT)) == [
        "links.csv: 60 of 20,000 links have ended, 1:00:01",
        "  open       19,938  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸",
        "  completed      60",
        "  expired         0",
        "  disabled        0",
        "",
        "  requests      123  ━━━━━━━━━                       of 400 in the last minute",
        "  An open link is asked about every 50 min or so.",
        "",
        "Last changes",
        "  12:03:04  line 7                        failed     what is wrong",
        f"  12:03:04  {ID}  completed  {START}",
    ]


def test_the_table_in_the_docs() -> None:
    counts = {"open": 873, "completed": 281, "expired": 27, "disabled": 18, "failed": 1}
    changes = [
        Told("sch_8b529b4a97b750923ceb3ffd", "completed", "2030-01-09 14:30 GMT", AT.replace(minute=2, second=41)),
        Told("sch_ea7b5bf55eb561a421636369", "disabled", "", AT.replace(minute=2, second=47)),
        Told("sch_a02f34a6795b929e9a9a80fd", "completed", "2030-01-07 10:00 GMT", AT.replace(minute=2, second=58)),
        Told("sch_9b08923d10c67fd994b2b8fd", "completed", "2030-01-08 09:30 GMT", AT),
    ]
    lines = shown(situation(links=1200, counts=counts, seconds=11053, used=398, interval=131.0), *changes)
    docs = Path(__file__).parents[2] / "docs" / "command-line.md"
    assert "\n".join(["```text", *lines, "```"]) in docs.read_text("utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_it_fits(width: int) -> None:
    told = [Told(ID * 2, "completed", START, AT), Told(ID, "failed", "for the longest of reasons " * 9, AT)]
    now = situation(counts={"open": 5, "completed": 9, "failed": 3, "paused": 2}, failing=2)
    lines = shown(now, *told, width=width)
    assert all(len(line) <= width for line in lines)
    if width >= 60:
        assert [line.split()[0] for line in lines[-2:]] == ["12:03:04"] * 2
        assert lines[-1].endswith(f"completed  {START}")
        assert lines[-2].endswith("…")
        assert any("paused" in line for line in lines)
        assert lines[0].startswith("links.csv: 12 of")


def test_on_a_low_screen_the_counts_stay() -> None:
    told = [Told(f"link {number}", "expired", "", AT) for number in range(20)]
    assert sum("12:03:04" in line for line in shown(situation(), *told)) == module.LAST
    lines = shown(situation(), *told, height=15)
    assert 12 <= len(lines) < 15
    assert "link 19" in lines[-3]
    assert not any("12:03:04" in line for line in shown(situation(), *told, height=5))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"is_held": True}, ["Cronofy does not answer: nothing is recorded until it does."]),
        ({"nameless": 2000, "found": 20}, ["Looking up ids first: 20 of 2,000, 5 min left."]),
        ({"nameless": 20, "found": 20}, ["An open link is asked about every 50 min or so."]),
        ({"interval": 12.3}, ["An open link is asked about every 12 s or so."]),
        ({"interval": 90_000.0}, ["An open link is asked about every 25.0 h or so."]),
        ({"counts": {"open": 0}}, []),
        (
            {"counts": {"open": 0}, "failing": 1200},
            ["1,200 of them cannot be asked about at present, and will be again."],
        ),
    ],
)
def test_what_else_there_is_to_know(other: dict[str, Any], said: list[str]) -> None:
    lines = [line.strip() for line in shown(situation(**other))]
    assert lines[lines.index("") + 2 :] == said


def test_a_long_path_is_told_by_its_end() -> None:
    line = shown(situation(name="a/" * 60 + "links.csv"))[0]
    assert line.startswith("…a/a/a/")
    assert line.endswith("/a/links.csv: 60 of 20,000 links have ended, 1:00:01")
    assert len(line) == 80
    assert shown(situation(name="somewhere/links.csv"), width=46)[0].startswith("…nks.csv: 60 of 20,000 ")


def test_what_others_wrote_is_text() -> None:
    (*_, line) = shown(situation(name="[b]\x1b[2J"), Told("[/]\x1b[2J\udcff\n", "[red]", "[x]", AT))
    assert line == "  12:03:04  [/]�[2J��  [red]      [x]"


def test_changes_scroll() -> None:
    console = Console(file=io.StringIO(), width=30, color_system=None, force_terminal=True)
    board = Board(console, is_shown=True, scrolls=True)
    with console.capture() as capture:
        board.tell(Told(ID, "expired", "", AT))
        board.tell(Told(ID, "completed", START, AT))
        board.say("link \x1b: what is wrong")
    assert capture.get().splitlines() == [
        f"12:03:04  {ID}  expired",
        f"12:03:04  {ID}  completed  {START}",
        "link �: what is wrong",
    ]
