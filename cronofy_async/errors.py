"""The exceptions of this package.

::

    CronofyError
    ├ ConfigurationError        a credential is missing, or an option is invalid
    ├ ClientClosedError         the client was closed
    ├ WebhookError
    │ ├ SignatureMismatch       the signature does not match any of the secrets
    │ └ MalformedNotification   signed, but not a notification
    ├ TransportError            there is no complete response; .sent says whether Cronofy may have got the request
    │ ├ ConnectError            nothing was sent
    │ ├ ResponseLost            the connection broke before the response was complete
    │ ├ RequestTimeout          one attempt took too long (a TimeoutError)
    │ └ ResponseTooLarge        the response exceeds the transport's size limit
    ├ DeadlineExceeded          the call took too long, including retries (a TimeoutError)
    ├ RateLimitTooLong          the wait for the rate limit would exceed max_wait
    ├ DecodeError               the response does not fit its model
    ├ TokenError
    │ ├ AuthorizationRevoked    the refresh token is no longer valid, or no tokens are stored
    │ ├ TokensUnknown           the response to a token refresh was lost
    │ └ TokensNotSaved          new tokens could not be stored
    ├ StoreError                the store of a watcher cannot be read or written
    └ ApiError                  Cronofy returned an error
      ├ BadRequest 400 (OAuthError)   Unauthorized 401   PaymentRequired 402   Forbidden 403   NotFound 404   Gone 410
      ├ ValidationFailed 422          .errors["event_id"][0].key
      ├ AccountLocked 423             RateLimited 429 (.retry_after)
      └ ServerError 5xx             DownloadFailed (any status, from the host of a download)

All of them can be pickled, contain only plain data, and have tokens and other secrets redacted. The local variables of
their frames contain no secrets either, except in your own code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

import attrs

from ._field_errors import FieldError, field_errors, field_lines, quote
from ._hints import forbidden_hint, not_found_hint, oauth_hint
from ._json import is_object
from ._redaction import detach, redact_bytes, redact_text
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
    "DownloadFailed",
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
    "StoreError",
    "TokenError",
    "TokensNotSaved",
    "TokensUnknown",
    "TransportError",
    "Unauthorized",
    "ValidationFailed",
    "WebhookError",
]


class CronofyError(Exception):
    """The base class of all exceptions of this package."""

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, pickle calls the class with `args`, which loses attributes and omits keyword-only arguments.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[CronofyError], args: tuple[Any, ...], state: dict[str, Any]) -> CronofyError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(CronofyError):
    """The client lacks something that the call needs, such as a credential, or one of its options is invalid."""


class ClientClosedError(CronofyError):
    """The client is closed, or was closed while the call was in flight."""


class WebhookError(CronofyError):
    """A callback cannot be trusted or read."""


class SignatureMismatch(WebhookError):
    """The signature of the callback, or of the reference in its URL, matches none of the secrets. Respond with 401."""


class MalformedNotification(WebhookError):
    """The callback is signed, but its body is not a JSON object, or does not fit the model of its type."""


class TransportError(CronofyError):
    """There is no complete response.

    Attributes:
        sent: ``"no"`` if no request was sent, so that a retry is safe; ``"maybe"`` if Cronofy may have received it.
    """

    sent: Literal["no", "maybe"] = "maybe"

    def __init__(self, message: str, *, sent: Literal["no", "maybe"] | None = None) -> None:
        super().__init__(message)
        if sent is not None:
            self.sent = sent


class ConnectError(TransportError):
    """No connection could be made, so nothing was sent."""

    sent = "no"


class ResponseLost(TransportError):
    """The connection broke before the response was complete."""


class RequestTimeout(TransportError, TimeoutError):
    """One attempt took longer than ``Timeout.connect`` or ``Timeout.attempt``."""


class ResponseTooLarge(TransportError):
    """The response exceeds the transport's size limit (32 MiB by default)."""


class DeadlineExceeded(CronofyError, TimeoutError):
    """The call, including its retries, took longer than ``Timeout.total``."""


