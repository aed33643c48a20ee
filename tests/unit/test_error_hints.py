"""The hints of errors that depend on the endpoint or the response, not only on the status."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cronofy_async._api_error import api_error
from cronofy_async.errors import ApiError, Forbidden, OAuthError
from cronofy_async.http import Endpoint, RawResponse, Request

EVENTS = "/v1/calendars/{calendar_id}/events"


def error_of(status: int, path: str, *, scope: str | None = None, body: Any = None) -> ApiError:
    endpoint = Endpoint(name="area.read", method="GET", path=path, response_model=object, auth={"account"}, scope=scope)
    request = Request(endpoint=endpoint, base_url="https://api.cronofy.com", target=path)
    return api_error(request, RawResponse(status=status, body=json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("path", "scope", "hint"),
    [
        ("/v1/events", "read_events", "Ask the user to authorize the scope 'read_events'."),
        (
            EVENTS,
            "create_event",
            "Ask the user to authorize the scope 'create_event', and check that the calendar is not read-only.",
        ),
        ("/v1/other", None, "Ask the user to authorize the scope that the endpoint needs"),
    ],
)
def test_the_hint_names_the_missing_scope_if_it_is_known(path: str, scope: str | None, hint: str) -> None:
    error = error_of(403, path, scope=scope)

    assert isinstance(error, Forbidden)
    assert error.scope == scope
    assert error.hint.startswith(hint)
    assert str(error).endswith(error.hint)


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        (EVENTS, "account.calendars.list returns the calendars that this account has."),
        ("/v1/events/pages/{page_token}", "start again at the first page."),
        ("/v1/smart_invites", "pass recipient_email to status, recipient to cancel."),
    ],
)
def test_the_hint_of_not_found_depends_on_the_endpoint(path: str, hint: str) -> None:
    assert error_of(404, path).hint.endswith(hint)


@pytest.mark.parametrize(
    ("code", "hint"),
    [("invalid_grant", "A code works once"), ("invalid_client", "Check that client_id"), ("other", "")],
)
def test_the_hint_of_a_rejected_token_request_depends_on_the_code(code: str, hint: str) -> None:
    error = error_of(400, "/oauth/token", body={"error": code})

    assert isinstance(error, OAuthError)
    assert error.hint.startswith(hint)
    assert bool(error.hint) == bool(hint)
