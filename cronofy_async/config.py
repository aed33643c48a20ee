"""How a client is set up: data centers, time-outs and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, TypedDict

import attrs

from .errors import ConfigurationError
from .http import Timeout

__all__ = ["DATA_CENTERS", "DataCenter", "Hosts", "Timeout", "hosts", "settings_from"]

DataCenter: TypeAlias = Literal["us", "au", "ca", "de", "sg", "uk"]
DATA_CENTERS: Final[tuple[DataCenter, ...]] = ("us", "au", "ca", "de", "sg", "uk")


@attrs.frozen
class Hosts:
    """Where a client sends its requests (``api``) and its users' browsers (``app``); no slash at the end."""

    api: str
    app: str


def hosts(data_center: str, base_url: str | None = None, app_url: str | None = None) -> Hosts:
    """Find the hosts of a data center, each of which may be replaced.

    Raises:
        ConfigurationError: there is no such data center, or a URL is not an absolute http(s) URL.

    Docs: https://docs.cronofy.com/developers/data-centers/
    """
    name = data_center.lower()
    if name not in DATA_CENTERS:
        raise ConfigurationError(f"there is no data center {data_center!r}; there are {', '.join(DATA_CENTERS)}")
    suffix = "" if name == "us" else f"-{name}"
    return Hosts(
        api=_base("base_url", base_url or f"https://api{suffix}.cronofy.com"),
        app=_base("app_url", app_url or f"https://app{suffix}.cronofy.com"),
    )


def _base(name: str, url: str) -> str:
    scheme, _, rest = url.partition("://")
    if scheme not in {"http", "https"} or rest[:1] in {"", "/"} or any(mark in rest for mark in "?#@"):
        raise ConfigurationError(f"{name} must be an http or https URL with a host, and no user, query or fragment")
    return url.rstrip("/")


class Settings(TypedDict, total=False):
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


def settings_from(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings that the environment (``os.environ`` if none is given) holds; empty variables count as none."""
    environment = os.environ if environment is None else environment
    found: Settings = {}
    for name, variable in _VARIABLES:
        if value := environment.get(variable, "").strip():
            found[name] = value  # type: ignore[literal-required]
    previous = [item for item in map(str.strip, environment.get("CRONOFY_PREVIOUS_SECRETS", "").split(",")) if item]
    if previous:
        found["previous_secrets"] = previous
    return found
