"""A sandbox that keeps its state in a file, killed and started again; and actions from other processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LIMIT = 60
SEED = """
[[actions]]
action = "add_account"
email = "grace@example.com"
"""


@contextmanager
def sandbox(*options: str) -> Generator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "cronofy_async", "sandbox", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def trigger(url: str, *arguments: str) -> Any:
    command = [sys.executable, "-m", "cronofy_async", "trigger", *arguments, "--url", url]
    process = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (process.returncode, process.stderr) == (0, "")
    return json.loads(process.stdout)


def test_the_state_survives_a_kill(tmp_path: Path) -> None:
    path, seed = tmp_path / "sandbox.json", tmp_path / "seed.toml"
    seed.write_text(SEED)
    options = ["--db", str(path), "--seed", str(seed), "--accounts", "2"]
    with sandbox(*options) as (process, facts):
        assert [account["email"] for account in facts["accounts"]] == ["grace@example.com", "ada@example.com"]
        event = trigger(facts["url"], "bookable_events.add", "capacity=12")["bookable_event_id"]
        deadline = time.monotonic() + LIMIT
        while not (path.exists() and event in path.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    with sandbox(*options) as (process, restored):
        assert restored["accounts"] == facts["accounts"]
        assert trigger(restored["url"], "bookable_events.find", f"bookable_event_id={event}")["capacity"] == 12

        command = [sys.executable, "-m", "cronofy_async", "sandbox", "--db", str(path)]
        second = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr == f"Error: {path} is in use by another sandbox. Stop it, or use another file.\n"
        trigger(restored["url"], "clock.freeze", "at=2031-03-03T07:00:00Z")
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 0
    with sandbox(*options) as (_, last):
        assert trigger(last["url"], "clock") == {"now": "2031-03-03T07:00:00Z", "is_frozen": True}


def test_a_wrong_seed_is_reported(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('[{"action": "add_acount"}]')
    command = [sys.executable, "-m", "cronofy_async", "sandbox", "--seed", str(seed)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr == (
        f"Error: {seed}: action 1 (add_acount): the sandbox has no action 'add_acount'. Did you mean add_account?\n"
    )


def test_an_exposed_address_prints_a_warning(tmp_path: Path) -> None:
    with sandbox("--host", "0.0.0.0") as (process, _):
        process.send_signal(signal.SIGTERM)
        _, warning = process.communicate(timeout=LIMIT)
    assert warning == "Warning: anyone who can reach 0.0.0.0 can use this sandbox. It has no passwords.\n"
    assert process.returncode == 0


def test_control_requests_are_in_the_log(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cronofy_async", "sandbox", "--env", str(tmp_path / ".env")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        url = next(line.split()[1] for line in lines if line.startswith("url "))
        trigger(url, "clock.advance", "hours=1")
        process.terminate()
        output = "".join(lines)
        assert process.wait(LIMIT) == 0
    assert "  POST /__sandbox__/api/actions/clock.advance  200  " in output
