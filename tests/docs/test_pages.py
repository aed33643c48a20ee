"""The snippets of the docs run, and their statements about the package are correct."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aioresponses.core
import attrs
import httpx2
import pytest
import trustme
from aiohttp.test_utils import TestClient, TestServer
from django.conf import settings
from django.test import RequestFactory

from cronofy_async import CronofyClient, RateLimit, RetryPolicy, Timeout, config, errors, models
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.sandbox import Delivery, RunningSandbox, Sandbox

from .generated import BLOCKS, blocks, filled
from .snippets import ROOT, Snippet, run, snippets

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
NOW = datetime(2031, 3, 3, 7, tzinfo=UTC)
APP = "https://app.example.com"

Names = dict[str, Any]


def text(page: str) -> str:
    return (DOCS / f"{page}.md").read_text("utf-8")


def of_kind(kind: str, page: str) -> list[Snippet]:
    return [snippet for snippet in snippets(DOCS / f"{page}.md") if snippet.kind == kind]


@pytest.fixture
async def sandbox() -> AsyncGenerator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
async def names(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Names]:
    """Return the initial names for the snippets of a page. ``from_env`` returns clients of the sandbox."""
    make = CronofyClient.from_env

    def from_env(**options: Any) -> CronofyClient:
        defaults: Names = {"transport": sandbox.transport(), "clock": sandbox.clock}
        return make(**(defaults | options))

    monkeypatch.setattr(CronofyClient, "from_env", from_env)
    monkeypatch.setenv("CRONOFY_CLIENT_ID", sandbox.client_id)
    monkeypatch.setenv("CRONOFY_CLIENT_SECRET", sandbox.client_secret)
    async with sandbox.client() as cronofy:
        yield {
            "__name__": "docs",
            "ada": sandbox.add_account("ada@example.com"),
            "bob": sandbox.add_account("bob@example.com"),
            "cronofy": cronofy,
            "now": sandbox.clock.now(),
            "print": _no_print,
            "sandbox": sandbox,
        }


def _no_print(*values: object) -> None:
    """Ignore the output of the examples."""


async def run_page(page: str, names: Names, *, at_least: int) -> None:
    page_snippets = of_kind("run", page)
    assert len(page_snippets) >= at_least
    for snippet in page_snippets:
        await run(snippet, names)


# Snippets.


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_snippet_is_run(page: Path) -> None:
    kinds = {snippet.kind for snippet in snippets(page)}
    assert kinds <= {"run", "program", "tests"}
    assert len(snippets(page)) == page.read_text("utf-8").count("```python\n")


def test_every_page_with_snippets_has_a_test() -> None:
    with_snippets = {page.stem for page in PAGES if snippets(page)}
    assert with_snippets == {
        "applications",
        "calendar-sync",
        "availability",
        "booking-page",
        "clients",
        "connecting-people",
        "django-and-celery",
        "errors",
        "limits",
        "links",
        "many-links",
        "more-areas",
        "openapi",
        "quickstart",
        "smart-invites",
        "testing",
        "testing-your-app",
        "tour",
        "webhooks",
    }


async def test_many_links(names: Names, tmp_path: Path) -> None:
    await run_page("many-links", {**names, "tmp_path": tmp_path}, at_least=6)


async def test_quickstart(names: Names) -> None:
    await run_page("quickstart", names, at_least=2)


def test_the_program_of_the_quickstart() -> None:
    (program,) = of_kind("program", "quickstart")
    process = subprocess.run(
        [sys.executable, "-c", program.code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (process.stdout, process.stderr) == ("open False\ncompleted True\n", "")
    assert "It prints `open False`, then `completed True`." in text("quickstart")


async def test_calendar_sync(names: Names) -> None:
    await run_page("calendar-sync", names, at_least=3)


def test_the_program_that_keeps_a_calendar_in_sync() -> None:
    (program,) = of_kind("program", "calendar-sync")
    process = subprocess.run(
        [sys.executable, "-c", program.code], capture_output=True, text=True, timeout=60, check=False
    )
    assert process.stderr == ""
    assert f"```text\n{process.stdout}```" in text("calendar-sync")


async def test_links(names: Names, sandbox: Sandbox) -> None:
    await run_page("links", names, at_least=10)
    single = await sandbox.book(names["single"])
    assert len(single.events) == 1
    assert [attendee["email"] for attendee in single.events[0].details["attendees"]["invite"]] == [
        "jim@example.com",
        "bob@example.com",
    ]


async def test_every_parameter_of_a_link_is_shown() -> None:
    create = inspect.signature(CronofyClient(client_secret="x").real_time_scheduling.create)
    code = "".join(snippet.code for snippet in of_kind("run", "links"))
    missing = [name for name in create.parameters if f"{name}=" not in code and f'"{name}":' not in code]
    assert missing == []
    rows = re.findall(r"^\| (`.+?) \|", text("links"), re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    for model in (models.EventTemplate, models.AvailabilityQuery):
        assert {field.name for field in attrs.fields(model)} - listed == set()


async def test_tour(names: Names, tmp_path: Path) -> None:
    await run_page("tour", {**names, "tmp_path": tmp_path}, at_least=3)


@pytest.fixture
def django() -> None:
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["app.example.com"])


async def test_django_and_celery(django: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run synchronous code against a served sandbox, in a thread without an event loop."""
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent / "stand_ins"), *sys.path])
    names: Names = {"__name__": "docs"}
    with Sandbox.running() as sandbox:
        for item in sandbox.env().items():
            monkeypatch.setenv(*item)
        await run_page("django-and-celery", names, at_least=3)
        await asyncio.to_thread(_in_sync_code, sandbox, names)


