"""The pages of the docs: their snippets run, and what they say of the package is so."""

from __future__ import annotations

import inspect
import logging
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import aioresponses.core
import attrs
import httpx2
import pytest
import trustme
from aiohttp.test_utils import TestClient, TestServer

from cronofy_async import CronofyClient, RateLimit, RetryPolicy, Timeout, config, errors, models
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.sandbox import Delivery, Sandbox

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
    return [one for one in snippets(DOCS / f"{page}.md") if one.kind == kind]


@pytest.fixture
async def sandbox() -> AsyncGenerator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
async def names(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Names]:
    """What the snippets of a page start with; clients of the environment are the sandbox's."""
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
    """Let the examples be quiet."""


async def run_page(page: str, names: Names, *, at_least: int) -> None:
    found = of_kind("run", page)
    assert len(found) >= at_least
    for snippet in found:
        await run(snippet, names)


# Snippets.


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_snippet_is_one_that_runs(page: Path) -> None:
    kinds = {snippet.kind for snippet in snippets(page)}
    assert kinds <= {"run", "program"}
    assert len(snippets(page)) == page.read_text("utf-8").count("```python\n")


def test_every_page_with_snippets_has_a_test() -> None:
    with_snippets = {page.stem for page in PAGES if snippets(page)}
    assert with_snippets == {
        "availability",
        "clients",
        "errors",
        "limits",
        "links",
        "many-links",
        "more-areas",
        "quickstart",
        "testing",
        "webhooks",
    }


async def test_many_links(names: Names, tmp_path: Path) -> None:
    await run_page("many-links", {**names, "tmp_path": tmp_path}, at_least=6)


async def test_quickstart(names: Names) -> None:
    await run_page("quickstart", names, at_least=2)


def test_the_program_of_the_quickstart() -> None:
    (program,) = of_kind("program", "quickstart")
    done = subprocess.run([sys.executable, "-c", program.code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("open False\ncompleted True\n", "")
    assert "It prints `open False`, then `completed True`." in text("quickstart")


async def test_links(names: Names, sandbox: Sandbox) -> None:
    await run_page("links", names, at_least=10)
    single = await sandbox.book(names["single"])
    assert len(single.events) == 1
    assert [one["email"] for one in single.events[0].details["attendees"]["invite"]] == [
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


def _django(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much of Django as the snippet sees."""

    class HttpResponse:
        def __init__(self, *, status: int = 200) -> None:
            self.status = status

    def csrf_exempt(view: Callable[..., Any]) -> Callable[..., Any]:
        return view

    modules: dict[str, Names] = {
        "django": {},
        "django.http": {"HttpRequest": object, "HttpResponse": HttpResponse},
        "django.views": {},
        "django.views.decorators": {},
        "django.views.decorators.csrf": {"csrf_exempt": csrf_exempt},
    }
    for name, members in modules.items():
        module = ModuleType(name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize("framework", ["fastapi", "aiohttp", "django"])
async def test_webhooks(names: Names, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, framework: str) -> None:
    _django(monkeypatch)
    await run_page("webhooks", names, at_least=7)

    async def django(delivery: Delivery) -> int:
        path = delivery.url.removeprefix(APP)
        request = SimpleNamespace(body=delivery.body, headers=delivery.headers, get_full_path=lambda: path)
        status: int = (await names["django_hook"](request)).status
        return status

    sandbox.mount(APP, django if framework == "django" else names[f"{framework}_app"])
    urls = {candidate: await names["invite"](candidate) for candidate in ("jim", "kim")}
    booking = await sandbox.book(urls["jim"])
    assert booking.delivery is not None
    assert booking.delivery.status == 200
    assert names["booked"] == {"jim": booking.start}

    unsuitable = await sandbox.no_times_suitable(urls["kim"])
    assert unsuitable is not None
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
    monkeypatch.setattr(core, "ClientResponse", core.ClientResponse)  # so that it is put back
    await run_page("testing", names, at_least=8)
    assert len([name for name in names if name.startswith("test_")]) >= 9


async def test_more_areas(names: Names) -> None:
    await run_page("more-areas", names, at_least=4)


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
    app = names["fastapi_app"]
    async with (
        names["lifespan"](app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://app") as browser,
    ):
        assert (await browser.get(f"/links/{link.id}")).json()["status"] == "open"
    async with TestClient(TestServer(names["aiohttp_app"])) as browser:
        answer = await browser.get(f"/links/{link.id}")
        assert (await answer.json())["status"] == "open"

    counting = CronofyClient.from_env(per_attempt=[names["count"]])
    await counting.real_time_scheduling.status(link)
    assert names["counts"] == {("real_time_scheduling.status", 200): 1}


# What is said.


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    found = page.read_text("utf-8")
    assert filled(found) == found, "write it anew: python tests/docs/generated.py"


def test_every_generated_part_is_somewhere() -> None:
    assert sorted(name for page in PAGES for name in blocks(page.read_text("utf-8"))) == sorted(BLOCKS)
    assert all(BLOCKS[name]().count("\n") > 5 for name in BLOCKS)


def test_every_command_has_a_section() -> None:
    sections = re.findall(r"^## (\w+)$", text("command-line"), re.MULTILINE)
    assert sections == list(cronofy_async.commands)


def first_column(page: str) -> set[str]:
    """The names in the first column of a page's tables."""
    rows = re.findall(r"^\| (`.+?) \|", text(page), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)", row)}


def test_every_error_is_explained() -> None:
    raised = {name for name in errors.__all__ if isinstance(getattr(errors, name), type)}
    assert raised - first_column("errors") == {"CronofyError", "FieldError"}
    assert first_column("errors") - raised == {"ValueError"}


def test_every_parameter_of_a_client_is_explained() -> None:
    parameters = set(inspect.signature(CronofyClient).parameters)
    variables = set(re.findall(r"CRONOFY_\w+", inspect.getsource(config)))
    levels = {"DEBUG", "INFO", "WARNING"}
    assert first_column("clients") == parameters | variables | levels


def test_the_defaults_are_what_they_are_said_to_be() -> None:
    assert (Timeout(), RateLimit(), RetryPolicy()) == (
        Timeout(connect=10, attempt=30, total=60),
        RateLimit(per_second=50, per_minute=500, share=0.8, max_wait=None),
        RetryPolicy(attempts=4, base=0.5, cap=30, longest_retry_after=120, budget=0.2, reserve=20),
    )


def test_the_statuses_are_those_that_end() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (yes|no) \|$", text("links"), re.MULTILINE)
    assert len(rows) == 4
    for status, terminal in rows:
        link = models.SchedulingLink(real_time_scheduling_id="sch_1", url="u", status=status)
        assert link.is_terminal == (terminal == "yes")


def test_every_page_is_in_the_menu() -> None:
    menu = re.findall(r": ([\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert sorted(menu) == [page.name for page in PAGES]


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([\w-]+\.md)", page.read_text("utf-8")):
            assert (DOCS / target).exists(), (page.name, target)
