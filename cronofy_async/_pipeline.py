"""Build the middleware chain, send requests through it, and track calls in flight so that a client can close cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import platform
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import attrs

from ._api_error import api_error
from ._clock import Clock, Deadline, DeadlineTimer, time_limit
from ._codec import decode, encode, parse_json, query_string
from ._redaction import hide, redact_text, secrets_in_body, secrets_in_target
from ._version import __version__
from .call import Call, Response
from .config import Hosts
from .errors import ClientClosedError, DecodeError
from .http import JSON_BODY, ClientInBody, Credential, Endpoint, Method, Options, RawResponse, Request, Timeout
from .middleware import Handler, Middleware, compose
from .middleware.attempt import send_attempt
from .middleware.auth import AuthLayer, ClientKeys
from .middleware.deadline import DeadlineLayer
from .middleware.logging import LoggingLayer
from .middleware.rate_limit import RateLimiter
from .middleware.retry import RetryLayer, RetryPolicy
from .middleware.tracing import tracing_layers
from .pages import target_on
from .tokens import TokenManager, Tokens
from .transports import ResponseStream, Transport, open_stream

__all__ = ["ClientConfig", "InFlightCalls", "Pipeline"]


@attrs.frozen(kw_only=True)
class ClientConfig:
    """The validated arguments of a client."""

    client_id: str | None
    client_secret: str | None = attrs.field(repr=hide)
    previous_secrets: tuple[str, ...] = attrs.field(repr=hide)
    admin_key: str | None = attrs.field(default=None, repr=hide)
    hosts: Hosts
    transport: Transport
    owns_transport: bool
    timeout: Timeout
    retry: RetryPolicy | None
    limiter: RateLimiter | None
    tokens: TokenManager
    per_call: tuple[Middleware, ...]
    per_attempt: tuple[Middleware, ...]
    validate: bool
    warn_unstable: bool
    app_name: str | None
    clock: Clock


class InFlightCalls:
    """The calls in flight of a client and its copies. Closing waits for them, then ends them."""

    def __init__(self) -> None:
        self.closed = False
        self._deadlines: set[Deadline] = set()
        self._idle = asyncio.Event()  # set only once the client is closed

    def begin(self, deadline: Deadline) -> None:
        self._deadlines.add(deadline)

    def end(self, deadline: Deadline) -> None:
        self._deadlines.discard(deadline)
        if self.closed and not self._deadlines:
            self._idle.set()

    async def aclose(self, grace: float, config: ClientConfig) -> None:
        if self.closed:
            return
        self.closed = True
        self._deadlines = {deadline for deadline in self._deadlines if not deadline.is_abandoned}
        if not self._deadlines:
            self._idle.set()
        try:
            if grace > 0:
                with contextlib.suppress(TimeoutError):
                    async with time_limit(config.clock, grace):
                        await self._idle.wait()
        finally:
            for deadline in self._deadlines:
                deadline.expire_now()
            try:
                await self._idle.wait()
            finally:
                try:
                    await config.tokens.aclose()
                finally:
                    if config.owns_transport:
                        await config.transport.aclose()


class Pipeline:
    """Send the requests of a client and its accounts through one middleware chain, and decode the responses."""

    def __init__(self, config: ClientConfig, in_flight: InFlightCalls) -> None:
        self.config = config
        self.in_flight = in_flight
        self.base_url = config.hosts.api
        self.app_url = config.hosts.app
        self.client_id = config.client_id
        self.validate = config.validate
        self.warn_unstable = config.warn_unstable
        self.clock = config.clock
        #: The requests per second that polling may send, if the limiter defines it.
        self.background_rate: float | None = getattr(config.limiter, "background_rate", None)
        self._keys = ClientKeys(
            id=config.client_id, secret=config.client_secret, admin=config.admin_key, tokens=config.tokens
        )
        self._chain = self._compose(in_flight)
        #: For token refreshes, which may finish while the client is closing.
        self._refresh_chain = self._compose(None)
        headers = _headers(config.app_name)
        self._template = Request(
            endpoint=_UNMODELED, base_url=config.hosts.api, target="", headers=headers, timeout=config.timeout
        )
        self._template_with_body = self._template.with_headers(JSON_BODY)

    def _compose(self, in_flight: InFlightCalls | None) -> Handler:
        config = self.config
        timer = DeadlineTimer(config.clock)
        layers: list[Middleware] = [*tracing_layers(config.clock), LoggingLayer(config.clock, self._hide)]
        layers += [DeadlineLayer(timer, in_flight), *config.per_call]
        if config.retry is not None:
            layers.append(RetryLayer(config.retry, config.clock))
        layers.append(AuthLayer(self._keys, self._refresh))
        layers += config.per_attempt
        return compose(layers, send_attempt(config.transport.send, timer, self._hide, config.limiter))

    def prepare(self, endpoint: Endpoint[Any], target: str, body: bytes | None, credential: Credential) -> Request:
        """Return a request with the client's host, headers, and timeouts."""
        template = self._template if body is None else self._template_with_body
        return template.evolve(endpoint=endpoint, target=target, body=body, credential=credential)

    def raw(
        self, method: Method, path: str, query: Mapping[str, Any] | None, json: Any, credential: Credential
    ) -> Call[Any]:
        """Return a call of an endpoint that is not modeled."""
        target = path if path.startswith("/") else target_on(self.base_url, path)
        if target is None or target.startswith("//"):
            raise ValueError(f"path: must start with / or with {self.base_url}/")
        if not (target.isascii() and target.isprintable()) or " " in target or "#" in target:
            raise ValueError("path: must be percent-encoded, without a fragment")
        body = None if json is None else encode(json)
        endpoint = attrs.evolve(
            _UNMODELED,
            method=method,
            path=target.partition("?")[0],
            auth={credential.kind},
            idempotent=method != "POST",
        )
        target += query_string(query or {}).replace("?", "&" if "?" in target else "?", 1)
        return Call(self.prepare(endpoint, target, body, credential), self)

    async def send(self, request: Request) -> Any:
        """Send a request and return the decoded response."""
        data = self.decode(request, await self._exchange(request))
        return data if request.endpoint.after is None else await self._after(request, data)

    async def respond(self, request: Request) -> Response[Any]:
        """Send a request and return the decoded data with the status, headers, and body."""
        started = self.clock.monotonic()
        response = await self._exchange(request)
        data = self.decode(request, response)
        return Response(
            data=data if request.endpoint.after is None else await self._after(request, data),
            status=response.status,
            headers=response.headers,
            request_id=response.request_id,
            attempts=response.attempts,
            elapsed=self.clock.monotonic() - started,
            body=response.body,
        )

    def decode(self, request: Request, response: RawResponse) -> Any:
        """Return the decoded body of a response.

        Raises:
            ApiError: The status is an error.
            DecodeError: The body does not fit the model.
        """
        endpoint = request.endpoint
        if not 200 <= response.status < 300 and response.status not in endpoint.accept:
            raise api_error(request, response, self._secrets(request))
        if endpoint.response_model is None:
            return None
        try:
            if endpoint.response_model is object:
                return _json(response)
            data = decode(endpoint.response_model, response.body, envelope=endpoint.envelope)
        except DecodeError as error:
            raise error.in_response(request, response, self._secrets(request)) from None
        return data if endpoint.remember is None else endpoint.remember(data, parse_json(request.body or b"{}"))

    async def stream(self, request: Request) -> ResponseStream:
        """Send a request to another host than Cronofy: without a credential, a permit, or the middleware chain."""
        return await open_stream(self.config.transport, request)

    def _after(self, request: Request, data: Any) -> Awaitable[Any]:
        assert request.endpoint.after is not None
        return request.endpoint.after(data, parse_json(request.body or b"{}"), self.config.tokens)

    def _exchange(self, request: Request) -> Awaitable[RawResponse]:
        if self.in_flight.closed:
            raise ClientClosedError("the client is closed")
        return self._chain(request)

    async def _refresh(self, tokens: Tokens, on_sent: Callable[[], object]) -> Mapping[str, Any]:
        """Request new tokens, even while the client is closing; call ``on_sent`` when the request leaves."""
        request = self._refresh_request(tokens)
        request = request.evolve(options=Options(on_sent=on_sent))
        data = self.decode(request, await self._refresh_chain(request))
        if not (data.access_token and data.access_token.isascii() and data.access_token.isprintable()):
            raise DecodeError("$.access_token: expected printable ASCII characters", path="$.access_token")
        return {**data.extra, "access_token": data.access_token}  # `to_dict` would fail for one nested too deeply

    def _refresh_request(self, tokens: Tokens) -> Request:
        # A separate function, so that no frame that holds the body is part of an error's traceback.
        from .resources.base import build  # noqa: PLC0415 - areas load at their first use
        from .resources.oauth import AUTOMATIC_REFRESH  # noqa: PLC0415

        target, body = build(AUTOMATIC_REFRESH, {"refresh_token": tokens.refresh_token})
        return self.prepare(AUTOMATIC_REFRESH, target, body, ClientInBody())

    def _secrets(self, request: Request) -> list[str]:
        """Return the secrets that a response could echo."""
        secrets = [item for item in (self.config.client_secret, *self.config.previous_secrets) if item]
        secrets += request.credential.secrets(request, self._keys)
        for item in (*secrets_in_target(request.target), *secrets_in_body(request.body)):
            secrets += [item, *self.config.tokens.secrets_related_to(item)]
        return secrets

    def _hide(self, request: Request, text: str) -> str:
        return redact_text(text, self._secrets(request))


_UNMODELED: Final = Endpoint(
    name="request", method="GET", path="/", response_model=object, auth={"api_key"}, stability="unknown"
)


def _headers(app_name: str | None) -> dict[str, str]:
    agent = f"cronofy_async/{__version__} Python/{platform.python_version()}"
    return {"User-Agent": f"{app_name} {agent}" if app_name else agent, "Accept": "application/json"}


def _json(response: RawResponse) -> Any:
    return parse_json(response.body) if response.body else None
