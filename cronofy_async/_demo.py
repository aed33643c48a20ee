"""The demonstration: an application, its invitees, and a local Cronofy, over HTTP."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

import attrs
from aiohttp import web

from .bulk import Failed
from .client import CronofyClient
from .errors import WebhookError
from .middleware import Middleware
from .middleware.retry import RetryPolicy
from .models.availability import AvailabilityQuery, Member, ParticipantGroup
from .models.event_parts import EventTemplate
from .models.real_time_scheduling import CallbackUrls, CreatedLink, OAuth, TargetCalendar
from .polling import Watcher
from .sandbox import Account, Sandbox

if TYPE_CHECKING:
    from rich.progress import Progress

#: What invitees do, each with the percentage of invitees and the final status of the link.
Plan: TypeAlias = Literal["books", "is disabled", "finds nothing suitable", "never answers"]
PLANS: Final[dict[Plan, tuple[int, str]]] = {
    "books": (62, "completed"),
    "is disabled": (10, "disabled"),
    "finds nothing suitable": (12, "expired"),
    "never answers": (16, "expired"),
}
#: 5 % of the requests fail.
FAULTS: Final[list[dict[str, Any]]] = [
    {"status": 429, "retry_after": 0.1, "probability": 0.02},
    {"status": 503, "probability": 0.02},
    {"reset": "before", "probability": 0.005},
    {"reset": "after", "probability": 0.005},
]
HOOK: Final = "https://recruiting.example.com/hooks/rts"
DAYS: Final = 14
STEPS: Final = DAYS * 2
LINKS_PER_PANEL: Final = 25
#: Real seconds between two steps, so the progress can be followed, and between two requests for a link.
PAUSE: Final = 0.1
MIN_INTERVAL: Final = 0.2


@attrs.define
class Invitation:
    """A link, what its invitee will do, and in which step."""

    number: int
    plan: Plan
    step: int
    panel: list[Account]
    status: str = "open"
    link: CreatedLink = attrs.field(init=False)


class CallbackServer:
    """The application's web server, which verifies callbacks and passes them to the watcher."""

    client: CronofyClient  # this and the watcher are set before any link is used
    watcher: Watcher

    def __init__(self) -> None:
        self.verified: set[str] = set()
        self.app = web.Application()
        self.app.router.add_post(urlsplit(HOOK).path, self.receive)

    async def receive(self, request: web.Request) -> web.Response:
        try:
            notification = self.client.webhooks.parse(await request.read(), request.headers, url=request.url)
        except WebhookError:
            return web.Response(status=401)
        self.verified.add(notification.fingerprint)
        await self.watcher.notify(notification)
        return web.Response()


@attrs.frozen
class Outcome:
    """The outcome of all links.

    Attributes:
        by_status: The number of links with each status.
        callbacks_verified: The number of callbacks whose signature was verified.
        problems: The problems that were found.
    """

    by_status: Mapping[str, int]
    callbacks_verified: int
    problems: list[str]


async def demonstrate(links: int, progress: Progress, *, faults: bool, seed: int, per_attempt: Middleware) -> Outcome:
    """Create links, simulate their invitees for two weeks, and track every link.

    Args:
        links: The number of links.
        progress: Shows the progress.
        faults: Whether 5 % of the requests fail.
        seed: The seed for what invitees do.
        per_attempt: A middleware around each attempt.
    """
    server = CallbackServer()
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    async with Sandbox(now=now, seed=seed, strict=True) as sandbox, sandbox.serve() as url:
        sandbox.mount(HOOK, server.app)
        invitations = list(_invitations(sandbox, links, random.Random(seed)))
        for fault in FAULTS if faults else ():
            sandbox.faults.add("real_time_scheduling.*", **fault)
        async with CronofyClient(
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            base_url=url,
            app_url=url,
            rate_limit=None,
            retry=RetryPolicy(attempts=12, base=0.05, cap=1, reserve=links),
            per_attempt=[per_attempt],
            app_name="demo",
        ) as cronofy:
            server.client = cronofy
            watched = await _create(cronofy, invitations, now, progress)
            watcher = server.watcher = cronofy.real_time_scheduling.watch(watched, min_interval=MIN_INTERVAL)
            async with watcher, asyncio.TaskGroup() as group:
                group.create_task(_simulate(sandbox, cronofy, invitations, progress))
                group.create_task(_follow(watcher, invitations, progress))
            mismatches = await _count_mismatches(cronofy, invitations)
    unexpected = mismatches + sum(invitation.status != PLANS[invitation.plan][1] for invitation in invitations)
    problems = [f"{unexpected} links have an unexpected status."] if unexpected else []
    if len(server.verified) != (sent := len(sandbox.deliveries)):
        problems.append(f"Only {len(server.verified)} of {sent} callbacks were verified.")
    by_status = dict(sorted(Counter(invitation.status for invitation in invitations).items()))
    return Outcome(by_status, len(server.verified), problems)


