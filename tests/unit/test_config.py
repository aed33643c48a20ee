from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from cronofy_async import CronofyClient
from cronofy_async.config import DATA_CENTERS, Hosts, hosts, log_to_stderr, read_settings
from cronofy_async.errors import ConfigurationError


@pytest.mark.parametrize(
    ("data_center", "api", "app"),
    [("us", "https://api.cronofy.com", "https://app.cronofy.com")]
    + [(name, f"https://api-{name}.cronofy.com", f"https://app-{name}.cronofy.com") for name in DATA_CENTERS[1:]]
    + [("UK", "https://api-uk.cronofy.com", "https://app-uk.cronofy.com")],
)
def test_data_centers_have_hosts(data_center: str, api: str, app: str) -> None:
    assert hosts(data_center) == Hosts(api=api, app=app)


def test_each_host_can_be_replaced() -> None:
    assert hosts("us", "http://[::1]:8080/v%20/").api == "http://[::1]:8080/v%20"
    assert hosts("de", "http://127.0.0.1:8080/") == Hosts("http://127.0.0.1:8080", "https://app-de.cronofy.com")
    assert hosts("de", None, "https://pages.example.com/c/") == Hosts(
        "https://api-de.cronofy.com", "https://pages.example.com/c"
    )


@pytest.mark.parametrize("data_center", ["eu", "", "us-1", "api.cronofy.com"])
def test_unknown_data_centers_are_rejected_with_the_list(data_center: str) -> None:
    with pytest.raises(ConfigurationError, match="us, au, ca, de, sg, uk") as caught:
        hosts(data_center)
    assert repr(data_center) in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "api.cronofy.com",
        "ftp://x",
        "https://",
        "https:///",
        "https:///v1",
        "https://x?a=s3cret",
        "https://x#f",
        "https://me:s3cret@x",
        "me:s3cret@x",
        "https://:80",
        "https://x:99999",
        "https://x:80s3cret",
        "https://[::1",
        "https://x\\s3cret",
        "https://x/a b",
        "https://x\r\ns3cret: y",
    ],
)
@pytest.mark.parametrize("name", ["base_url", "app_url"])
def test_an_invalid_host_is_rejected_without_showing_it(url: str, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name}: expected an http or https URL") as caught:
        hosts("us", **{name: url})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "settings"),
    [
        ({}, {}),
        ({"CRONOFY_CLIENT_ID": "id", "CRONOFY_CLIENT_SECRET": " s \n"}, {"client_id": "id", "client_secret": "s"}),
        ({"CRONOFY_PREVIOUS_SECRETS": "oldest, older,"}, {"previous_secrets": ["oldest", "older"]}),
        ({"CRONOFY_PREVIOUS_SECRETS": " ,"}, {}),
        ({"CRONOFY_CLIENT_ID": "", "CRONOFY_API_URL": "  "}, {}),
        ({"CRONOFY_DATA_CENTRE": "uk"}, {"data_center": "uk"}),
        ({"CRONOFY_DATA_CENTER": "de"}, {"data_center": "de"}),
        ({"CRONOFY_DATA_CENTRE": "uk", "CRONOFY_DATA_CENTER": "de"}, {"data_center": "de"}),
        (
            {"CRONOFY_API_URL": "http://api", "CRONOFY_APP_URL": "http://app", "HOME": "/"},
            {"base_url": "http://api", "app_url": "http://app"},
        ),
    ],
)
def test_settings_come_from_the_environment(environment: Mapping[str, str], settings: Mapping[str, object]) -> None:
    assert read_settings(environment) == settings


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET", "DATA_CENTER", "DATA_CENTRE", "API_URL", "APP_URL"):
        monkeypatch.delenv(f"CRONOFY_{name}", raising=False)
    monkeypatch.setenv("CRONOFY_CLIENT_ID", "from the process")
    assert read_settings() == {"client_id": "from the process"}


def test_from_env_requires_a_secret_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRONOFY_CLIENT_SECRET", raising=False)

    with pytest.raises(ConfigurationError, match=r"^client_secret: CRONOFY_CLIENT_SECRET is not set\."):
        CronofyClient.from_env()

    assert isinstance(CronofyClient.from_env(client_secret=None), CronofyClient)


PROGRAM = """
import asyncio, logging, sys
from cronofy_async import CronofyClient
from cronofy_async.sandbox import Sandbox

async def main():
    async with Sandbox() as sandbox:
        for _ in range(2):
            client = CronofyClient.from_env(transport=sandbox.transport(), client_secret=sandbox.client_secret)
            await client.request("GET", "/v1/real_time_scheduling", query={"token": "s3cret"}).response()

{setup}
try:
    asyncio.run(main())
except Exception as error:
    assert error.status == 404
"""


@pytest.mark.parametrize(
    ("setup", "level", "line"),
    [
        ("", "debug", " INFO cronofy_async: GET /v1/real_time_scheduling: 404 in "),
        ("", "INFO", " INFO cronofy_async: GET /v1/real_time_scheduling: 404 in "),
        ("logging.basicConfig(format='mine: %(message)s')", "debug", "mine: GET /v1/real_time_scheduling: 404 in "),
        ("", "warning", None),
        ("", "", None),
    ],
)
def test_an_environment_variable_enables_logging_to_stderr(setup: str, level: str, line: str | None) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("{setup}", setup)],
        env={**os.environ, "CRONOFY_LOG": level},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stderr.count("\n") == (line is not None)
    assert (line or "") in done.stderr
    assert "s3cret" not in done.stderr


def test_an_unknown_level_is_rejected() -> None:
    level = logging.getLogger("cronofy_async").level

    with pytest.raises(ConfigurationError, match=r"^CRONOFY_LOG: expected one of debug, info, warning, got 'loud'$"):
        log_to_stderr({"CRONOFY_LOG": "loud"})

    assert logging.getLogger("cronofy_async").level == level


def test_no_handler_is_added_to_those_of_the_application() -> None:
    logger = logging.getLogger("cronofy_async")
    handlers, level, own = list(logger.handlers), logger.level, logging.StreamHandler()
    logger.addHandler(own)
    try:
        log_to_stderr({"CRONOFY_LOG": "debug"})
        assert (logger.handlers, logger.level) == ([*handlers, own], logging.DEBUG)
    finally:
        logger.removeHandler(own)
        logger.setLevel(level)
