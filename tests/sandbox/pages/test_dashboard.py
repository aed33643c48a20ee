"""The dashboard over HTTP: lists, filters, single exchanges, and forms."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from cronofy_async.sandbox import Account, Sandbox

from ..support import LINKS, NOW, ORIGIN, at, call, create, link_body, status
from .visits import visit


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


# Lists.


async def test_an_empty_sandbox_says_what_to_do(sandbox: Sandbox) -> None:
    page = await visit(sandbox)

    assert page.status == 200
    for message in ("No requests yet.", "No callbacks yet.", "No links yet.", "No accounts yet."):
        assert message in page.text
    assert f"export CRONOFY_API_URL={ORIGIN}" in page.text
    assert "export CRONOFY_CLIENT_ID=sbx_client" in page.text
    assert "in the output of cronofy-async sandbox" in page.text


async def test_the_dashboard_is_also_found_without_the_slash(sandbox: Sandbox) -> None:
    assert (await visit(sandbox, "/__sandbox__")).location == "/__sandbox__/"


async def test_the_url_of_the_sandbox_leads_to_the_dashboard(sandbox: Sandbox) -> None:
    assert (await visit(sandbox, "/")).location == "/__sandbox__/"
    assert not sandbox.requests


async def test_a_request_is_shown_as_a_row(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    await status(sandbox, ident)

    newest, oldest = (await visit(sandbox)).rows("exchanges")

    assert newest.startswith(f"07:00:00.000 → in GET /v1/real_time_scheduling/{ident} real_time_scheduling.status 200")
    assert "POST /v1/real_time_scheduling real_time_scheduling.create 200" in oldest
    assert re.search(r"\d ms", newest)


@pytest.mark.filterwarnings("ignore::cronofy_async.sandbox.UnknownParameterWarning")
async def test_an_unknown_parameter_is_flagged_and_marked(sandbox: Sandbox, ada: Account) -> None:
    body = link_body(ada)
    body["availability"]["start_intervall"] = {"minutes": 30}
    await call(sandbox, "POST", LINKS, body)
    await call(sandbox, "GET", "/v1/userinfo?userinf=1", token=ada.access_token)

    page = await visit(sandbox)
    in_query, in_body = page.rows("exchanges")
    assert "unknown parameter: availability.start_intervall , did you mean start_interval ?" in in_body
    assert "unknown parameter: userinf" in in_query

    opened = await visit(sandbox, "/__sandbox__/exchanges/1")
    (marked,) = re.findall("<mark>(.*?)</mark>", opened.html)
    assert re.sub("<[^>]+>", "", marked) == "&#34;start_intervall&#34;: {&#34;minutes&#34;: 30}"
    assert "<mark>" in (await visit(sandbox, "/__sandbox__/exchanges/2")).html


async def test_the_reason_for_a_rejected_request_is_shown(sandbox: Sandbox, ada: Account) -> None:
    body = link_body(ada)
    del body["event"]["summary"], body["oauth"]
    token = ada.access_token
    await call(sandbox, "POST", LINKS, body)
    await call(sandbox, "GET", "/v1/free_bussy")
    await call(sandbox, "GET", f"{LINKS}/sch_0")
    await call(sandbox, "GET", "/v1/userinfo")
    await call(sandbox, "GET", "/v1/userinfo", token="wrong")
    await call(sandbox, "GET", "/v1/userinfo", token=None)
    await call(sandbox, "POST", "/oauth/token", {"grant_type": "refresh_token", "refresh_token": "no"}, token=None)
    sandbox.clock.advance(hours=2)
    await call(sandbox, "GET", "/v1/userinfo", token=token)
    ada.scope = "free_busy"
    sandbox.runtime.state.refresh_tokens(ada)
    await call(sandbox, "POST", f"/v1/calendars/{ada.calendar_id}/events", {}, token=ada.access_token)

    rows = (await visit(sandbox)).rows("exchanges")

    expected = [
        "403 the access token has the scope free_busy , which does not allow this",
        "401 the access token expired at 08:00:00 UTC, in sandbox time. Refresh it.",
        "400 the error is invalid_client",
        "the request has no Authorization header",
        "the credential is not accepted, got: Bearer …, unknown or revoked",
        "the operation requires another kind of credential, got: Bearer …, the API key",
        "the sandbox has no such record",
        "501 the sandbox does not emulate GET /v1/free_bussy; it emulates",
        "422 oauth must be specified, and 1 more",
    ]
    for row, message in zip(rows, expected, strict=True):
        assert message in re.sub(r"(?<=\d{3} )(?:< 1|\d+) ms ", "", row)


async def test_a_fault_and_a_broken_connection_are_named(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    sandbox.faults.add("real_time_scheduling.status", status=429, retry_after=2, times=1)
    sandbox.faults.add("real_time_scheduling.status", reset="after", times=1)
    for _ in range(2):
        await call(sandbox, "GET", f"{LINKS}/{ident}")

    broken, limited, _ = (await visit(sandbox)).rows("exchanges")

    assert "fault: status 429, Retry-After: 2" in limited
    assert "broken" in broken
    assert "fault: connection broken after processing" in broken
    assert "The connection was broken" in (await visit(sandbox, "/__sandbox__/exchanges/3")).text


async def test_the_request_limit_is_explained(ada: Account) -> None:
    sandbox = Sandbox(now=NOW, limits=True)
    for _ in range(51):
        await call(sandbox, "GET", "/v1/userinfo", token=None)
    newest = (await visit(sandbox)).rows("exchanges")[0]
    assert "429" in newest
    assert "more than 50 requests in a second, or 500 in a minute" in newest


async def test_exchanges_are_filtered(sandbox: Sandbox, ada: Account) -> None:
    first, second = await create(sandbox, ada), await create(sandbox, ada)
    await status(sandbox, first)
    await call(sandbox, "GET", f"{LINKS}/sch_0")
    await sandbox.book(second)

    async def shown(query: str) -> int:
        return len((await visit(sandbox, f"/__sandbox__/?{query}")).rows("exchanges"))

    assert await shown("") == 5
    assert await shown("q=real_time_scheduling.CREATE") == 2
    assert await shown(f"q={first}") == 2  # its creation matches too: the response has the ID
    assert await shown(f"q={second}") == 2  # its creation, and the unsent callback
    assert await shown("q=404") == 1
    assert await shown("direction=in") == 4
    assert await shown("direction=out") == 1
    assert await shown("flagged=yes") == 2
    assert await shown("flagged=yes&direction=in&q=404") == 1
    nothing = await visit(sandbox, "/__sandbox__/?q=nothing")
    assert "Nothing matches." in nothing.text


async def test_only_a_page_of_each_list_is_rendered(sandbox: Sandbox, ada: Account) -> None:
    for _ in range(130):
        await create(sandbox, ada)
    for number in range(26):
        sandbox.add_account(f"person{number}@example.com")

    page = await visit(sandbox)
    assert [len(page.rows(name)) for name in ("exchanges", "links", "accounts")] == [100, 25, 25]
    assert "1 to 100" in page.text
    older = await visit(sandbox, "/__sandbox__/?x=2&l=6&a=2")
    assert [len(older.rows(name)) for name in ("exchanges", "links", "accounts")] == [30, 5, 2]
    assert 'data-list="exchanges" data-limit="1000" data-fixed' in older.html
    beyond = await visit(sandbox, "/__sandbox__/?x=9&l=0&a=zwei&c=99999999999")
    assert [len(beyond.rows(name)) for name in ("exchanges", "links", "accounts")] == [0, 25, 25]


async def test_a_thousand_exchanges_are_kept(sandbox: Sandbox) -> None:
    for number in range(1_005):
        await call(sandbox, "GET", f"/v1/number/{number}")

    last = await visit(sandbox, "/__sandbox__/?x=10")

    assert len(last.rows("exchanges")) == 100
    assert "/v1/number/5 " in last.rows("exchanges")[-1]
    assert "Older" not in last.text
    gone = await visit(sandbox, "/__sandbox__/exchanges/5")
    assert (gone.status, "no longer available" in gone.text) == (404, True)
    assert (await visit(sandbox, "/__sandbox__/exchanges/six")).status == 404


async def test_links_are_filtered_by_text_and_status(sandbox: Sandbox, ada: Account) -> None:
    first = await create(sandbox, ada, event={"event_id": "e-1", "summary": "Interview", "tzid": "Etc/UTC"})
    second = await create(sandbox, ada)
    await create(sandbox, ada)
    await sandbox.book(second)

    async def shown(query: str) -> list[str]:
        page = await visit(sandbox, f"/__sandbox__/?{query}")
        return re.findall(r'<tr id="l-(sch_\w+)"', page.html)

    assert len(await shown("")) == 3
    assert await shown("link=INTERVIEW") == [first]
    assert await shown("link=e-1") == [first]
    assert await shown(f"link={second}") == [second]
    assert await shown("state=completed") == [second]
    assert len(await shown("state=open")) == 2
    sandbox.clock.advance(days=9)
    assert len(await shown("state=expired")) == 2
    assert await shown("state=none") == []


async def test_a_link_is_opened_by_its_id(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    token = sandbox.link(ident).token

    page = await visit(sandbox)

    assert f'href="/__sandbox__/links/{ident}"' in page.html
    assert token not in page.html
    opened = await visit(sandbox, f"/__sandbox__/links/{ident}")
    assert (opened.status, opened.location) == (303, f"{ORIGIN}/add_to_calendar/scheduling/{token}")
    assert (await visit(sandbox, "/__sandbox__/links/sch_0")).status == 404


async def test_accounts_show_their_access(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_account("bob@example.com", "Bob", calendars=2)
    sandbox.revoke(ada)

    bob, revoked = (await visit(sandbox)).rows("accounts")

    assert "Bob bob@example.com" in bob
    assert "user, 2 calendars" in bob
    assert "authorized token for 60 min No channel, so no notifications" in bob
    assert "revoked" in revoked
    sandbox.clock.advance(minutes=61)
    assert "expired refresh the access token" in (await visit(sandbox)).rows("accounts")[0]
    assert len((await visit(sandbox, "/__sandbox__/?account=BOB")).rows("accounts")) == 1


# One exchange.


async def test_a_request_is_shown_beside_its_response(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)

    page = await visit(sandbox, "/__sandbox__/exchanges/1")

    assert "authorization Bearer …, the API key" in page.text
    assert '"summary" : "Intro"' in page.text
    assert f'"real_time_scheduling_id" : "{ident}"' in page.text
    assert f"Link {ident}" in page.text
    assert '"url" : "http://sandbox.test/add_to_calendar/scheduling/…"' in page.text


async def test_bodies_of_all_kinds_are_shown(sandbox: Sandbox, ada: Account) -> None:
    deep: Any = "end"
    for _ in range(60):
        deep = [deep]
    bodies: list[Any] = [b"{broken", b"\xff\xfe", [], deep, "text", b"a" * 300_000, b'{"a": "\\ud800"}']
    for body in bodies:
        await call(sandbox, "POST", LINKS, body)
    for number in range(1, len(bodies) + 1):
        assert (await visit(sandbox, f"/__sandbox__/exchanges/{number}")).status == 200
    assert "{broken" in (await visit(sandbox, "/__sandbox__/exchanges/1")).text
    assert (await visit(sandbox)).status == 200


HOSTILE = '<img src=x onerror="alert(1)">\'"&</script>'


async def test_hostile_values_are_escaped(sandbox: Sandbox) -> None:
    eve = sandbox.add_account(f"{HOSTILE}@example.com", HOSTILE)
    event = {"event_id": HOSTILE, "summary": HOSTILE, "tzid": "Etc/UTC"}
    ident = await create(sandbox, eve, event=event, callback_url="https://app.example.com/<img src=x>")
    await sandbox.book(ident)
    await call(sandbox, "GET", "/v1/<img src=x>?a=<img src=x>", headers={"x-test": HOSTILE})
    with pytest.warns(match="not known"):
        await call(sandbox, "GET", "/v1/userinfo?%3Cimg%20src%3Dx%3E=1", token=eve.access_token)

    pages = [await visit(sandbox, f"/__sandbox__/?q={HOSTILE}&link={HOSTILE}&account={HOSTILE}")]
    pages += [await visit(sandbox)]
    pages += [await visit(sandbox, f"/__sandbox__/exchanges/{number}") for number in range(1, 5)]
    pages += [await visit(sandbox, "/__sandbox__/clock/advance", {"by": HOSTILE})]

    for page in pages:
        assert "<img" not in page.html
        assert "</script>'" not in page.html
    assert json.dumps(HOSTILE)[1:-1] in pages[2].text


# Forms.


async def test_the_clock_is_advanced_frozen_and_run(sandbox: Sandbox) -> None:
    for by, expected in {"90 min": 90, "+1h": None, "1 d 2 hours": 26 * 60, "1.5h": 90, "2 weeks": 20_160}.items():
        before = sandbox.clock.now()
        page = await visit(sandbox, "/__sandbox__/clock/advance", {"by": by})
        if expected is None:
            assert (page.status, "by: must be a duration such as 90 min" in page.text) == (400, True)
        else:
            assert (page.status, page.location) == (303, "/__sandbox__/#top")
            assert sandbox.clock.now() - before == timedelta(minutes=expected)
    for by in ("", "soon", "5", "-5 min", "5 parsecs"):
        assert (await visit(sandbox, "/__sandbox__/clock/advance", {"by": by})).status == 400
    assert ", frozen" in (await visit(sandbox)).text
    await visit(sandbox, "/__sandbox__/clock/run", {})
    assert not sandbox.clock.is_frozen
    await visit(sandbox, "/__sandbox__/clock/freeze", {})
    assert sandbox.clock.is_frozen


async def test_a_link_is_booked_and_another_disabled(sandbox: Sandbox, ada: Account) -> None:
    first, second = await create(sandbox, ada), await create(sandbox, ada)

    booked = await visit(sandbox, f"/__sandbox__/links/{first}/book", {})
    await visit(sandbox, f"/__sandbox__/links/{second}/disable", {})

    assert (booked.status, booked.location) == (303, "/__sandbox__/#links")
    assert (await status(sandbox, first))["event"]["start"] == "2031-03-03T09:00:00Z"
    assert (await status(sandbox, second))["status"] == "disabled"
    disabled, completed = (await visit(sandbox)).rows("links")
    assert "booked: Mon 3 Mar 2031, 09:00 to 10:00 UTC" in completed
    assert "disabled" in disabled
    again = await visit(sandbox, f"/__sandbox__/links/{first}/book", {}, {"accept": "text/plain"})
    assert (again.status, again.html) == (400, f"{first} is completed")
    assert f"{first} is completed" in (await visit(sandbox, f"/__sandbox__/links/{first}/disable", {})).text


async def test_accounts_are_added_busy_and_revoked(sandbox: Sandbox) -> None:
    form = {"email": "ada@example.com", "name": "Ada L.", "calendars": "2"}
    await visit(sandbox, "/__sandbox__/accounts", form)
    (ada,) = sandbox.accounts
    assert (ada.name, len(ada.calendars)) == ("Ada L.", 2)

    busy = {"start": "2031-03-03T09:00", "end": "2031-03-03T10:00", "summary": "Dentist"}
    await visit(sandbox, f"/__sandbox__/accounts/{ada.sub}/busy", busy)
    assert [(event.start, event.details["summary"]) for event in ada.events] == [(at(9), "Dentist")]

    await visit(sandbox, f"/__sandbox__/accounts/{ada.sub}/revoke", {})
    assert not ada.access_tokens

    for target, wrong, message in [
        ("accounts", {"email": "ada"}, "email: must be an email address, got 'ada'"),
        ("accounts", form | {"calendars": "many"}, "calendars: must be a whole number, got 'many'"),
        ("accounts", form | {"calendars": "0"}, "calendars: must be from 1 to 1,000, got 0"),
        (f"accounts/{ada.sub}/busy", busy | {"start": "today"}, "start: must be a date and a time, got 'today'"),
        (f"accounts/{ada.sub}/busy", busy | {"end": busy["start"]}, "end"),
        ("accounts/acc_0/busy", busy, "acc_0"),
        ("accounts/acc_0/revoke", {}, "acc_0"),
    ]:
        page = await visit(sandbox, f"/__sandbox__/{target}", wrong)
        assert (page.status, message in page.text) == (400, True), page.text


async def test_faults_are_added_and_removed(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)
    await visit(
        sandbox, "/__sandbox__/faults", {"operation": "real_time_scheduling.status", "kind": "429", "times": "2"}
    )

    assert (await call(sandbox, "GET", f"{LINKS}/{ident}")).status == 429
    page = await visit(sandbox)
    (row,) = page.rows("faults")
    assert row.startswith("status 429, Retry-After: 1 on real_time_scheduling.status , 1 of 2 times so far Remove")
    assert "Faults 1 on" in page.text

    await visit(sandbox, "/__sandbox__/faults/flt_1/remove", {})
    assert (await call(sandbox, "GET", f"{LINKS}/{ident}")).status == 200
    await visit(sandbox, "/__sandbox__/faults", {"kind": "503", "times": ""})
    assert (await call(sandbox, "GET", f"{LINKS}/{ident}")).status == 503
    await visit(sandbox, "/__sandbox__/faults/clear", {})
    assert list(sandbox.faults) == []

    for target, form, message in [
        ("faults", {"kind": "fire"}, "kind: must be one of 429"),
        ("faults", {"kind": "429", "operation": "events.upset"}, "Did you mean events.upsert?"),
        ("faults", {"kind": "hold"}, "supported for callbacks only"),
        ("faults/flt_9/remove", {}, "the sandbox has no fault flt_9"),
        ("presets/flood", {"on": "yes"}, "no such switch: 'flood'"),
    ]:
        page = await visit(sandbox, f"/__sandbox__/{target}", form)
        assert (page.status, message in page.text) == (400, True), page.text


async def test_fault_switches_add_and_remove_a_fault(sandbox: Sandbox, ada: Account) -> None:
    ident = await create(sandbox, ada)

    for _ in range(2):  # switching it on twice adds one fault
        await visit(sandbox, "/__sandbox__/presets/unavailable", {"on": "yes"})
    assert len(list(sandbox.faults)) == 1
    assert (await call(sandbox, "GET", f"{LINKS}/{ident}")).status == 503
    page = await visit(sandbox)
    assert re.search(r'aria-checked="true" aria-labelledby="label-p-unavailable" name="on" value="no"', page.html)
    assert page.rows("faults") == []

    for _ in range(2):
        await visit(sandbox, "/__sandbox__/presets/unavailable", {"on": "no"})
    assert (await call(sandbox, "GET", f"{LINKS}/{ident}")).status == 200


async def test_an_assumption_is_switched(sandbox: Sandbox, ada: Account) -> None:
    async def wrong_kind() -> int:
        return (await call(sandbox, "GET", "/v1/userinfo")).status

    assert await wrong_kind() == 403
    await visit(sandbox, "/__sandbox__/assumptions/wrong_kind_is_forbidden", {"on": "no"})
    assert await wrong_kind() == 401
    page = await visit(sandbox)
    assert "Assumptions 1 off" in page.text
    assert [row for row in page.rows("assumptions") if row.startswith("wrong_kind_is_forbidden off")]

    await visit(sandbox, "/__sandbox__/assumptions/wrong_kind_is_forbidden", {"on": "yes"})
    assert await wrong_kind() == 403
    unknown = await visit(sandbox, "/__sandbox__/assumptions/wrong_kind", {"on": "no"})
    assert (unknown.status, "Did you mean wrong_kind_is_forbidden?" in unknown.text) == (400, True)


async def test_a_reset_deletes_everything(sandbox: Sandbox, ada: Account) -> None:
    await create(sandbox, ada)
    page = await visit(sandbox, "/__sandbox__/reset", {})
    assert (page.status, sandbox.accounts, sandbox.links) == (303, [], [])
    assert "No requests yet." in (await visit(sandbox)).text


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example.com.evil.org"},
        {"host": "127.0.0.1:8910", "origin": "https://evil.org"},
        {"sec-fetch-site": "cross-site"},
    ],
)
async def test_pages_of_other_sites_can_change_nothing(sandbox: Sandbox, headers: dict[str, str]) -> None:
    form = {"email": "eve@example.com"}
    assert (await visit(sandbox, "/__sandbox__/accounts", form, headers)).status == 403
    assert sandbox.accounts == []


async def test_every_form_has_a_route(sandbox: Sandbox, ada: Account) -> None:
    await create(sandbox, ada)
    sandbox.faults.add("callback", hold=True)
    page = await visit(sandbox)
    forms = re.findall(r"<form [^>]*>", page.html)
    assert [form for form in forms if 'method="post"' not in form and 'role="search"' not in form] == []
    for target in re.findall(r'method="post"[^>]* action="([^"]+)"|action="([^"]+)" method="post"', page.html):
        assert (await visit(sandbox, target[0] or target[1], {})).status in {303, 400}
