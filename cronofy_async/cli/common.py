"""What the commands share: settings of the application, and times and untrusted text as they are printed."""

from __future__ import annotations

import sys
import time
from datetime import tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
import click
from rich.text import Text

from ..config import hosts, settings_from
from ..errors import ConfigurationError, Forbidden, PaymentRequired, TransportError, Unauthorized
from ..http import RawResponse, Request
from ..middleware import Handler
from ..models.real_time_scheduling import SchedulingLink
from ..times import EventTime

#: Errors that every other request would meet as well.
FATAL: Final = (Unauthorized, PaymentRequired, Forbidden)


@attrs.define
class RequestCounts:
    """Counts requests, as a middleware around each attempt."""

    requests: int = 0
    rate_limited: int = 0
    retries: int = 0
    began: float = attrs.field(factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

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
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def on_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def text(value: str | None, style: str = "") -> Text:
    """Return untrusted text as a cell of a table."""
    return Text(printable(value or ""), style)


def one_line(error: Exception) -> str:
    """Return the message of an error in one line. It may quote the server, so it is made printable."""
    return printable("; ".join(line.strip() for line in str(error).splitlines())) or type(error).__name__


def client_secrets() -> list[str]:
    """Return the client secrets of the environment, the current one first, or raise a usage error."""
    settings = settings_from()
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
    settings: dict[str, Any] = {**settings_from()}
    if data_center is not None:
        settings |= {"data_center": data_center, "base_url": None}  # rather than the URL of the environment
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


def for_people(time: EventTime, tz: tzinfo | None) -> str:
    """Format a time in a zone, or in the computer's own zone."""
    moment = time.utc
    try:
        return _as_sent(time) if moment is None else moment.astimezone(tz).strftime("%Y-%m-%d %H:%M %Z")
    except (OverflowError, ValueError, OSError):  # beyond what a zone, or the system, can hold
        return _as_sent(time)


def for_programs(time: EventTime | None) -> str | None:
    """Format a time in UTC, as the API does."""
    if time is None:
        return None
    moment = time.utc
    return _as_sent(time) if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def facts_of(link: SchedulingLink) -> dict[str, object]:
    """Return what programs get of a link. Not its URL: anyone who has it can book."""
    event = link.event
    return {
        "id": link.id,
        "status": link.status,
        "start": event and for_programs(event.start),
        "end": event and for_programs(event.end),
        "event_id": event and event.event_id,
    }


def _as_sent(time: EventTime) -> str:
    """Return what the server sent: a day, or a year that ``datetime`` cannot hold."""
    return time.raw if isinstance(time.raw, str) else str(time.raw["time"])
