"""Everything that this package raises.

::

    CronofyError
    ├ ConfigurationError        a missing credential, a bad data center
    ├ ClientClosedError         the client was closed
    ├ WebhookError
    │ ├ SignatureMismatch       not signed by Cronofy with one of these secrets
    │ └ MalformedNotification   signed, but not a notification
    ├ TransportError            no usable answer; .sent says whether the request may have reached Cronofy
    │ ├ ConnectError            nothing was sent
    │ ├ ResponseLost            sent, and the answer never came
    │ ├ RequestTimeout          one attempt took too long (a TimeoutError)
    │ └ ResponseTooLarge        the answer is larger than the transport takes
    ├ DeadlineExceeded          the call took too long in all (a TimeoutError)
    ├ RateLimitTooLong          the wait for the rate limit would be longer than max_wait
    ├ DecodeError               an answer that does not fit its model
    ├ TokenError
    │ ├ AuthorizationRevoked    the refresh token is not valid any more
    │ ├ TokensUnknown           the answer to a refresh was lost
    │ └ TokensNotSaved          new tokens could not be stored
    └ ApiError                  Cronofy answered with an error
      ├ BadRequest 400 (OAuthError)   Unauthorized 401   PaymentRequired 402   Forbidden 403   NotFound 404   Gone 410
      ├ ValidationFailed 422          .errors["event_id"][0].key
      ├ AccountLocked 423             RateLimited 429 (.retry_after)
      └ ServerError 5xx

All of them pickle, hold plain data only, and hide tokens and secrets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Literal

import attrs

from ._json import is_array, is_object
from ._redaction import detach, redact_broken_json, redact_json, redact_text
from .http import RawResponse, Request, retry_after

__all__ = [
    "AccountLocked",
    "ApiError",
    "AuthorizationRevoked",
    "BadRequest",
    "ClientClosedError",
    "ConfigurationError",
    "ConnectError",
    "CronofyError",
    "DeadlineExceeded",
    "DecodeError",
    "FieldError",
    "Forbidden",
    "Gone",
    "MalformedNotification",
    "NotFound",
    "OAuthError",
    "PaymentRequired",
    "RateLimitTooLong",
    "RateLimited",
    "RequestTimeout",
    "ResponseLost",
    "ResponseTooLarge",
    "ServerError",
    "SignatureMismatch",
    "TokenError",
    "TokensNotSaved",
    "TokensUnknown",
    "TransportError",
    "Unauthorized",
    "ValidationFailed",
    "WebhookError",
    "api_error",
]


class CronofyError(Exception):
    """What everything here derives from."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are rebuilt from args alone, which loses attributes and trips over keyword-only parameters.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[CronofyError], args: tuple[Any, ...], state: dict[str, Any]) -> CronofyError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(CronofyError):
    """The client is not set up for what was asked of it."""


class ClientClosedError(CronofyError):
    """A call was sent through a client that was closed."""


class WebhookError(CronofyError):
    """A callback that cannot be trusted or read."""


class SignatureMismatch(WebhookError):
    """No signature of the callback (or of the reference in its URL) fits any of the secrets: answer 401 and ignore it."""


class MalformedNotification(WebhookError):
    """The callback is signed, but its body is not a JSON object."""


class TransportError(CronofyError):
    """No usable answer came.

    Attributes:
        sent: ``"no"`` if nothing left this machine, so that repeating is safe; ``"maybe"`` if Cronofy may have
            received the request.
    """

    sent: Literal["no", "maybe"] = "maybe"

    def __init__(self, message: str, *, sent: Literal["no", "maybe"] | None = None) -> None:
        super().__init__(message)
        if sent is not None:
            self.sent = sent


class ConnectError(TransportError):
    """No connection could be made: nothing was sent."""

    sent = "no"


class ResponseLost(TransportError):
    """The connection broke before the whole answer was there."""


