"""``cronofy-async verify``: whether a captured callback is genuine, and what it says."""

from __future__ import annotations

import json
from datetime import UTC

import attrs
import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import webhooks
from ..errors import MalformedNotification, SignatureMismatch
from ..models.notifications import Notification, NoTimesDisplayed, NoTimesSuitable, TimeChosen
from ..times import EventTime
from .common import client_secrets, for_people, for_programs, zone_of

__all__ = ["run"]

CHECKS = """\
Check that
  - the body is the raw bytes that came: not parsed and written again, no newline added, nothing cut off;
  - the signature is the whole value of the header Cronofy-HMAC-SHA256, commas included;
  - CRONOFY_CLIENT_SECRET is the secret of the application that the callback is for, in its data center;
  - secrets that were replaced lately are in CRONOFY_PREVIOUS_SECRETS, separated by commas."""

CHECKS_OF_THE_URL = """\
The body is genuine; the reference in the URL is not. Check that
  - the URL is whole, with `ref` and `ref_sig` as they came;
  - it was made by `webhooks.url` or `signed_url` with one of these secrets."""


@attrs.frozen(kw_only=True)
class Facts:
    """What a callback says."""

    type: str | None
    ref: str | None
    fingerprint: str
    event_id: str | None = None
    start: EventTime | None = None
    end: EventTime | None = None
    visitor_tzid: str | None = None
    participants: tuple[str, ...] = ()


def run(body: bytes, signature: str, url: str | None, *, as_json: bool) -> int:
    """Print what a callback says if it is genuine, and give the exit status."""
    secrets = client_secrets()
    signature = signature.rpartition(":")[2]  # the whole header does as well
    genuine = webhooks.verify(body, signature, secrets=secrets)
    try:
        notification = webhooks.parse(body, signature, secrets=secrets, url=url)
    except SignatureMismatch as error:
        hint = CHECKS_OF_THE_URL if genuine else _checks(body, signature, secrets)
        click.echo(f"Not genuine: {error}.\n{hint}", err=True)
        return 1
    except MalformedNotification as error:
        click.echo(f"Signed, but not to be read: {error}.", err=True)
        return 1
    facts = _facts(notification)
    if as_json:
        times = {"start": for_programs(facts.start), "end": for_programs(facts.end)}
        click.echo(json.dumps(attrs.asdict(facts, recurse=False) | times))
    else:
        _show(facts)
    return 0


def _checks(body: bytes, signature: str, secrets: list[str]) -> str:
    if webhooks.verify(body.rstrip(b"\r\n"), signature, secrets=secrets):
        return "It is genuine without the newline at its end, which an editor or a shell has added."
    return CHECKS


def _facts(notification: Notification) -> Facts:
    facts = Facts(type=notification.type, ref=notification.ref, fingerprint=notification.fingerprint)
    match notification:
        case TimeChosen(event=event, user=user, participants=participants):
            return attrs.evolve(
                facts,
                event_id=event.event_id,
                start=event.start,
                end=event.end,
                visitor_tzid=user.tzid,
                participants=tuple(one.sub for one in participants),
            )
        case NoTimesSuitable(user=user) | NoTimesDisplayed(user=user):
            return attrs.evolve(facts, visitor_tzid=user.tzid)
        case _:
            return facts


def _show(facts: Facts) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in (
        ("type", facts.type),
        ("ref", facts.ref),
        ("fingerprint", facts.fingerprint),
        ("event id", facts.event_id),
        ("start", facts.start and _in_its_zone(facts.start)),
        ("end", facts.end and _in_its_zone(facts.end)),
        ("visitor's zone", facts.visitor_tzid),
        ("participants", ", ".join(facts.participants)),
    ):
        if value:
            table.add_row(name, Text(value))
    console = Console()
    console.print("[green]Genuine.[/] It may be a repeat all the same: a captured callback stays valid.\n")
    console.print(table)


def _in_its_zone(time: EventTime) -> str:
    return for_people(time, (time.tzid and zone_of(time.tzid)) or UTC)
