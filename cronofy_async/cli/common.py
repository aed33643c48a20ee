"""What commands share: the application's settings, and times and errors as people read them."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from ..config import hosts, settings_from
from ..errors import ConfigurationError
from ..times import EventTime

__all__ = [
    "client_secrets",
    "for_people",
    "for_programs",
    "one_line",
    "printable",
    "settings_of",
    "time_zone",
    "unusable",
    "zone_of",
]


def one_line(error: Exception) -> str:
    """Return the message of an error in one line. It may quote the server, so it is made printable."""
    return printable("; ".join(line.strip() for line in str(error).splitlines())) or type(error).__name__


def printable(text: str) -> str:
    """Replace control characters and unpaired surrogates, which must not reach a terminal."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def client_secrets() -> list[str]:
    """The client secrets that the environment holds, the present one first.

    Raises:
        UsageError: there is none.
    """
    settings = settings_from()
    secret = settings.get("client_secret")
    if secret is None:
        raise click.UsageError(
            "CRONOFY_CLIENT_SECRET is not set. It is the application's secret, and is read from the environment only, "
            "as are CRONOFY_CLIENT_ID, CRONOFY_DATA_CENTER and CRONOFY_API_URL. "
            "No account? `cronofy-async sandbox` runs a local Cronofy and prints credentials for it."
        )
    return [secret, *settings.get("previous_secrets", ())]


def settings_of(data_center: str | None, api_url: str | None) -> dict[str, Any]:
    """What a client is made with: what the environment says, and the options that precede it.

    Raises:
        UsageError: there is no secret, or nothing can be reached that way.
    """
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


def unusable(what: str, error: OSError) -> click.UsageError:
    """That a file cannot be read, or written."""
    return click.UsageError(f"{what}: {error.strerror or error}")


def time_zone(context: click.Context, parameter: click.Parameter, value: str | None) -> ZoneInfo | None:
    """Read the option ``--tz``."""
    if value is None:
        return None
    zone = zone_of(value)
    if zone is None:
        raise click.BadParameter(f"{value!r} is not an IANA time zone, such as Europe/London")
    return zone


def zone_of(name: str) -> ZoneInfo | None:
    """The zone of this name, if there is one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def for_people(time: EventTime, tz: tzinfo | None) -> str:
    """A time in a zone, or in the computer's if there is none."""
    moment = time.utc
    try:
        return _text(time) if moment is None else moment.astimezone(tz).strftime("%Y-%m-%d %H:%M %Z")
    except (OverflowError, ValueError, OSError):  # beyond what a zone, or the system, can hold
        return _text(time)


def for_programs(time: EventTime | None) -> str | None:
    """A time in UTC, as the API writes it."""
    if time is None:
        return None
    moment = time.utc
    return _text(time) if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(time: EventTime) -> str:
    """What the server sent: a day, or a year that no clock here knows."""
    return time.raw if isinstance(time.raw, str) else str(time.raw["time"])
