"""States of the dashboard that the docs show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp

from cronofy_async.sandbox import Account, Delivery, Sandbox

__all__ = ["account", "dashboard"]

APP = "https://app.fernhill.example"
_HOURS = {"start": 1, "end": 2}
_EVENTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("standup", "Stand-up", "Europe/Lisbon", {"recurrence": {"rules": [{"frequency": "weekly", "count": 5}]}}),
    ("interview-2041", "Product engineer interview", "America/New_York", {}),
    ("interview-2042", "Panel interview", "Europe/Lisbon", {"transparency": "transparent"}),
]


async def dashboard(sandbox: Sandbox) -> str:
    """Requests, callbacks that arrived and that did not, links, accounts, and a fault."""
    amara = sandbox.add_account("amara@fernhill.example", "Amara Okafor", calendars=3)
    jonas = sandbox.add_account("jonas@fernhill.example", "Jonas Lindqvist")

    def application(delivery: Delivery) -> int:
        if "no-participants" in delivery.url:
            raise KeyError("participants")
        return 204

    sandbox.mount(APP, application)
    headers = {"Authorization": f"Bearer {sandbox.client_secret}"}
    async with aiohttp.ClientSession(sandbox.url, headers=headers) as session:

        async def create(summary: str, url: str | None, **availability: Any) -> str:
            body = _link(sandbox, summary, [amara, jonas], availability)
            if url:
                body["callback_urls"] = {"completed_url": url}
            async with session.post("/v1/real_time_scheduling", json=body) as response:
                link_id: str = (await response.json())["real_time_scheduling"]["real_time_scheduling_id"]
                return link_id

        await sandbox.book(await create("Portfolio review", f"{APP}/hooks/rts"))
        await sandbox.book(await create("Intro call", None))
        await sandbox.book(await create("Panel interview", "https://elsewhere.example/hooks/rts"))
        await sandbox.book(await create("Second interview", f"{APP}/no-participants"))
        await sandbox.book(await create("Third interview", "http://127.0.0.1:9/hooks/rts"))
        link = await create("Product engineer interview", f"{APP}/hooks/rts", start_intervall={"minutes": 30})
        sandbox.faults.add("real_time_scheduling.status", status=429, retry_after=2, times=3)
        for path in ("/v1/free_bussy", f"/v1/real_time_scheduling/{link}"):
            async with session.get(path):
                pass
    return "/__sandbox__/"


async def account(sandbox: Sandbox) -> str:
    """Events of an account: written by the application, by others, deleted, all-day, repeated, and in several calendars."""
    amara = sandbox.add_account("amara@fernhill.example", "Amara Okafor", calendars=2)
    amara.calendars[1].readonly = True
    now = sandbox.clock.now()
    add = sandbox.events.add
    add(amara, now.date() + timedelta(days=4), summary="Company day", calendar_id=amara.calendar_ids[1])
    add(amara, now + timedelta(days=1), summary="Lunch", status="tentative", tzid="Europe/Lisbon")
    add(amara, now + timedelta(days=2), summary="Design review", participation_status="needs_action")
    sandbox.clock.advance(minutes=2)
    headers = {"Authorization": f"Bearer {amara.access_token}"}
    path = f"/v1/calendars/{amara.calendar_id}/events"
    async with aiohttp.ClientSession(sandbox.url, headers=headers) as session:
        for event_id, summary, zone, more in _EVENTS:
            times = {name: f"{now + timedelta(days=3, hours=hour):%Y-%m-%dT%H:00:00Z}" for name, hour in _HOURS.items()}
            body = {"event_id": event_id, "summary": summary, "description": "", "tzid": zone, **times, **more}
            async with session.post(path, json=body) as response:
                assert response.status == 202
            sandbox.clock.advance(minutes=1)
        async with session.delete(path, json={"event_id": "interview-2042"}) as response:
            assert response.status == 202
    return f"/__sandbox__/accounts/{amara.sub}"


def _link(sandbox: Sandbox, summary: str, accounts: list[Account], availability: dict[str, Any]) -> dict[str, Any]:
    days = [sandbox.clock.now() + timedelta(days=day) for day in (1, 2, 3)]
    return {
        "oauth": {"redirect_uri": APP},
        "event": {"event_id": "interview-2041", "summary": summary, "tzid": "Europe/Lisbon"},
        "availability": {
            "participants": [{"members": [account.member for account in accounts], "required": "all"}],
            "required_duration": {"minutes": 60},
            "query_periods": [
                {"start": f"{day:%Y-%m-%d}T09:00:00Z", "end": f"{day:%Y-%m-%d}T17:00:00Z"} for day in days
            ],
            **availability,
        },
    }
