"""``cronofy-async demo``: the SDK at work, over HTTP, against a local Cronofy."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

import attrs
from aiohttp import web
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from ..bulk import Failed
from ..client import CronofyClient
from ..errors import WebhookError
from ..http import RawResponse, Request
from ..middleware import Handler
from ..middleware.retry import RetryPolicy
from ..models.availability import AvailabilityQuery, Member, ParticipantGroup
from ..models.events import Attendees, Conferencing, EventTemplate, Invitee
from ..models.real_time_scheduling import (
    CallbackUrls,
    CreatedLink,
    Formatting,
    OAuth,
    RedirectUrls,
    TargetCalendar,
    TargetEvent,
)
from ..polling import Watcher
from ..sandbox import Account, Sandbox

__all__ = ["run"]

#: What an invitee does, and how many of a hundred do it.
Plan: TypeAlias = Literal["books", "is disabled", "finds nothing suitable", "never answers"]
PLANS: Final[dict[Plan, int]] = {"books": 62, "is disabled": 10, "finds nothing suitable": 12, "never answers": 16}
ENDS: Final[dict[Plan, str]] = {
    "books": "completed",
    "is disabled": "disabled",
    "finds nothing suitable": "expired",
    "never answers": "expired",
}

DAYS: Final = 14
STEP: Final = timedelta(hours=12)
STEPS: Final = DAYS * 2
LINKS_A_PANEL: Final = 25
#: Seconds of real time between half a day and the next, so that it can be watched.
PAUSE: Final = 0.1
#: Seconds of real time between two looks at a link: two weeks are over in a few.
MIN_INTERVAL: Final = 0.2


@attrs.define
class Invitation:
    """A link, and what its invitee is going to do with it."""

    number: int
    plan: Plan
    step: int
    panel: list[Account]
    link: CreatedLink | None = None
    status: str = "open"


@attrs.define
class Meter:
    """Counts what is sent: a middleware around each attempt."""

    requests: int = 0
    rate_limited: int = 0
    retries: int = 0

    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        self.requests += 1
        self.retries += request.attempt > 1
        response = await call_next(request)
        self.rate_limited += response.status == 429
        return response


@attrs.frozen
class Report:
    """What came of it."""

    links: int
    by_status: dict[str, int]
    requests: int
    rate_limited: int
    retries: int
    callbacks_sent: int
    callbacks_verified: int
    unexpected: int
    seconds: float

    @property
    def accounted_for(self) -> bool:
        """Whether every link ended as its invitee did, and every callback was genuine."""
        return (
            self.unexpected == 0
            and sum(self.by_status.values()) == self.links
            and self.callbacks_verified == self.callbacks_sent
        )


class Hooks:
    """The application's end: receives callbacks and verifies them."""

    def __init__(self) -> None:
        self.verified: set[str] = set()
        self.rejected = 0
        self.client: CronofyClient | None = None
        self.watcher: Watcher | None = None

    async def receive(self, request: web.Request) -> web.Response:
        assert self.client is not None  # links exist only once there is a client
        assert self.watcher is not None  # and are used once they are watched
        try:
            notification = self.client.webhooks.parse(await request.read(), request.headers, url=request.url)
        except WebhookError:
            self.rejected += 1
            return web.Response(status=401)
        self.verified.add(notification.fingerprint)
        await self.watcher.notify(notification)
        return web.Response()

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[str]:
        app = web.Application()
        app.router.add_post("/hooks/rts", self.receive)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/rts"
        finally:
            await runner.cleanup()


