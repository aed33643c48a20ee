"""Examples of the profiles of accounts."""

from __future__ import annotations

from typing import Any

from cronofy_async.models import Profile, ProfileCalendar, ProfileList

from .example import EXTRA, Example, ModelExample

GOOGLE = Profile(
    provider_name="google",
    provider_service="gsuite",
    profile_id="pro_n23kjnwrw2",
    profile_name="example@cronofy.com",
    profile_connected=True,
    profile_initial_sync_required=True,
)
APPLE = Profile(
    provider_name="apple",
    provider_service="icloud",
    profile_id="pro_fe145c37de",
    profile_name="example2@cronofy.com",
    profile_connected=False,
    profile_initial_sync_required=False,
    profile_relink_url="https://app.cronofy.com/relink/apple?email=example@cronofy.com",
)
JSON: list[dict[str, Any]] = [
    {
        "provider_name": "google",
        "provider_service": "gsuite",
        "profile_id": "pro_n23kjnwrw2",
        "profile_name": "example@cronofy.com",
        "profile_connected": True,
        "profile_initial_sync_required": True,
    },
    {
        "provider_name": "apple",
        "provider_service": "icloud",
        "profile_id": "pro_fe145c37de",
        "profile_name": "example2@cronofy.com",
        "profile_connected": False,
        "profile_initial_sync_required": False,
        "profile_relink_url": "https://app.cronofy.com/relink/apple?email=example@cronofy.com",
    },
]

EXAMPLES = [
    Example(
        endpoint="profiles.list",
        call=lambda client: client.account(access_token="token").profiles.list(),
        request="GET /v1/profiles",
        response={"profiles": JSON},
        result=ProfileList(profiles=(GOOGLE, APPLE)),
    ),
    Example(
        endpoint="profiles.list",
        title="with the account",
        call=lambda client: client.account(access_token="token").profiles.list(),
        request="GET /v1/profiles",
        response={
            "profiles": [{"provider_name": "google", "profile_id": "pro_1", "profile_name": None}],
            "sub": "acc_1",
        },
        result=ProfileList(profiles=(Profile(provider_name="google", profile_id="pro_1"),), sub="acc_1"),
    ),
    Example(
        endpoint="profiles.revoke",
        call=lambda client: client.account(access_token="token").profiles.revoke("pro_1"),
        request="POST /v1/profiles/pro_1/revoke",
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="profiles.revoke",
        title="a profile",
        call=lambda client: client.account(access_token="token").profiles.revoke(GOOGLE),
        request="POST /v1/profiles/pro_n23kjnwrw2/revoke",
        status=202,
        response=None,
        result=None,
    ),
]

CALENDAR_JSON = {
    "calendar_id": "cal_n23kjnwrw2_jsdfjksn234",
    "calendar_name": "Home",
    "calendar_readonly": False,
    "calendar_deleted": False,
    "calendar_primary": True,
    "calendar_integrated_conferencing_available": True,
    "calendar_attachments_available": False,
    "permission_level": "sandbox",
}
CALENDAR = ProfileCalendar(
    calendar_id="cal_n23kjnwrw2_jsdfjksn234",
    calendar_name="Home",
    calendar_readonly=False,
    calendar_deleted=False,
    calendar_primary=True,
    calendar_integrated_conferencing_available=True,
    calendar_attachments_available=False,
    permission_level="sandbox",
)

MODELS: list[ModelExample] = [
    (
        Profile(
            provider_name="apple",
            provider_service="icloud",
            profile_id="pro_1",
            profile_name="kim@icloud.example",
            profile_connected=False,
            profile_initial_sync_required=True,
            profile_relink_url="https://app.cronofy.com/relink/apple?email=kim",
            profile_calendars=(CALENDAR,),
            extra=EXTRA,
        ),
        {
            "provider_name": "apple",
            "provider_service": "icloud",
            "profile_id": "pro_1",
            "profile_name": "kim@icloud.example",
            "profile_connected": False,
            "profile_initial_sync_required": True,
            "profile_relink_url": "https://app.cronofy.com/relink/apple?email=kim",
            "profile_calendars": [CALENDAR_JSON],
            **EXTRA,
        },
    ),
    (CALENDAR, CALENDAR_JSON),
    (
        ProfileList(profiles=(GOOGLE,), sub="acc_1", extra=EXTRA),
        {"profiles": JSON[:1], "sub": "acc_1", **EXTRA},
    ),
]


def test_a_disconnected_profile_needs_a_relink() -> None:
    assert (GOOGLE.needs_relink, APPLE.needs_relink) == (False, True)
    assert not Profile(provider_name="google", profile_id="pro_1").needs_relink
    assert GOOGLE.id == "pro_n23kjnwrw2"


def test_a_list_of_profiles_can_be_iterated_over() -> None:
    profiles = ProfileList(profiles=(GOOGLE, APPLE))

    assert list(profiles) == [GOOGLE, APPLE]
    assert len(profiles) == 2
