"""Every JSON example of the docs pages on links, conversations (read) and bookable events (read).

``examples/`` contains unmodified copies. The corrections of examples that are not valid JSON are listed here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from cronofy_async import CronofyClient, from_dict, to_dict, webhooks
from cronofy_async._json import is_array, is_object
from cronofy_async.call import Call
from cronofy_async.models import (
    Attendees,
    AvailabilityQuery,
    BookableEvent,
    CallbackUrls,
    Conferencing,
    CreatedLink,
    EventTemplate,
    Invitee,
    Member,
    Notification,
    NoTimesDisplayed,
    NoTimesSuitable,
    OAuth,
    ParticipantGroup,
    RedirectUrls,
    RegistrationsPage,
    SchedulingConversation,
    SchedulingLink,
    TargetCalendar,
    TargetEvent,
    TimeChosen,
)
from cronofy_async.sandbox import Sandbox
from cronofy_async.scheduling import Interviewer, panel

EXAMPLES = Path(__file__).parent / "examples"

#: Parts of the pages that are not valid JSON, and their corrections.
REPAIRS: dict[str, list[tuple[str, str]]] = {
    "link_status": [("{...}", "{}")],
    "link_create": [('"{REDIRECT_URI}",', '"{REDIRECT_URI}"')],
    "conversation": [('"possible_actions": {},\n    },', '"possible_actions": {}\n    },')],
}

#: One page lacks the lines of its example that contain only brackets.
WITH_BRACKETS = """
{
  "scheduling_conversation_id": "scv_5b45cfabef723e0913f3323f",
  "participants": [
    {
      "participant_id": "@grace",
      "sub": "acc_5ba21743f408617d1269ea1e",
      "email": "",
      "common_name": "Grace Devlin",
      "slots": {
        "selection_method": "auto"
      },
      "status": "waiting",
      "possible_actions": {},
    },
    {
      "participant_id": "@karl",
      "common_name": "Karl Cramer",
      "slot_choice": {
        "method": "manual"
      },
      "status": "needs_action",
      "possible_actions": {
        "slots_list": {
          "url": ""
        },
        "slots_select": {
          "url": ""
        }
      }
    }
  ],
  "tzid": "America/Chicago",
  "required_duration": {
    "minutes": 60
  },
  "available_periods": [
    {
      "start": "2024-05-21T09:00:00Z",
      "end": "2024-05-21T18:00:00Z"
    }
  ],
  "status": "in_progress"
}
"""


def text(name: str) -> str:
    content = (EXAMPLES / f"{name}.txt").read_text("utf-8")
    for wrong, right in REPAIRS.get(name, []):
        assert content.count(wrong) == 1
        content = content.replace(wrong, right)
    return content


def example(name: str) -> dict[str, Any]:
    if name == "conversation_without_brackets":
        return bracketed()
    value: dict[str, Any] = json.loads(text(name))
    return value


def bracketed() -> dict[str, Any]:
    (wrong, right), *_ = REPAIRS["conversation"]
    value: dict[str, Any] = json.loads(WITH_BRACKETS.replace(wrong, right))
    return value


def test_the_bracketed_example_differs_in_brackets_only() -> None:
    lines = [line.strip() for line in WITH_BRACKETS.splitlines() if line.strip(" {}[],\n")]
    assert lines == [line.strip() for line in text("conversation_without_brackets").splitlines()]


def test_every_example_is_tested() -> None:
    names = {path.stem for path in EXAMPLES.iterdir()}
    assert names == {*RESPONSES, *CALLBACKS, *REQUESTS}


# Responses.

RESPONSES: dict[str, tuple[type[Any], str | None]] = {
    "link_status": (SchedulingLink, "real_time_scheduling"),
    "link_created": (CreatedLink, "real_time_scheduling"),
    "conversation": (SchedulingConversation, None),
    "conversation_without_brackets": (SchedulingConversation, None),
    "bookable_event": (BookableEvent, None),
}


def undeclared_members(value: Any) -> list[Any]:
    """Return the undeclared members of a model and of its parts."""
    cls = type(cast("object", value))
    members: list[Any] = []
    extra: Any = getattr(value, "extra", None)
    if cls is tuple:
        members = [member for item in value for member in undeclared_members(item)]
    elif is_object(value):
        members = [member for item in value.values() for member in undeclared_members(item)]
    elif attrs.has(cls):
        names = [a.name for a in attrs.fields(cls) if a.name not in {"extra", "raw", "data"}]
        members = [member for name in names for member in undeclared_members(getattr(value, name))]
    return members + ([extra] if extra else [])


def without_blanks(value: Any) -> Any:
    """The docs use an empty string for an absent value."""
    if is_object(value):
        return {name: without_blanks(item) for name, item in value.items() if item != ""}
    return [without_blanks(item) for item in value] if is_array(value) else value


@pytest.mark.parametrize("name", RESPONSES)
def test_responses_are_read_without_extra_members(name: str) -> None:
    cls, envelope = RESPONSES[name]
    data = example(name)[envelope] if envelope else example(name)
    model = from_dict(cls, data)
    assert undeclared_members(model) == []
    # Empty strings and objects without members stand for absent values, so they are not written.
    result = to_dict(model)
    for participant, original in zip(result.get("participants", []), data.get("participants", []), strict=True):
        assert participant.get("possible_actions", {}) == without_blanks(original)["possible_actions"]
        participant["possible_actions"] = without_blanks(original)["possible_actions"]
    assert result == without_blanks(data)


def test_the_values_of_documented_responses() -> None:
    conversation = from_dict(SchedulingConversation, bracketed())
    grace, karl = conversation.participants
    assert (grace.email, grace.selection_method, grace.slots_list) == (None, "auto", None)
    assert (karl.selection_method, karl.status, karl.sub) == ("manual", "needs_action", None)
    assert karl.slots_list is not None
    assert karl.slots_list.url is None
    event = from_dict(BookableEvent, example("bookable_event"))
    assert (event.registration.seats_left, event.registration.has_more) == (4, True)
    assert [registration.status for registration in event.registration.registrations] == ["accepted", "pending"]
    assert isinstance(event.registration, RegistrationsPage)


# Callbacks.

CALLBACKS: dict[str, type[Notification]] = {
    "callback_time_chosen": TimeChosen,
    "callback_no_times_displayed": NoTimesDisplayed,
    "callback_no_times_suitable": NoTimesSuitable,
}


@pytest.mark.parametrize("name", CALLBACKS)
def test_callbacks_are_read_without_extra_members(name: str) -> None:
    body = text(name).encode()
    notification = webhooks.parse(body, webhooks.sign(body, "secret"), secrets=["secret"])
    assert type(notification) is CALLBACKS[name]
    assert undeclared_members(notification) == []
    assert notification.data == example(name)


# Requests.

START, END = datetime(2026, 4, 28, 9, tzinfo=UTC), datetime(2026, 4, 28, 18, tzinfo=UTC)
PANEL = panel(
    [
        Interviewer(
            sub="acc_5e591ae2815c14f86ea55caf",
            calendar_id="cal_Xlka34FcFPhupVxZ_K@fbCQqIXfoVEHSVR06mpg",
            email="marty@evenitron.com",
            display_name="Marty McFly",
            conferencing=Conferencing(profile_id="pro_YABpIfWqk4wjcW5t"),
        ),
        Interviewer(
            sub="acc_61092b71f5aa93c71280b010",
            calendar_id="cal_YQkrbPWqk8cSgLAG_o@ZiqDLP1-zjzDl6zhXwFg",
            email="doc@evenitron.com",
            display_name="Doc Brown",
            conferencing=Conferencing(profile_id="integrated"),
        ),
        Interviewer(
            sub="acc_61115004f5aa93bb48fc5dd3",
            calendar_id="cal_YRFQA@Wqk7tI@F3J_3X4Nll-hxnkdz-wlOTkhIw",
            email="sarah@evenitron.com",
            display_name="Sarah Connor",
            conferencing=Conferencing(profile_id="integrated"),
        ),
    ],
    required=2,
)

Make = Callable[[CronofyClient], Call[CreatedLink]]


def first_link(cronofy: CronofyClient) -> Call[CreatedLink]:
    return cronofy.real_time_scheduling.create(
        oauth=OAuth("{REDIRECT_URI}"),
        event=EventTemplate(
            event_id="qTtZdczOccgaPncGJaCiLg", summary="Product Manager Interview at Globex", tzid="Europe/London"
        ),
        availability=AvailabilityQuery(
            participants=[
                ParticipantGroup([Member("acc_5ba21743f408617d1269ea1e", calendar_ids=["cal_n23kjnwrw2_jsdfjksn234"])])
            ],
            required_duration=timedelta(hours=1),
            query_periods=[(START, END)],
        ),
        target_calendars=[TargetCalendar(sub="acc_5ba21743f408617d1269ea1e", calendar_id="cal_n23kjnwrw2_jsdfjksn234")],
        callback_urls=CallbackUrls(
            completed_url="http://www.example.com/callback", no_times_suitable_url="http://www.example.com/callback"
        ),
        redirect_urls=RedirectUrls(completed_url="http://www.example.com/success"),
        selection_mode="no_confirm",
    )


def panel_link(cronofy: CronofyClient) -> Call[CreatedLink]:
    return cronofy.real_time_scheduling.create(
        oauth=OAuth("{REDIRECT_URI}"),
        event_creation="single",
        event=EventTemplate(
            event_id="ri4vch-45fsd",
            summary="Interview panel stage",
            tzid="Europe/London",
            attendees=Attendees(invite=[Invitee("candidate@example.com", display_name="Jim Candidate")]),
        ),
        availability=AvailabilityQuery(
            participants=[PANEL.group], required_duration=timedelta(hours=1), available_periods=[(START, END)]
        ),
        target_calendars=PANEL.target_calendars,
        redirect_urls=RedirectUrls(completed_url="https://www.example.com/success"),
    )


REQUESTS: dict[str, Make] = {"link_create": first_link, "link_create_panel": panel_link}


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_equal_the_documented_examples(name: str) -> None:
    """Typed models and mappings give the same request."""
    cronofy = CronofyClient(client_secret="secret")
    expected = example(name)
    for call in (REQUESTS[name](cronofy), cronofy.real_time_scheduling.create(**expected)):
        assert json.loads(call.request.body or b"") == expected


@pytest.mark.parametrize("name", REQUESTS)
async def test_the_sandbox_records_documented_requests_unchanged(name: str) -> None:
    """With accounts of the sandbox, as those of the page do not exist."""
    async with Sandbox(now=datetime(2026, 4, 1, tzinfo=UTC), strict=True) as sandbox, sandbox.client() as cronofy:
        body = text(name).replace("{REDIRECT_URI}", "https://www.example.com/back")
        for target in example(name)["target_calendars"]:
            account = sandbox.add_account("somebody@example.com")
            body = body.replace(target["sub"], account.sub).replace(target["calendar_id"], account.calendar_id)
        expected = json.loads(body)
        link = await cronofy.real_time_scheduling.create(**expected)
        assert sandbox.requests[-1].json == expected
        assert sandbox.unknown_parameters == []
        assert (await cronofy.real_time_scheduling.status(link)).status == "open"
        booking = await sandbox.book(link)
        assert booking.start == START


def test_a_shuffled_panel_spreads_the_interviews() -> None:
    """The page recommends shuffling; the group and the target calendars keep the same order."""
    people = [Interviewer(sub=f"acc_{number}", calendar_id=f"cal_{number}") for number in range(5)]
    shuffled = panel(people, required=2, shuffle=True, shuffler=lambda listed: listed.reverse())
    assert [target.sub for target in shuffled.target_calendars] == ["acc_4", "acc_3", "acc_2", "acc_1", "acc_0"]
    assert [to_dict(member)["sub"] for member in shuffled.group.members] == [
        target.sub for target in shuffled.target_calendars
    ]
    firsts = {panel(people, required=2, shuffle=True).target_calendars[0].sub for _ in range(200)}
    assert firsts == {target.sub for target in people}
    assert panel(people, required=2).target_calendars[0].sub == "acc_0"


def test_a_panel_sends_only_the_given_values() -> None:
    plain = panel([Interviewer(sub="acc_1", calendar_id="cal_1", calendar_ids=("cal_2",))])
    assert to_dict(plain.group) == {"members": [{"sub": "acc_1", "calendar_ids": ["cal_2"]}], "required": "all"}
    assert to_dict(plain.target_calendars) == [{"sub": "acc_1", "calendar_id": "cal_1"}]
    nameless = panel([Interviewer(sub="acc_1", calendar_id="cal_1", email="a@example.com")])
    assert nameless.target_calendars[0] == TargetCalendar(
        sub="acc_1", calendar_id="cal_1", attendee=Invitee("a@example.com")
    )
    online = panel([Interviewer(sub="acc_1", calendar_id="cal_1", conferencing={"profile_id": "default"})])
    assert online.target_calendars[0].event == TargetEvent(conferencing={"profile_id": "default"})


@pytest.mark.parametrize(
    ("subs", "required", "message"),
    [
        ([], "all", "interviewers: must not be empty"),
        (["a", "a"], "all", "interviewers: a is on the panel twice"),
        (["a", "b"], 3, "required: must be from 1 to 2"),
        (["a", "b"], 0, "required: must be from 1 to 2"),
    ],
)
def test_invalid_panels(subs: list[str], required: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        panel([Interviewer(sub=sub, calendar_id="c") for sub in subs], required=required)
