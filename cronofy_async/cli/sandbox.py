"""``cronofy-async sandbox``"""

from __future__ import annotations

import asyncio
import json
import os
import signal

import click
from rich.console import Console
from rich.table import Table

from ..sandbox import Account, Sandbox

__all__ = ["run"]


def run(host: str, port: int, *, strict: bool, limits: bool, seed: int, as_json: bool) -> None:
    """Serve until a signal comes."""
    try:
        asyncio.run(_serve(host, port, Sandbox(strict=strict, limits=limits, seed=seed), as_json=as_json))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise click.ClickException(f"cannot listen on {host}:{port}: {reason}") from None


async def _serve(host: str, port: int, sandbox: Sandbox, *, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, end)  # the loop's own way is not there on Windows
    account = sandbox.add_account("ada@example.com", "Ada Lovelace")
    async with sandbox, sandbox.serve(host, port) as url:
        if as_json:
            print(json.dumps(_facts(sandbox, account, url)), flush=True)  # noqa: T201 - for programs
        else:
            _show(sandbox, account, url)
        await stop.wait()


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
