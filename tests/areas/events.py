"""Examples of the calls that read and write events, and of events as they are read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from cronofy_async import EventTime, from_dict
from cronofy_async.client import CronofyAccount, CronofyClient
from cronofy_async.models import (
    AttachmentRef,
    Attendees,
    Conferencing,
    Event,
    EventAttendee,
    EventConferencing,
    EventLocation,
    EventOptions,
    EventOrganizer,
    EventsPage,
    Invitee,
    Location,
    PageInfo,
    Recurrence,
    RecurrenceDay,
    RecurrenceRule,
    Reminder,
    SeriesMaster,
    Subscription,
    Transition,
    UserInfo,
    UserInfoData,
)

from .event_parts import EVENT, EVENT_JSON
from .example import END, EXTRA, START, Example, ModelExample, answering

CALENDAR = "cal_n23kjnwrw2_jsdfjksn234"
EVENTS = f"/v1/calendars/{CALENDAR}/events"
USERINFO_JSON: dict[str, Any] = {"sub": "acc_1", "cronofy.type": "account", "cronofy.data": {"profiles": []}}
USERINFO = UserInfo(sub="acc_1", cronofy_type="account", cronofy_data=UserInfoData())
RETREAT_JSON: dict[str, Any] = {
    "calendar_id": "cal_U9uuErStTG@EAAAB_IsAsykA2DBTWqQTf-f0kJw",
    "event_uid": "evt_external_54008b1a4a41730f8d5c6037",
    "summary": "Company Retreat",
    "description": "",
    "start": "2014-09-06",
    "end": "2014-09-08",
    "deleted": False,
    "created": "2024-10-30T08:00:01Z",
    "updated": "2024-10-30T09:24:16Z",
    "location": {"description": "Beach"},
    "participation_status": "needs_action",
    "attendees": [{"email": "example@cronofy.com", "display_name": "Example Person", "status": "needs_action"}],
    "organizer": {"email": "example@cronofy.com", "display_name": "Example Person"},
    "transparency": "opaque",
    "status": "confirmed",
    "categories": [],
    "recurring": False,
    "event_private": False,
    "options": {"delete": True, "update": True, "change_participation_status": True},
}
RETREAT = Event(
    calendar_id="cal_U9uuErStTG@EAAAB_IsAsykA2DBTWqQTf-f0kJw",
    event_uid="evt_external_54008b1a4a41730f8d5c6037",
    summary="Company Retreat",
    description="",
    start=EventTime("2014-09-06"),
    end=EventTime("2014-09-08"),
    deleted=False,
    created=EventTime("2024-10-30T08:00:01Z"),
    updated=EventTime("2024-10-30T09:24:16Z"),
    location=EventLocation(description="Beach"),
    participation_status="needs_action",
    attendees=(EventAttendee(email="example@cronofy.com", display_name="Example Person", status="needs_action"),),
    organizer=EventOrganizer(email="example@cronofy.com", display_name="Example Person"),
    transparency="opaque",
    status="confirmed",
    recurring=False,
    event_private=False,
    options=EventOptions(delete=True, update=True, change_participation_status=True),
)
NEXT_PAGE = "https://api.cronofy.com/v1/events/pages/08a07b034306679e"
LOCAL_JSON: dict[str, Any] = {
    "calendar_id": "cal_1",
    "event_uid": "evt_external_1",
    "start": {"time": "2030-02-01T10:30:00+01:00", "tzid": "Europe/Paris"},
    "end": {"time": "2030-02-01T11:00:00+01:00", "tzid": "Europe/Paris"},
    "deleted": True,
    "created": "0000-12-29T00:00:00Z",
    "organizer": None,
    "location": {"lat": "48.85", "long": "2.35"},
    "recurring": True,
    "series_identifier": "s1",
    "series_master": {"event_id": "order-77", "event_uid": "evt_external_0"},
    "conferencing": {"pending": True},
    "google_event_id": "g1",
    "extended_transparency": "out_of_office",
}
LOCAL = Event(
    calendar_id="cal_1",
    event_uid="evt_external_1",
    start=EventTime({"time": "2030-02-01T10:30:00+01:00", "tzid": "Europe/Paris"}),
    end=EventTime({"time": "2030-02-01T11:00:00+01:00", "tzid": "Europe/Paris"}),
    deleted=True,
    created=EventTime("0000-12-29T00:00:00Z"),
    location=EventLocation(lat="48.85", long="2.35"),
    recurring=True,
    series_identifier="s1",
    series_master=SeriesMaster(event_id="order-77", event_uid="evt_external_0"),
    conferencing=EventConferencing(pending=True),
    google_event_id="g1",
    extended_transparency="out_of_office",
)
BOARD: dict[str, Any] = {"event_id": "qTtZdczOccgaPncGJaCiLg", "summary": "Board meeting"}
BOARD_JSON: dict[str, Any] = {**BOARD, "start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}
EVERYTHING: dict[str, Any] = dict(
    tzid="Europe/Paris",
    description="Discuss plans.",
    location=Location(description="Shop", lat="48.85", long="2.35"),
    url=None,
    attendees=Attendees(invite=(Invitee("pat@example.org", display_name="Pat"),), remove=(Invitee("kim@example.org"),)),
    conferencing=Conferencing(profile_id="int_1"),
    reminders=(Reminder(30), Reminder(1440)),
    reminders_create_only=True,
    transparency="opaque",
    extended_transparency="out_of_office",
    color="#49BED8",
    event_private=True,
    attachments=(AttachmentRef("att_1"),),
    subscriptions=(
        Subscription(
            uri="https://example.com/event_trigger/xxxx",
            transitions=(Transition(before="event_start", offset=timedelta(minutes=5)),),
        ),
    ),
    recurrence=Recurrence(
        (
            RecurrenceRule(
                frequency="monthly", by_day=(RecurrenceDay("friday", nth_of_period=-1),), until=date(2030, 7, 1)
            ),
        )
    ),
    locale="en",
)
EVERYTHING_JSON: dict[str, Any] = {
    "tzid": "Europe/Paris",
    "description": "Discuss plans.",
    "location": {"description": "Shop", "lat": "48.85", "long": "2.35"},
    "url": None,
    "attendees": {
        "invite": [{"email": "pat@example.org", "display_name": "Pat"}],
        "remove": [{"email": "kim@example.org"}],
    },
    "conferencing": {"profile_id": "int_1"},
    "reminders": [{"minutes": 30}, {"minutes": 1440}],
    "reminders_create_only": True,
    "transparency": "opaque",
    "extended_transparency": "out_of_office",
    "color": "#49BED8",
    "event_private": True,
    "attachments": [{"attachment_id": "att_1"}],
    "subscriptions": [
        {
            "type": "webhook",
            "uri": "https://example.com/event_trigger/xxxx",
            "transitions": [{"before": "event_start", "offset": {"minutes": 5}}],
        }
    ],
    "recurrence": {
        "rules": [
            {
                "frequency": "monthly",
                "by_day": [{"day": "friday", "nth_of_period": -1}],
                "until": "2030-07-01",
            }
        ]
    },
    "locale": "en",
}


def account_of(client: CronofyClient) -> CronofyAccount:
    return client.account(access_token="token")


def upsert_everything(events: Any) -> Any:
    times = {"start": date(2030, 2, 1), "end": date(2030, 2, 2)}
    return events.upsert(CALENDAR, **BOARD, **times, **EVERYTHING, include_userinfo=False)


EXAMPLES = [
    Example(
        endpoint="events.read",
        call=lambda client: account_of(client).events.read(),
        request="GET /v1/events?tzid=Etc%2FUTC",
        response={"pages": {"current": 1, "total": 2, "next_page": NEXT_PAGE}, "events": [RETREAT_JSON]},
        result=EventsPage(pages=PageInfo(current=1, total=2, next_page=NEXT_PAGE), events=(RETREAT,)),
    ),
    Example(
        endpoint="events.read",
        title="every parameter",
        call=lambda client: account_of(client).events.read(
            tzid="Europe/Paris",
            from_=date(2030, 2, 1),
            to=date(2030, 2, 8),
            include_deleted=True,
            include_moved=True,
            last_modified=START,
            include_managed=True,
            only_managed=False,
            calendar_ids=["cal_1", "cal_2"],
            localized_times=True,
            include_geo=True,
            google_event_ids=True,
        ),
        request=(
            "GET /v1/events?tzid=Europe%2FParis&from=2030-02-01&to=2030-02-08&include_deleted=true&include_moved=true"
            "&last_modified=2030-02-01T09%3A30%3A00Z&include_managed=true&only_managed=false"
            "&calendar_ids%5B%5D=cal_1&calendar_ids%5B%5D=cal_2&localized_times=true&include_geo=true"
            "&google_event_ids=true"
        ),
        response={"pages": {"current": 1, "total": 1}, "events": [LOCAL_JSON]},
        result=EventsPage(pages=PageInfo(current=1, total=1), events=(LOCAL,)),
    ),
    Example(
        endpoint="events.read_page",
        call=lambda client: account_of(client).events.read_page("08a07b034306679e"),
        request="GET /v1/events/pages/08a07b034306679e",
        response={"pages": {"current": 2, "total": 2}, "events": []},
        result=EventsPage(pages=PageInfo(current=2, total=2), events=()),
    ),
    Example(
        endpoint="events.upsert",
        call=lambda client: account_of(client).events.upsert(
            CALENDAR, event_id=BOARD["event_id"], summary="Board meeting", start=START, end=END
        ),
        request=f"POST {EVENTS}",
        json=BOARD_JSON,
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="events.upsert",
        title="every member",
        call=lambda client: upsert_everything(account_of(client).events),
        request=f"POST {EVENTS}",
        json={**BOARD, "start": "2030-02-01", "end": "2030-02-02", **EVERYTHING_JSON, "include_userinfo": False},
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="events.upsert",
        title="userinfo",
        call=lambda client: account_of(client).events.upsert(
            CALENDAR,
            event_id=BOARD["event_id"],
            summary="Board meeting",
            start={"time": "2030-02-01T09:30:00Z", "tzid": "Europe/Paris"},
            end={"time": "2030-02-01T10:30:00Z", "tzid": "Europe/Paris"},
            include_userinfo=True,
        ),
        request=f"POST {EVENTS}",
        json={
            **BOARD,
            "start": {"time": "2030-02-01T09:30:00Z", "tzid": "Europe/Paris"},
            "end": {"time": "2030-02-01T10:30:00Z", "tzid": "Europe/Paris"},
            "include_userinfo": True,
        },
        status=202,
        response={"userinfo": USERINFO_JSON},
        result=USERINFO,
    ),
    Example(
        endpoint="events.delete",
        call=lambda client: account_of(client).events.delete(CALENDAR, event_id="order-77"),
        request=f"DELETE {EVENTS}",
        json={"event_id": "order-77"},
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="events.delete",
        title="userinfo",
        call=lambda client: account_of(client).events.delete(CALENDAR, event_id="order-77", include_userinfo=True),
        request=f"DELETE {EVENTS}",
        json={"event_id": "order-77", "include_userinfo": True},
        status=202,
        response={"userinfo": USERINFO_JSON},
        result=USERINFO,
    ),
    Example(
        endpoint="events.bulk_delete",
        call=lambda client: account_of(client).events.bulk_delete(calendar_ids=["cal_1", "cal_2"]),
        request="DELETE /v1/events",
        json={"calendar_ids": ["cal_1", "cal_2"]},
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="events.bulk_delete",
        title="all",
        call=lambda client: account_of(client).events.bulk_delete(delete_all=True),
        request="DELETE /v1/events",
        json={"delete_all": True},
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="events.edit_external",
        call=lambda client: account_of(client).events.edit_external(
            CALENDAR, event_uid="evt_external_1", summary="Board meeting", start=START, end=END
        ),
        request=f"POST {EVENTS}",
        json={
            "event_uid": "evt_external_1",
            "summary": "Board meeting",
            "start": "2030-02-01T09:30:00Z",
            "end": "2030-02-01T10:30:00Z",
        },
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="events.delete_external",
        call=lambda client: account_of(client).events.delete_external(CALENDAR, event_uid="evt_external_1"),
        request=f"DELETE {EVENTS}",
        json={"event_uid": "evt_external_1"},
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="events.change_participation_status",
        call=lambda client: account_of(client).events.change_participation_status(
            CALENDAR, "evt_external_1", status="accepted"
        ),
        request=f"POST {EVENTS}/evt_external_1/participation_status",
        json={"status": "accepted"},
        status=202,
        response=None,
        result=None,
    ),
]

ATTENDEE_JSON: dict[str, Any] = {"email": "a@example.com", "display_name": "A", "status": "accepted"}
WHOLE: dict[str, Any] = EVENT | dict(
    calendar_id="cal_1",
    event_uid="evt_external_1",
    start=EventTime("2030-02-01T09:30:00Z"),
    end=EventTime("2030-02-01T10:30:00Z"),
    deleted=True,
    google_event_id="g1",
    created=EventTime("2030-01-01T00:00:00Z"),
    updated=EventTime("2030-01-02T00:00:00Z"),
    participation_status="accepted",
    attendees=(EventAttendee(email="a@example.com", display_name="A", status="accepted"),),
    organizer=EventOrganizer(email="b@example.com"),
    status="confirmed",
    categories=("Red",),
    recurring=True,
    series_identifier="s1",
    series_master=SeriesMaster(event_id="a"),
    options=EventOptions(delete=True),
    meeting_url="https://x",
)
WHOLE_JSON: dict[str, Any] = EVENT_JSON | {
    "calendar_id": "cal_1",
    "event_uid": "evt_external_1",
    "start": "2030-02-01T09:30:00Z",
    "end": "2030-02-01T10:30:00Z",
    "deleted": True,
    "google_event_id": "g1",
    "created": "2030-01-01T00:00:00Z",
    "updated": "2030-01-02T00:00:00Z",
    "participation_status": "accepted",
    "attendees": [ATTENDEE_JSON],
    "organizer": {"email": "b@example.com"},
    "status": "confirmed",
    "categories": ["Red"],
    "recurring": True,
    "series_identifier": "s1",
    "series_master": {"event_id": "a"},
    "options": {"delete": True},
    "meeting_url": "https://x",
}
MODELS: list[ModelExample] = [
    (Event(**WHOLE), WHOLE_JSON),
    (EventOrganizer(email="a", display_name="b", extra=EXTRA), {"email": "a", "display_name": "b", **EXTRA}),
    (
        EventOptions(delete=True, update=False, change_participation_status=True),
        {"delete": True, "update": False, "change_participation_status": True},
    ),
    (SeriesMaster(event_id="a", event_uid="b"), {"event_id": "a", "event_uid": "b"}),
    (
        EventsPage(pages=PageInfo(current=1), events=(Event(**WHOLE),)),
        {"pages": {"current": 1}, "events": [WHOLE_JSON]},
    ),
]


def test_is_managed_and_is_all_day() -> None:
    assert (RETREAT.is_managed, RETREAT.is_all_day) == (False, True)
    assert (LOCAL.is_managed, LOCAL.is_all_day) == (True, False)
    assert Event(**WHOLE).is_managed
    assert RETREAT.invitees == RETREAT.attendees


def test_a_year_out_of_range_for_datetime_is_kept_as_received() -> None:
    created = from_dict(Event, LOCAL_JSON).created

    assert created == EventTime("0000-12-29T00:00:00Z")
    assert EventTime("0000-12-29T00:00:00Z").utc is None


PARIS = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("from_", "to", "sent"),
    [
        (
            datetime(2030, 2, 1, 23, 30, tzinfo=UTC),
            datetime(2030, 2, 7, 23, 30, tzinfo=UTC),
            ("2030-02-02", "2030-02-09"),
        ),
        (
            datetime(2030, 2, 1, 0, 0, tzinfo=PARIS),
            datetime(2030, 2, 8, 0, 0, tzinfo=PARIS),
            ("2030-02-01", "2030-02-08"),
        ),
    ],
    ids=["in another zone", "at midnight"],
)
def test_a_datetime_as_the_bound_of_a_read_is_sent_as_its_date(
    from_: datetime, to: datetime, sent: tuple[str, str]
) -> None:
    events = account_of(answering({})[0]).events

    target = events.read(tzid="Europe/Paris", from_=from_, to=to).request.target

    assert target == f"/v1/events?tzid=Europe%2FParis&from={sent[0]}&to={sent[1]}"
