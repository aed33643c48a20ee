"""Examples of accounts and their userinfo."""

from __future__ import annotations

from typing import Any

from cronofy_async import from_dict
from cronofy_async.models import (
    Account,
    ApplicationCalendar,
    Authorization,
    Profile,
    ServiceAccount,
    UserInfo,
    UserInfoData,
)

from .example import EXTRA, Example, ModelExample
from .profiles import APPLE, CALENDAR, CALENDAR_JSON
from .profiles import JSON as PROFILES_JSON

ACCOUNT_ID = "acc_5700a00eb0ccd07000000000"

PERSON: dict[str, Any] = {
    "sub": ACCOUNT_ID,
    "email": "janed@company.com",
    "name": "Jane Doe",
    "zoneinfo": "Europe/London",
    "cronofy.type": "account",
}


def person(data: UserInfoData) -> UserInfo:
    return UserInfo(
        sub=ACCOUNT_ID,
        email="janed@company.com",
        name="Jane Doe",
        zoneinfo="Europe/London",
        cronofy_type="account",
        cronofy_data=data,
    )


EXAMPLES = [
    Example(
        endpoint="identity.account",
        call=lambda client: client.account(access_token="token").identity.account(),
        request="GET /v1/account",
        response={
            "account": {
                "account_id": ACCOUNT_ID,
                "email": "janed@company.com",
                "name": "Jane Doe",
                "scope": "read_events create_event delete_event",
                "default_tzid": "Europe/London",
            },
            "sub": ACCOUNT_ID,
        },
        result=Account(
            account_id=ACCOUNT_ID,
            email="janed@company.com",
            name="Jane Doe",
            scope="read_events create_event delete_event",
            default_tzid="Europe/London",
            sub=ACCOUNT_ID,
        ),
    ),
    Example(
        endpoint="identity.account",
        title="only what every response has",
        call=lambda client: client.account(access_token="token").identity.account(),
        request="GET /v1/account",
        response={"account": {"account_id": ACCOUNT_ID, "email": "svc_crm", "name": None}},
        result=Account(account_id=ACCOUNT_ID, email="svc_crm"),
    ),
    Example(
        endpoint="identity.userinfo",
        call=lambda client: client.account(access_token="token").identity.userinfo(),
        request="GET /v1/userinfo",
        response=PERSON
        | {
            "cronofy.data": {
                "authorization": {"scope": "read_write", "status": "active"},
                "profiles": [
                    {
                        "provider_name": "google",
                        "profile_id": "pro_1",
                        "profile_name": "example1@cronofy.com",
                        "profile_calendars": [CALENDAR_JSON],
                    },
                    PROFILES_JSON[1],
                ],
            }
        },
        result=person(
            UserInfoData(
                authorization=Authorization(scope="read_write", status="active"),
                profiles=(
                    Profile(
                        provider_name="google",
                        profile_id="pro_1",
                        profile_name="example1@cronofy.com",
                        profile_calendars=(CALENDAR,),
                    ),
                    APPLE,
                ),
            )
        ),
    ),
    Example(
        endpoint="identity.userinfo",
        title="conferencing",
        call=lambda client: client.account(access_token="token").identity.userinfo(),
        request="GET /v1/userinfo",
        response=PERSON
        | {
            "cronofy.data": {
                "authorization": {"scope": "read_write"},
                "profiles": [],
                "conferencing_profiles": [
                    {
                        "provider_name": "go_to",
                        "profile_id": "pro_gfmdsg51qa",
                        "profile_name": "example@cronofy.com",
                        "profile_connected": False,
                        "profile_relink_url": "https://app.cronofy.com/v2/relink/go_to?email=example%40cronofy.com",
                    }
                ],
            }
        },
        result=person(
            UserInfoData(
                authorization=Authorization(scope="read_write"),
                conferencing_profiles=(
                    Profile(
                        provider_name="go_to",
                        profile_id="pro_gfmdsg51qa",
                        profile_name="example@cronofy.com",
                        profile_connected=False,
                        profile_relink_url="https://app.cronofy.com/v2/relink/go_to?email=example%40cronofy.com",
                    ),
                ),
            )
        ),
    ),
    Example(
        endpoint="identity.userinfo",
        title="a service account",
        call=lambda client: client.account(access_token="token").identity.userinfo(),
        request="GET /v1/userinfo",
        response={
            "sub": "ser_1",
            "email": "svc@example.com",
            "name": None,
            "cronofy.type": "service_account",
            "cronofy.data": {
                "authorization": {
                    "scope": "service_account/accounts/manage",
                    "status": "active",
                    "delegated_scope": "read_write",
                },
                "service_account": {"provider_name": "google", "domain": "example.com"},
            },
        },
        result=UserInfo(
            sub="ser_1",
            email="svc@example.com",
            cronofy_type="service_account",
            cronofy_data=UserInfoData(
                authorization=Authorization(
                    scope="service_account/accounts/manage", status="active", delegated_scope="read_write"
                ),
                service_account=ServiceAccount(provider_name="google", domain="example.com"),
            ),
        ),
    ),
    Example(
        endpoint="identity.userinfo",
        title="an application calendar",
        call=lambda client: client.account(access_token="token").identity.userinfo(),
        request="GET /v1/userinfo",
        response={
            "sub": "apc_1",
            "application_calendar_id": "room-7",
            "cronofy.type": "application_calendar",
            "cronofy.data": {
                "authorization": {"scope": "read_write", "status": "active"},
                "application_calendar": {"application_calendar_id": "room-7"},
            },
        },
        result=UserInfo(
            sub="apc_1",
            application_calendar_id="room-7",
            cronofy_type="application_calendar",
            cronofy_data=UserInfoData(
                authorization=Authorization(scope="read_write", status="active"),
                application_calendar=ApplicationCalendar(application_calendar_id="room-7"),
            ),
        ),
    ),
]