def _in_sync_code(sandbox: RunningSandbox, names: Names) -> None:
    run, client, now = names["run"], names["client"](), datetime.now(UTC)
    ada = sandbox.add_account("ada@example.com")
    requests = RequestFactory(headers={"Host": "app.example.com"})

    def hook(delivery: Delivery) -> int:
        headers = dict(delivery.headers)
        request = requests.post(
            delivery.url.removeprefix(APP), delivery.body, content_type="application/json", headers=headers
        )
        status: int = names["hook"](request).status_code
        return status

    sandbox.mount(APP, hook)
    link = run(
        client.real_time_scheduling.create(
            oauth={"redirect_uri": APP},
            event={"event_id": "1", "summary": "Intro", "tzid": "Etc/UTC"},
            availability=models.AvailabilityQuery(
                participants=[models.ParticipantGroup([models.Member(ada.sub)])],
                required_duration=timedelta(minutes=30),
                query_periods=[(now, now + timedelta(days=2))],
            ),
            callback_urls={"completed_url": client.webhooks.url(f"{APP}/hook", ref="candidate-7")},
        )
    )
    names["links"]["candidate-7"] = link.id
    assert json.loads(names["interview"](requests.get("/"), link.id).content) == {"status": "open", "start": None}
    assert names["interview"](requests.get("/"), "sch_unknown").status_code == 404

    booking = sandbox.book(link)

    assert (booking.delivery.status, names["outcome"]) == (200, {"candidate-7": "completed"})
    assert sandbox.redeliver(attrs.evolve(booking.delivery, body=b"{}")).status == 401
    run(client.aclose())
    loop = names["loop"]()
    loop.call_soon_threadsafe(loop.stop)
    for thread in threading.enumerate():
        if thread.name == "cronofy":
            thread.join()
    loop.close()


@pytest.mark.parametrize("framework", ["fastapi", "aiohttp", "django"])
async def test_webhooks(names: Names, sandbox: Sandbox, django: None, framework: str) -> None:
    await run_page("webhooks", names, at_least=7)

    async def in_django(delivery: Delivery) -> int:
        path, headers = delivery.url.removeprefix(APP), dict(delivery.headers)
        request = RequestFactory().post(path, delivery.body, content_type="application/json", headers=headers)
        status: int = (await names["django_hook"](request)).status_code
        return status

    sandbox.mount(APP, in_django if framework == "django" else names[f"{framework}_app"])
    urls = {candidate: await names["invite"](candidate) for candidate in ("jim", "kim")}
    booking = await sandbox.book(urls["jim"])
    assert booking.delivery.status == 200
    assert names["booked"] == {"jim": booking.start}

    unsuitable = await sandbox.no_times_suitable(urls["kim"])
    assert (unsuitable.status, names["to_do"]) == (200, ["offer kim other times"])
    assert (await sandbox.redeliver(unsuitable)).status == 200
    assert len(names["to_do"]) == 1

    for forged in (
        attrs.evolve(unsuitable, body=unsuitable.body + b" "),
        attrs.evolve(unsuitable, url=unsuitable.url.replace("kim", "jim")),
    ):
        assert (await sandbox.redeliver(forged)).status == 401


