"""``cronofy-async endpoints``: list the endpoints of the API, and how each is called."""

from __future__ import annotations

import json

import attrs
import click

from .._reference import endpoints
from .common import on_terminal


def run(*, words: tuple[str, ...], as_json: bool) -> int:
    """Print the endpoints whose columns contain all words, and return the exit status."""
    found = [one for one in endpoints() if all(word.lower() in " ".join(attrs.astuple(one)).lower() for word in words)]
    for one in found:
        if as_json:
            click.echo(json.dumps(attrs.asdict(one), ensure_ascii=False))
        else:
            label = "" if one.stability == "stable" else f"  ({one.stability})"
            click.echo(f"{click.style(f'{one.method:<6} {one.path}', bold=on_terminal())}{label}")
            click.echo(f"       await {one.call}" if one.credential else f"       {one.call}")
            click.echo(f"       {one.summary}")
            click.echo(f"       {one.docs}\n" if one.docs else "")
    if not found:
        click.echo(f"No endpoint has {' and '.join(map(repr, words))}. List all without an argument.", err=True)
    return 0 if found else 1
