"""``cronofy-async trigger`` and ``book``: actions on a sandbox that runs in another process."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from typing import Any

import click

from ..sandbox import Sandbox, SandboxError
from ..sandbox.control.calls import calls_of
from ..sandbox.control.listing import all_actions, usage
from ..sandbox.control.remote import origin_of, perform, read_arguments
from .common import on_terminal, printable


def run(*, name: str | None, arguments: Sequence[str], url: str | None, is_list: bool) -> None:
    """Perform an action and print its result as JSON, or describe actions."""
    try:
        if name is None:
            _print_actions()
            if not is_list:
                raise click.UsageError("Give the NAME of an action.")
        elif is_list:
            click.echo(usage(name))
        else:
            parsed = read_arguments(name, arguments, calls_of(Sandbox))
            click.echo(json.dumps(_perform(url, name, parsed), indent=2))
    except LookupError as error:
        raise click.UsageError(printable(str(error.args[0]))) from None


def book(*, link: str, start: str | None, tzid: str | None, url: str | None, as_json: bool) -> None:
    """Book a slot of a link, and print the result."""
    options = {"link": link, "start": start, "tzid": tzid}
    arguments = {name: value for name, value in options.items() if value is not None}
    booking = _perform(url or (link if "://" in link else None), "real_time_scheduling.book", arguments)
    if as_json:
        click.echo(json.dumps(booking))
        return
    for label, value in {
        "start": booking["start"],
        "end": booking["end"],
        "participants": ", ".join(booking["participants"]),
        "callback": _outcome(booking["delivery"]),
        "redirect": booking["redirect_url"],
    }.items():
        click.echo(f"{click.style(f'{label:<14}', bold=True)}{printable(value)}")


def _print_actions() -> None:
    """List all actions. A terminal gets wrapped descriptions, a program one line for each action."""
    rows = [(click.style(f"{action:<40}", bold=True), text) for action, text in all_actions().items()]
    if on_terminal():
        formatter = click.HelpFormatter(width=shutil.get_terminal_size().columns)
        formatter.write_dl(rows, col_max=40)
        click.echo(formatter.getvalue(), nl=False)
    else:
        for row in rows:
            click.echo("  ".join(row))


def _outcome(callback: dict[str, Any]) -> str:
    outcome = str(callback["status"] or callback["problem"] or callback["outcome"])
    return f"{outcome.rstrip('.')}. {callback['advice']}" if callback["advice"] else outcome


def _perform(url: str | None, name: str, arguments: dict[str, Any]) -> Any:
    url = url or os.environ.get("CRONOFY_API_URL")
    if not url:
        raise click.UsageError(
            "--url: the URL of the sandbox is not known. Pass it, or set CRONOFY_API_URL, as "
            "`cronofy-async sandbox --env FILE` does."
        )
    try:
        return perform(origin_of(url), name, arguments)
    except SandboxError as error:
        raise click.ClickException(printable(str(error))) from None
