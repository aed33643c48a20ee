"""``cronofy-async sandbox``: serve a local Cronofy."""

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

#: The first line of a dotenv file. A file with any other first line is not overwritten.
MARK: Final = "# Written by cronofy-async sandbox, and removed when it stops."


def run(*, host: str, port: int, strict: bool, limits: bool, seed: int, as_json: bool, env: str | None) -> None:
    """Serve until SIGINT or SIGTERM."""
    try:
        sandbox = Sandbox(strict=strict, limits=limits, seed=seed)
        asyncio.run(_serve(host, port, sandbox, as_json=as_json, env=Path(env) if env else None))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise click.ClickException(f"cannot listen on {host}:{port}: {reason}") from None


async def _serve(host: str, port: int, sandbox: Sandbox, *, as_json: bool, env: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def handle(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, handle)  # loop.add_signal_handler does not exist on Windows
    account = sandbox.add_account("ada@example.com", "Ada Lovelace")
    async with sandbox, sandbox.serve(host, port) as url:
        with _written(env, sandbox.env()) if env else nullcontext():
            if as_json:
                print(json.dumps(_as_json(sandbox, account, url)), flush=True)  # noqa: T201 - for programs
            else:
                _show(sandbox, account, url)
            await stop.wait()


@contextmanager
def _written(path: Path, variables: dict[str, str]) -> Generator[None]:
    """Write a dotenv file for the duration of the context. It appears complete, and is removed only if unchanged."""
    text = "".join(f"{line}\n" for line in (MARK, *(f"{name}={value}" for name, value in variables.items())))
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        if path.exists() and not path.read_text("utf-8", "replace").startswith(MARK):
            raise click.ClickException(f"{path} exists and was not written by a sandbox. It is left unchanged.")
        new.write_text(text, "utf-8")
        new.replace(path)
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from None
    try:
        yield
    finally:
        if path.exists() and path.read_text("utf-8", "replace") == text:
            path.unlink()


def _as_json(sandbox: Sandbox, account: Account, url: str) -> dict[str, object]:
    names = ("sub", "access_token", "refresh_token", "calendar_ids")
    return {
        "url": url,
        "app_url": url,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "account": {name: getattr(account, name) for name in names},
    }


def _show(sandbox: Sandbox, account: Account, url: str) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("URL", url)
    table.add_row("client_id", sandbox.client_id)
    table.add_row("client_secret", sandbox.client_secret)
    table.add_row("account", f"{account.email}, {account.sub}")
    for name in ("calendar_id", "access_token", "refresh_token"):
        table.add_row(name, getattr(account, name))
    console = Console()
    console.print("A local Cronofy is running. Its credentials are fake, and its data is lost when it stops.\n")
    console.print(table)
    console.print("\nPress Ctrl-C to stop it.")
