"""The hostile responses of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Final, Literal

import attrs

from cronofy_async import (
    ApiError,
    ConnectError,
    CronofyError,
    DecodeError,
    DownloadFailed,
    RequestTimeout,
    ResponseLost,
    ResponseTooLarge,
    TokensUnknown,
)

from .calls import ECHO
from .server import CLOSE, SILENCE, Step, reply

__all__ = [
    "JSON",
    "HostileResponse",
    "error_response",
    "incomplete",
    "not_json",
    "raw_json",
    "readable",
    "unfinished",
    "with_body",
    "wrapped",
]

JSON: Final = "Content-Type: application/json; charset=utf-8"


@attrs.frozen
class HostileResponse:
    """A hostile response, and its expected outcomes.

    Attributes:
        steps: Returns the steps of the server, given the body of a valid response.
        outcome: The error of a typed call; ``None`` if it returns a result.
        raw: The error of ``client.request``, which accepts any JSON.
        at: When the server plays the steps.
        processed: Whether Cronofy may have processed the request, so that a POST must not be sent again.
        of_download: The possible outcomes of a download, if they do not follow from the others.
    """

    steps: Callable[[bytes], Iterable[Step]]
    outcome: type[CronofyError] | None
    raw: type[CronofyError] | None
    at: Literal["connect", "head", "request"] = "request"
    processed: bool = True
    of_download: AbstractSet[type[CronofyError] | None] = frozenset()

    def is_slow(self, kind: str) -> bool:
        """Whether a kind of call waits for the end of a timeout."""
        return self.outcome is RequestTimeout or RequestTimeout in self.outcomes(kind)

    def outcomes(self, kind: str) -> set[type[CronofyError] | None]:
        """The possible outcomes of a kind of call."""
        if kind == "download":
            return self._outcomes_of_download()
        outcome = self.raw if kind == "raw" else self.outcome
        if kind == "refresh" and outcome in {ResponseLost, RequestTimeout, ResponseTooLarge, DecodeError}:
            # Which of the requests of the call ends first is not known if connections fail.
            return {TokensUnknown} if self.at == "request" else {TokensUnknown, outcome}
        return {outcome, ConnectError} if self.at == "connect" else {outcome}

    def _outcomes_of_download(self) -> set[type[CronofyError] | None]:
        """Any body is a file, of any size."""
        if self.of_download:
            return {*self.of_download}
        if self.raw is None or self.raw is DecodeError:
            return {None}
        if issubclass(self.raw, ApiError):
            return {DownloadFailed}
        return {self.raw, ConnectError} if self.at == "connect" else {self.raw}


def wrapped(make: Callable[[str, bytes], bytes], text: str) -> Callable[[bytes], Iterable[Step]]:
    """Return the steps that send the result of ``make``."""
    return lambda body: [make(text, body)]


def _same(
    steps: Callable[[bytes], Iterable[Step]],
    outcome: type[CronofyError] | None,
    at: Literal["connect", "head", "request"] = "request",
) -> HostileResponse:
    return HostileResponse(steps, outcome, outcome, at)


def readable(steps: Callable[[bytes], Iterable[Step]]) -> HostileResponse:
    """An unusual response that can be read."""
    return _same(steps, None)


def incomplete(
    steps: Callable[[bytes], Iterable[Step]], *, at: Literal["connect", "head", "request"] = "request"
) -> HostileResponse:
    """An incomplete response, after which the connection is closed."""
    return _same(lambda body: [*steps(body), CLOSE], ResponseLost, at)


def unfinished(steps: Callable[[bytes], Iterable[Step]]) -> HostileResponse:
    """A response that never ends."""

    def then_nothing(body: bytes) -> Iterable[Step]:
        yield from steps(body)
        yield SILENCE

    return _same(then_nothing, RequestTimeout)


def with_body(
    body: bytes, outcome: type[CronofyError] | None, raw: type[CronofyError] | None = None
) -> HostileResponse:
    """A complete response with this body."""
    return HostileResponse(lambda _: [reply(body, JSON, ECHO)], outcome, raw)


def raw_json(body: bytes) -> HostileResponse:
    """A response with JSON that matches no model."""
    return with_body(body, DecodeError)


def not_json(body: bytes) -> HostileResponse:
    """A response with something that is not JSON."""
    return with_body(body, DecodeError, DecodeError)


def error_response(
    status: str, body: bytes, error: type[CronofyError], *headers: str, processed: bool = True
) -> HostileResponse:
    """An error response."""
    return HostileResponse(
        lambda _: [reply(body, JSON, ECHO, *headers, status=status)], error, error, processed=processed
    )