async def test_testing(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    core: Any = aioresponses.core
    monkeypatch.setattr(core, "ClientResponse", core.ClientResponse)  # so that it is restored
    await run_page("testing", names, at_least=8)
    assert len([name for name in names if name.startswith("test_")]) >= 9


async def test_booking_page(names: Names) -> None:
    await run_page("booking-page", names, at_least=1)


async def test_openapi(names: Names, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    await run_page("openapi", names, at_least=1)


async def test_more_areas(names: Names) -> None:
    await run_page("more-areas", names, at_least=6)


async def test_applications(names: Names) -> None:
    await run_page("applications", names, at_least=10)


async def test_smart_invites(names: Names, sandbox: Sandbox) -> None:
    sandbox.mount(APP, lambda _: None)
    await run_page("smart-invites", names, at_least=6)
    (part,) = (part for part in names["mail"].walk() if part.get_content_type() == "text/calendar")
    assert "SUMMARY:Fitting" in part.get_content()


async def test_connecting_people(names: Names) -> None:
    await run_page("connecting-people", names, at_least=8)
    assert len(names["connected_accounts"]) == 2


async def test_availability(names: Names) -> None:
    await run_page("availability", names, at_least=5)


async def test_errors(names: Names) -> None:
    await run_page("errors", names, at_least=2)
    names["call"].close()


async def test_limits(names: Names) -> None:
    await run_page("limits", names, at_least=3)
    names["call"].close()


async def test_clients(names: Names, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "internal-ca.pem"))
    monkeypatch.chdir(tmp_path)
    try:
        await run_page("clients", names, at_least=8)
    finally:
        logging.getLogger("cronofy_async").setLevel(logging.NOTSET)

    assert len(names["calendars"]["calendars"]) == 1
    link = await sandbox.client().real_time_scheduling.create(
        oauth={"redirect_uri": APP},
        event={"event_id": "1", "summary": "Intro", "tzid": "Etc/UTC"},
        availability=models.AvailabilityQuery(
            participants=[models.ParticipantGroup([models.Member(names["ada"].sub)])],
            required_duration=timedelta(minutes=30),
            query_periods=[(NOW, NOW + timedelta(days=2))],
        ),
    )
    expected = {"status": "open", "start": None}  # in particular not the URL
    app = names["fastapi_app"]
    async with (
        names["lifespan"](app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://app") as browser,
    ):
        assert (await browser.get(f"/links/{link.id}")).json() == expected
        schemas = (await browser.get("/openapi.json")).json()["components"]["schemas"]
        assert schemas["Interview"]["properties"].keys() == expected.keys()
    async with TestClient(TestServer(names["aiohttp_app"])) as browser:
        response = await browser.get(f"/links/{link.id}")
        assert await response.json() == expected

    counting = CronofyClient.from_env(per_attempt=[names["count"]])
    await counting.real_time_scheduling.status(link)
    assert names["counts"] == {("real_time_scheduling.status", 200): 1}


# Statements about the package.


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    content = page.read_text("utf-8")
    assert filled(content) == content, "run python tests/docs/generated.py"


def test_every_generated_part_is_on_a_page() -> None:
    assert sorted(name for page in PAGES for name in blocks(page.read_text("utf-8"))) == sorted(BLOCKS)
    assert all(BLOCKS[name]().count("\n") > 5 for name in BLOCKS)


def test_every_command_has_a_section() -> None:
    sections = re.findall(r"^## (\w+)$", text("command-line"), re.MULTILINE)
    assert sections == list(cronofy_async.commands)


def first_column(page: str) -> set[str]:
    """Return the names in the first column of a page's tables."""
    rows = re.findall(r"^\| (`.+?) \|", text(page), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)", row)}


def test_every_error_is_explained() -> None:
    raised = {name for name in errors.__all__ if isinstance(getattr(errors, name), type)}
    assert raised - first_column("errors") == {"CronofyError", "FieldError"}
    assert first_column("errors") - raised == {"CronofyStabilityWarning", "UnknownMemberWarning", "ValueError"}


def test_every_parameter_of_a_client_is_explained() -> None:
    parameters = set(inspect.signature(CronofyClient).parameters)
    variables = set(re.findall(r"CRONOFY_\w+", inspect.getsource(config)))
    levels = {"DEBUG", "INFO", "WARNING"}
    assert first_column("clients") == parameters | variables | levels


def test_the_documented_defaults_are_correct() -> None:
    assert (Timeout(), RateLimit(), RetryPolicy()) == (
        Timeout(connect=10, attempt=30, total=60),
        RateLimit(per_second=50, per_minute=500, share=0.8, max_wait=None),
        RetryPolicy(attempts=4, base=0.5, cap=30, max_retry_after=120, budget=0.2, reserve=20),
    )


def test_the_documented_terminal_statuses_are_correct() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (yes|no) \|$", text("links"), re.MULTILINE)
    assert len(rows) == 4
    for status, terminal in rows:
        link = models.SchedulingLink(real_time_scheduling_id="sch_1", url="u", status=status)
        assert link.is_terminal == (terminal == "yes")


def test_every_page_is_in_the_menu() -> None:
    menu = re.findall(r": ([\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert sorted(menu) == [page.name for page in PAGES]


def test_links_between_pages_have_targets() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([\w-]+\.md)", page.read_text("utf-8")):
            assert (DOCS / target).exists(), (page.name, target)
