"""The options of ``cronofy-async sandbox``. What it does as a process is tested in ``tests/e2e``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cronofy_async.cli import sandbox as module
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.sandbox import Sandbox


def test_options_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def make(**options: Any) -> None:
        seen.append(options)
        raise OSError("that is enough")

    monkeypatch.setattr(module, "Sandbox", make)
    done = CliRunner().invoke(
        cronofy_async,
        [
            "sandbox",
            "--strict",
            "--limits",
            "--id-seed",
            "7",
            "--assume",
            "known_accounts=no",
            "--assume",
            "x=yes",
            "--allow-host",
            "sandbox.example.org",
        ],
    )
    assert done.exit_code == 1
    assert seen == [
        {
            "strict": True,
            "limits": True,
            "seed": 7,
            "assume": {"known_accounts": False, "x": True},
            "allowed_hosts": ("sandbox.example.org",),
        }
    ]


def test_assumptions_are_listed() -> None:
    done = CliRunner().invoke(cronofy_async, ["sandbox", "--list-assumptions"])
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [f"{name}: {text}" for name, text in Sandbox.assumptions.items()]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("known_accounts", "Error: --assume: must be NAME=yes or NAME=no, got 'known_accounts'"),
        ("known=no", "Error: --assume: the sandbox has no assumption 'known'. Did you mean known_accounts?"),
    ],
)
def test_an_unknown_assumption(name: str, said: str) -> None:
    done = CliRunner().invoke(cronofy_async, ["sandbox", "--assume", name])
    assert done.exit_code == 2
    assert said in done.stderr


async def test_startup_output_has_the_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def print_nothing(stream: object, level: int) -> None:
        """Add no handler, which would stay."""

    monkeypatch.setattr(module, "print_log", print_nothing)
    env = tmp_path / ".env"
    sandbox = Sandbox()
    serving = asyncio.create_task(
        module.serve("127.0.0.1", 0, sandbox, as_json=False, env=str(env), db=str(tmp_path / "db.json"), accounts=2)
    )
    async with asyncio.timeout(30):
        while "Ctrl-C" not in (rendered := capsys.readouterr().out):  # noqa: ASYNC110 - another task prints it
            await asyncio.sleep(0)
    assert env.exists()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    for text in (sandbox.client_secret, sandbox.accounts[0].access_token, "grace@example.com", "its data is kept in"):
        assert text in rendered
    assert not env.exists()
