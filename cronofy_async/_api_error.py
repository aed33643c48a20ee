"""Choose the error for a response that is not a success."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ._json import is_object
from ._redaction import redact_body, redact_text
from .errors import (
    AccountLocked,
    ApiError,
    BadRequest,
    Forbidden,
    Gone,
    NotFound,
    OAuthError,
    PaymentRequired,
    RateLimited,
    ServerError,
    Unauthorized,
    ValidationFailed,
)
from .http import RawResponse, Request

__all__ = ["api_error"]

_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    400: BadRequest,
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    410: Gone,
    422: ValidationFailed,
    423: AccountLocked,
    429: RateLimited,
}


def api_error(request: Request, response: RawResponse, secrets: Iterable[str] = ()) -> ApiError:
    """Return the error for a response that is not a success, with secrets redacted, for any body."""
    secrets = tuple(secrets)
    body = redact_body(response.body, secrets)
    cls = _BY_STATUS.get(response.status, ServerError if 500 <= response.status < 600 else ApiError)
    if cls is BadRequest and is_object(body) and isinstance(body.get("error"), str):
        cls = OAuthError
    return cls(
        status=response.status,
        endpoint=str(request.endpoint),
        request_id=response.request_id and redact_text(response.request_id, secrets),
        headers={
            redact_text(name, secrets): redact_text(value, secrets)
            for name, value in response.headers.items()
            if name != "set-cookie"
        },
        attempts=response.attempts,
        body=body,
        plan=request.endpoint.plan,
        scope=request.endpoint.scope,
        not_retried=response.not_retried,
    )
