"""``cronofy-async sandbox``: serve a local Cronofy."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import click

from ..sandbox import Sandbox, SandboxError
from ..sandbox.control.setup import is_exposed, set_up
from ..sandbox.env_file import env_file
from .common import printable
from .interruption import Interruption

ACCOUNT_FIELDS: Final = ("sub", "email", "access_token", "refresh_token", "calendar_ids")


def run(*, host: str, port: int, assume: Sequence[str], id_seed: int, **options: Any) -> None:
    """Serve until SIGINT or SIGTERM."""
    if options.pop("list_assumptions"):
        for name, text in Sandbox.assumptions.items():
            click.echo(f"{name}: {text}")
        return
    own = {name: options.pop(name) for name in ("strict", "limits", "allowed_hosts")}
    try:
        sandbox = Sandbox(assume=dict(map(_assumption, assume)), seed=id_seed, **own)
        with Interruption() as interruption:
            interruption.run(lambda: serve(host, port, sandbox, **options))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise click.ClickException(f"cannot listen on {host}:{port}: {reason}") from None
    except ValueError as error:
        raise click.UsageError(f"--{error}") from None
    except SandboxError as error:
        raise click.ClickException(printable(str(error))) from None


def _assumption(option: str) -> tuple[str, bool]:
    name, _, value = option.partition("=")
    if value not in {"yes", "no"}:
        raise ValueError(f"assume: must be NAME=yes or NAME=no, got {option!r}")
    return name, value == "yes"


async def serve(
    host: str, port: int, sandbox: Sandbox, *, as_json: bool, env: str | None, db: str | None, **setup: Any
) -> None:
    """Serve until the task is canceled."""
    async with sandbox, set_up(sandbox, db=db, **setup), sandbox.serve(host, port) as url:
        with env_file(Path(env), sandbox.env()) if env else nullcontext():
            accounts = [{name: getattr(account, name) for name in ACCOUNT_FIELDS} for account in sandbox.accounts]
            facts: dict[str, Any] = {
                "url": url,
                "app_url": url,
                "dashboard": f"{url}/__sandbox__/",
                "client_id": sandbox.client_id,
                "client_secret": sandbox.client_secret,
                "account": accounts[0] if accounts else None,
                "accounts": accounts,
            }
            if as_json:
                print(json.dumps(facts), flush=True)  # noqa: T201 - for programs
            else:
                _show(facts, "its data is lost when it stops" if db is None else f"its data is kept in {db}")
            if is_exposed(host):
                click.echo(f"Warning: anyone who can reach {host} can use this sandbox. It has no passwords.", err=True)
            print_log(sys.stderr if as_json else sys.stdout, logging.WARNING if as_json else logging.INFO)
            await asyncio.Event().wait()


def _show(facts: dict[str, Any], data: str) -> None:
    click.echo(f"A local Cronofy is running. Its credentials are fake, and {data}.\n")
    account: dict[str, Any] = facts.pop("account") or {}
    more: list[str] = [other["email"] for other in facts.pop("accounts")[1:]]
    for name, value in {**facts, **account, **({"more accounts": more} if more else {})}.items():
        click.echo(f"{click.style(f'{name:<15}', bold=True)}{value if isinstance(value, str) else ', '.join(value)}")
    click.echo("\nPress Ctrl-C to stop it.\n")


class _Lines(logging.StreamHandler[Any]):
    """Prints log records, which may quote requests."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(printable, super().format(record).splitlines()))


def print_log(stream: Any, level: int) -> None:
    """Print the log of the sandbox from now on."""
    handler = _Lines(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
    log = logging.getLogger("cronofy_async.sandbox")
    log.addHandler(handler)
    log.setLevel(level)
