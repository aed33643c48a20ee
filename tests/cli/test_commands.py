"""The help, the options and the completion of the command line, and the report of the demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cronofy_async import _demo, cli
from cronofy_async._demo import CallbackServer
from cronofy_async._version import __version__
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.cli.demo import run as run_demo


def test_command_line_modules_stay_small() -> None:
    """Code that is not about options and output belongs elsewhere."""
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in Path(cli.__file__).parent.glob("*.py"))
    assert lines <= 1900


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the pauses between the steps of the demo."""
    monkeypatch.setattr(_demo, "PAUSE", 0)


@pytest.mark.usefixtures("no_pauses")
def test_an_unexpected_status_fails_the_demo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(_demo.PLANS, "never answers", (16, "completed"))
    assert run_demo(links=30, faults=False, seed=1, as_json=True) == 1
    assert "have an unexpected status." in capsys.readouterr().err


@pytest.mark.usefixtures("no_pauses")
def test_a_failed_demo_reports_the_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # An application that verifies with another secret rejects every callback.
    async def reject_all(self: CallbackServer, request: object) -> object:
        from aiohttp import web

        return web.Response(status=401)

    monkeypatch.setattr(CallbackServer, "receive", reject_all)
    assert run_demo(links=10, faults=False, seed=1, as_json=True) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["callbacks_verified"] == 0
    assert "Not every link is accounted for" in captured.err


@pytest.mark.parametrize("arguments", [["--links", "0"], ["--links", "many"], ["--nonsense"]])
def test_invalid_options_are_named(arguments: list[str]) -> None:
    result = CliRunner().invoke(cronofy_async, ["demo", *arguments])
    assert result.exit_code == 2
    assert arguments[0] in result.output


def test_short_help_is_never_truncated() -> None:
    result = CliRunner().invoke(cronofy_async, ["--help"], terminal_width=80)
    commands = result.output.partition("\nCommands:\n")[2].partition("\n\n")[0]
    assert len(commands.splitlines()) == len(cronofy_async.commands)
    assert all(line.endswith(".") and not line.endswith("...") for line in commands.splitlines())


@pytest.mark.parametrize(("typed", "completed"), [("st", "status"), ("status --b", "--by"), ("status --by t", "token")])
def test_shell_completion(typed: str, completed: str) -> None:
    program = "import sys; from cronofy_async.cli import main; sys.argv = ['cronofy-async']; main()"
    completed_process = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "_CRONOFY_ASYNC_COMPLETE": "zsh_complete",
            "COMP_WORDS": f"cronofy-async {typed}",
            "COMP_CWORD": str(len(typed.split())),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert completed_process.stdout.split("\n")[:2] == ["plain", completed]


@pytest.mark.parametrize("command", [[], *([name] for name in cronofy_async.commands)])
def test_help_shows_examples(command: list[str]) -> None:
    result = CliRunner().invoke(cronofy_async, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert not command or "Examples:" in result.output


def test_the_version_is_printed() -> None:
    assert __version__ in CliRunner().invoke(cronofy_async, ["--version"]).output


def test_a_missing_extra_names_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    with pytest.raises(SystemExit, match=r"needs rich. Run: pip install 'cronofy_async\[cli\]'"):
        cli.main()


def test_help_requires_no_network_library() -> None:
    program = (
        "import sys; from cronofy_async.cli import commands; "
        "print([name for name in ('cronofy_async.cli.demo', 'cronofy_async.sandbox') if name in sys.modules])"
    )
    completed_process = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert completed_process.stdout == "[]\n"
