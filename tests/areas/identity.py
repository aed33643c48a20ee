"""Examples of who an account is."""

from __future__ import annotations

from cronofy_async.models import Account

from .example import EXTRA, Example, ModelExample

ACCOUNT_ID = "acc_5700a00eb0ccd07000000000"

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
            # "sub" beside it is left out, as it would be left over: it is the same as account_id.
        },
        result=Account(
            account_id=ACCOUNT_ID,
            email="janed@company.com",
            name="Jane Doe",
            scope="read_events create_event delete_event",
            default_tzid="Europe/London",
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
]

MODELS: list[ModelExample] = [
    (
        Account(
            account_id="acc_1",
            email="kim@example.org",
            name="Kim",
            scope="read_events",
            default_tzid="Europe/Paris",
            extra=EXTRA,
        ),
        {
            "account_id": "acc_1",
            "email": "kim@example.org",
            "name": "Kim",
            "scope": "read_events",
            "default_tzid": "Europe/Paris",
            **EXTRA,
        },
    ),
]


def test_an_account_has_an_id() -> None:
    assert Account(account_id=ACCOUNT_ID, email="").id == ACCOUNT_ID
