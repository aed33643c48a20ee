"""The sandbox as a whole, and with the SDK in process."""

from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import cronofy_async.sandbox
from cronofy_async import CronofyClient
from cronofy_async.errors import NotFound, RequestTimeout, ResponseLost, ValidationFailed
from cronofy_async.http import Timeout
from cronofy_async.sandbox import Sandbox

from .support import LINKS, NOW, at, call, create, link_body, put, status


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


def client(sandbox: Sandbox, **options: Any) -> CronofyClient:
    return sandbox.client(**({"rate_limit": None} | options))


# Seeds and state.


async def facts(seed: int) -> list[str]:
    sandbox = Sandbox(now=NOW, seed=seed)
    ada = sandbox.add_account("ada@example.com", calendars=2)
    link = sandbox.link(await create(sandbox, ada))
    return [ada.sub, ada.profile_id, *ada.calendar_ids, ada.access_token, ada.refresh_token, link.id, link.token]


async def test_ids_are_the_same_for_the_same_seed() -> None:
    first, again, other = await facts(1), await facts(1), await facts(2)
    assert first == again
    assert len(set(first + other)) == len(first) * 2
    prefixes = ["acc_", "pro_", "cal_", "cal_", "sbx_at_", "sbx_rt_", "sch_"]
    assert all(name.startswith(prefix) for name, prefix in zip(first, prefixes, strict=False))


async def test_reset_clears_everything_except_the_time(sandbox: Sandbox) -> None:
    sandbox.mount("https://app.example.com", lambda _: 204)
    ada = sandbox.add_account("ada@example.com")
    ident = await create(sandbox, ada, callback_url="https://app.example.com/hook")
    await call(sandbox, "POST", LINKS, put(link_body(ada), "new", 1))
    await sandbox.book(ident)
    sandbox.faults.add(status=500)
    sandbox.clock.advance(60)
    assert (len(sandbox.accounts), len(sandbox.links), len(sandbox.deliveries)) == (1, 1, 1)
    assert len(sandbox.requests) == 2
    assert len(sandbox.unknown_parameters) == 1

    sandbox.reset()
    for remaining in (
        sandbox.accounts,
        sandbox.links,
        sandbox.deliveries,
        list(sandbox.requests),
        sandbox.unknown_parameters,
    ):
        assert remaining == []
    assert sandbox.clock.monotonic() == 60
    assert (await call(sandbox, "GET", f"{LINKS}/{ident}")).status == 404  # no fault
    again = sandbox.add_account("ada@example.com")
    assert again.sub == ada.sub
    ident = await create(sandbox, again, callback_url="https://app.example.com/hook")
    sandbox.faults.add("callback", reset="before")
    assert (await sandbox.book(ident)).delivery is sandbox.deliveries[0]
    assert sandbox.deliveries[0].outcome == "lost"


def test_two_sandboxes_are_independent() -> None:
    first, second = Sandbox(now=NOW), Sandbox(now=NOW)
    first.add_account("ada@example.com")
    assert second.accounts == []


def test_the_clock_runs_unless_fixed() -> None:
    before = datetime.now(NOW.tzinfo)
    assert before <= Sandbox().clock.now() <= datetime.now(NOW.tzinfo)
    assert Sandbox(now=NOW).clock.now() == NOW


@pytest.mark.parametrize("secrets", [{"client_secret": "CRN_abc"}, {"more_secrets": ("made-up", "CRN_abc")}])
def test_secrets_that_look_real_are_rejected(secrets: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="real secret") as caught:
        Sandbox(**secrets)
    assert "CRN_abc" not in str(caught.value)


async def test_the_application_can_have_other_credentials() -> None:
    sandbox = Sandbox(now=NOW, client_id="me", client_secret="mine")
    assert (sandbox.client_id, sandbox.client_secret) == ("me", "mine")
    assert (await call(sandbox, "GET", f"{LINKS}/x", token="mine")).status == 404
    assert (await call(sandbox, "GET", f"{LINKS}/x", token="sbx_secret")).status == 401


