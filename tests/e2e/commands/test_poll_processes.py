"""``cronofy-async poll`` as a process, interrupted and in parallel."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from ...cli.support import (
    end,
    read_results,
    requested_ids,
    run,
    served,
    start,
    wait_for_results,
)

pytestmark = pytest.mark.usefixtures("wide")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
async def test_the_same_command_resumes_after_an_interruption(tmp_path: Path, name: str) -> None:
    out = tmp_path / "states.jsonl"
    async with served(12, tmp_path / "ids.txt") as (sandbox, url, links):
        command = [str(tmp_path / "ids.txt"), "--out", str(out), "--share", "1", "--json"]
        process = await start(url, "poll", *command)
        await wait_for_results(out, 4, process)
        process.send_signal(getattr(signal, name))
        status, summary, message = await end(process)
        first = {line["id"] for line in read_results(out)}
        sandbox.requests.clear()
        if name != "SIGKILL":
            assert status == {"SIGINT": 130, "SIGTERM": 143}[name]
            assert json.loads(summary)["links"] == 12
            assert message.endswith("Interrupted. Run the same command again to resume.\n")
        else:
            assert status == -signal.SIGKILL
            with out.open("a") as file:
                file.write('{"line": 12, "id": "sch_to')  # as the last line may be
        second = await run(url, "poll", *command)
    assert 4 <= len(first) < 12
    assert second[0] == 0
    assert second[2] == f"{len(first)} of 12 links already have a result in {out}.\n"
    assert sorted(requested_ids(sandbox)) == sorted({link.id for link in links} - first)
    assert sorted(line["id"] for line in read_results(out)) == sorted(link.id for link in links)
    facts = json.loads(second[1])
    assert facts.pop("seconds") > 0
    assert facts == {
        "links": 12,
        "by_status": {"open": 12},
        "failed": 0,
        "skipped": len(first),
        "requests": 12 - len(first),
        "rate_limited": 0,
        "retries": 0,
    }


async def test_two_runs_do_not_write_to_one_file(tmp_path: Path) -> None:
    ids, out = tmp_path / "ids.txt", tmp_path / "states.jsonl"
    async with served(12, ids) as (_, url, links):
        first = await start(url, "poll", str(ids), "--out", str(out), "--share", "1")
        await wait_for_results(out, 1, first)
        first.send_signal(signal.SIGSTOP)
        second = await run(url, "poll", str(ids), "--out", str(out))
        first.send_signal(signal.SIGCONT)
        first_result = await end(first)
        third = await run(url, "poll", str(ids), "--out", str(out))
    assert second[:2] == (2, "")
    assert f"another run is writing to {out}. Wait until it ends, or give another --out." in " ".join(second[2].split())
    assert (first_result[0], third[0]) == (0, 0)
    assert sorted(line["id"] for line in read_results(out)) == sorted(link.id for link in links)


async def test_without_out_results_go_to_standard_output(tmp_path: Path) -> None:
    ids, out = tmp_path / "ids.txt", tmp_path / "states.csv"
    async with served(3, ids) as (_, url, links):
        with_out = await run(url, "poll", str(ids), "--out", str(out))
        printed = await run(url, "poll", str(ids))
    assert with_out == (0, "", f"3 of 3 links done: 3 open -> {out}\n")
    assert printed[2] == "3 of 3 links done: 3 open\n"
    assert sorted(printed[1].splitlines()) == sorted(out.read_text().splitlines())
    assert all(link.id in printed[1] for link in links)
