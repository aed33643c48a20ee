from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import attrs
import fastapi
import pydantic
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async import from_dict, models, to_dict
from cronofy_async._unset import UNSET
from cronofy_async.models import (
    AttachmentRef,
    Attendees,
    AvailabilityConstraint,
    AvailabilityQuery,
    BookableEvent,
    Buffer,
    BufferLength,
    CallbackUrls,
    ChosenEvent,
    ChosenSlot,
    Conferencing,
    ConversationParticipant,
    ConversationPeriod,
    CreatedLink,
    EventTemplate,
    ExcludedEvent,
    Formatting,
    Interaction,
    Invitee,
    LinkEvent,
    Location,
    Member,
    Notification,
    NoTimesDisplayed,
    NoTimesSuitable,
    OAuth,
    Pages,
    Participant,
    ParticipantGroup,
    ParticipantSlots,
    PossibleAction,
    QuerySlot,
    Recurrence,
    RecurrenceRule,
    RedirectUrls,
    Registration,
    RegistrationsPage,
    Reminder,
    SchedulingConversation,
    SchedulingLink,
    SelectedSlot,
    SlotChoice,
    Subscription,
    Tag,
    TargetAttendee,
    TargetCalendar,
    TargetEvent,
    TimeChosen,
    Transition,
    Visitor,
)
from cronofy_async.models.base import Model, RequestModel, ResponseModel
from cronofy_async.models.real_time_scheduling import check_new_link
from cronofy_async.times import Duration, EventTime, Period

START = datetime(2030, 2, 1, 9, 30, tzinfo=UTC)
END = START + timedelta(hours=1)
EXTRA = {"brand_new": [1, None], "nested": {"a": "b"}}
URL = "https://app.cronofy.com/add_to_calendar/scheduling/s3cret"
CHOSEN = ChosenEvent(
    start=EventTime({"time": "2030-02-01T09:30:00Z", "tzid": "Etc/UTC"}),
    end=EventTime("2030-02-01"),
    event_id="a",
    summary="b",
    description="c",
    tzid="Etc/UTC",
    extra=EXTRA,
)

GRACE = ConversationParticipant(
    participant_id="@grace",
    sub="acc_1",
    email="grace@example.com",
    common_name="Grace",
    slots=ParticipantSlots(selection_method="auto"),
    slot_choice=SlotChoice(method="manual"),
    status="waiting",
    possible_actions={"slots_list": PossibleAction(url="https://x")},
)

