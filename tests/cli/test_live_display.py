"""The output of ``cronofy-async watch``."""

from __future__ import annotations

import io
import time
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from cronofy_async.cli import live_display as module
from cronofy_async.cli.live_display import Board, ChangeRow, Counts, State

ID = "sch_64b1859e8090ea21640c915f"
START = "2030-01-07 10:00 GMT"
AT = datetime(2029, 12, 24, 12, 3, 4)  # noqa: DTZ001 - as clocks on the wall show it


NOTE = "Each open link is checked about every 0:50:00."


def make_counts(open_: int = 19_938, seconds: float = 3601.4, failed: int = 0, **by_status: int) -> Counts:
    counts = Counts(failed=failed, started=time.monotonic() - seconds)
    counts.by_status.update(by_status or {"completed": 60}, open=open_)
    counts.done = counts.by_status.total() - open_ + failed
    counts.links = counts.done + open_
    return counts


def render(
    *changes: ChangeRow,
    counts: Counts | None = None,
    state: State | None = None,
    name: str = "links.csv",
    width: int = 80,
    height: int = 30,
) -> list[str]:
    """Return the lines of the table, without colors, in which the rest of a bar is blank."""
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None, force_terminal=True)
    board = Board(console, name, counts or make_counts(), is_shown=True)
    for change in changes:
        board.add(change)
    with console.capture() as capture:
        console.print(board.table(state or State(123, 400, NOTE)))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_the_rows_of_the_table() -> None:
    assert render(ChangeRow(ID, "completed", START, AT), ChangeRow("line 7", "failed", "what is wrong", AT)) == [
        "links.csv: 60 of 19,998 links done in 1:00:01",
        "  open       19,938  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸",
        "  completed      60",
        "  expired         0",
        "  disabled        0",
        "",
        "  requests      123  ━━━━━━━━━                       of 400 in the last minute",
        "",
        f"  {NOTE}",
        "",
        "Latest changes",
        "  12:03:04  line 7                        failed     what is wrong",
        f"  12:03:04  {ID}  completed  {START}",
    ]


def test_the_table_in_the_docs() -> None:
    changes = [
        ChangeRow("sch_8b529b4a97b750923ceb3ffd", "completed", "2030-01-09 14:30 GMT", AT.replace(minute=2, second=41)),
        ChangeRow("sch_ea7b5bf55eb561a421636369", "disabled", "", AT.replace(minute=2, second=47)),
        ChangeRow("sch_a02f34a6795b929e9a9a80fd", "completed", "2030-01-07 10:00 GMT", AT.replace(minute=2, second=58)),
        ChangeRow("sch_9b08923d10c67fd994b2b8fd", "completed", "2030-01-08 09:30 GMT", AT),
    ]
    counts = make_counts(873, 11053, 1, completed=281, expired=27, disabled=18)
    state = State(398, 400, "Each open link is checked about every 0:02:11.")
    lines = render(*changes, counts=counts, state=state)
    docs = Path(__file__).parents[2] / "docs" / "command-line.md"
    assert "\n".join(["```text", *lines, "```"]) in docs.read_text("utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_lines_fit_the_width_of_the_terminal(width: int) -> None:
    changes = [
        ChangeRow(ID * 2, "completed", START, AT),
        ChangeRow(ID, "failed", "for the longest of reasons " * 9, AT),
    ]
    counts = make_counts(5, failed=3, completed=9, paused=2)
    lines = render(*changes, counts=counts, width=width)
    assert all(len(line) <= width for line in lines)
    if width >= 60:
        assert [line.split()[0] for line in lines[-2:]] == ["12:03:04"] * 2
        assert lines[-1].endswith(f"completed  {START}")
        assert lines[-2].endswith("…")
        assert any("paused" in line for line in lines)
        assert lines[0].startswith("links.csv: 14 of")


def test_a_short_terminal_still_shows_the_counts() -> None:
    changes = [ChangeRow(f"link {number}", "expired", "", AT) for number in range(20)]
    assert sum("12:03:04" in line for line in render(*changes)) == module.MAX_CHANGES
    lines = render(*changes, height=15)
    assert 12 <= len(lines) <= 15
    assert "link 19" in "".join(lines[-2:])
    assert not any("12:03:04" in line for line in render(*changes, height=5))


def test_an_outage_message_replaces_the_note() -> None:
    lines = render(state=State(0, 400, NOTE, is_paused=True))
    assert lines[-1] == "  Cronofy does not respond. The run continues when it does."


def test_untrusted_text_is_shown_as_plain_text() -> None:
    (*_, line) = render(ChangeRow("[/]\x1b[2J\udcff\n", "[red]", "[x]", AT), name="[b]\x1b[2J")
    assert line == "  12:03:04  [/]�[2J��  [red]      [x]"


def test_changes_scroll() -> None:
    console = Console(file=io.StringIO(), width=30, color_system=None, force_terminal=True)
    board = Board(console, "links.csv", make_counts(), is_shown=True, scrolls=True)
    with console.capture() as capture:
        board.add(ChangeRow(ID, "expired", "", AT))
        board.add(ChangeRow(ID, "completed", START, AT))
        board.print("link \x1b: what is wrong")
    assert capture.get().splitlines() == [
        f"12:03:04  {ID}  expired",
        f"12:03:04  {ID}  completed  {START}",
        "link �: what is wrong",
    ]
