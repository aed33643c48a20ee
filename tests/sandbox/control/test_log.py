"""The log of requests to pages and to the control API."""

from __future__ import annotations

import logging
import re

import pytest

from ..support import create
from .support import Control

LOG = "cronofy_async.sandbox"


async def test_each_request_is_a_line_without_secrets(control: Control, caplog: pytest.LogCaptureFixture) -> None:
    ada = control.sandbox.add_account("ada@example.com")
    ident = await create(control.sandbox, ada)
    link = control.sandbox.link(ident)
    caplog.set_level(logging.INFO, LOG)

    await control.get(f"links/{ident}")
    await control.get(f"links/{link.token}")
    await control.post(f"links/{link.token}/book")
    await control.get(f"links/{control.url}/add/{link.token}".replace("://", "%3A%2F%2F").replace("/add/", "%2F"))
    await control.get("requests?last=1")
    await control.post("actions/real_time_scheduling.find", link=link.token)
    await control.get("deliveries/dlv_17")
    await control.get(f"nothing/{link.token}")
    await control.get("/__sandbox__/health")
    async with control.http.get("/__sandbox__/static/base.css") as response:
        assert response.status == 200

    lines = [re.sub(r"[\d.]+ ms$", "0 ms", record.getMessage()) for record in caplog.records if record.name == LOG]
    api = "/__sandbox__/api"
    assert lines == [
        f"GET {api}/links/{ident}  200  0 ms",
        f"GET {api}/links/…  200  0 ms",
        f"POST {api}/links/…/book  200  0 ms",
        f"GET {api}/links/…  200  0 ms",
        f"GET {api}/requests  200  0 ms",
        f"POST {api}/actions/real_time_scheduling.find  200  0 ms",
        f"GET {api}/deliveries/dlv_17  404  0 ms",
        f"GET {api}/nothing/…  404  0 ms",
    ]


async def test_requests_in_process_are_not_logged(control: Control, caplog: pytest.LogCaptureFixture) -> None:
    from ..support import call

    caplog.set_level(logging.INFO, LOG)
    assert (await call(control.sandbox, "GET", "/__sandbox__/api/clock")).status == 200
    assert caplog.text == ""
