"""Hostile values of an application or a visitor are shown as text, and break no page."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from cronofy_async.sandbox import Sandbox

from ..support import call, create
from .visitor import ShownPage, Visitor

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "</title></option></select><b>",
    "\u202egnp.exe\u2066\u2069",
    "{{ 7 * 7 }} {count} %s %(x)s",
    "&amp; &lt; \\ ` $",
    "a\x00b\x0bc",
    "W" * 1_000,
]
PLAIN = {"script": 1, "img": 0, "b": 0}


def check(page: ShownPage, text: str) -> None:
    """Check that a page has a text, and no element from it."""
    assert len(page.all("script")) == 1
    assert not {"img", "onerror"} & page.tags
    assert not any(
        name.startswith("on") or name == "style"
        for tag in page.tags
        for attributes in page.all(tag)
        for name in attributes
    )
    assert " ".join(text.split()) in page.text.replace("\ufffd", "\x00")


@pytest.mark.parametrize("text", HOSTILE)
async def test_texts_of_the_application_are_escaped(sandbox: Sandbox, text: str) -> None:
    ada = sandbox.add_account("ada@example.com", text)
    event = {"event_id": "1", "summary": text, "tzid": "Europe/London", "description": text}
    link = await create(
        sandbox,
        ada,
        event=event | {"location": {"description": text}},
        selection_mode="confirm",
        callback_urls={"no_times_suitable_url": "https://app.example.com/" + quote(text)},
    )
    visitor = Visitor(sandbox, link)

    page = await visitor.open()
    check(page, text)
    assert page.heading == text.strip()
    check(await visitor.open(slot=page.slots[0]), text)
    await visitor.submit(none_suit="1")
    check(await visitor.open(), text)
    await visitor.submit(slot=page.slots[0])
    check(await visitor.open(), text)
    assert (await visitor.follow(f"{visitor.path}/event.ics")).status == 200


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_display_message_is_escaped(sandbox: Sandbox, text: str) -> None:
    ada = sandbox.add_account("ada@example.com")
    link = await create(sandbox, ada, event={"event_id": "1", "summary": text, "tzid": "Europe/London"})
    message = text[:500]
    await call(sandbox, "POST", f"/v1/real_time_scheduling/{link}/disable", {"display_message": message})

    page = await Visitor(sandbox, link).open()

    check(page, message)
    check(page, f"Message from the organizer of {text}")


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 10_000])
@pytest.mark.parametrize("field", ["locale", "tzid", "week", "slot", "reported", "none_suit", "more"])
async def test_values_of_a_visitor_are_escaped(sandbox: Sandbox, field: str, text: str) -> None:
    visitor = Visitor(sandbox, await create(sandbox, sandbox.add_account("ada@example.com"), selection_mode="confirm"))

    page = await visitor.open(**{field: text})
    answer = await visitor.submit(**{"none_suit": "1", field: text})

    assert page.status == 200
    check(page, "")
    assert text not in page.body
    assert answer.status == 303
    assert answer.location.partition("?")[0] == visitor.path
    assert "\n" not in answer.location


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 10_000])
async def test_hostile_tokens_get_a_404(sandbox: Sandbox, text: str) -> None:
    visitor = Visitor(sandbox, await create(sandbox, sandbox.add_account("ada@example.com")))

    page = await visitor.follow("/add_to_calendar/scheduling/" + quote(text, safe=""))

    assert page.status == 404
    assert text not in page.body


@pytest.mark.parametrize(
    "cookie", ["sandbox_no_times", "=;;=", "a[]=1; sandbox_no_times=1", "x" * 10_000, "\u202e=\x00"]
)
async def test_hostile_headers_do_not_break_the_page(sandbox: Sandbox, cookie: str) -> None:
    link = await create(sandbox, sandbox.add_account("ada@example.com"))
    visitor = Visitor(sandbox, link, cookie=cookie, **{"accept-language": cookie})

    assert (await visitor.open()).status == 200
