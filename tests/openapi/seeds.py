"""Records of each kind, so that generated requests find something."""

from __future__ import annotations

from typing import Any, TypeAlias

from cronofy_async.sandbox import Sandbox

from ..sandbox.support import at, call, create, group, link_body, period

Known: TypeAlias = dict[str, list[str]]

#: More than can be used up by generated requests that disable, close, or revoke one.
SEVERAL = range(4)

#: Listings of more than one page, and those among them that need an account's access token.
LISTED_BY_ADA = ["/v1/events?tzid=Etc/UTC", "/v1/free_busy?tzid=Etc/UTC", "/v1/available_periods"]
LISTED = [
    *LISTED_BY_ADA,
    "/v1/bookable_events/yoga",
    "/v1/organizational_unit_members",
    "/v1/organizational_unit_resources",
]


async def seed(sandbox: Sandbox) -> Known:
    """Create the records, and return their IDs and tokens by the names of members and parameters."""
    ada, bob = (sandbox.add_account(f"{name}@example.com", calendars=3) for name in ("ada", "bob"))

    async def send(method: str, path: str, body: Any = None, *, of_ada: bool = False) -> Any:
        reply = await call(sandbox, method, path, body, token=ada.access_token if of_ada else sandbox.client_secret)
        assert reply.status < 400, reply
        return reply.json

    async def next_page(path: str, *, of_ada: bool = True) -> str:
        listed = await send("GET", path, of_ada=of_ada)
        return str(listed.get("registration", listed)["pages"]["next_page"]).rpartition("/")[2]

    links = [await create(sandbox, ada) for _ in SEVERAL]
    step = {
        "sequence_id": "one",
        "ordinal": 1,
        "participants": [group(ada)],
        "required_duration": {"minutes": 30},
        "event": {"event_id": "loop-1", "summary": "Interview"},
    }
    sequence = link_body(availability={"sequence": [step], "query_periods": [period(at(9), at(12))]})
    sequences = [(await send("POST", "/v1/real_time_sequencing", sequence))["real_time_sequencing"] for _ in SEVERAL]
    channels = [
        (await send("POST", "/v1/channels", {"callback_url": f"https://app.example.com/{number}"}, of_ada=True))[
            "channel"
        ]
        for number in SEVERAL
    ]
    conversation = sandbox.scheduling_conversations.add([ada, {"participant_id": "kim"}])
    sandbox.scheduling_conversations.join(conversation, bob)
    await send("POST", "/v1/meeting_agents", {"join_url": "https://meet.example.com/x"})
    resources = list(sandbox.meeting_agents.complete(sandbox.meeting_agents.all()[0]).resources)
    files = [(await send("GET", f"/v1/meeting_agents/resources/{resource}"))["resource"] for resource in resources]
    sandbox.bookable_events.add(bookable_event_id="yoga", capacity=200)
    for number in range(3):
        sandbox.bookable_events.register("yoga", f"guest-{number}")
        sandbox.add_busy(ada, at(9 + number, day=4), at(10 + number, day=4))
        sandbox.organizational_units.add_resource(f"Room {number}", f"room{number}@example.com")
        sandbox.profiles.add(ada, f"ada{number}@example.com")
        free = {"available_period_id": f"free-{number}", **period(at(9 + number), at(10 + number))}
        await send("POST", "/v1/available_periods", free, of_ada=True)
        sandbox.add_account(f"guest{number}@example.com")
    tokens = [
        token
        for participant in conversation.participants
        for token in (participant.token, participant.list_token, participant.select_token)
    ]
    return {
        "client_id": [sandbox.client_id],
        "client_secret": [sandbox.client_secret],
        "refresh_token": [bob.refresh_token],
        "sub": [ada.sub],  # whose calendars are the known ones
        "profile_id": [profile.profile_id for profile in ada.profiles[1:]],
        "calendar_id": [calendar.calendar_id for calendar in ada.calendars[:3]],
        "event_uid": [event.event_uid for event in ada.events],
        "event_id": ["order-77"],
        "available_period_id": ["morning"],
        "availability_rule_id": ["default"],
        "application_calendar_id": ["rota"],
        "smart_invite_id": ["order-77"],
        "scheduling_key": ["interview-7"],
        "bookable_event_id": ["yoga"],
        "registration_id": ["guest-1", "guest-2"],
        "real_time_scheduling_id": links,
        "real_time_sequencing_id": [record["real_time_sequencing_id"] for record in sequences],
        "scheduling_conversation_id": [conversation.id],
        "channel_id": [record["channel_id"] for record in channels],
        "resource_id": resources,
        "file_token": [record["download_url"].rpartition("/")[2] for record in files],
        "token": [*tokens, sandbox.real_time_scheduling.all()[0].token],
        "page_token": [await next_page(path, of_ada=path in LISTED_BY_ADA) for path in LISTED],
    }
