"""A FastAPI backend that hands out scheduling links and knows what became of each, even after a restart.

Run it against the local Cronofy::

    cronofy-async sandbox --port 8910
    CRONOFY_API_URL=http://127.0.0.1:8910 CRONOFY_CLIENT_ID=sbx_client CRONOFY_CLIENT_SECRET=sbx_secret \\
        uvicorn examples.fastapi_backend:app
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request

from cronofy_async import CronofyClient
from cronofy_async.errors import WebhookError
from cronofy_async.models import (
    AvailabilityQuery,
    CallbackUrls,
    EventTemplate,
    Member,
    OAuth,
    ParticipantGroup,
    SchedulingLink,
)
from cronofy_async.polling import Watcher
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    # Several workers may share the file: one of them watches. If following fails, the group ends the application.
    store = SQLiteWatchStore(os.environ.get("LINKS_DB", "links.db"))
    async with (
        CronofyClient.from_env() as client,
        client.real_time_scheduling.watch(store=store, forever=True) as watcher,
        asyncio.TaskGroup() as group,
    ):
        app.state.cronofy, app.state.watcher = client, watcher
        following = group.create_task(follow(watcher))
        yield
        following.cancel()


async def follow(watcher: Watcher) -> None:
    async for change in watcher:
        event = change.link.event if change.link is not None else None
        start = event.start.utc if event is not None and event.start is not None else None
        outcome[change.watched.ref or change.id] = change.status, start


app = FastAPI(lifespan=lifespan)
outcome: dict[str, tuple[str, datetime | None]] = {}  # in your database, rather


def cronofy(request: Request) -> CronofyClient:
    client: CronofyClient = request.app.state.cronofy
    return client


def watcher(request: Request) -> Watcher:
    watching: Watcher = request.app.state.watcher
    return watching


Cronofy = Annotated[CronofyClient, Depends(cronofy)]
Watching = Annotated[Watcher, Depends(watcher)]


@app.post("/interviews/{candidate}")
async def invite(
    candidate: str, interviewer: str, request: Request, client: Cronofy, watching: Watching
) -> dict[str, str]:
    """Make a link for a candidate; ``interviewer`` is the ``sub`` of who they meet."""
    now = datetime.now(UTC)
    wanted: dict[str, Any] = {
        "oauth": OAuth("https://app.example.com/thanks"),
        "event": EventTemplate(event_id=f"interview-{candidate}", summary="Interview", tzid="Europe/London"),
        "availability": AvailabilityQuery(
            participants=[ParticipantGroup([Member(interviewer)])],
            required_duration=timedelta(minutes=45),
            query_periods=[(now + timedelta(hours=1), now + timedelta(days=10))],
        ),
        # The callback says nothing of the link; the signed reference does.
        "callback_urls": CallbackUrls(
            completed_url=client.webhooks.url(str(request.url_for("callback")), ref=candidate)
        ),
    }
    link = await client.real_time_scheduling.create(**wanted)
    await watching.add(link)
    return {"id": link.id, "url": link.url}


@app.get("/links/{link_id}")
async def status(link_id: str, client: Cronofy) -> SchedulingLink:
    return await client.real_time_scheduling.status(link_id)


@app.post("/callback")
async def callback(request: Request, client: Cronofy, watching: Watching) -> None:
    try:
        notification = client.webhooks.parse(await request.body(), request.headers, url=request.url)
    except WebhookError:
        raise HTTPException(401) from None
    await watching.notify(notification)  # the watcher asks Cronofy, and `follow` hears of it
