"""A FastAPI backend that creates scheduling links and learns the outcome of each, even after a restart.

Run it against the local Cronofy::

    cronofy-async sandbox --port 8910
    CRONOFY_API_URL=http://127.0.0.1:8910 CRONOFY_CLIENT_ID=sbx_client CRONOFY_CLIENT_SECRET=sbx_secret \\
        uvicorn examples.fastapi_backend:app
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel

from cronofy_async import CronofyClient
from cronofy_async.errors import CronofyError, WebhookError
from cronofy_async.models import (
    AvailabilityQuery,
    CallbackUrls,
    EventTemplate,
    Member,
    OAuth,
    ParticipantGroup,
)
from cronofy_async.polling import Watcher
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore

logger = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    # If several workers share the file, one of them watches.
    store = SQLiteWatchStore(os.environ.get("LINKS_DB", "links.db"))
    async with (
        CronofyClient.from_env() as client,
        client.real_time_scheduling.watch(store=store, forever=True) as watcher,
    ):
        app.state.cronofy, app.state.watcher = client, watcher
        task = asyncio.create_task(follow(watcher))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])


async def follow(watcher: Watcher) -> None:
    try:
        async for change in watcher:
            outcome[change.watched.ref or change.id] = change.status, change.start
    except CronofyError:  # such as a revoked secret: the application continues without a watcher
        logger.exception("links are no longer watched")


app = FastAPI(lifespan=lifespan)
outcome: dict[str, tuple[str, datetime | None]] = {}  # use your database instead
emails: dict[str, str] = {}  # and email these; no response contains the URL, because anyone who has it can book


def get_client(request: Request) -> CronofyClient:
    client: CronofyClient = request.app.state.cronofy
    return client


def get_watcher(request: Request) -> Watcher:
    watcher: Watcher = request.app.state.watcher
    return watcher


Client = Annotated[CronofyClient, Depends(get_client)]
LinkWatcher = Annotated[Watcher, Depends(get_watcher)]


@app.post("/interviews/{candidate}")
async def invite(
    candidate: str, interviewer: str, request: Request, client: Client, watcher: LinkWatcher
) -> dict[str, str]:
    """Create a link for a candidate. ``interviewer`` is the ``sub`` of the account that they meet."""
    now = datetime.now(UTC)
    # A callback does not name its link; the signed reference does.
    hook = client.webhooks.url(str(request.url_for("callback")), ref=candidate)
    link = await client.real_time_scheduling.create(
        oauth=OAuth("https://app.example.com/thanks"),
        event=EventTemplate(event_id=f"interview-{candidate}", summary="Interview", tzid="Europe/London"),
        availability=AvailabilityQuery(
            participants=[ParticipantGroup([Member(interviewer)])],
            required_duration=timedelta(minutes=45),
            query_periods=[(now + timedelta(hours=1), now + timedelta(days=10))],
        ),
        callback_urls=CallbackUrls(completed_url=hook),
    )
    await watcher.add(link)  # the link has its event_id, expires_at, and ref from the request
    emails[candidate] = f"Please pick a time: {link.url}"
    return {"id": link.id}


class Interview(BaseModel):
    """The data for a front-end. The URL of a link is left out, because anyone who has it can book."""

    status: str
    start: datetime | None


@app.get("/links/{link_id}")
async def status(link_id: str, client: Client) -> Interview:
    link = await client.real_time_scheduling.status(link_id)
    return Interview(status=link.status, start=link.start)


@app.post("/callback")
async def callback(request: Request, client: Client, watcher: LinkWatcher) -> None:
    try:
        notification = client.webhooks.parse(await request.body(), request.headers, url=request.url, require_ref=True)
    except WebhookError:
        raise HTTPException(401) from None
    await watcher.notify(notification)  # the watcher requests the status, and `follow` gets the change
