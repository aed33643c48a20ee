"""``cronofy-async sandbox``"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from ..sandbox import Account, Sandbox

__all__ = ["run"]

#: The first line of a file with the environment: other files are not overwritten.
MARK: Final = "# Written by cronofy-async sandbox, and removed when it stops."


def run(host: str, port: int, *, strict: bool, limits: bool, seed: int, as_json: bool, env: str | None) -> None:
    """Serve until a signal comes."""
    try:
        sandbox = Sandbox(strict=strict, limits=limits, seed=seed)
        asyncio.run(_serve(host, port, sandbox, as_json=as_json, env=Path(env) if env else None))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise click.ClickException(f"cannot listen on {host}:{port}: {reason}") from None


async def _serve(host: str, port: int, sandbox: Sandbox, *, as_json: bool, env: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, end)  # the loop's own way is not there on Windows
    account = sandbox.add_account("ada@example.com", "Ada Lovelace")
    async with sandbox, sandbox.serve(host, port) as url:
        with _written(env, sandbox.env()) if env else nullcontext():
            if as_json:
                print(json.dumps(_facts(sandbox, account, url)), flush=True)  # noqa: T201 - for programs
            else:
                _show(sandbox, account, url)
            await stop.wait()


@contextmanager
def _written(path: Path, variables: dict[str, str]) -> Generator[None]:
    """Have a file with environment variables. It appears whole, and is removed if it is still the same."""
    text = "".join(f"{line}\n" for line in (MARK, *(f"{name}={value}" for name, value in variables.items())))
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        if path.exists() and not path.read_text("utf-8", "replace").startswith(MARK):
            raise click.ClickException(f"{path} is there already, and is not from a sandbox")
        new.write_text(text, "utf-8")
        new.replace(path)
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from None
    try:
        yield
    finally:
        if path.exists() and path.read_text("utf-8", "replace") == text:
            path.unlink()


def _facts(sandbox: Sandbox, account: Account, url: str) -> dict[str, object]:
    return {
        "url": url,
        "app_url": url,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "account": {
            "sub": account.sub,
            "access_token": account.access_token,
            "refresh_token": account.refresh_token,
            "calendar_ids": account.calendar_ids,
        },
    }


def _show(sandbox: Sandbox, account: Account, url: str) -> None:
    console = Console()
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in (
        ("URL", url),
        ("client_id", sandbox.client_id),
        ("client_secret", sandbox.client_secret),
        ("account", f"{account.email}, {account.sub}"),
        ("calendar_id", account.calendar_id),
        ("access_token", account.access_token),
        ("refresh_token", account.refresh_token),
    ):
        table.add_row(name, value)
    console.print("A local Cronofy is running. Its secrets are made up; it forgets everything when it stops.\n")
    console.print(table)
    console.print("\nCtrl-C stops it.")