class RequestTimeout(TransportError, TimeoutError):
    """One attempt took longer than ``Timeout.connect`` or ``Timeout.attempt``."""


class ResponseTooLarge(TransportError):
    """The answer is larger than the transport takes (32 MiB unless told otherwise)."""


class DeadlineExceeded(CronofyError, TimeoutError):
    """The call with all its attempts took longer than ``Timeout.total``."""


class RateLimitTooLong(CronofyError):
    """The request would have to wait for the rate limit longer than ``RateLimit.max_wait``.

    Attributes:
        wait: the seconds that it would have to wait at least.
    """

    def __init__(self, message: str, *, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class DecodeError(CronofyError):
    """An answer does not fit its model.

    Attributes:
        path: where, as in ``$.real_time_scheduling.status``.
        response: the answer, secrets hidden; ``None`` where there was no HTTP answer to read.
    """

    def __init__(self, message: str, *, path: str = "$", response: RawResponse | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.response = response

    def in_response(self, request: Request, response: RawResponse, secrets: Iterable[str]) -> DecodeError:
        """Add the exchange to this error, with secrets redacted, and return it."""
        secrets = tuple(secrets)
        text = f"{request.endpoint}: {self} (status {response.status}{_request_id(response)})"
        self.args = (redact_text(text, secrets),)
        self.response = attrs.evolve(response, headers={}, body=_kept_bytes(response.body, secrets))
        return detach(self)


class TokenError(CronofyError):
    """The tokens of an account cannot be used.

    Attributes:
        sub: the account, where it is known.
    """

    def __init__(self, message: str, *, sub: str | None = None) -> None:
        super().__init__(message)
        self.sub = sub


class AuthorizationRevoked(TokenError):
    """The refresh token is not valid any more: the user has to authorize the application again."""


class TokensUnknown(TokenError):
    """The answer to a refresh was lost, so that nobody knows which refresh token is valid now.

    It is not repeated by itself: a refresh may replace the refresh token. Make the call again to try, and if that
    ends in :class:`AuthorizationRevoked`, ask the user to authorize again.
    """


class TokensNotSaved(TokenError):
    """New tokens could not be stored. They stay in memory, and the next call tries to store them again."""


@attrs.frozen
class FieldError:
    """What is wrong with one field: Cronofy's ``key`` (an open set) and its ``description`` in English."""

    key: str
    description: str


class ApiError(CronofyError):
    """Cronofy answered with an error.

    Attributes:
        status: the HTTP status.
        endpoint: the endpoint's verb and path template.
        request_id: the server's name for the exchange, where it gave one.
        headers: the headers of the answer, in lower case.
        attempts: how often the request was sent.
        body: the JSON of the answer (secrets hidden), its text if it is not JSON, or ``None`` if it is empty.
        hint: what to do about it.
    """

    what = "Cronofy answered with an error"
    hint = ""

    def __init__(
        self,
        *,
        status: int,
        endpoint: str,
        request_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        attempts: int = 1,
        body: Any = None,
        plan: str | None = None,
    ) -> None:
        super().__init__(status, endpoint)
        self.status = status
        self.endpoint = endpoint
        self.request_id = request_id
        self.headers: Mapping[str, str] = dict(headers or {})
        self.attempts = attempts
        self.body = body
        self.plan = plan

    def __str__(self) -> str:
        ident = f", request id {self.request_id}" if self.request_id else ""
        times = f", {self.attempts} attempts" if self.attempts > 1 else ""
        head = f"{self.what}: {self.endpoint} (status {self.status}{ident}{times})"
        return "\n".join([head, *self._details(), *([self.hint] if self.hint else [])])

    def _details(self) -> list[str]:
        return []


class BadRequest(ApiError):
    """400. Cronofy uses it for the token endpoints; see :class:`OAuthError`."""

    what = "the request is malformed"


class OAuthError(BadRequest):
    """400 with an OAuth error: ``error`` is ``invalid_grant``, ``invalid_client`` or another (RFC 6749, 5.2)."""

    what = "the token request was refused"

    @property
    def error(self) -> str:
        return str(self.body["error"])

    @property
    def error_description(self) -> str | None:
        text = self.body.get("error_description")
        return text if isinstance(text, str) else None

    def _details(self) -> list[str]:
        return [f"  {self.error}" + (f": {self.error_description}" if self.error_description else "")]


class Unauthorized(ApiError):
    """401. The credential is not known, or an access token has expired and could not be refreshed."""

    what = "the credential was not accepted"
    hint = (
        "Check that the client secret or token belongs to this data center; "
        "an expired access token needs a refresh token beside it to be renewed."
    )


class PaymentRequired(ApiError):
    """402. The application's plan does not hold the feature; ``plan`` names the one the docs ask for, if they do."""

    what = "the application's plan does not include this"

    @property
    def hint(self) -> str:  # type: ignore[override]
        return f"It needs the plan {self.plan!r}." if self.plan else "Ask Cronofy which plan includes it."


class Forbidden(ApiError):
    """403. The credential is valid but lacks the scope or the permission."""

    what = "the credential does not allow this"
    hint = "Ask the user to authorize the scope that the endpoint needs, and check the kind of credential."


class NotFound(ApiError):
    """404. There is no such thing, or it belongs to another application or data center."""

    what = "not found"
    hint = "Check the id, and that the client uses the data center in which it was created."


class Gone(ApiError):
    """410. It was there, and is no longer."""

    what = "no longer there"


class ValidationFailed(ApiError):
    """422. Parameters are invalid.

    Attributes:
        errors: for each rejected field, what is wrong with it.
    """

    what = "Cronofy rejected the parameters"

    @property
    def errors(self) -> Mapping[str, tuple[FieldError, ...]]:
        listed: object = self.body.get("errors") if is_object(self.body) else None
        if not is_object(listed):
            return MappingProxyType({})
        return MappingProxyType({field: tuple(_field_errors(found)) for field, found in listed.items()})

    def _details(self) -> list[str]:
        return [
            f"  {field}: {problem.description or problem.key}"
            + (f" ({problem.key})" if problem.description and problem.key else "")
            for field, problems in self.errors.items()
            for problem in problems
        ]


def _field_errors(found: object) -> Iterable[FieldError]:
    for item in found if is_array(found) else [found]:
        if is_object(item):
            yield FieldError(str(item.get("key") or ""), str(item.get("description") or ""))
        else:
            yield FieldError("", str(item))


class AccountLocked(ApiError):
    """423. The profile cannot be written to at present, or has no credentials."""

    what = "the account or profile is locked"
    hint = "Ask the user to reconnect the calendar, or try again later."


class RateLimited(ApiError):
    """429. Too many requests for the application; ``retry_after`` is in seconds where the server said so."""

    what = "too many requests"
    hint = "The limits count for the whole application: look for other processes that use the same client_id."

    @property
    def retry_after(self) -> float | None:
        return retry_after(self.headers, datetime.now(UTC))


class ServerError(ApiError):
    """5xx. Something failed on Cronofy's side."""

    what = "Cronofy failed to answer"


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
    """Make the error for an answer that is not a success. It never fails, whatever the body is."""
    secrets = tuple(secrets)
    body = _kept_body(response.body, secrets)
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
    )


def _kept_body(body: bytes, secrets: Iterable[str]) -> Any:
    try:
        return redact_json(json.loads(body), secrets)
    except (ValueError, RecursionError):
        return redact_broken_json(body.decode("utf-8", "replace"), secrets) or None


def _kept_bytes(body: bytes, secrets: Iterable[str]) -> bytes:
    kept = _kept_body(body, secrets)
    text = kept if isinstance(kept, str) else json.dumps(kept, ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _request_id(response: RawResponse) -> str:
    return f", request id {response.request_id}" if response.request_id else ""
