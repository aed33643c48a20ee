"""A FastAPI backend that hands out scheduling links and learns of bookings.

Run it against the local Cronofy::

    cronofy-async sandbox --port 8910
    CRONOFY_API_URL=http://127.0.0.1:8910 CRONOFY_CLIENT_ID=sbx_client CRONOFY_CLIENT_SECRET=sbx_secret \\
        uvicorn examples.fastapi_backend:app
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

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
    TimeChosen,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with CronofyClient.from_env() as client:
        app.state.cronofy = client
        yield


app = FastAPI(lifespan=lifespan)
booked: dict[str, datetime | None] = {}


def cronofy(request: Request) -> CronofyClient:
    client: CronofyClient = request.app.state.cronofy
    return client


Cronofy = Annotated[CronofyClient, Depends(cronofy)]


@app.post("/interviews/{candidate}")
async def invite(candidate: str, interviewer: str, request: Request, client: Cronofy) -> dict[str, str]:
    """Make a link for a candidate; ``interviewer`` is the ``sub`` of who they meet."""
    now = datetime.now(UTC)
    link = await client.real_time_scheduling.create(
        oauth=OAuth("https://app.example.com/thanks"),
        event=EventTemplate(event_id=f"interview-{candidate}", summary="Interview", tzid="Europe/London"),
        availability=AvailabilityQuery(
            participants=[ParticipantGroup([Member(interviewer)])],
            required_duration=timedelta(minutes=45),
            query_periods=[(now + timedelta(hours=1), now + timedelta(days=10))],
        ),
        # The callback says nothing of the link; the signed reference does.
        callback_urls=CallbackUrls(completed_url=client.webhooks.url(str(request.url_for("callback")), ref=candidate)),
    )
    return {"id": link.id, "url": link.url}


@app.get("/links/{link_id}")
async def status(link_id: str, client: Cronofy) -> SchedulingLink:
    return await client.real_time_scheduling.status(link_id)


@app.post("/callback")
async def callback(request: Request, client: Cronofy) -> None:
    try:
        notification = client.webhooks.parse(await request.body(), request.headers, url=request.url)
    except WebhookError:
        raise HTTPException(401) from None
    if isinstance(notification, TimeChosen) and notification.ref is not None:
        booked[notification.ref] = notification.event.start.utc
