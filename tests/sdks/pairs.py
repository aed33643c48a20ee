"""The same request by pycronofy and by cronofy_async, for each operation that pycronofy sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import attrs

from cronofy_async import CronofyAccount, CronofyClient

from .support import BatchBuilder

__all__ = ["ACCESS_TOKEN", "APPLICATION", "PAIRS", "REFRESH_TOKEN", "Ours", "Pair"]

APPLICATION = {"client_id": "id", "client_secret": "the client secret"}
ACCESS_TOKEN, REFRESH_TOKEN = "the access token", "the refresh token"

APP = "https://app.example.com"
START, END = datetime(2030, 2, 1, 9, tzinfo=UTC), datetime(2030, 2, 1, 17, tzinfo=UTC)
#: What pycronofy calls a period, and what is one here.
PERIOD, OUR_PERIOD = {"start": START, "end": END}, (START, END)
HOUR = timedelta(hours=1)
IN_PARIS = datetime(2030, 2, 1, 10, tzinfo=timezone(HOUR))
TIMES = {"start": START, "end": END, "tzid": "Etc/UTC"}
LOCATION = {"description": "Shop", "lat": "48.85", "long": "2.35"}
GROUP = {"members": [{"sub": "acc_1"}, {"sub": "acc_2"}], "required": "all"}
CALENDARS = ["cal_1", "cal_2"]
TARGET = {"sub": "acc_1", "calendar_id": "cal_1"}
OAUTH = {"redirect_uri": f"{APP}/done", "scope": "create_event", "state": "s"}
TEMPLATE = {"event_id": "e1", "summary": "Intro", "tzid": "Etc/UTC"}
STEP = {"sequence_id": "a", "ordinal": 1, "participants": [GROUP]}
DAYS = [{"day": "monday", "start_time": "09:00", "end_time": "12:00"}]
INVITE = {"summary": "Fitting", **TIMES}
PAT, LEE = {"email": "pat@example.com"}, {"email": "lee@example.com"}
FLAGS: dict[str, Any] = {"include_deleted": True, "include_moved": False, "only_managed": True, "include_geo": True}
READ: dict[str, Any] = {"tzid": "Europe/Paris", "include_managed": True, "localized_times": True}


@attrs.frozen(kw_only=True)
class Ours:
    """The client of this package, and an account of it."""

    cronofy: CronofyClient
    account: CronofyAccount


@attrs.frozen(eq=False, kw_only=True)
class Pair:
    """Two calls that mean the same.

    Attributes:
        method: The method of pycronofy, with its arguments.
        operation: The operation that both send.
        ours: Returns the call of this package, or the URL.
        title: Distinguishes several of the same operation.
        finish: Is called with what pycronofy returned.
    """

    method: str
    arguments: Sequence[Any] = ()
    options: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    operation: str
    ours: Callable[[Ours], Any]
    title: str = ""
    finish: Callable[[Any], object] = bool

    def __str__(self) -> str:
        return " ".join(filter(None, (self.method, self.operation, self.title)))


async def read_all(it: Ours) -> None:
    async for _ in it.account.events.read(**FLAGS, **READ):
        pass


async def read_all_free_busy(it: Ours) -> None:
    async for _ in it.account.free_busy.read(**READ):
        pass


async def batch(it: Ours) -> None:
    async with it.account.batch() as batch:
        batch.add(it.account.events.upsert("cal_1", event_id="e1", summary="Lunch", start=START, end=END))
        batch.add(it.account.events.delete("cal_1", event_id="e2"))
        batch.add(it.account.events.delete_external("cal_1", event_uid="evt_1"))


def builder() -> Any:
    event = {"event_id": "e1", "summary": "Lunch", "start": START, "end": END}
    entries = BatchBuilder().upsert_event("cal_1", event)
    return entries.delete_event("cal_1", "e2").delete_external_event("cal_1", "evt_1")


PAIRS = [
    Pair(
        method="account",
        operation="identity.account",
        ours=lambda it: it.account.identity.account(),
    ),
    Pair(
        method="application_calendar",
        arguments=("room-7",),
        operation="application_calendars.upsert",
        ours=lambda it: it.cronofy.application_calendars.upsert("room-7"),
    ),
    Pair(
        method="availability",
        arguments=([GROUP], 60, [PERIOD], 30, {"before": 15, "after": {"minimum": 0, "maximum": 30}}),
        options={"response_format": "slots", "max_results": 5},
        operation="availability.query",
        ours=lambda it: it.account.availability.query(
            participants=[GROUP],
            required_duration=HOUR,
            query_periods=[OUR_PERIOD],
            start_interval=HOUR / 2,
            buffer={"before": {"minutes": 15}, "after": {"minimum": {"minutes": 0}, "maximum": {"minutes": 30}}},
            response_format="slots",
            max_results=5,
        ),
    ),
    Pair(
        title="of exact times",
        method="availability",
        arguments=(GROUP, {"minutes": 60}),
        options={"query_slots": [{"start": START}], "response_format": "slots"},
        operation="availability.query",
        ours=lambda it: it.account.availability.query(
            participants=[GROUP], required_duration=HOUR, query_slots=[{"start": START}], response_format="slots"
        ),
    ),
    Pair(
        method="batch",
        arguments=(builder(),),
        operation="batch.execute",
        ours=batch,
    ),
    Pair(
        method="cancel_smart_invite",
        arguments=("order-7", PAT),
        operation="smart_invites.cancel",
        ours=lambda it: it.cronofy.smart_invites.cancel("order-7", recipient=PAT),
    ),
    Pair(
        method="change_participation_status",
        arguments=("cal_1", "evt_1", "accepted"),
        operation="events.change_participation_status",
        ours=lambda it: it.account.events.change_participation_status("cal_1", "evt_1", status="accepted"),
    ),
    Pair(
        title="with a slash in an ID",
        method="change_participation_status",
        arguments=("cal_1", "evt/1", "accepted"),
        operation="events.change_participation_status",
        ours=lambda it: it.account.events.change_participation_status("cal_1", "evt/1", status="accepted"),
    ),
    Pair(
        method="close_notification_channel",
        arguments=("chn_1",),
        operation="channels.close",
        ours=lambda it: it.account.channels.close("chn_1"),
    ),
    Pair(
        method="create_calendar",
        arguments=("pro_1", "New"),
        operation="calendars.create",
        ours=lambda it: it.account.calendars.create(profile_id="pro_1", name="New"),
    ),
    Pair(
        method="create_notification_channel",
        arguments=(f"{APP}/changes", CALENDARS, True),
        operation="channels.create",
        ours=lambda it: it.account.channels.create(
            f"{APP}/changes", filters={"calendar_ids": CALENDARS, "only_managed": True}
        ),
    ),
    Pair(
        method="delete_all_events",
        operation="events.bulk_delete",
        ours=lambda it: it.account.events.bulk_delete(delete_all=True),
    ),
    Pair(
        title="of calendars",
        method="delete_all_events",
        arguments=(CALENDARS,),
        operation="events.bulk_delete",
        ours=lambda it: it.account.events.bulk_delete(calendar_ids=CALENDARS),
    ),
    Pair(
        method="delete_availability_rule",
        arguments=("work",),
        operation="availability_rules.delete",
        ours=lambda it: it.account.availability_rules.delete("work"),
    ),
    Pair(
        method="delete_event",
        arguments=("cal_1", "e1"),
        operation="events.delete",
        ours=lambda it: it.account.events.delete("cal_1", event_id="e1"),
    ),
    Pair(
        method="delete_external_event",
        arguments=("cal_1", "evt_1"),
        operation="events.delete_external",
        ours=lambda it: it.account.events.delete_external("cal_1", event_uid="evt_1"),
    ),
    Pair(
        method="disable_real_time_scheduling_link",
        arguments=("sch_1", "Sorry"),
        operation="real_time_scheduling.disable",
        ours=lambda it: it.cronofy.real_time_scheduling.disable("sch_1", display_message="Sorry"),
    ),
    Pair(
        method="get_authorization_from_code",
        arguments=("the code", f"{APP}/done"),
        operation="oauth.exchange",
        ours=lambda it: it.cronofy.oauth.exchange("the code", redirect_uri=f"{APP}/done"),
    ),
    Pair(
        method="get_availability_rule",
        arguments=("work",),
        operation="availability_rules.read",
        ours=lambda it: it.account.availability_rules.read("work"),
    ),
    Pair(
        method="get_real_time_scheduling_status",
        options={"real_time_scheduling_id": "sch_1"},
        operation="real_time_scheduling.status",
        ours=lambda it: it.cronofy.real_time_scheduling.status("sch_1"),
    ),
    Pair(
        method="get_real_time_scheduling_status",
        options={"token": "the token"},
        operation="real_time_scheduling.status_by_token",
        ours=lambda it: it.cronofy.real_time_scheduling.status_by_token("the token"),
    ),
    Pair(
        method="get_smart_invite",
        arguments=("order-7", "pat+1@example.com"),
        operation="smart_invites.status",
        ours=lambda it: it.cronofy.smart_invites.status("order-7", recipient_email="pat+1@example.com"),
    ),
    Pair(
        title="of all recipients",
        method="get_smart_invite",
        arguments=("order-7", None),
        operation="smart_invites.status",
        ours=lambda it: it.cronofy.smart_invites.status("order-7"),
    ),
    Pair(
        method="list_availability_rules",
        operation="availability_rules.list",
        ours=lambda it: it.account.availability_rules.list(),
    ),
    Pair(
        method="list_calendars",
        operation="calendars.list",
        ours=lambda it: it.account.calendars.list(),
    ),
    Pair(
        method="list_notification_channels",
        operation="channels.list",
        ours=lambda it: it.account.channels.list(),
    ),
    Pair(
        method="list_profiles",
        operation="profiles.list",
        ours=lambda it: it.account.profiles.list(),
    ),
    Pair(
        method="read_events",
        arguments=(CALENDARS, date(2030, 2, 1), date(2030, 2, 8), START),
        options={**READ, **FLAGS},
        operation="events.read",
        ours=lambda it: it.account.events.read(
            calendar_ids=CALENDARS,
            from_=date(2030, 2, 1),
            to=date(2030, 2, 8),
            last_modified=START,
            **READ,
            **FLAGS,
        ),
    ),
    Pair(
        title="all pages",
        method="read_events",
        options={**READ, **FLAGS},
        finish=list,
        operation="events.read_page",
        ours=read_all,
    ),
    Pair(
        method="read_free_busy",
        arguments=(CALENDARS, date(2030, 2, 1), date(2030, 2, 8)),
        options=READ,
        operation="free_busy.read",
        ours=lambda it: it.account.free_busy.read(
            calendar_ids=CALENDARS,
            from_=date(2030, 2, 1),
            to=date(2030, 2, 8),
            **READ,
        ),
    ),
    Pair(
        title="of what changed",
        method="read_free_busy",
        options={**READ, "last_modified": START},
        operation="free_busy.read",
        ours=lambda it: it.account.free_busy.read(last_modified=START, **READ),
    ),
    Pair(
        title="all pages",
        method="read_free_busy",
        options=READ,
        finish=list,
        operation="free_busy.read_page",
        ours=read_all_free_busy,
    ),
    Pair(
        method="real_time_scheduling",
        arguments=(
            {
                "participants": GROUP,
                "required_duration": 60,
                "available_periods": [PERIOD],
                "start_interval": 30,
                "buffer": {"before": 15},
                "max_results": 5,
                "response_format": "slots",
            },
            OAUTH,
            TEMPLATE,
            [TARGET],
        ),
        options={
            "minimum_notice": {"hours": 4},
            "callback_urls": {"completed_url": f"{APP}/hook"},
            "redirect_urls": {"completed_url": f"{APP}/done"},
            "event_creation": "single",
        },
        operation="real_time_scheduling.create",
        ours=lambda it: it.cronofy.real_time_scheduling.create(
            availability={
                "participants": [GROUP],
                "required_duration": {"minutes": 60},
                "query_periods": [PERIOD],
                "start_interval": {"minutes": 30},
                "buffer": {"before": {"minutes": 15}},
                "max_results": 5,
                "response_format": "slots",
            },
            oauth=OAUTH,
            event=TEMPLATE,
            target_calendars=[TARGET],
            minimum_notice={"hours": 4},
            callback_urls={"completed_url": f"{APP}/hook"},
            redirect_urls={"completed_url": f"{APP}/done"},
            event_creation="single",
        ),
    ),
    Pair(
        title="without options",
        method="real_time_scheduling",
        arguments=(
            {"participants": GROUP, "required_duration": 60, "available_periods": [PERIOD]},
            OAUTH,
            TEMPLATE,
        ),
        options={"callback_url": f"{APP}/hook"},
        operation="real_time_scheduling.create",
        ours=lambda it: it.cronofy.real_time_scheduling.create(
            availability={
                "participants": [GROUP],
                "required_duration": {"minutes": 60},
                "query_periods": [PERIOD],
            },
            oauth=OAUTH,
            event=TEMPLATE,
            callback_url=f"{APP}/hook",
        ),
    ),
    Pair(
        method="real_time_sequencing",
        arguments=(
            {
                "sequence": [{**STEP, "required_duration": 60, "event": {"event_id": "loop-a", "summary": "First"}}],
                "available_periods": [PERIOD],
            },
            OAUTH,
            TEMPLATE,
            [TARGET],
            120,
        ),
        operation="real_time_sequencing.create",
        ours=lambda it: it.cronofy.real_time_sequencing.create(
            availability={
                "sequence": [
                    {
                        **STEP,
                        "required_duration": {"minutes": 60},
                        "event": {"event_id": "loop-a", "summary": "First"},
                    }
                ],
                "query_periods": [PERIOD],
            },
            oauth=OAUTH,
            event=TEMPLATE,
            target_calendars=[TARGET],
            minimum_notice={"minutes": 120},
        ),
    ),
    Pair(
        method="refresh_authorization",
        operation="oauth.refresh",
        ours=lambda it: it.cronofy.oauth.refresh(REFRESH_TOKEN),
    ),
    Pair(
        method="revoke_authorization",
        operation="oauth.revoke",
        ours=lambda it: it.cronofy.oauth.revoke(ACCESS_TOKEN),
    ),
    Pair(
        method="revoke_profile",
        arguments=("pro_1",),
        operation="profiles.revoke",
        ours=lambda it: it.account.profiles.revoke("pro_1"),
    ),
    Pair(
        method="sequenced_availability",
        arguments=([{**STEP, "required_duration": 60}], [PERIOD]),
        operation="availability.query_sequence",
        ours=lambda it: it.account.availability.query_sequence(
            sequence=[{**STEP, "required_duration": HOUR}], query_periods=[OUR_PERIOD]
        ),
    ),
    Pair(
        method="upsert_availability_rule",
        arguments=({"availability_rule_id": "work", "tzid": "Europe/London", "weekly_periods": DAYS},),
        operation="availability_rules.upsert",
        ours=lambda it: it.account.availability_rules.upsert(
            availability_rule_id="work", tzid="Europe/London", weekly_periods=DAYS
        ),
    ),
    Pair(
        method="upsert_event",
        arguments=("cal_1", {"event_id": "e1", "summary": "Lunch", "location": LOCATION, **TIMES}),
        operation="events.upsert",
        ours=lambda it: it.account.events.upsert(
            "cal_1", event_id="e1", summary="Lunch", location=LOCATION, start=START, end=END, tzid="Etc/UTC"
        ),
    ),
    Pair(
        title="of a whole day",
        method="upsert_event",
        arguments=(
            "cal_1",
            {"event_id": "e1", "summary": "Trip", "start": date(2030, 2, 1), "end": date(2030, 2, 2)},
        ),
        operation="events.upsert",
        ours=lambda it: it.account.events.upsert(
            "cal_1", event_id="e1", summary="Trip", start=date(2030, 2, 1), end=date(2030, 2, 2)
        ),
    ),
    Pair(
        title="in another time zone",
        method="upsert_event",
        arguments=("cal_1", {"event_id": "e1", "summary": "Lunch", "start": IN_PARIS, "end": IN_PARIS + HOUR}),
        operation="events.upsert",
        ours=lambda it: it.account.events.upsert(
            "cal_1", event_id="e1", summary="Lunch", start=IN_PARIS, end=IN_PARIS + HOUR
        ),
    ),
    Pair(
        method="upsert_event",
        arguments=("cal_1", {"event_uid": "evt_1", "summary": "Lunch", **TIMES}),
        operation="events.edit_external",
        ours=lambda it: it.account.events.edit_external(
            "cal_1", event_uid="evt_1", summary="Lunch", start=START, end=END, tzid="Etc/UTC"
        ),
    ),
    Pair(
        method="upsert_smart_invite",
        arguments=("order-7", PAT, INVITE, f"{APP}/invites", {"name": "Shop"}),
        operation="smart_invites.upsert",
        ours=lambda it: it.cronofy.smart_invites.upsert(
            "order-7", recipient=PAT, event=INVITE, callback_url=f"{APP}/invites", organizer={"name": "Shop"}
        ),
    ),
    Pair(
        method="upsert_smart_invite",
        arguments=("order-7", [PAT, LEE], INVITE),
        operation="smart_invites.upsert_multiple",
        ours=lambda it: it.cronofy.smart_invites.upsert_multiple("order-7", recipients=[PAT, LEE], event=INVITE),
    ),
    Pair(
        method="user_auth_link",
        arguments=(f"{APP}/done", "read_write", "s", "google", True),
        operation="oauth.authorization_url",
        ours=lambda it: it.cronofy.oauth.authorization_url(
            redirect_uri=f"{APP}/done", scope="read_write", state="s", provider_name="google", avoid_linking=True
        ),
    ),
    Pair(
        title="without options",
        method="user_auth_link",
        arguments=(f"{APP}/done", "read_write"),
        operation="oauth.authorization_url",
        ours=lambda it: it.cronofy.oauth.authorization_url(
            redirect_uri=f"{APP}/done", scope="read_write", avoid_linking=False
        ),
    ),
    Pair(
        method="userinfo",
        operation="identity.userinfo",
        ours=lambda it: it.account.identity.userinfo(),
    ),
]
