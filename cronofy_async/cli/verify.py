"""``cronofy-async verify``: verify a captured callback and print its content."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from .. import webhooks
from .._json import is_array
from ..errors import MalformedNotification, SignatureMismatch
from ..models.notifications import Notification, NoTimesDisplayed, NoTimesSuitable, TimeChosen
from ..times import EventTime
from .common import api_time, client_secrets, human_time, one_line, text, zone_of

CHECKS = """\
no signature matches the body of the callback.
Check that
  - the body is the raw request body: not parsed and serialized again, no newline added, nothing cut off;
  - the signature is the complete value of the header Cronofy-HMAC-SHA256, including commas;
  - CRONOFY_CLIENT_SECRET is the secret of the application that gets the callback, in its data center;
  - CRONOFY_PREVIOUS_SECRETS has secrets that were rotated recently, separated by commas."""

URL_CHECKS = """\
The body is genuine, but the reference in the URL is not. Check that
  - the URL is complete, with `ref` and `ref_sig` unchanged;
  - `webhooks.url` or `signed_url` made it with one of these secrets."""


def run(*, body: bytes, signature: str, url: str | None, as_json: bool) -> int:
    """Print the content of a callback if it is genuine, and return the exit status."""
    secrets = client_secrets()
    signature = signature.rpartition(":")[2]  # the whole header line is accepted too
    genuine = webhooks.verify(body, signature, secrets=secrets)
    try:
        notification = webhooks.parse(body, signature, secrets=secrets, url=url)
    except SignatureMismatch as error:
        if genuine:
            reason = f"{one_line(error)}.\n{URL_CHECKS}"
        else:
            reason = webhooks.explain_mismatch(body, signature, secrets) or CHECKS
        click.echo(f"Not genuine: {reason}", err=True)
        return 1
    except MalformedNotification as error:
        click.echo(f"Genuine, but malformed: {one_line(error)}.", err=True)
        return 1
    content = _content(notification)
    if as_json:
        times = {"start": api_time(content["start"]), "end": api_time(content["end"])}
        click.echo(json.dumps(content | times))
    else:
        _show(content)
    return 0


def _content(notification: Notification) -> dict[str, Any]:
    content: dict[str, Any] = {
        "type": notification.type,
        "ref": notification.ref,
        "fingerprint": notification.fingerprint,
        **dict.fromkeys(("event_id", "start", "end", "visitor_tzid")),
        "participants": [],
    }
    match notification:
        case TimeChosen(event=event, user=user, participants=participants):
            content |= {"event_id": event.event_id, "start": event.start, "end": event.end, "visitor_tzid": user.tzid}
            content["participants"] = [participant.sub for participant in participants]
        case NoTimesSuitable(user=user) | NoTimesDisplayed(user=user):
            content["visitor_tzid"] = user.tzid
        case _:
            pass
    return content


def _show(content: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in content.items():
        if isinstance(value, EventTime):
            cell = human_time(value, (value.tzid and zone_of(value.tzid)) or UTC)
        else:
            cell = ", ".join(map(str, value)) if is_array(value) else value
        if cell:
            table.add_row(name.replace("_", " "), text(cell))
    Console().print("[green]Genuine.[/] A captured callback stays valid, so it may still be a replay.\n", table)
