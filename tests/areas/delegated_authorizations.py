"""Examples of delegated authorizations."""

from __future__ import annotations

from .example import Example

BODY = {
    "profile_id": "pro_1",
    "email": "boss@corp.example",
    "callback_url": "https://app.example.com/hooks/authorized",
    "scope": "free_busy read_only",
}

EXAMPLES = [
    Example(
        endpoint="delegated_authorizations.create",
        call=lambda client: client.account(access_token="token").delegated_authorizations.create(
            profile_id="pro_1",
            email="boss@corp.example",
            callback_url="https://app.example.com/hooks/authorized",
            scope=["free_busy", "read_only"],
            state="b1",
        ),
        request="POST /v1/delegated_authorizations",
        json=BODY | {"state": "b1"},
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="delegated_authorizations.create",
        title="without a state",
        call=lambda client: client.account(access_token="token").delegated_authorizations.create(
            profile_id="pro_1",
            email="boss@corp.example",
            callback_url="https://app.example.com/hooks/authorized",
            scope="free_busy read_only",
        ),
        request="POST /v1/delegated_authorizations",
        json=BODY,
        status=202,
        response=None,
        result=None,
    ),
]
