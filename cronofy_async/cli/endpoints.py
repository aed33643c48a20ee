"""``cronofy-async endpoints``: list the endpoints of the API, and how each is called."""

from __future__ import annotations

import json

import attrs
import click

from .._reference import endpoints
from .common import on_terminal


def run(*, words: tuple[str, ...], as_json: bool) -> int:
    """Print the endpoints whose columns contain all words, and return the exit status."""
    matches = [
        endpoint
        for endpoint in endpoints()
        if all(word.lower() in " ".join(attrs.astuple(endpoint)).lower() for word in words)
    ]
    for endpoint in matches:
        if as_json:
            click.echo(json.dumps(attrs.asdict(endpoint), ensure_ascii=False))
        else:
            label = "" if endpoint.stability == "stable" else f"  ({endpoint.stability})"
            click.echo(f"{click.style(f'{endpoint.method:<6} {endpoint.path}', bold=on_terminal())}{label}")
            click.echo(f"       await {endpoint.call}" if endpoint.credential else f"       {endpoint.call}")
            click.echo(f"       {endpoint.summary}")
            click.echo(f"       {endpoint.docs}\n" if endpoint.docs else "")
    if not matches:
        click.echo(f"No endpoint matches {' and '.join(map(repr, words))}. Run without words to list all.", err=True)
    return 0 if matches else 1
