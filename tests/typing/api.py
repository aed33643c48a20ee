"""The public API as a user writes it. Type checkers read this; it is never run.

Lines that end in ``type: ignore`` are mistakes: mypy reports an ignore that is not needed.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, assert_type
from zoneinfo import ZoneInfo

from cronofy_async import (
    UNSET,
    ApiError,
    Call,
    CronofyAccount,
    CronofyClient,
    DecodeError,
    Done,
    Duration,
    Endpoint,
    EventTime,
    Failed,
    FieldError,
    Handler,
    MemoryTokenStore,
    Middleware,
    OAuthError,
    PaymentRequired,
    Period,
    RateLimit,
    RateLimited,
    RateLimiter,
    RawResponse,
    Request,
    Response,
    RetryPolicy,
    Timeout,
    Tokens,
    TokenStore,
    Transport,
    TransportError,
    ValidationFailed,
    from_dict,
    to_dict,
    webhooks,
)
from cronofy_async.models import (
    Attendees,
    AvailabilityConstraint,
    AvailabilityQuery,
    Buffer,
    BufferLength,
    CallbackUrls,
    ChosenEvent,
    Conferencing,
    CreatedLink,
    EventAttendee,
    EventConferencing,
    EventLocation,
    EventReminder,
    EventTemplate,
    Invitee,
    Link,
    LinkEvent,
    Member,
    Notification,
    NoTimesDisplayed,
    NoTimesSuitable,
    OAuth,
    Page,
    Participant,
    ParticipantGroup,
    RecurrenceRule,
    RedirectUrls,
    Registration,
    RegistrationsPage,
    Reminder,
    SchedulingLink,
    Subscription,
    Tag,
    TargetCalendar,
    TargetEvent,
    TimeChosen,
    Transition,
)
from cronofy_async.polling import Poll, Polled, Position

START = datetime(2030, 2, 1, 9, tzinfo=UTC)
END = START + timedelta(hours=8)


async def clients() -> None:
    async with CronofyClient(client_id="id", client_secret="secret", data_center="uk") as cronofy:
        assert_type(cronofy, CronofyClient)
    assert_type(CronofyClient.from_env(timeout=10), CronofyClient)
    cronofy = CronofyClient(
        client_secret="secret",
        previous_secrets=["old"],
        timeout=Timeout(attempt=5, total=None),
        retry=None,
        rate_limit=RateLimit(per_second=10, per_minute=100),
        tokens=MemoryTokenStore(),
        per_call=[stamp],
        per_attempt=(stamp, Stamp()),
        validate=False,
        app_name="app/1",
    )
    shared = CronofyClient(client_secret="secret", rate_limit=cronofy.rate_limiter, retry=RetryPolicy(attempts=2))
    assert_type(shared.rate_limiter, RateLimiter | None)
    assert_type(shared.with_options(timeout=5, retry=False, validate=True), CronofyClient)
    await shared.aclose(grace=5)

    CronofyClient("id", "secret")  # type: ignore[call-arg]
    CronofyClient(client_id=3)  # type: ignore[arg-type]
    CronofyClient(retry=3)  # type: ignore[arg-type]
    CronofyClient(api_key="secret")  # type: ignore[call-arg]
    CronofyClient(per_call=[print])  # type: ignore[list-item]


async def stamp(request: Request, call_next: Handler, /) -> RawResponse:
    return await call_next(request.with_headers({"X-Stamp": "1"}))


class Stamp:
    async def __call__(self, request: Request, call_next: Handler, /) -> RawResponse:
        assert_type(request.endpoint, Endpoint[Any])
        response = await call_next(request)
        assert_type(response.status, int)
        assert_type(response.request_id, str | None)
        return response


class Recorder:
    async def send(self, request: Request) -> RawResponse:
        return RawResponse(status=200, headers={}, body=pickle.dumps(request))

    async def aclose(self) -> None: ...


TRANSPORT: Transport = Recorder()
MIDDLEWARE: Middleware = Stamp()
STORE: TokenStore = MemoryTokenStore({"acc_1": Tokens(access_token="a")})


async def make_a_link(cronofy: CronofyClient) -> CreatedLink:
    call = cronofy.real_time_scheduling.create(
        oauth=OAuth("https://app.example.com/done"),
        event=EventTemplate(
            event_id="intro-1",
            summary="Intro call",
            tzid=ZoneInfo("Europe/Berlin"),
            url=None,
            attendees=Attendees(invite=[Invitee("ada@example.com", display_name=None)]),
            conferencing=Conferencing(profile_id="default"),
            reminders=[Reminder(10), {"minutes": 5}],
            subscriptions=[Subscription(uri="https://x", transitions=[Transition(offset=timedelta(minutes=5))])],
        ),
        availability=AvailabilityQuery(
            participants=[
                ParticipantGroup([Member("acc_1", available_periods=[(START, END)]), {"sub": "acc_2"}], required=1),
                {"members": [{"sub": "acc_3"}], "required": "all"},
            ],
            required_duration=timedelta(minutes=30),
            query_periods=[(START, END), Period(START, END), {"start": START, "end": END}],
            start_interval=Duration(minutes=15),
            buffer=Buffer(before=timedelta(minutes=5), after=BufferLength(minimum=Duration(minutes=5))),
        ),
        target_calendars=[
            TargetCalendar(
                sub="acc_1",
                calendar_id="cal_1",
                attendee=Invitee("ada@example.com"),
                event=TargetEvent(conferencing={"profile_id": "pro_1"}),
            )
        ],
        event_creation="single",
        callback_urls=CallbackUrls(completed_url=cronofy.webhooks.url("https://app.example.com", ref="candidate-7")),
        redirect_urls=RedirectUrls(completed_url="https://app.example.com/done"),
        selection_mode="brand_new",
        minimum_notice=timedelta(hours=4),
        tzid=ZoneInfo("Europe/Berlin"),
    )
    link = await assert_type(call, Call[CreatedLink])
    assert_type(link, CreatedLink)
    assert_type(link.url, str)
    assert_type(link.token, str)
    assert_type(link.locale_url("de"), str)
    assert_type(link.locale_url("brand-new"), str)
    assert_type(link.event_id, str | None)
    assert_type(link.expires_at, datetime | None)
    assert_type(link.ref, str | None)
    link.locale_url(3)  # type: ignore[arg-type]
    return link


def parameters(cronofy: CronofyClient, mapping: Mapping[str, Any]) -> list[object]:
    links = cronofy.real_time_scheduling
    period, group = (START, END), ParticipantGroup([Member("acc_1")])
    return [
        links.create(oauth=mapping, event=mapping, availability=mapping, target_calendars=(mapping,)),
        links.create(oauth={}, event={}, availability={}, target_calendars=UNSET, minimum_notice={"minutes": 5}),
        AvailabilityQuery(participants=(group,), required_duration=mapping, query_periods=(period,)),
        AvailabilityQuery(participants=(group,), required_duration=Duration(hours=1), query_periods=iter([period])),
        AvailabilityQuery(participants=(group,), required_duration=mapping, query_periods=UNSET, start_interval=UNSET),
        AvailabilityConstraint(limit=1, period="fortnight", tags={"": [Tag("a"), mapping]}, tzid="Etc/UTC"),
        RecurrenceRule(frequency="daily", until=date(2030, 2, 1)),
        RecurrenceRule(frequency="daily", until=START),
        Buffer(before=mapping, after=UNSET),
    ]


def parameters_that_do_not_fit(cronofy: CronofyClient) -> list[object]:
    links = cronofy.real_time_scheduling
    group = ParticipantGroup([Member("acc_1")])
    return [
        links.create(oauth={}, event={}),  # type: ignore[call-arg]
        links.create({}, {}, {}),  # type: ignore[call-arg]
        links.create(oauth="https://x", event={}, availability={}),  # type: ignore[arg-type]
        links.create(oauth={}, event=OAuth("https://x"), availability={}),  # type: ignore[arg-type]
        links.create(oauth={}, event={}, availability={}, target_calendars=["cal_1"]),  # type: ignore[list-item]
        links.create(oauth={}, event={}, availability={}, minimum_notice=30),  # type: ignore[arg-type]
        links.create(oauth={}, event={}, availability={}, event_creation=None),  # type: ignore[arg-type]
        EventTemplate(event_id="a", summary="b", start=START),  # type: ignore[call-arg]
        EventTemplate(event_id="a", summary=None),  # type: ignore[arg-type]
        EventTemplate(event_id="a", summary="b", tzid=UTC),  # type: ignore[arg-type]
        AvailabilityQuery(participants=[group]),  # type: ignore[call-arg]
        AvailabilityQuery(participants=[group], required_duration=30),  # type: ignore[arg-type]
        AvailabilityQuery(participants=[group], required_duration=UNSET),  # type: ignore[arg-type]
        AvailabilityQuery(participants=group, required_duration=Duration(hours=1)),  # type: ignore[arg-type]
        AvailabilityQuery(participants=[], required_duration={}, query_periods=[START]),  # type: ignore[list-item]
        AvailabilityQuery(participants=[], required_duration={}, query_periods=(START, END)),  # type: ignore[arg-type]
        ParticipantGroup([Member("acc_1")], required="some"),  # type: ignore[arg-type]
        Transition(offset=UNSET),  # type: ignore[arg-type]
        Duration(30),  # type: ignore[call-arg]
        Duration(minutes=7.5),  # type: ignore[arg-type]
        Period(START),  # type: ignore[call-arg]
        Invitee(),  # type: ignore[call-arg]
    ]


async def follow_a_link(cronofy: CronofyClient, created: CreatedLink) -> str:
    links = cronofy.real_time_scheduling
    link = await links.status(created)
    assert_type(link, SchedulingLink)
    assert_type(await links.status(link), SchedulingLink)
    assert_type(await links.status("sch_1"), SchedulingLink)
    assert_type(await links.status_by_token(link.token), SchedulingLink)
    assert_type(await links.disable(link, display_message="Gone."), SchedulingLink)
    assert_type(link.is_terminal, bool)
    assert_type(link.start, datetime | None)
    links_of_both_kinds: list[Link] = [created, link]
    assert_type([item.token for item in links_of_both_kinds], list[str])
    assert_type(link.extra, Mapping[str, Any])
    assert_type(link.event, LinkEvent | None)
    if link.event:
        assert_type(link.event.location, EventLocation | None)
        assert_type(link.event.conferencing, EventConferencing | None)
        assert_type(link.event.reminders, tuple[EventReminder, ...])
        assert_type(link.event.invitees, tuple[EventAttendee, ...])
    if link.event and link.event.start:
        assert_type(link.event.start, EventTime)
        assert_type(link.event.start.utc, datetime | None)
        assert_type(link.event.start.date, date | None)
        assert_type(link.event.start.in_zone("Europe/Berlin"), datetime | None)

    match link.status:
        case "open" | "completed" | "disabled" | "expired":
            return "known"
        case other:
            assert_type(other, str)
            return other


async def use_of_links_that_does_not_fit(cronofy: CronofyClient, created: CreatedLink, link: SchedulingLink) -> None:
    links = cronofy.real_time_scheduling
    links.status(created)  # type: ignore[unused-awaitable]
    await links.status()  # type: ignore[call-arg]
    await links.status(3)  # type: ignore[arg-type]
    await links.status(token="x")  # type: ignore[call-arg]
    await links.disable(link, "Gone.")  # type: ignore[call-arg]
    await links.disable(link)  # type: ignore[call-arg]
    link.status = "open"  # type: ignore[misc]
    link.event.summary  # type: ignore[union-attr] # noqa: B018


async def calls(cronofy: CronofyClient) -> None:
    links = cronofy.real_time_scheduling
    response = await links.status("sch_1").response()
    assert_type(response, Response[SchedulingLink])
    assert_type(response.data.url, str)
    assert_type(response.request_id, str | None)
    assert_type(response.attempts, int)
    assert_type(await links.status("sch_1").with_options(timeout=5, retries=0, idempotent=True), SchedulingLink)
    assert_type(links.status("sch_1").request, Request)
    assert_type(await asyncio.gather(links.status("a"), links.status("b")), tuple[SchedulingLink, SchedulingLink])
    assert_type(await asyncio.wait_for(links.status("a"), 5), SchedulingLink)
    await assert_type(asyncio.create_task(links.status("a")), asyncio.Task[SchedulingLink])
    async with asyncio.TaskGroup() as group:
        task = group.create_task(links.status("a"))
    assert_type(task.result().status, Literal["open", "completed", "disabled", "expired"] | str)

    async with cronofy.each(links.status(item) for item in ("a", "b")) as outcomes:
        async for outcome in outcomes:
            assert_type(outcome, Done[Request, SchedulingLink] | Failed[Request])
            match outcome:
                case Done(item, value):
                    assert_type(item, Request)
                    assert_type(value, SchedulingLink)
                case Failed(error=error):
                    assert_type(error, Exception)
    async with cronofy.each((number, links.status("a")) for number in range(3)) as numbered:
        async for pair in numbered:
            assert_type(pair, Done[int, SchedulingLink] | Failed[int])
    async for _ in cronofy.each(later(cronofy), concurrency=8):
        pass

    async with links.poll(["sch_1"], ordered=True) as polled:
        async for seen in polled:
            assert_type(seen, Polled[str] | Failed[str])
            assert_type(seen.result(), SchedulingLink | Any)
    async with links.poll([{"id": "sch_1"}], key=lambda row: row["id"], position=Position()) as rows:
        assert_type(rows, Poll[dict[str, str]])
        assert_type(rows.estimate, timedelta | None)
    links.poll([1])  # type: ignore[type-var]
    links.poll([1], key=lambda number: number)  # type: ignore[arg-type, return-value]

    assert_type(await cronofy.request("GET", "/v1/new", query={"a": [1]}), Any)
    await cronofy.request("PUT", "/v1/new")  # type: ignore[arg-type]
    await links.status("a").with_options(retry=3)  # type: ignore[call-arg]
    cronofy.each(["sch_1"])  # type: ignore[arg-type]


async def later(cronofy: CronofyClient) -> AsyncIterator[Call[SchedulingLink]]:
    yield cronofy.real_time_scheduling.status("a")
    await asyncio.sleep(0)


async def accounts(cronofy: CronofyClient) -> None:
    account = cronofy.account(Tokens(access_token="a", refresh_token=None, sub="acc_1"))
    assert_type(account, CronofyAccount)
    assert_type(cronofy.account(access_token="a", refresh_token="b"), CronofyAccount)
    assert_type(cronofy.account(sub="acc_1", impersonate="acc_2"), CronofyAccount)
    assert_type(await account.request("GET", "/v1/userinfo"), Any)

    account.real_time_scheduling  # type: ignore[attr-defined] # noqa: B018
    cronofy.account("token")  # type: ignore[arg-type]
    Tokens("a")  # type: ignore[call-arg]


def callbacks(cronofy: CronofyClient, body: bytes, headers: Mapping[str, str]) -> str | None:
    notification = cronofy.webhooks.parse(body, headers, url="https://app.example.com/hooks?ref=a")
    assert_type(notification, Notification)
    assert_type(notification.ref, str | None)
    assert_type(notification.fingerprint, str)
    match notification:
        case TimeChosen(event=event, participants=participants, start=start):
            assert_type(start, datetime)
            assert_type(event, ChosenEvent)
            assert_type(event.start, EventTime)
            assert_type(event.start.utc, datetime | None)
            assert_type(participants, tuple[Participant, ...])
        case NoTimesSuitable() | NoTimesDisplayed():
            return notification.user.tzid
        case _:
            return notification.type
    webhooks.parse(body, [(b"cronofy-hmac-sha256", b"x")], secrets="secret")
    webhooks.parse(body, [("Cronofy-HMAC-SHA256", "x")], secrets=["secret"])
    webhooks.parse(body, "x", secrets=("new", "old"), url=object(), require_ref=True)
    webhooks.parse(body, {"Cronofy-HMAC-SHA256": ["x"]}, secrets=["secret"])
    assert_type(cronofy.webhooks.verify(body, None), bool)

    cronofy.webhooks.url("https://x")  # type: ignore[call-arg]
    cronofy.webhooks.parse(body.decode(), headers)  # type: ignore[arg-type]
    webhooks.parse(body, headers)  # type: ignore[call-arg]
    return None


async def errors(cronofy: CronofyClient) -> None:
    try:
        await cronofy.real_time_scheduling.status("sch_1")
    except ValidationFailed as error:
        assert_type(error.errors, Mapping[str, tuple[FieldError, ...]])
        assert_type(error.errors["event_id"][0].key, str)
    except RateLimited as error:
        assert_type(error.retry_after, float | None)
    except OAuthError as error:
        assert_type(error.error, str)
    except PaymentRequired as error:
        assert_type(error.hint, str)
    except ApiError as error:
        assert_type(error.status, int)
        assert_type(error.headers, Mapping[str, str])
    except DecodeError as error:
        assert_type(error.path, str)
        assert_type(error.response, RawResponse | None)
    except TransportError as error:
        assert_type(error.sent, Literal["no", "maybe"])


def conversions(link: SchedulingLink) -> None:
    assert_type(from_dict(SchedulingLink, to_dict(link)), SchedulingLink)
    assert_type(from_dict(tuple[Participant, ...], [{"sub": "a"}]), tuple[Participant, ...])
    assert_type(pickle.dumps(link), bytes)
    from_dict("SchedulingLink", {})  # type: ignore[arg-type]
    page = from_dict(RegistrationsPage, {"registrations": []})
    assert_type(page.items, tuple[Registration, ...])
    assert_type(page.next_page, str | None)
    whole: Page[Registration] = page
    assert_type(whole.has_more, bool)
