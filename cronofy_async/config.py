"""The hosts of data centers, and settings from the environment."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, TypedDict
from urllib.parse import urlsplit

import attrs

from .errors import ConfigurationError
from .http import Timeout

__all__ = ["DATA_CENTERS", "DataCenter", "Hosts", "Timeout", "hosts", "log_to_stderr", "read_settings"]

DataCenter: TypeAlias = Literal["us", "au", "ca", "de", "sg", "uk"]
DATA_CENTERS: Final[tuple[DataCenter, ...]] = ("us", "au", "ca", "de", "sg", "uk")


@attrs.frozen
class Hosts:
    """The base URLs of the API and of the pages that users open in a browser, without a trailing slash."""

    api: str
    app: str


def hosts(data_center: str, base_url: str | None = None, app_url: str | None = None) -> Hosts:
    """Return the hosts of a data center.

    Args:
        data_center: The name, in any letter case.
        base_url: The base URL of the API instead of the data center's.
        app_url: The base URL of the pages instead of the data center's.

    Raises:
        ConfigurationError: The data center is unknown, or a URL is not an absolute http or https URL.

    Docs: https://docs.cronofy.com/developers/data-centers/
    """
    name = data_center.lower()
    if name not in DATA_CENTERS:
        raise ConfigurationError(f"data_center: expected one of {', '.join(DATA_CENTERS)}, got {data_center!r}")
    suffix = "" if name == "us" else f"-{name}"
    return Hosts(
        api=_check_url("base_url", base_url or f"https://api{suffix}.cronofy.com"),
        app=_check_url("app_url", app_url or f"https://app{suffix}.cronofy.com"),
    )


def _check_url(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises if it is not a number up to 65535
        valid = (
            parts.scheme in {"http", "https"} and parts.hostname and _HOST_AND_PATH.fullmatch(url.partition("://")[2])
        )
    except ValueError:
        valid = False
    if not valid:
        raise ConfigurationError(
            f"{name}: expected an http or https URL with a host, without a user, query or fragment"
        )
    return url.rstrip("/")


#: Printable ASCII that needs no escaping in a URL.
_HOST_AND_PATH: Final = re.compile(r"[^/][A-Za-z0-9._~%!$&'()*+,;=:\[\]/-]*")


class Settings(TypedDict, total=False):
    """Arguments of ``CronofyClient`` that can be set in the environment."""

    client_id: str
    client_secret: str
    previous_secrets: list[str]
    data_center: str
    base_url: str
    app_url: str


_VARIABLES: Final = (
    ("client_id", "CRONOFY_CLIENT_ID"),
    ("client_secret", "CRONOFY_CLIENT_SECRET"),
    ("data_center", "CRONOFY_DATA_CENTRE"),
    ("data_center", "CRONOFY_DATA_CENTER"),
    ("base_url", "CRONOFY_API_URL"),
    ("app_url", "CRONOFY_APP_URL"),
)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from environment variables, by default ``os.environ``. Empty variables are ignored."""
    environment = os.environ if environment is None else environment
    settings: Settings = {}
    for name, variable in _VARIABLES:
        if value := environment.get(variable, "").strip():
            settings[name] = value  # type: ignore[literal-required]
    previous = [item for item in map(str.strip, environment.get("CRONOFY_PREVIOUS_SECRETS", "").split(",")) if item]
    if previous:
        settings["previous_secrets"] = previous
    return settings


_LEVELS: Final = ("debug", "info", "warning")


def log_to_stderr(environment: Mapping[str, str] | None = None) -> None:
    """Set the level of the logger ``cronofy_async`` to ``CRONOFY_LOG``, if that variable is set.

    Records go to standard error, unless the application has its own handlers.

    Raises:
        ConfigurationError: The level is unknown.
    """
    environment = os.environ if environment is None else environment
    level = environment.get("CRONOFY_LOG", "").strip().lower()
    if not level:
        return
    if level not in _LEVELS:
        raise ConfigurationError(f"CRONOFY_LOG: expected one of {', '.join(_LEVELS)}, got {level!r}")
    logger = logging.getLogger("cronofy_async")
    logger.setLevel(level.upper())
    handlers = [handler for handler in logger.handlers if not isinstance(handler, logging.NullHandler)]
    if not handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logger.addHandler(handler)