class RateLimitTooLong(CronofyError):
    """The wait for the rate limit would exceed ``RateLimit.max_wait``.

    Attributes:
        wait: The shortest possible wait, in seconds.
    """

    def __init__(self, message: str, *, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class DecodeError(CronofyError):
    """A response does not fit its model.

    Attributes:
        path: The JSON path of the invalid member, as in ``$.real_time_scheduling.status``.
        response: The response with secrets redacted; ``None`` if the data did not come from a response.
    """

    def __init__(self, message: str, *, path: str = "$", response: RawResponse | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.response = response

    def in_response(self, request: Request, response: RawResponse, secrets: Iterable[str]) -> DecodeError:
        """Add the request and the redacted response to this error, and return it."""
        secrets = tuple(secrets)
        text = f"{request.endpoint}: {self} (status {response.status}{_request_id(response)})"
        self.args = (redact_text(text, secrets),)
        self.response = attrs.evolve(response, headers={}, body=redact_bytes(response.body, secrets))
        return detach(self)


class TokenError(CronofyError):
    """There are no tokens to use for an account.

    Attributes:
        sub: The account's ID, if known.
    """

    def __init__(self, message: str, *, sub: str | None = None) -> None:
        super().__init__(message)
        self.sub = sub


class AuthorizationRevoked(TokenError):
    """The refresh token is no longer valid, or no tokens are stored. The user has to authorize the application again."""


class TokensUnknown(TokenError):
    """The response to a token refresh was lost, so it is unknown which refresh token is valid now.

    The refresh is not retried, because it may have replaced the refresh token. Make the call again; if that raises
    ``AuthorizationRevoked``, ask the user to authorize again.
    """


class TokensNotSaved(TokenError):
    """New tokens could not be stored. They stay in memory, and the next call tries to store them again."""


class StoreError(CronofyError):
    """The store of a watcher cannot be read or written.

    Attributes:
        temporary: Whether a retry may succeed, as when a disk is full. A watcher retries automatically.
    """

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.temporary = temporary


class ApiError(CronofyError):
    """Cronofy returned an error.

    Attributes:
        status: The HTTP status.
        endpoint: The method and path template of the endpoint.
        request_id: Cronofy's ID of the request, if the response has one.
        headers: The response headers, with names in lower case.
        attempts: How often the request was sent.
        body: The redacted JSON of the response, its text if it is not JSON, or ``None`` if it is empty.
        plan: The plan that the endpoint needs, if documented.
        scope: The scope that the endpoint needs, if documented.
        not_retried: Why there was no further retry, if the policy asked for one.
        hint: What to do about the error; may be empty.
    """

    summary = "Cronofy returned an error"
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
        scope: str | None = None,
        not_retried: str | None = None,
    ) -> None:
        super().__init__(status, endpoint)
        self.status = status
        self.endpoint = endpoint
        self.request_id = request_id
        self.headers: Mapping[str, str] = dict(headers or {})
        self.attempts = attempts
        self.body = body
        self.plan = plan
        self.scope = scope
        self.not_retried = not_retried

    def __str__(self) -> str:
        request_id = f", request id {self.request_id}" if self.request_id else ""
        times = f", {self.attempts} attempts" if self.attempts > 1 else ""
        head = f"{self.summary}: {self.endpoint} (status {self.status}{request_id}{times})"
        details = [*self._details(), *([f"not retried: {self.not_retried}"] if self.not_retried else [])]
        return "\n".join([head, *(f"  {line}" for line in details), *([self.hint] if self.hint else [])])

    def _details(self) -> list[str]:
        """Return the server's description of the error, as OAuth and the sandbox send it."""
        body: Mapping[str, object] = self.body if is_object(self.body) else {}
        texts = (body.get("error"), body.get("error_description"))
        quotes = [quote(text) for text in texts if isinstance(text, str) and text]
        return [": ".join(quotes)] if quotes else []


class BadRequest(ApiError):
    """400. The request is malformed. For the token endpoints, see ``OAuthError``."""

    summary = "the request is malformed"


class OAuthError(BadRequest):
    """400 from a token endpoint. ``error`` is ``invalid_grant``, ``invalid_client`` or another code of RFC 6749."""

    summary = "the token request was rejected"

    @property
    def hint(self) -> str:  # type: ignore[override]
        return oauth_hint(self.error)

    @property
    def error(self) -> str:
        return str(self.body["error"])

    @property
    def error_description(self) -> str | None:
        text = self.body.get("error_description")
        return text if isinstance(text, str) else None


class Unauthorized(ApiError):
    """401. The credential is unknown, or an access token has expired and could not be refreshed."""

    summary = "the credential was not accepted"
    hint = (
        "Check that the client secret or token belongs to this data center; "
        "an expired access token can be refreshed only with a refresh token."
    )


class PaymentRequired(ApiError):
    """402. The application's plan does not include the feature. ``plan`` is the plan that the docs name, if any."""

    summary = "the application's plan does not include this"

    @property
    def hint(self) -> str:  # type: ignore[override]
        return f"It needs the plan {self.plan!r}." if self.plan else "Ask Cronofy which plan includes it."


class Forbidden(ApiError):
    """403. The credential is valid, but lacks the scope or permission. ``scope`` is the scope that the docs name, if any."""

    summary = "the credential does not allow this"

    @property
    def hint(self) -> str:  # type: ignore[override]
        return forbidden_hint(self.endpoint, self.scope)


class NotFound(ApiError):
    """404. The resource does not exist, or belongs to another application or data center."""

    summary = "not found"

    @property
    def hint(self) -> str:  # type: ignore[override]
        return not_found_hint(self.endpoint)


class Gone(ApiError):
    """410. The resource no longer exists."""

    summary = "no longer exists"


class ValidationFailed(ApiError):
    """422. Parameters are invalid.

    Attributes:
        errors: The errors of each rejected field, by its name.
    """

    summary = "Cronofy rejected the parameters"

    @property
    def errors(self) -> Mapping[str, tuple[FieldError, ...]]:
        errors: object = self.body.get("errors") if is_object(self.body) else None
        if not is_object(errors):
            return MappingProxyType({})
        return MappingProxyType({field: tuple(field_errors(value)) for field, value in errors.items()})

    def _details(self) -> list[str]:
        return [
            *super()._details(),
            *(line for field, errors in self.errors.items() for line in field_lines(field, errors)),
        ]


class AccountLocked(ApiError):
    """423. The profile is locked, or has lost its credentials."""

    summary = "the account or profile is locked"
    hint = "Ask the user to reconnect the calendar, or try again later."


class RateLimited(ApiError):
    """429. The application sent too many requests. ``retry_after`` is in seconds, or ``None`` if unknown."""

    summary = "too many requests"
    hint = "The limits apply to the whole application: look for other processes that use the same client_id."

    @property
    def retry_after(self) -> float | None:
        return retry_after(self.headers, datetime.now(UTC))


class DownloadFailed(ApiError):
    """The host that a download redirects to returned an error. ``status`` is the status of that host."""

    summary = "the storage host returned no file"
    hint = "The URL of the file may have expired. Make the call again."


class ServerError(ApiError):
    """5xx. Cronofy failed to process the request."""

    summary = "Cronofy failed to process the request"


def _request_id(response: RawResponse) -> str:
    return f", request id {response.request_id}" if response.request_id else ""
