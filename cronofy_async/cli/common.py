"""Helpers that the commands share: settings, request counts, and the formatting of times and untrusted text."""

from __future__ import annotations

import sys
import time
from datetime import tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
import click
from rich.text import Text

from ..config import hosts, read_settings
from ..errors import ConfigurationError, Forbidden, PaymentRequired, TransportError, Unauthorized
from ..http import RawResponse, Request
from ..middleware import Handler
from ..models.real_time_scheduling import SchedulingLink
from ..times import EventTime

#: Errors that all other requests would get as well.
FATAL: Final = (Unauthorized, PaymentRequired, Forbidden)


@attrs.define
class RequestCounts:
    """Counts requests, as a middleware around each attempt."""

    requests: int = 0
    rate_limited: int = 0
    retries: int = 0
    started: float = attrs.field(factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        self.retries += request.attempt > 1
        try:
            response = await call_next(request)
        except TransportError as error:
            self.requests += error.sent == "maybe"
            raise
        self.requests += 1
        self.rate_limited += response.status == 429
        return response


def printable(text: str) -> str:
    """Replace control characters and unpaired surrogates, which must not reach a terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def on_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def text(value: str | None, style: str = "") -> Text:
    """Return untrusted text as a cell of a table."""
    return Text(printable(value or ""), style)


def one_line(error: Exception) -> str:
    """Return the message of an error as one printable line. It may quote the server."""
    return printable("; ".join(line.strip() for line in str(error).splitlines())) or type(error).__name__


def client_secrets() -> list[str]:
    """Return the client secrets of the environment, the current one first, or raise a usage error."""
    settings = read_settings()
    secret = settings.get("client_secret")
    if secret is None:
        raise click.UsageError(
            "CRONOFY_CLIENT_SECRET is not set. Set it to the application's client secret. Credentials are read from "
            "the environment only, as are CRONOFY_CLIENT_ID, CRONOFY_DATA_CENTER and CRONOFY_API_URL. "
            "Without an account, run `cronofy-async sandbox`, which prints credentials for a local Cronofy."
        )
    return [secret, *settings.get("previous_secrets", ())]


def settings_of(data_center: str | None, api_url: str | None) -> dict[str, Any]:
    """Return the arguments of a client from the environment and the options, or raise a usage error."""
    client_secrets()
    settings: dict[str, Any] = {**read_settings()}
    if data_center is not None:
        settings |= {"data_center": data_center, "base_url": None}  # it overrides the URL from the environment
    if api_url is not None:
        settings["base_url"] = api_url
    try:
        hosts(settings.get("data_center", "us"), settings.get("base_url"), settings.get("app_url"))
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    return settings


def unusable(problem: str, error: OSError) -> click.UsageError:
    """Return the usage error for a file that cannot be read or written."""
    return click.UsageError(f"{problem}: {error.strerror or error}")


def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone with an IANA name, or ``None`` if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def human_time(time: EventTime, tz: tzinfo | None) -> str:
    """Format a time for people, in a time zone or the computer's own."""
    moment = time.utc
    try:
        return _as_sent(time) if moment is None else moment.astimezone(tz).strftime("%Y-%m-%d %H:%M %Z")
    except (OverflowError, ValueError, OSError):  # out of the range of the time zone or the platform
        return _as_sent(time)


def api_time(time: EventTime | None) -> str | None:
    """Format a time for programs: in UTC, like the API."""
    if time is None:
        return None
    moment = time.utc
    return _as_sent(time) if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def link_members(link: SchedulingLink) -> dict[str, object]:
    """Return the members of a link in machine-readable output. Its URL is left out: anyone who has it can book."""
    event = link.event
    return {
        "id": link.id,
        "status": link.status,
        "start": event and api_time(event.start),
        "end": event and api_time(event.end),
        "event_id": event and event.event_id,
    }


def _as_sent(time: EventTime) -> str:
    """Return the text from the server: a date, or a time in a year that ``datetime`` cannot represent."""
    return time.raw if isinstance(time.raw, str) else str(time.raw["time"])
