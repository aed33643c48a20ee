"""Examples of calendars."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.models import Calendar, CalendarList

from .example import EXTRA, Example, ModelExample, answering

HOME_JSON: dict[str, Any] = {
    "provider_name": "google",
    "profile_id": "pro_n23kjnwrw2",
    "profile_name": "example@cronofy.com",
    "calendar_id": "cal_n23kjnwrw2_jsdfjksn234",
    "calendar_name": "Home",
    "calendar_readonly": False,
    "calendar_deleted": False,
    "calendar_primary": True,
    "calendar_integrated_conferencing_available": True,
    "calendar_attachments_available": True,
    "permission_level": "sandbox",
}
HOME = Calendar(
    provider_name="google",
    profile_id="pro_n23kjnwrw2",
    profile_name="example@cronofy.com",
    calendar_id="cal_n23kjnwrw2_jsdfjksn234",
    calendar_name="Home",
    calendar_readonly=False,
    calendar_deleted=False,
    calendar_primary=True,
    calendar_integrated_conferencing_available=True,
    calendar_attachments_available=True,
    permission_level="sandbox",
)
NEW_JSON: dict[str, Any] = {
    "provider_name": "google",
    "profile_id": "pro_n23kjnwrw2",
    "profile_name": "example@cronofy.com",
    "calendar_id": "cal_n23kjnwrw2_sakdnawerd3",
    "calendar_name": "New Calendar",
    "calendar_readonly": False,
    "calendar_deleted": False,
}
NEW = Calendar(
    provider_name="google",
    profile_id="pro_n23kjnwrw2",
    profile_name="example@cronofy.com",
    calendar_id="cal_n23kjnwrw2_sakdnawerd3",
    calendar_name="New Calendar",
    calendar_readonly=False,
    calendar_deleted=False,
)

EXAMPLES = [
    Example(
        endpoint="calendars.list",
        call=lambda client: client.account(access_token="token").calendars.list(),
        request="GET /v1/calendars",
        response={"calendars": [HOME_JSON], "sub": "acc_5700a00eb0ccd07000000000"},
        result=CalendarList(calendars=(HOME,), sub="acc_5700a00eb0ccd07000000000"),
    ),
    Example(
        endpoint="calendars.create",
        call=lambda client: client.account(access_token="token").calendars.create(
            profile_id="pro_n23kjnwrw2", name="New Calendar", color="#49BED8"
        ),
        request="POST /v1/calendars",
        json={"profile_id": "pro_n23kjnwrw2", "name": "New Calendar", "color": "#49BED8"},
        response={"calendar": NEW_JSON},
        result=NEW,
    ),
]

MODELS: list[ModelExample] = [
    (
        Calendar(
            provider_name="google",
            profile_id="pro_n23kjnwrw2",
            profile_name="example@cronofy.com",
            calendar_id="cal_n23kjnwrw2_jsdfjksn234",
            calendar_name="Home",
            calendar_readonly=False,
            calendar_deleted=False,
            calendar_primary=True,
            calendar_integrated_conferencing_available=True,
            calendar_attachments_available=True,
            permission_level="sandbox",
            extra=EXTRA,
        ),
        {**HOME_JSON, **EXTRA},
    ),
    (CalendarList(calendars=(HOME, NEW), sub="acc_1"), {"calendars": [HOME_JSON, NEW_JSON], "sub": "acc_1"}),
]


def test_a_list_of_calendars_can_be_iterated_over() -> None:
    calendars = CalendarList(calendars=(HOME, NEW))

    assert [calendar.id for calendar in calendars] == [HOME.calendar_id, NEW.calendar_id]
    assert len(calendars) == 2


@pytest.mark.parametrize(
    ("readonly", "deleted", "writable"),
    [(False, False, True), (True, False, False), (False, True, False), (None, None, True)],
)
def test_events_can_be_written_to_a_calendar(readonly: bool | None, deleted: bool | None, writable: bool) -> None:
    calendar = Calendar(calendar_id="c", calendar_name="n", calendar_readonly=readonly, calendar_deleted=deleted)

    assert calendar.is_writable is writable


def test_a_color_has_the_documented_form() -> None:
    account = answering({})[0].account(access_token="token")

    with pytest.raises(ValueError, match=r"^color: must have the form #rrggbb, got 'red'$"):
        _ = account.calendars.create(profile_id="pro_1", name="n", color="red")