# Every model with every member set, as reading gives it; what is given is written next to it.
FULL: list[tuple[Model, dict[str, Any]]] = [
    (Tag("a"), {"value": "a"}),
    (
        BufferLength(minimum=timedelta(minutes=5), maximum=Duration(hours=1)),
        {"minimum": {"minutes": 5}, "maximum": {"hours": 1}},
    ),
    (
        Buffer(before=timedelta(minutes=5), after=BufferLength(minimum=Duration(minutes=1))),
        {"before": {"minutes": 5}, "after": {"minimum": {"minutes": 1}}},
    ),
    (
        AvailabilityConstraint(limit=2, period="day", tags={"": (Tag("a"),)}, tzid=ZoneInfo("Etc/UTC")),
        {"limit": 2, "period": "day", "tags": {"": [{"value": "a"}]}, "tzid": "Etc/UTC"},
    ),
    (
        Member(
            "acc_1",
            calendar_ids=("cal_1",),
            available_periods=[(START, END)],
            managed_availability=True,
            availability_rule_ids=("r",),
            buffer=Buffer(before=timedelta(minutes=5)),
            availability_constraints=(AvailabilityConstraint(limit=1, period="week"),),
            only_managed_events=False,
            ignore_tentative=True,
        ),
        {
            "sub": "acc_1",
            "calendar_ids": ["cal_1"],
            "available_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
            "managed_availability": True,
            "availability_rule_ids": ["r"],
            "buffer": {"before": {"minutes": 5}},
            "availability_constraints": [{"limit": 1, "period": "week"}],
            "only_managed_events": False,
            "ignore_tentative": True,
        },
    ),
    (ParticipantGroup((Member("a"),), required=1), {"members": [{"sub": "a"}], "required": 1}),
    (QuerySlot(START), {"start": "2030-02-01T09:30:00Z"}),
    (ExcludedEvent(event_id="a", event_uid="b"), {"event_id": "a", "event_uid": "b"}),
    (
        AvailabilityQuery(
            participants=(ParticipantGroup((Member("a"),)),),
            required_duration=timedelta(minutes=30),
            query_periods=[(START, END), Period(START, END)],
            available_periods=[Period(START, END)],
            query_slots=(QuerySlot(START),),
            start_interval=timedelta(minutes=15),
            buffer=Buffer(after=Duration(minutes=1)),
            max_results=3,
            response_format="slots",
            include_member_statuses=True,
            excluded_events=(ExcludedEvent(event_id="a"),),
        ),
        {
            "participants": [{"members": [{"sub": "a"}], "required": "all"}],
            "required_duration": {"minutes": 30},
            "query_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}] * 2,
            "available_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
            "query_slots": [{"start": "2030-02-01T09:30:00Z"}],
            "start_interval": {"minutes": 15},
            "buffer": {"after": {"minutes": 1}},
            "max_results": 3,
            "response_format": "slots",
            "include_member_statuses": True,
            "excluded_events": [{"event_id": "a"}],
        },
    ),
    (Invitee("a@example.com", display_name=None), {"email": "a@example.com", "display_name": None}),
    (
        Attendees(invite=(Invitee("a@example.com"),), remove=(Invitee("b@example.com"),)),
        {"invite": [{"email": "a@example.com"}], "remove": [{"email": "b@example.com"}]},
    ),
    (
        Conferencing(profile_id="explicit", provider_description="X", join_url="https://x"),
        {"profile_id": "explicit", "provider_description": "X", "join_url": "https://x"},
    ),
    (Location(description="a", lat="1.5", long="-2.5"), {"description": "a", "lat": "1.5", "long": "-2.5"}),
    (Reminder(5), {"minutes": 5}),
    (AttachmentRef("att_1"), {"attachment_id": "att_1"}),
    (Interaction("conferencing_assigned"), {"type": "conferencing_assigned"}),
    (
        Transition(offset=timedelta(minutes=5), before="event_start", after="event_end"),
        {"offset": {"minutes": 5}, "before": "event_start", "after": "event_end"},
    ),
    (
        Subscription(
            uri="https://x",
            interactions=(Interaction("conferencing_assigned"),),
            transitions=(Transition(offset=Duration(minutes=5)),),
        ),
        {
            "uri": "https://x",
            "interactions": [{"type": "conferencing_assigned"}],
            "transitions": [{"offset": {"minutes": 5}}],
            "type": "webhook",
        },
    ),
    (
        RecurrenceRule(frequency="weekly", interval=2, by_day=("monday",), count=3, until="2030-02-01"),
        {"frequency": "weekly", "interval": 2, "by_day": ["monday"], "count": 3, "until": "2030-02-01"},
    ),
    (Recurrence((RecurrenceRule(frequency="daily"),)), {"rules": [{"frequency": "daily"}]}),
    (
        EventTemplate(
            event_id="intro-1",
            summary="Intro",
            tzid=ZoneInfo("Europe/Berlin"),
            description="d",
            location=Location(description="a"),
            url=None,
            attendees=Attendees(invite=()),
            conferencing=Conferencing(profile_id="default"),
            reminders=(Reminder(5),),
            reminders_create_only=True,
            transparency="opaque",
            extended_transparency="out_of_office",
            color="#ffffff",
            event_private=False,
            attachments=(AttachmentRef("att_1"),),
            subscriptions=(),
            recurrence=Recurrence(()),
            locale="de",
        ),
        {
            "event_id": "intro-1",
            "summary": "Intro",
            "tzid": "Europe/Berlin",
            "description": "d",
            "location": {"description": "a"},
            "url": None,
            "attendees": {"invite": []},
            "conferencing": {"profile_id": "default"},
            "reminders": [{"minutes": 5}],
            "reminders_create_only": True,
            "transparency": "opaque",
            "extended_transparency": "out_of_office",
            "color": "#ffffff",
            "event_private": False,
            "attachments": [{"attachment_id": "att_1"}],
            "subscriptions": [],
            "recurrence": {"rules": []},
            "locale": "de",
        },
    ),
    (OAuth("https://x", scope="a b", state="s"), {"redirect_uri": "https://x", "scope": "a b", "state": "s"}),
    (TargetAttendee("a@example.com", display_name="A"), {"email": "a@example.com", "display_name": "A"}),
    (TargetEvent(conferencing=Conferencing(profile_id="pro_1")), {"conferencing": {"profile_id": "pro_1"}}),
    (
        TargetCalendar(sub="a", calendar_id="c", attendee=TargetAttendee("a@example.com"), event=TargetEvent()),
        {"sub": "a", "calendar_id": "c", "attendee": {"email": "a@example.com"}, "event": {}},
    ),
    (Formatting(hour_format="H"), {"hour_format": "H"}),
    (
        CallbackUrls(completed_url="a", no_times_suitable_url="b", no_times_displayed_url="c"),
        {"completed_url": "a", "no_times_suitable_url": "b", "no_times_displayed_url": "c"},
    ),
    (RedirectUrls(completed_url="a"), {"completed_url": "a"}),
    (
        CreatedLink(real_time_scheduling_id="sch_1", url=URL, extra=EXTRA),
        {"real_time_scheduling_id": "sch_1", "url": URL, **EXTRA},
    ),
    (
        LinkEvent(
            event_id="a",
            summary="b",
            description="c",
            tzid="Etc/UTC",
            start=EventTime("2030-02-01T09:30:00Z"),
            end=EventTime("2030-02-01T10:30:00Z"),
            event_private=True,
            extra=EXTRA,
        ),
        {
            "event_id": "a",
            "summary": "b",
            "description": "c",
            "tzid": "Etc/UTC",
            "start": "2030-02-01T09:30:00Z",
            "end": "2030-02-01T10:30:00Z",
            "event_private": True,
            **EXTRA,
        },
    ),
    (
        SchedulingLink(real_time_scheduling_id="sch_1", url=URL, status="open", event=LinkEvent(event_id="a")),
        {"real_time_scheduling_id": "sch_1", "url": URL, "status": "open", "event": {"event_id": "a"}},
    ),
    (Visitor(tzid="Europe/Paris", extra=EXTRA), {"tzid": "Europe/Paris", **EXTRA}),
    (Participant(sub="acc_1"), {"sub": "acc_1"}),
    (
        CHOSEN,
        {
            "start": {"time": "2030-02-01T09:30:00Z", "tzid": "Etc/UTC"},
            "end": "2030-02-01",
            "event_id": "a",
            "summary": "b",
            "description": "c",
            "tzid": "Etc/UTC",
            **EXTRA,
        },
    ),
    (
        Notification(type="change", ref="r", fingerprint="f", data={"a": 1}),
        {"type": "change", "ref": "r", "fingerprint": "f", "data": {"a": 1}},
    ),
    (
        TimeChosen(
            type="t", ref=None, fingerprint="f", data={}, event=CHOSEN, user=Visitor(tzid="a"), participants=(Participant(sub="b"),)
        ),
        {
            "type": "t",
            "ref": None,
            "fingerprint": "f",
            "data": {},
            "event": to_dict(CHOSEN),
            "user": {"tzid": "a"},
            "participants": [{"sub": "b"}],
        },
    ),
    (
        NoTimesSuitable(type="t", ref=None, fingerprint="f", data={}),
        {"type": "t", "ref": None, "fingerprint": "f", "data": {}, "user": {}},
    ),
    (
        NoTimesDisplayed(type="t", ref=None, fingerprint="f", data={}),
        {"type": "t", "ref": None, "fingerprint": "f", "data": {}, "user": {}},
    ),
    (Pages(current=1, total=2, next_page="https://x"), {"current": 1, "total": 2, "next_page": "https://x"}),
    (
        Registration(registration_id="r", status="pending", metadata={"name": "Ada"}, extra=EXTRA),
        {"registration_id": "r", "status": "pending", "metadata": {"name": "Ada"}, **EXTRA},
    ),
    (
        RegistrationsPage(
            capacity=5,
            registered_count=1,
            total_count=2,
            registrations=(Registration(registration_id="r", status="accepted"),),
            pages=Pages(current=1),
        ),
        {
            "capacity": 5,
            "registered_count": 1,
            "total_count": 2,
            "registrations": [{"registration_id": "r", "status": "accepted"}],
            "pages": {"current": 1},
        },
    ),
    (
        BookableEvent(
            bookable_event_id="b", start=START, end=END, status="confirmed", registration=RegistrationsPage(registrations=())
        ),
        {
            "bookable_event_id": "b",
            "start": "2030-02-01T09:30:00Z",
            "end": "2030-02-01T10:30:00Z",
            "status": "confirmed",
            "registration": {"registrations": []},
        },
    ),
    (PossibleAction(url="https://x", extra=EXTRA), {"url": "https://x", **EXTRA}),
    (
        SelectedSlot(start=START, end=END, slot_id="slt_1"),
        {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z", "slot_id": "slt_1"},
    ),
    (
        ChosenSlot(start=START, end=END, available_slot_id="slt_1"),
        {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z", "available_slot_id": "slt_1"},
    ),
    (
        ParticipantSlots(
            selection_method="auto", choice_method="manual", selected=(SelectedSlot(start=START, end=END),)
        ),
        {
            "selection_method": "auto",
            "choice_method": "manual",
            "selected": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
        },
    ),
    (SlotChoice(method="manual"), {"method": "manual"}),
    (ConversationPeriod(start=START, end=END), {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}),
    (
        GRACE,
        {
            "participant_id": "@grace",
            "sub": "acc_1",
            "email": "grace@example.com",
            "common_name": "Grace",
            "slots": {"selection_method": "auto"},
            "slot_choice": {"method": "manual"},
            "status": "waiting",
            "possible_actions": {"slots_list": {"url": "https://x"}},
        },
    ),
    (
        SchedulingConversation(
            scheduling_conversation_id="scv_1",
            participants=(ConversationParticipant(status="complete"),),
            status="complete",
            tzid="Etc/UTC",
            subject="s",
            required_duration=Duration(minutes=30),
            available_periods=(ConversationPeriod(start=START, end=END),),
            chosen_slot=ChosenSlot(start=START, end=END),
            extra=EXTRA,
        ),
        {
            "scheduling_conversation_id": "scv_1",
            "participants": [{"status": "complete", "possible_actions": {}}],
            "status": "complete",
            "tzid": "Etc/UTC",
            "subject": "s",
            "required_duration": {"minutes": 30},
            "available_periods": [{"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}],
            "chosen_slot": {"start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"},
            **EXTRA,
        },
    ),
]  # fmt: skip
IDS = [type(model).__name__ for model, _ in FULL]
each_model = pytest.mark.parametrize(("model", "written"), FULL, ids=IDS)


def test_every_model_has_an_example_here() -> None:
    kinds = {item for name in models.__all__ if isinstance(item := getattr(models, name), type)}
    assert kinds == {type(model) for model, _ in FULL}, "add the new models to FULL"


@each_model
def test_every_member_is_written_and_read(model: Model, written: dict[str, Any]) -> None:
    assert to_dict(model) == written
    assert from_dict(type(model), written) == model
    members = {a.name for a in attrs.fields(type(model))} - {"extra"}  # type: ignore[arg-type]
    assert members <= written.keys(), "the example leaves members out"


@each_model
def test_models_are_values(model: Model, written: dict[str, Any]) -> None:
    twins = [pickle.loads(pickle.dumps(model)), copy.copy(model), copy.deepcopy(model)]
    assert all(twin == model and type(twin) is type(model) for twin in twins)
    assert from_dict(type(model), json.loads(json.dumps(written))) == model
    other = Participant(sub="else")
    assert model != other
    assert model not in [other, written]


@each_model
def test_models_are_frozen_and_slotted(model: Model, written: dict[str, Any]) -> None:
    name = attrs.fields(type(model))[0].name  # type: ignore[arg-type]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(model, name, "else")
    assert not hasattr(model, "__dict__")


@each_model
def test_models_of_answers_are_complete_without_their_init(model: Model, written: dict[str, Any]) -> None:
    """The codec fills them in without it."""
    if isinstance(model, ResponseModel):
        assert not hasattr(model, "__attrs_post_init__")
        assert [member.name for member in attrs.fields(type(model)) if member.validator is not None] == []


HASHABLE = [model for model, _ in FULL if not isinstance(model, AvailabilityConstraint)]  # has a mapping


@pytest.mark.parametrize("model", HASHABLE, ids=lambda model: type(model).__name__)
def test_models_of_hashable_parts_are_hashable(model: Model) -> None:
    assert len({model, pickle.loads(pickle.dumps(model))}) == 1


@given(st.text(), st.dictionaries(st.text(), st.none() | st.text()))
def test_what_the_server_added_does_not_change_the_hash(sub: str, extra: dict[str, Any]) -> None:
    assert hash(Participant(sub=sub, extra=extra)) == hash(Participant(sub=sub))


@pytest.mark.parametrize(
    ("build", "written"),
    [
        (lambda: EventTemplate(event_id="a", summary="b"), {"event_id": "a", "summary": "b"}),
        (lambda: ParticipantGroup([Member("a")]), {"members": [{"sub": "a"}], "required": "all"}),
        (lambda: ParticipantGroup([{"sub": "a", "new": 1}]), {"members": [{"sub": "a", "new": 1}], "required": "all"}),
        (lambda: OAuth("https://x"), {"redirect_uri": "https://x"}),
        (
            lambda: RecurrenceRule(frequency="daily", until=date(2030, 2, 1)),
            {"frequency": "daily", "until": "2030-02-01"},
        ),
        (
            lambda: RecurrenceRule(frequency="daily", until=START),
            {"frequency": "daily", "until": "2030-02-01T09:30:00Z"},
        ),
        (lambda: Buffer(before={"minutes": 1}), {"before": {"minutes": 1}}),
        (
            lambda: AvailabilityQuery(participants=(), required_duration={"minutes": 5}, start_interval=UNSET),
            {"participants": [], "required_duration": {"minutes": 5}},
        ),
        (lambda: AvailabilityConstraint(limit=1, period="day", tags={"x": [Tag("a")]}), {"limit": 1, "period": "day", "tags": {"x": [{"value": "a"}]}}),
        (LinkEvent, {}),
        (Visitor, {}),
    ],
)  # fmt: skip
def test_what_is_not_given_is_left_out(build: Callable[[], Any], written: dict[str, Any]) -> None:
    assert to_dict(build()) == written


REQUESTS = sorted({type(model) for model, _ in FULL if isinstance(model, RequestModel)}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", REQUESTS)
def test_parameters_are_unset_unless_they_are_given(kind: type[RequestModel]) -> None:
    fields = attrs.fields(kind)  # type: ignore[arg-type]
    defaults = {a.name: a.default for a in fields if a.default is not attrs.NOTHING and a.default is not UNSET}
    others = {"ParticipantGroup": {"required": "all"}, "Subscription": {"type": "webhook"}}
    assert defaults == others.get(kind.__name__, {})
    assert [a.name for a in fields if not a.kw_only and a.default is not attrs.NOTHING] == []


def test_secrets_do_not_show() -> None:
    created = CreatedLink(real_time_scheduling_id="sch_1", url=URL, extra={"url2": URL})
    link = SchedulingLink(real_time_scheduling_id="sch_1", url=URL, status="open")
    notification = Notification(type="t", ref=None, fingerprint="f", data={"url": URL})
    assert repr(created) == "CreatedLink(real_time_scheduling_id='sch_1', url=…)"
    assert repr(link) == "SchedulingLink(real_time_scheduling_id='sch_1', url=…, status='open', event=None)"
    assert "s3cret" not in repr([created, link, notification])


# Links.


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://app.cronofy.com/add_to_calendar/scheduling/p6Ht4P6_4svo", "p6Ht4P6_4svo"),
        ("https://app.cronofy.com/rts/AbC123?locale=de", "AbC123"),
        ("https://app.cronofy.com/rts/AbC123/?a=/b#/c", "AbC123"),
        ("https://app.cronofy.com/rts/AbC123#top/x?y", "AbC123"),
        ("AbC123", "AbC123"),
    ],
)
@pytest.mark.parametrize("kind", [CreatedLink, SchedulingLink])
def test_the_token_is_the_last_part_of_the_path(kind: type[CreatedLink | SchedulingLink], url: str, token: str) -> None:
    link = from_dict(kind, {"real_time_scheduling_id": "sch_1", "url": url, "status": "open"})
    assert (link.token, link.id) == (token, "sch_1")


@pytest.mark.parametrize(
    ("url", "locale", "found"),
    [
        ("https://x/rts/a", "de", "https://x/rts/a?locale=de"),
        ("https://x/rts/a?b=c", "pt-BR", "https://x/rts/a?b=c&locale=pt-BR"),
        ("https://x/rts/a#top", "fr-CA", "https://x/rts/a?locale=fr-CA#top"),
        ("https://x/rts/a", "x&y", "https://x/rts/a?locale=x%26y"),
    ],
)
def test_the_page_in_a_language(url: str, locale: str, found: str) -> None:
    assert CreatedLink(real_time_scheduling_id="a", url=url).locale_url(locale) == found
    assert SchedulingLink(real_time_scheduling_id="a", url=url, status="open").locale_url(locale) == found


@pytest.mark.parametrize(
    ("status", "terminal"),
    [("open", False), ("completed", True), ("disabled", True), ("expired", True), ("brand_new", False)],
)
def test_links_are_terminal_or_not(status: str, terminal: bool) -> None:
    assert SchedulingLink(real_time_scheduling_id="a", url="b", status=status).is_terminal is terminal


# The rules of a new link.

LINK: dict[str, Any] = {
    "oauth": {"redirect_uri": "https://x"},
    "event": {"event_id": "a", "summary": "b", "tzid": "Etc/UTC"},
    "availability": {"participants": [], "required_duration": {"minutes": 5}},
}


def _changed(path: str, value: object) -> dict[str, Any]:
    link = copy.deepcopy(LINK)
    *parents, last = path.split(".")
    place = link
    for name in parents:
        place = place[name]
    if value is UNSET:
        del place[last]
    else:
        place[last] = value
    return link


TARGET = {"sub": "a", "calendar_id": "b"}

BROKEN: list[tuple[str, Any, str]] = [
    *((name, value, name) for name in LINK for value in (UNSET, None)),
    *((name, "text", name) for name in LINK),
    ("oauth.redirect_uri", UNSET, "oauth.redirect_uri"),
    ("event.event_id", UNSET, "event.event_id"),
    ("event.summary", None, "event.summary"),
    ("event.tzid", UNSET, "event.tzid"),
    ("event.start", "2030-02-01T09:30:00Z", "event.start"),
    ("event.end", None, "event.end"),
    ("event.conferencing", {"profile_id": "pro_1"}, "event.conferencing.profile_id"),
    ("event.attendees", {"invite": []}, "event.attendees"),
    ("availability.participants", UNSET, "availability.participants"),
    ("availability.required_duration", UNSET, "availability.required_duration"),
    ("target_calendars", [TARGET, TARGET | {"attendee": {"email": "a"}}], "target_calendars[1].attendee"),
    ("target_calendars", [TARGET | {"event": {}}], "target_calendars[0].event"),
    ("target_calendars", [TARGET, {"sub": "a"}], "target_calendars[1].calendar_id"),
    ("target_calendars", [{"calendar_id": "a"}], "target_calendars[0].sub"),
    ("target_calendars", ["odd"], "target_calendars[0]"),
]


@pytest.mark.parametrize(("path", "value", "field"), BROKEN)
def test_a_broken_rule_names_its_member(path: str, value: object, field: str) -> None:
    with pytest.raises(ValueError, match=r"^[^ ]+: ") as caught:
        check_new_link(_changed(path, value))
    assert str(caught.value).partition(": ")[0] == field


ALLOWED: list[Any] = [
    LINK,
    _changed("event.conferencing", {"profile_id": "integrated"}),
    _changed("event.conferencing", {"new": "form"}),
    _changed("event.conferencing", None),
    _changed("target_calendars", [TARGET | {"attendee": None}]),
    _changed("target_calendars", None),
    _changed("target_calendars", 3),
    _changed("event_creation", "default"),
    _changed("brand_new", {"a": 1}),
    _changed("event", LINK["event"] | {"attendees": {}}) | {"event_creation": "single"},
    _changed("event_creation", "single") | {"target_calendars": [TARGET | {"attendee": {"email": "a"}, "event": {}}]},
]


@pytest.mark.parametrize("link", ALLOWED)
def test_what_no_rule_forbids_passes(link: Mapping[str, Any]) -> None:
    before = copy.deepcopy(link)
    check_new_link(link)
    assert link == before


# FastAPI and pydantic.


@each_model
def test_every_model_is_a_body_and_a_response_in_fastapi(model: Model, written: dict[str, Any]) -> None:
    kind: Any = type(model)
    app = fastapi.FastAPI()
    seen: list[object] = []

    def echo(body: Any) -> Any:
        seen.append(body)
        return body

    echo.__annotations__ = {"body": Annotated[kind, fastapi.Body()], "return": kind}
    app.post("/")(echo)
    with TestClient(app) as client:
        answer = client.post("/", json=written)
        assert (answer.status_code, answer.json()) == (200, written)
        assert seen == [model]
        schema = client.get("/openapi.json").json()["paths"]["/"]["post"]["requestBody"]
        refused = client.post("/", json=[])
    assert refused.status_code == 422
    assert "expected an object" in refused.text
    schema = schema["content"]["application/json"]["schema"]
    assert schema["required"] == [a.name for a in attrs.fields(kind) if a.default is attrs.NOTHING]
    assert schema["type"] == "object"


@each_model
def test_every_model_is_a_field_in_pydantic(model: Model, written: dict[str, Any]) -> None:
    kind: Any = type(model)
    fields: dict[str, Any] = {
        "one": (kind, ...),
        "many": (list.__class_getitem__(kind), ...),
        "maybe": (kind | None, None),
    }
    holder: Any = pydantic.create_model("Holder", **fields)
    held = holder.model_validate_json(json.dumps({"one": written, "many": [written]}))
    assert (held.one, held.many, held.maybe) == (model, [model], None)
    assert holder(one=model, many=()).one is model
    assert json.loads(held.model_dump_json()) == {"one": written, "many": [written], "maybe": None}
    assert held.model_dump(mode="json") == {"one": written, "many": [written], "maybe": None}
    assert pickle.loads(pickle.dumps(model)) == held.one


def test_pydantic_says_which_member_does_not_fit() -> None:
    adapter = pydantic.TypeAdapter(EventTemplate)
    with pytest.raises(pydantic.ValidationError, match=r"\$\.location\.lat: expected a string, got an integer"):
        adapter.validate_python({"event_id": "a", "summary": "b", "location": {"lat": 3}})


def test_a_schema_uses_the_names_of_the_wire() -> None:
    assert pydantic.TypeAdapter(Renamed).json_schema() == {
        "type": "object",
        "title": "Renamed",
        "required": ["from"],
        "additionalProperties": True,
    }
    assert pydantic.TypeAdapter(Renamed).validate_json('{"from": "a"}') == Renamed(from_="a")


@attrs.frozen(kw_only=True)
class Renamed(RequestModel):
    from_: str
    mode: Literal["a"] | str = "a"
    names: Sequence[str] = ()
