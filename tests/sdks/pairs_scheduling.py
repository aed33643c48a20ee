"""Pairs for availability, links, and Smart Invites."""

from __future__ import annotations

from datetime import timedelta

from .pair import APP, END, START, TIMES, Pair

__all__ = ["SCHEDULING_PAIRS"]

HOUR = timedelta(hours=1)
#: A period for pycronofy, and the same one for this package.
PERIOD, OUR_PERIOD = {"start": START, "end": END}, (START, END)
GROUP = {"members": [{"sub": "acc_1"}, {"sub": "acc_2"}], "required": "all"}
TARGET = {"sub": "acc_1", "calendar_id": "cal_1"}
OAUTH = {"redirect_uri": f"{APP}/done", "scope": "create_event", "state": "s"}
TEMPLATE = {"event_id": "e1", "summary": "Intro", "tzid": "Etc/UTC"}
STEP = {"sequence_id": "a", "ordinal": 1, "participants": [GROUP]}
DAYS = [{"day": "monday", "start_time": "09:00", "end_time": "12:00"}]
INVITE = {"summary": "Fitting", **TIMES}
PAT, LEE = {"email": "pat@example.com"}, {"email": "lee@example.com"}

SCHEDULING_PAIRS = [
    Pair(
        method="availability",
        arguments=([GROUP], 60, [PERIOD], 30, {"before": 15, "after": {"minimum": 0, "maximum": 30}}),
        options={"response_format": "slots", "max_results": 5},
        operation="availability.query",
        ours=lambda clients: clients.account.availability.query(
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
        ours=lambda clients: clients.account.availability.query(
            participants=[GROUP], required_duration=HOUR, query_slots=[{"start": START}], response_format="slots"
        ),
    ),
    Pair(
        method="cancel_smart_invite",
        arguments=("order-7", PAT),
        operation="smart_invites.cancel",
        ours=lambda clients: clients.cronofy.smart_invites.cancel("order-7", recipient=PAT),
    ),
    Pair(
        method="delete_availability_rule",
        arguments=("work",),
        operation="availability_rules.delete",
        ours=lambda clients: clients.account.availability_rules.delete("work"),
    ),
    Pair(
        method="disable_real_time_scheduling_link",
        arguments=("sch_1", "Sorry"),
        operation="real_time_scheduling.disable",
        ours=lambda clients: clients.cronofy.real_time_scheduling.disable("sch_1", display_message="Sorry"),
    ),
    Pair(
        method="get_availability_rule",
        arguments=("work",),
        operation="availability_rules.read",
        ours=lambda clients: clients.account.availability_rules.read("work"),
    ),
    Pair(
        method="get_real_time_scheduling_status",
        options={"real_time_scheduling_id": "sch_1"},
        operation="real_time_scheduling.status",
        ours=lambda clients: clients.cronofy.real_time_scheduling.status("sch_1"),
    ),
    Pair(
        method="get_real_time_scheduling_status",
        options={"token": "the token"},
        operation="real_time_scheduling.status_by_token",
        ours=lambda clients: clients.cronofy.real_time_scheduling.status_by_token("the token"),
    ),
    Pair(
        method="get_smart_invite",
        arguments=("order-7", "pat+1@example.com"),
        operation="smart_invites.status",
        ours=lambda clients: clients.cronofy.smart_invites.status("order-7", recipient_email="pat+1@example.com"),
    ),
    Pair(
        title="of all recipients",
        method="get_smart_invite",
        arguments=("order-7", None),
        operation="smart_invites.status",
        ours=lambda clients: clients.cronofy.smart_invites.status("order-7"),
    ),
    Pair(
        method="list_availability_rules",
        operation="availability_rules.list",
        ours=lambda clients: clients.account.availability_rules.list(),
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
        ours=lambda clients: clients.cronofy.real_time_scheduling.create(
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
        ours=lambda clients: clients.cronofy.real_time_scheduling.create(
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
        ours=lambda clients: clients.cronofy.real_time_sequencing.create(
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
        method="sequenced_availability",
        arguments=([{**STEP, "required_duration": 60}], [PERIOD]),
        operation="availability.query_sequence",
        ours=lambda clients: clients.account.availability.query_sequence(
            sequence=[{**STEP, "required_duration": HOUR}], query_periods=[OUR_PERIOD]
        ),
    ),
    Pair(
        method="upsert_availability_rule",
        arguments=({"availability_rule_id": "work", "tzid": "Europe/London", "weekly_periods": DAYS},),
        operation="availability_rules.upsert",
        ours=lambda clients: clients.account.availability_rules.upsert(
            availability_rule_id="work", tzid="Europe/London", weekly_periods=DAYS
        ),
    ),
    Pair(
        method="upsert_smart_invite",
        arguments=("order-7", PAT, INVITE, f"{APP}/invites", {"name": "Shop"}),
        operation="smart_invites.upsert",
        ours=lambda clients: clients.cronofy.smart_invites.upsert(
            "order-7", recipient=PAT, event=INVITE, callback_url=f"{APP}/invites", organizer={"name": "Shop"}
        ),
    ),
    Pair(
        method="upsert_smart_invite",
        arguments=("order-7", [PAT, LEE], INVITE),
        operation="smart_invites.upsert_multiple",
        ours=lambda clients: clients.cronofy.smart_invites.upsert_multiple(
            "order-7", recipients=[PAT, LEE], event=INVITE
        ),
    ),
]
