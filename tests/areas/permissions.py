"""Examples of elevated permissions."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.models import CalendarPermission, PermissionsRequest

from .example import EXTRA, Example, ModelExample, answering

CALENDAR = "cal_n23kjnwrw2_jsdfjksn234"
URL = "https://app.cronofy.com/permissions_requests/x1"
PERMISSION_JSON = {"calendar_id": CALENDAR, "permission_level": "unrestricted"}

EXAMPLES = [
    Example(
        endpoint="permissions.request",
        call=lambda client: client.account(access_token="token").permissions.request(
            [CalendarPermission(CALENDAR, "unrestricted")], redirect_uri="https://example.com/elevated"
        ),
        request="POST /v1/permissions",
        json={"permissions": [PERMISSION_JSON], "redirect_uri": "https://example.com/elevated"},
        response={"permissions_request": {"url": URL}},
        result=PermissionsRequest(url=URL),
    ),
    Example(
        endpoint="permissions.request",
        title="of a company",
        call=lambda client: client.account(access_token="token").permissions.request([PERMISSION_JSON]),
        request="POST /v1/permissions",
        json={"permissions": [PERMISSION_JSON]},
        response={"permissions_request": {"accepted": True}},
        result=PermissionsRequest(accepted=True),
    ),
]

MODELS: list[ModelExample] = [
    (CalendarPermission(CALENDAR, "unrestricted"), PERMISSION_JSON),
    (CalendarPermission("cal_1", "sandbox"), {"calendar_id": "cal_1", "permission_level": "sandbox"}),
    (PermissionsRequest(accepted=False, url=URL, extra=EXTRA), {"accepted": False, "url": URL, **EXTRA}),
]


@pytest.mark.parametrize("permissions", [[], (), "cal_1", None])
def test_permissions_are_required(permissions: Any) -> None:
    client, transport = answering({})

    with pytest.raises(ValueError, match="permissions: at least one permission is required"):
        _ = client.account(access_token="token").permissions.request(permissions)

    assert transport.requests == []