def _invitations(sandbox: Sandbox, links: int, rng: random.Random) -> Iterator[Invitation]:
    panel: list[Account] = []
    for number in range(links):
        if number % LINKS_PER_PANEL == 0:
            names = ("marty", "doc", "sarah")
            panel = [sandbox.add_account(f"{name}.{number // LINKS_PER_PANEL}@example.com") for name in names]
        (plan,) = rng.choices(list(PLANS), [weight for weight, _ in PLANS.values()])
        # Most answer early, a few on the last day.
        yield Invitation(number, plan, min(int(rng.expovariate(0.25)), STEPS - 2), panel)


async def _create(
    cronofy: CronofyClient, invitations: list[Invitation], now: datetime, progress: Progress
) -> list[CreatedLink]:
    """Create all links."""
    links: list[CreatedLink] = []
    created = progress.add_task("links created", total=len(invitations), note="")
    # A duplicate link is acceptable here: if the response is lost, the first link is never sent to an invitee.
    calls = (
        (
            invitation,
            cronofy.real_time_scheduling.create(**_request(cronofy, invitation, now)).with_options(idempotent=True),
        )
        for invitation in invitations
    )
    async with cronofy.each(calls) as outcomes:
        async for outcome in outcomes:
            link = outcome.item.link = outcome.result()
            links.append(link)
            progress.advance(created)
    return links


def _request(cronofy: CronofyClient, invitation: Invitation, now: datetime) -> dict[str, Any]:
    hook = cronofy.webhooks.url(HOOK, ref=f"candidate-{invitation.number}")
    return {
        "oauth": OAuth("https://app.example.com/done"),
        "event": EventTemplate(
            event_id=f"interview-{invitation.number}", summary="Panel interview", tzid="Europe/London"
        ),
        "availability": AvailabilityQuery(
            participants=[ParticipantGroup([Member(account.sub) for account in invitation.panel], required=2)],
            required_duration=timedelta(minutes=60),
            start_interval=timedelta(minutes=30),
            query_periods=[(now, now + timedelta(days=DAYS))],
        ),
        "target_calendars": [
            TargetCalendar(sub=account.sub, calendar_id=account.calendar_id) for account in invitation.panel
        ],
        "minimum_notice": timedelta(hours=1),
        "callback_urls": CallbackUrls(completed_url=hook, no_times_suitable_url=hook, no_times_displayed_url=hook),
    }


async def _simulate(
    sandbox: Sandbox, cronofy: CronofyClient, invitations: list[Invitation], progress: Progress
) -> None:
    """Simulate two weeks, half a day at a time."""
    days = progress.add_task("days passed", total=DAYS, note="")
    for step in range(STEPS):
        for invitation in invitations:
            if invitation.step != step:
                continue
            match invitation.plan:
                case "books":
                    await sandbox.book(invitation.link.url, tzid="Europe/Paris")
                case "is disabled":
                    await cronofy.real_time_scheduling.disable(
                        invitation.link, display_message="The position is filled."
                    )
                case "finds nothing suitable":
                    await sandbox.no_times_suitable(invitation.link.url)
                case "never answers":
                    pass
        sandbox.clock.advance(timedelta(hours=12))
        progress.update(days, completed=(step + 1) // 2)
        await asyncio.sleep(PAUSE)


async def _follow(watcher: Watcher, invitations: list[Invitation], progress: Progress) -> None:
    """Record status changes until all links are terminal."""
    by_id = {invitation.link.id: invitation for invitation in invitations}
    statuses: Counter[str] = Counter()
    done = progress.add_task("links done", total=len(invitations), note="")
    async for change in watcher:
        by_id[change.id].status = change.status
        statuses[change.status] += 1
        note = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        progress.update(done, completed=statuses.total(), note=note)


async def _count_mismatches(cronofy: CronofyClient, invitations: list[Invitation]) -> int:
    """Poll every link once more, and return how many have a different status than the watcher reported."""
    mismatches = 0
    async with cronofy.real_time_scheduling.poll(invitations, key=lambda invitation: invitation.link) as outcomes:
        async for outcome in outcomes:
            mismatches += isinstance(outcome, Failed) or outcome.link.status != outcome.item.status
    return mismatches
