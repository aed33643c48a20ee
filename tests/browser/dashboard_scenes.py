"""States of the dashboard that the docs show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp

from cronofy_async.sandbox import Account, Delivery, Sandbox

__all__ = ["dashboard"]

APP = "https://app.fernhill.example"


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
