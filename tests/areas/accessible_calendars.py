"""Examples of the calendars that a user can access."""

from __future__ import annotations

from cronofy_async.models import AccessibleCalendar, AccessibleCalendarList

from .example import EXTRA, Example, ModelExample

ROOM = AccessibleCalendar(calendar_type="resource", email="board-room-london@example.com", name="Board room (London)")
JANE = AccessibleCalendar(calendar_type="unknown", email="jane.doe@example.com", name="Jane Doe")
ROOM_JSON = {"calendar_type": "resource", "email": "board-room-london@example.com", "name": "Board room (London)"}
JANE_JSON = {"calendar_type": "unknown", "email": "jane.doe@example.com", "name": "Jane Doe"}

EXAMPLES = [
    Example(
        endpoint="accessible_calendars.list",
        call=lambda client: client.account(access_token="token").accessible_calendars.list(),
        request="GET /v1/accessible_calendars",
        response={"accessible_calendars": [ROOM_JSON, JANE_JSON]},
        result=AccessibleCalendarList(accessible_calendars=(ROOM, JANE)),
    ),
    Example(
        endpoint="accessible_calendars.list",
        title="of a profile and type",
        call=lambda client: client.account(access_token="token").accessible_calendars.list(
            profile_id="pro_1", calendar_type="resource"
        ),
        request="GET /v1/accessible_calendars?profile_id=pro_1&calendar_type=resource",
        response={"accessible_calendars": [ROOM_JSON]},
        result=AccessibleCalendarList(accessible_calendars=(ROOM,)),
    ),
]

MODELS: list[ModelExample] = [
    (
        AccessibleCalendar(calendar_type="team", email="a@example.com", name="A", extra=EXTRA),
        {"calendar_type": "team", "email": "a@example.com", "name": "A", **EXTRA},
    ),
    (
        AccessibleCalendarList(accessible_calendars=(JANE,), extra=EXTRA),
        {"accessible_calendars": [JANE_JSON], **EXTRA},
    ),
]


def test_a_list_of_calendars_can_be_iterated_over() -> None:
    calendars = AccessibleCalendarList(accessible_calendars=(ROOM, JANE))

    assert list(calendars) == [ROOM, JANE]
    assert len(calendars) == 2
