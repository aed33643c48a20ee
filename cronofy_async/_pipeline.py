"""What sends the calls of a client and of its accounts: one chain, and the life that a client shares with its copies."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import weakref
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import attrs

from ._clock import Clock, Deadline, DeadlineTimer, time_limit
from ._codec import encode, parse_json
from ._redaction import hide, redact_text, secrets_in_body, secrets_in_target
from ._version import __version__
from .call import Call
from .config import Hosts
from .errors import ApiError, ClientClosedError, DecodeError, api_error
from .http import (
    AccountToken,
    ApiKey,
    ClientInBody,
    Credential,
    CredentialKind,
    Endpoint,
    Method,
    RawResponse,
    Request,
    Timeout,
    query_string,
)
from .middleware import Handler, Middleware, compose
from .middleware.auth import AuthLayer
from .middleware.deadline import DeadlineLayer, send_attempt
from .middleware.logging import LoggingLayer
from .middleware.rate_limit import RateLimiter, RateLimitLayer
from .middleware.retry import RetryLayer, RetryPolicy
from .middleware.tracing import tracing_layers
from .tokens import TokenManager, Tokens
from .transports import Transport

__all__ = ["ClientConfig", "InFlightCalls", "Pipeline"]


@attrs.frozen(kw_only=True)
class ClientConfig:
    """Everything that a client was given."""

    client_id: str | None
    client_secret: str | None = attrs.field(repr=hide)
    previous_secrets: tuple[str, ...] = attrs.field(repr=hide)
    hosts: Hosts
    transport: Transport
    timeout: Timeout
    retry: RetryPolicy | None
    limiter: RateLimiter | None
    keeper: TokenManager
    per_call: tuple[Middleware, ...]
    per_attempt: tuple[Middleware, ...]
    validate: bool
    app_name: str | None
    clock: Clock


class InFlightCalls:
    """The calls that are under way, and the end of them. A client and its copies have one; the last of those on a
    transport closes that.
    """

    def __init__(self, transport: Transport) -> None:
        self.closed = False
        self._transport = transport
        self._under_way: set[Deadline] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        _lives_on[id(transport)] += 1  # by identity: transports may be equal, or not hashable
        self._leave = weakref.finalize(self, _leave, id(transport))
        self._leave.atexit = False

    def begin(self, deadline: Deadline) -> None:
        self._under_way.add(deadline)
        self._idle.clear()

    def end(self, deadline: Deadline) -> None:
        self._under_way.discard(deadline)
        if not self._under_way:
            self._idle.set()

    async def aclose(self, grace: float, clock: Clock, keeper: TokenManager) -> None:
        if self.closed:
            return
        self.closed = True
        for deadline in [one for one in self._under_way if one.is_abandoned]:
            self.end(deadline)
        try:
            if grace > 0:
                with contextlib.suppress(TimeoutError):
                    async with time_limit(clock, grace):
                        await self._idle.wait()
        finally:
            for deadline in self._under_way:
                deadline.expire_now()
            try:
                await self._idle.wait()
            finally:
                try:
                    await keeper.aclose()
                finally:
                    if self._leave() == 0:
                        await self._transport.aclose()


_lives_on: Final[Counter[int]] = Counter()


def _leave(transport: int) -> int:
    _lives_on[transport] -= 1
    return _lives_on[transport] or _lives_on.pop(transport)


class Pipeline:
    """Makes requests, and sends them through one chain."""

    def __init__(self, setup: ClientConfig, life: InFlightCalls) -> None:
        self.setup = setup
        self.life = life
        self.base_url = setup.hosts.api
        self.validate = setup.validate
        self.clock = setup.clock
        self.monotonic = setup.clock.monotonic
        #: Requests a second that polling may make, where the limiter says.
        self.background_rate: float | None = getattr(setup.limiter, "background_rate", None)
        self.keeper = setup.keeper
        self._deliver: Handler = self._composed(self.life)
        #: For token refreshes: not in `life`, since closing the client must let them finish.
        self.deliver_refresh: Handler = self._composed(None)
        headers = _headers(setup.app_name)
        self._pattern = Request(
            endpoint=_UNMODELLED, base_url=setup.hosts.api, target="", headers=headers, timeout=setup.timeout
        )
        self._pattern_with_body = self._pattern.with_headers({"Content-Type": "application/json; charset=utf-8"})

    def _composed(self, life: InFlightCalls | None) -> Handler:
        setup = self.setup
        timer = DeadlineTimer(setup.clock)
        layers: list[Middleware] = [*tracing_layers(setup.clock), LoggingLayer(setup.clock, self._hide)]
        layers += [DeadlineLayer(timer, life), *setup.per_call]
        if setup.retry is not None:
            layers.append(RetryLayer(setup.retry, setup.clock))
        layers.append(AuthLayer(setup.client_id, setup.client_secret, setup.keeper, self._refresh))
        layers += setup.per_attempt
        if setup.limiter is not None:
            layers.append(RateLimitLayer(setup.limiter, setup.clock))
        return compose(layers, send_attempt(setup.transport.send, timer, self._hide))

    def prepare(self, endpoint: Endpoint, target: str, body: bytes | None, credential: Credential) -> Request:
        """Make a request, with the host, headers and time-outs of the client."""
        pattern = self._pattern if body is None else self._pattern_with_body
        return pattern.evolve(endpoint=endpoint, target=target, body=body, credential=credential)

    def raw(
        self, method: Method, path: str, query: Mapping[str, Any] | None, json: Any, credential: Credential
    ) -> Call[Any]:
        """A call for an endpoint that is not modelled."""
        base = self.setup.hosts.api
        path = path.removeprefix(base)
        if not path.startswith("/") or path.startswith("//"):
            raise ValueError(f"path: must start with / or with {base}/")
        if not (path.isascii() and path.isprintable()) or " " in path or "#" in path:
            raise ValueError("path: must be percent-encoded, without a fragment")
        endpoint = attrs.evolve(
            _UNMODELLED,
            method=method,
            path=path.partition("?")[0],
            credential=_KINDS[type(credential)],
            idempotent=method != "POST",
        )
        target = path + query_string(query or {}).replace("?", "&" if "?" in path else "?", 1)
        return Call(self.prepare(endpoint, target, None if json is None else encode(json), credential), _json, self)

    def send(self, request: Request) -> Awaitable[RawResponse]:
        """Bring the answer, whatever its status."""
        if self.life.closed:
            raise ClientClosedError("the client is closed")
        return self._deliver(request)

    def refusal(self, request: Request, response: RawResponse) -> ApiError:
        """The error that an answer is, without its secrets."""
        return api_error(request, response, self._secrets(request))

    def explain(self, error: DecodeError, request: Request, response: RawResponse) -> DecodeError:
        """Tell an error of the exchange in which it happened, without its secrets."""
        return error.in_response(request, response, self._secrets(request))

    def _secrets(self, request: Request) -> list[str]:
        """The secrets that an answer could echo."""
        secrets = [item for item in (self.setup.client_secret, *self.setup.previous_secrets) if item]
        if isinstance(request.credential, AccountToken):
            secrets += self.keeper.secrets(request.credential.account)
        for item in (*secrets_in_target(request.target), *secrets_in_body(request.body)):
            secrets += [item, *self.keeper.secrets_related_to(item)]
        return secrets

    def _hide(self, request: Request, text: str) -> str:
        return redact_text(text, self._secrets(request))

    async def _refresh(self, tokens: Tokens, on_sent: Callable[[], object]) -> Mapping[str, Any]:
        from .resources.oauth import OAuth  # noqa: PLC0415 - areas load at their first use

        return await OAuth(_Inside(self, on_sent), ClientInBody()).refresh(tokens.refresh_token or "")


class _Inside:
    """The engine as its own token refresh uses it."""

    def __init__(self, engine: Pipeline, on_sent: Callable[[], object]) -> None:
        self._deliver = engine.deliver_refresh
        self._on_sent = on_sent
        self.base_url = engine.base_url
        self.validate = engine.validate
        self.prepare = engine.prepare
        self.refusal = engine.refusal
        self.explain = engine.explain
        self.clock = engine.clock
        self.background_rate = engine.background_rate
        self.monotonic = engine.monotonic

    def send(self, request: Request) -> Awaitable[RawResponse]:
        return self._deliver(request.evolve(options=attrs.evolve(request.options, on_sent=self._on_sent)))


_UNMODELLED: Final = Endpoint(
    name="request", method="GET", path="/", credential="api_key", idempotent=True, stability="unknown"
)
_KINDS: Final[Mapping[type[Credential], CredentialKind]] = {
    ApiKey: "api_key",
    AccountToken: "account",
    ClientInBody: "body",
}


def _headers(app_name: str | None) -> dict[str, str]:
    agent = f"cronofy_async/{__version__} Python/{platform.python_version()}"
    return {"User-Agent": f"{app_name} {agent}" if app_name else agent, "Accept": "application/json"}


def _json(response: RawResponse) -> Any:
    return parse_json(response.body) if response.body else None