def test_accounts(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada.lovelace@example.com", calendars=2)
    named = sandbox.add_account("b@example.com", "Bob")
    assert (ada.name, named.name) == ("Ada.Lovelace", "Bob")
    assert ada.target_calendar == {"sub": ada.sub, "calendar_id": ada.calendar_ids[0]}
    assert ada.member == {"sub": ada.sub}
    assert [calendar.primary for calendar in ada.calendars] == [True, False]
    assert sandbox.accounts == [ada, named]
    with pytest.raises(ValueError, match="must be from 1 to 1,000"):
        sandbox.add_account("c@example.com", calendars=0)


def test_busy_times(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com", calendars=2)
    late = sandbox.add_busy(ada, at(11), at(12), calendar_id=ada.calendar_ids[1])
    early = sandbox.add_busy(ada, at(9), at(10), "Stand-up")
    assert ada.events == [early, late]
    assert early.details == {"summary": "Stand-up"}
    assert early.event_id is None
    assert early.event_uid != late.event_uid
    with pytest.raises(ValueError, match="start: must have a time zone"):
        sandbox.add_busy(ada, at(9).replace(tzinfo=None), at(10))
    with pytest.raises(ValueError, match="end: must be after"):
        sandbox.add_busy(ada, at(9), at(9))
    with pytest.raises(ValueError, match="has no calendar cal_0"):
        sandbox.add_busy(ada, at(9), at(10), calendar_id="cal_0")


async def test_recorded_bodies_are_hidden_in_reprs(sandbox: Sandbox) -> None:
    await call(sandbox, "POST", "/oauth/token", {"client_secret": "sbx_secret", "grant_type": "x"}, token=None)
    assert sandbox.requests[0].json["client_secret"] == "sbx_secret"
    assert "sbx_secret" not in repr(sandbox.requests[0])


# With the SDK, in process.


async def test_a_client_in_process(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com")
    async with sandbox, client(sandbox) as cronofy:
        created = await cronofy.request("POST", LINKS, json=link_body(ada))
        ident = created["real_time_scheduling"]["real_time_scheduling_id"]
        assert created["real_time_scheduling"]["url"].startswith("http://sandbox.invalid/")
        link = await cronofy.real_time_scheduling.status(ident)
        assert (link.real_time_scheduling_id, link.status) == (ident, "open")
        booking = await sandbox.book(link)
        assert (await cronofy.real_time_scheduling.status(link)).status == "completed"
        assert booking.start == at(9)
        with pytest.raises(NotFound):
            await cronofy.real_time_scheduling.status("sch_0")
        with pytest.raises(ValidationFailed) as caught:
            await cronofy.request("POST", LINKS, json=put(link_body(ada), "event.tzid", "Nowhere"))
    assert list(caught.value.errors) == ["event.tzid"]


async def test_backoff_takes_no_real_time(sandbox: Sandbox) -> None:
    ident = await create(sandbox, sandbox.add_account("ada@example.com"))
    sandbox.faults.add("*.status", status=429, retry_after=20, times=2)
    async with client(sandbox) as cronofy:
        response = await cronofy.real_time_scheduling.status(ident).response()
    assert response.attempts == 3
    assert sandbox.clock.monotonic() >= 40


async def test_a_timeout_takes_no_real_time(sandbox: Sandbox) -> None:
    sandbox.faults.add("*.create", latency=100)
    async with client(sandbox, timeout=Timeout(attempt=30, total=300), retry=None) as cronofy:
        with pytest.raises(RequestTimeout, match="no response within 30"):
            await cronofy.request("POST", LINKS, json=link_body())
    assert sandbox.clock.monotonic() == 30
    assert sandbox.links == []


@pytest.mark.parametrize(
    ("fault", "links"), [({"reset": "before"}, 0), ({"reset": "after"}, 1), ({"truncate": True}, 1)]
)
async def test_a_broken_connection_in_process(sandbox: Sandbox, fault: dict[str, Any], links: int) -> None:
    ada = sandbox.add_account("ada@example.com")
    sandbox.faults.add("*.create", **fault)
    async with client(sandbox, retry=None) as cronofy:
        with pytest.raises(ResponseLost, match="the connection broke"):
            await cronofy.request("POST", LINKS, json=link_body(ada))
    assert len(sandbox.links) == links


async def test_a_client_can_be_configured_by_hand(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com")
    ident = await create(sandbox, ada)
    async with CronofyClient(
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        base_url="https://elsewhere.example",
        transport=sandbox.transport(),
    ) as cronofy:
        link = await cronofy.real_time_scheduling.status(ident)
    assert link.url.startswith("https://elsewhere.example/")


async def test_concurrent_requests(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com")
    idents = await asyncio.gather(*(create(sandbox, ada) for _ in range(50)))
    assert len(set(idents)) == 50
    assert {(await status(sandbox, ident))["status"] for ident in idents} == {"open"}


# Independence.


def test_the_sandbox_does_not_import_the_code_it_checks() -> None:
    forbidden = {"models", "codec", "resources", "call"}
    package = Path(cronofy_async.sandbox.__file__).parent
    result: set[str] = set()
    for path in package.rglob("*.py"):
        depth = len(path.relative_to(package).parts) + 1
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == depth:
                result.add((node.module or "").partition(".")[0])
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert not (node.module or "").startswith("cronofy_async")
    assert result  # shows that the search finds imports
    assert not result & forbidden


def test_the_sdk_does_not_import_the_sandbox() -> None:
    code = "import sys, cronofy_async; sys.exit('cronofy_async.sandbox' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_missing_dependency_names_the_extra() -> None:
    code = (
        "import sys\n"
        "sys.modules['jsonschema_rs'] = None\n"
        "try:\n    import cronofy_async.sandbox\n"
        "except ImportError as error:\n    sys.exit(str(error))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.stderr.strip() == "the sandbox needs an extra. Run: pip install 'cronofy_async[sandbox]'"