MODELS: list[ModelExample] = [
    (
        Account(
            account_id="acc_1",
            email="kim@example.org",
            name="Kim",
            scope="read_events",
            default_tzid="Europe/Paris",
            sub="acc_1",
            extra=EXTRA,
        ),
        {
            "account_id": "acc_1",
            "email": "kim@example.org",
            "name": "Kim",
            "scope": "read_events",
            "default_tzid": "Europe/Paris",
            "sub": "acc_1",
            **EXTRA,
        },
    ),
    (
        Authorization(scope="read_write", status="active", delegated_scope="free_busy", extra=EXTRA),
        {"scope": "read_write", "status": "active", "delegated_scope": "free_busy", **EXTRA},
    ),
    (
        ServiceAccount(provider_name="google", domain="example.com", extra=EXTRA),
        {"provider_name": "google", "domain": "example.com", **EXTRA},
    ),
    (
        ApplicationCalendar(application_calendar_id="room-7", extra=EXTRA),
        {"application_calendar_id": "room-7", **EXTRA},
    ),
    (
        DATA := UserInfoData(
            authorization=Authorization(scope="read_write"),
            profiles=(APPLE,),
            conferencing_profiles=(APPLE,),
            service_account=ServiceAccount(domain="example.com"),
            application_calendar=ApplicationCalendar(application_calendar_id="room-7"),
            extra=EXTRA,
        ),
        DATA_JSON := {
            "authorization": {"scope": "read_write"},
            "profiles": [PROFILES_JSON[1]],
            "conferencing_profiles": [PROFILES_JSON[1]],
            "service_account": {"domain": "example.com"},
            "application_calendar": {"application_calendar_id": "room-7"},
            **EXTRA,
        },
    ),
    (
        UserInfo(
            sub="acc_1",
            email="kim@example.org",
            name="Kim",
            zoneinfo="Europe/Paris",
            cronofy_type="account",
            cronofy_data=DATA,
            application_calendar_id="room-7",
            cronofy_service_account_domain="example.com",
            cronofy_service_account_email="svc@example.com",
            extra=EXTRA,
        ),
        {
            "sub": "acc_1",
            "email": "kim@example.org",
            "name": "Kim",
            "zoneinfo": "Europe/Paris",
            "cronofy.type": "account",
            "cronofy.data": DATA_JSON,
            "application_calendar_id": "room-7",
            "cronofy.service_account.domain": "example.com",
            "cronofy.service_account.email": "svc@example.com",
            **EXTRA,
        },
    ),
]


def test_an_account_has_an_id() -> None:
    assert Account(account_id=ACCOUNT_ID, email="").id == ACCOUNT_ID


def test_the_data_of_an_account_may_be_missing() -> None:
    info = from_dict(UserInfo, {"sub": "acc_1"})

    assert (info.profiles, info.conferencing_profiles) == ((), ())