class Show:
    """The live display, on stderr."""

    def __init__(self, links: int) -> None:
        self.console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description:<13}"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=self.console,
            redirect_stdout=False,
        )
        self._made = self._add("links created", links)
        self._days = self._add("days passed", DAYS)
        self._ended = self._add("links over", links)

    def _add(self, what: str, total: int) -> TaskID:
        return self._progress.add_task(what, total=total, note="")

    def live(self) -> Progress:
        return self._progress

    def made(self) -> None:
        self._progress.advance(self._made)

    def day(self, steps: int) -> None:
        self._progress.update(self._days, completed=steps // 2)

    def ended(self, statuses: Counter[str]) -> None:
        over = Counter({name: count for name, count in statuses.items() if name != "open"})
        note = ", ".join(f"{count} {name}" for name, count in sorted(over.items()))
        self._progress.update(self._ended, completed=over.total(), note=note)


def run(links: int, *, faults: bool, seed: int, as_json: bool) -> int:
    """Run the demo, print its report, and give the exit status."""
    show = Show(links)
    show.console.print(
        f"A local Cronofy, {links:,} links, two weeks in a few seconds. "
        "The client's own rate limit is lifted: this Cronofy is ours."
    )
    with show.live():
        report = asyncio.run(_demo(links, show, faults=faults, seed=seed))
    if as_json:
        shown = attrs.asdict(report, filter=lambda a, _: a.name not in {"callbacks_sent", "unexpected"})
        print(json.dumps(shown | {"seconds": round(report.seconds, 3)}))  # noqa: T201 - for programs
    else:
        _print(report)
    if not report.accounted_for:
        show.console.print(
            f"[red]Not every link is accounted for:[/] {report.unexpected} ended otherwise than their invitees did, "
            f"{report.callbacks_verified} of {report.callbacks_sent} callbacks were verified."
        )
    return 0 if report.accounted_for else 1


async def _demo(links: int, show: Show, *, faults: bool, seed: int) -> Report:
    started = time.perf_counter()
    meter, hooks = Meter(), Hooks()
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    async with Sandbox(now=now, seed=seed, strict=True) as sandbox, sandbox.serve() as url, hooks.serve() as hook_url:
        invitations = list(_invitations(sandbox, links, random.Random(seed)))
        if faults:
            _add_faults(sandbox)
        async with CronofyClient(
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            base_url=url,
            app_url=url,
            rate_limit=None,  # the sandbox is ours: the demo is to be over soon
            retry=RetryPolicy(attempts=12, base=0.05, cap=1, reserve=links),
            per_attempt=[meter],
            app_name="demo",
        ) as cronofy:
            hooks.client = cronofy
            watched = await _create(cronofy, invitations, hook_url, now, show)
            watcher = hooks.watcher = cronofy.real_time_scheduling.watch(watched, min_interval=MIN_INTERVAL)
            async with watcher, asyncio.TaskGroup() as group:
                group.create_task(_live(sandbox, cronofy, invitations, show))
                group.create_task(_follow(watcher, invitations, show))
            missed = await _check(cronofy, invitations)
        return Report(
            links=links,
            by_status=dict(sorted(Counter(one.status for one in invitations).items())),
            requests=meter.requests,
            rate_limited=meter.rate_limited,
            retries=meter.retries,
            callbacks_sent=len(sandbox.deliveries),
            callbacks_verified=len(hooks.verified),
            unexpected=missed + sum(one.status != ENDS[one.plan] for one in invitations),
            seconds=time.perf_counter() - started,
        )


def _add_faults(sandbox: Sandbox) -> None:
    """5 % in all."""
    every = "real_time_scheduling.*"
    sandbox.faults.add(every, status=429, retry_after=0.1, probability=0.02)
    sandbox.faults.add(every, status=503, retry_after=0.1, probability=0.01)
    sandbox.faults.add(every, status=503, probability=0.01)
    sandbox.faults.add(every, reset="before", probability=0.005)
    sandbox.faults.add(every, reset="after", probability=0.005)


def _invitations(sandbox: Sandbox, links: int, draw: random.Random) -> Iterator[Invitation]:
    panel: list[Account] = []
    for number in range(links):
        if number % LINKS_A_PANEL == 0:
            names = ("marty", "doc", "sarah")
            panel = [sandbox.add_account(f"{name}.{number // LINKS_A_PANEL}@example.com") for name in names]
        (plan,) = draw.choices(list(PLANS), list(PLANS.values()))
        # Some answer at once, some late, a few on the last day.
        yield Invitation(number, plan, min(int(draw.expovariate(0.25)), STEPS - 2), panel)


async def _create(
    cronofy: CronofyClient, invitations: list[Invitation], hook_url: str, now: datetime, show: Show
) -> list[CreatedLink]:
    """Create all links."""
    links: list[CreatedLink] = []
    # A lost answer leaves a link that nobody has seen, which does no harm.
    calls = (
        (
            one,
            cronofy.real_time_scheduling.create(**_request(cronofy, one, hook_url, now)).with_options(idempotent=True),
        )
        for one in invitations
    )
    async with cronofy.each(calls) as outcomes:
        async for outcome in outcomes:
            link = outcome.item.link = outcome.result()
            links.append(link)
            show.made()
    return links


def _request(cronofy: CronofyClient, one: Invitation, hook_url: str, now: datetime) -> dict[str, Any]:
    hook = cronofy.webhooks.url(hook_url, ref=f"candidate-{one.number}")
    return {
        "oauth": OAuth("https://app.example.com/done"),
        "event_creation": "single",
        "event": EventTemplate(
            event_id=f"interview-{one.number}",
            summary="Panel interview",
            tzid="Europe/London",
            attendees=Attendees(invite=[Invitee(f"candidate-{one.number}@example.com", display_name="Jim Candidate")]),
        ),
        "availability": AvailabilityQuery(
            participants=[ParticipantGroup([Member(account.sub) for account in one.panel], required=2)],
            required_duration=timedelta(minutes=60),
            start_interval=timedelta(minutes=30),
            response_format="slots",
            query_periods=[(now, now + timedelta(days=DAYS))],
        ),
        "target_calendars": [
            TargetCalendar(
                sub=account.sub,
                calendar_id=account.calendar_id,
                attendee=Invitee(account.email, display_name=account.name),
                event=TargetEvent(conferencing=Conferencing(profile_id="integrated")),
            )
            for account in one.panel
        ],
        "minimum_notice": timedelta(hours=1),
        "formatting": Formatting(hour_format="H"),
        "callback_urls": CallbackUrls(completed_url=hook, no_times_suitable_url=hook, no_times_displayed_url=hook),
        "redirect_urls": RedirectUrls(completed_url="https://app.example.com/booked"),
        "selection_mode": "no_confirm",
    }


async def _live(sandbox: Sandbox, cronofy: CronofyClient, invitations: list[Invitation], show: Show) -> None:
    """Let two weeks go by, half a day at a time."""
    due: dict[int, list[Invitation]] = {}
    for one in invitations:
        due.setdefault(one.step, []).append(one)
    for step in range(STEPS):
        for one in due.get(step, ()):
            await _act(sandbox, cronofy, one)
        sandbox.clock.advance(STEP)
        show.day(step + 1)
        await asyncio.sleep(PAUSE)


async def _act(sandbox: Sandbox, cronofy: CronofyClient, one: Invitation) -> None:
    link = _link(one)
    match one.plan:
        case "books":
            await sandbox.book(link.url, tzid="Europe/Paris")
        case "is disabled":
            await cronofy.real_time_scheduling.disable(link, display_message="The position was filled. Thank you!")
        case "finds nothing suitable":
            await sandbox.no_times_suitable(link.url)
        case "never answers":
            pass


async def _follow(watcher: Watcher, invitations: list[Invitation], show: Show) -> None:
    """Take what becomes of each link, until all are over."""
    by_id = {_link(one).id: one for one in invitations}
    async for change in watcher:
        by_id[change.id].status = change.status
        show.ended(Counter(one.status for one in invitations))


async def _check(cronofy: CronofyClient, invitations: list[Invitation]) -> int:
    """Ask about each link once more, and count those of which something else was told, or nothing."""
    missed = 0
    async with cronofy.real_time_scheduling.poll(invitations, key=_link) as outcomes:
        async for outcome in outcomes:
            missed += isinstance(outcome, Failed) or outcome.link.status != outcome.item.status
    return missed


def _link(one: Invitation) -> CreatedLink:
    assert one.link is not None  # all were created
    return one.link


def _print(report: Report) -> None:
    console = Console()
    table = Table(title="What became of the links", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    for status, count in report.by_status.items():
        table.add_row(status, f"{count:,}")
    table.add_section()
    for name, value in (
        ("links", f"{report.links:,}"),
        ("requests", f"{report.requests:,}"),
        ("429s", f"{report.rate_limited:,}"),
        ("retries", f"{report.retries:,}"),
        ("callbacks verified", f"{report.callbacks_verified:,} of {report.callbacks_sent:,}"),
        ("throughput", f"{report.requests / report.seconds:,.0f} requests/s"),
        ("time", f"{report.seconds:.1f} s"),
    ):
        table.add_row(name, value)
    console.print(table)
    console.print(
        "[dim]The client's rate limit (50 requests a second and 500 a minute for an application) was lifted: this "
        "Cronofy runs on your machine. Against the real one it is on.[/]"
    )
