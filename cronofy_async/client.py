"""The client of an application and of its accounts: wiring and lifecycle. What they can do is in ``resources``."""

from __future__ import annotations

import asyncio
import contextlib
import json as jsonlib
import platform
import weakref
from collections import Counter
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

import attrs

from ._version import __version__
from .call import Call, Outcomes, each
from .clock import Clock, LoopClock, time_limit
from .codec import encode, parse_json
from .config import Hosts, hosts, settings_from
from .errors import ClientClosedError, ConfigurationError, DecodeError, api_error
from .http import (
    AccountToken,
    ApiKey,
    ClientInBody,
    Credential,
    Endpoint,
    Method,
    RawResponse,
    Request,
    query_string,
)
from .middleware import Handler, Middleware, compose
from .middleware.auth import AuthLayer
from .middleware.deadline import DeadlineLayer, run_deadline
from .middleware.logging import LoggingLayer
from .middleware.rate_limit import RateLimit, RateLimiter, RateLimitLayer, WindowLimiter
from .middleware.retry import RetryLayer, RetryPolicy
from .redaction import SECRET_NAMES
from .tokens import MemoryTokenStore, TokenKeeper, Tokens, TokenStore
from .transports import Transport
from .types import Timeout, hide

if TYPE_CHECKING:
    from .resources.real_time_scheduling import RealTimeScheduling
    from .webhooks import Webhooks

__all__ = ["CronofyAccount", "CronofyClient"]

T = TypeVar("T")

_API_KEY: Final = ApiKey()


@attrs.frozen(kw_only=True)
class _Setup:
    """Everything a client was given: what :meth:`CronofyClient.with_options` copies."""

    client_id: str | None
    client_secret: str | None = attrs.field(repr=hide)
    previous_secrets: tuple[str, ...] = attrs.field(repr=hide)
    hosts: Hosts
    transport: Transport
    timeout: Timeout
    retry: RetryPolicy | None
    limiter: RateLimiter | None
    keeper: TokenKeeper
    per_call: tuple[Middleware, ...]
    per_attempt: tuple[Middleware, ...]
    validate: bool
    app_name: str | None
    clock: Clock


class _Engine:
    """Sends the requests of a client and of its accounts through one chain."""

    def __init__(self, setup: _Setup, family: _Family | None = None) -> None:
        self.setup = setup
        self.validate = setup.validate
        self.monotonic = setup.clock.monotonic
        self.keeper = setup.keeper
        self._send = self._chain()
        self._headers = _headers(setup.app_name)
        self._headers_with_body = self._headers | {"Content-Type": "application/json; charset=utf-8"}
        self._under_way: set[asyncio.Timeout] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self.family = family or _Family(setup.transport)
        self.family.add(self)

    def _chain(self) -> Handler:
        setup = self.setup
        layers: list[Middleware] = [LoggingLayer(setup.clock), DeadlineLayer(setup.clock), *setup.per_call]
        if setup.retry is not None:
            layers.append(RetryLayer(setup.retry, setup.clock))
        # Weak, so that a copy that is dropped is gone at once.
        refresh = weakref.WeakMethod(self._refresh)
        layers.append(AuthLayer(setup.client_id, setup.client_secret, setup.keeper, refresh))
        layers += setup.per_attempt
        if setup.limiter is not None:
            layers.append(RateLimitLayer(setup.limiter, setup.clock))
        return compose(layers, run_deadline(setup.transport.send))

    def prepare(self, endpoint: Endpoint, target: str, body: bytes | None, credential: Credential) -> Request:
        return Request(
            endpoint=endpoint,
            base_url=self.setup.hosts.api,
            target=target,
            body=body,
            credential=credential,
            headers=self._headers if body is None else self._headers_with_body,
            timeout=self.setup.timeout,
        )

    async def send(self, request: Request) -> RawResponse:
        if self._closed:
            raise ClientClosedError("the client is closed")
        return await self.deliver(request)

    async def deliver(self, request: Request) -> RawResponse:
        """Send a request even if the client is about to close."""
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._under_way.add(scope)
                self._idle.clear()
                try:
                    response = await self._send(request)
                finally:
                    self._under_way.discard(scope)
                    if not self._under_way:
                        self._idle.set()
        except TimeoutError as error:
            if scope.expired():
                raise ClientClosedError("the client was closed while the call was under way") from error
            raise
        if not 200 <= response.status < 300:
            raise api_error(request, response, self._secrets(request))
        return response

    def explain(self, error: DecodeError, request: Request, response: RawResponse) -> DecodeError:
        return error.in_response(request, response, self._secrets(request))

    def _secrets(self, request: Request) -> list[str]:
        """The secrets that an answer could echo."""
        secrets = [item for item in (self.setup.client_secret, *self.setup.previous_secrets) if item]
        if isinstance(request.credential, AccountToken):
            secrets += self.keeper.secrets(request.credential.account)
        elif isinstance(request.credential, ClientInBody):
            for name, item in jsonlib.loads(request.body or b"{}").items():
                secrets += [item, *self.keeper.secrets_beside(item)] if name in SECRET_NAMES else []
        return secrets + [value for name, value in parse_qsl(urlsplit(request.target).query) if name in SECRET_NAMES]

    async def _refresh(self, refresh_token: str) -> Mapping[str, Any]:
        from .resources.oauth import OAuth  # noqa: PLC0415 - areas load at their first use

        return await OAuth(_Inside(self), ClientInBody()).refresh(refresh_token)

    def raw(
        self, method: Method, path: str, query: Mapping[str, Any] | None, json: Any, credential: Credential
    ) -> Call[Any]:
        base = self.setup.hosts.api
        path = path.removeprefix(base)
        if not path.startswith("/") or path.startswith("//"):
            raise ValueError(f"path: must start with / or with {base}/")
        if not (path.isascii() and path.isprintable()) or " " in path or "#" in path:
            raise ValueError("path: must be percent-encoded, without a fragment")
        endpoint = Endpoint(
            name="request",
            method=method,
            path=path.partition("?")[0],
            credential="api_key" if isinstance(credential, ApiKey) else "account",
            repeatable=method != "POST",
            stability="unknown",
        )
        target = path + query_string(query or {}).replace("?", "&" if "?" in path else "?", 1)
        return Call(self.prepare(endpoint, target, None if json is None else encode(json), credential), _json, self)

    async def aclose(self, grace: float) -> None:
        if self._closed:
            return
        engines = self.family.closing_with(self)
        for engine in engines:
            engine.refuse()
        try:
            if grace > 0:
                with contextlib.suppress(TimeoutError):
                    async with time_limit(self.setup.clock, grace):
                        await asyncio.gather(*(engine.idle() for engine in engines))
        finally:
            try:
                await asyncio.gather(*(engine.end() for engine in engines))
            finally:
                await self.family.leave()

    def refuse(self) -> None:
        """Take no more calls."""
        self._closed = True

    async def idle(self) -> None:
        """Wait until no call is under way."""
        await self._idle.wait()

    async def end(self) -> None:
        """End the calls that are under way."""
        for scope in self._under_way:
            scope.reschedule(0.0)
        await self._idle.wait()
        await self.keeper.settle(self._refresh)


class _Inside:
    """The engine as its own token refresh uses it: a call under way may refresh while the client closes."""

    def __init__(self, engine: _Engine) -> None:
        self.validate = engine.validate
        self.prepare = engine.prepare
        self.send = engine.deliver
        self.explain = engine.explain
        self.monotonic = engine.monotonic


class _Family:
    """A client and its copies, which are closed with it. The last family on a transport closes that."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._engines: weakref.WeakSet[_Engine] = weakref.WeakSet()
        self._first: weakref.ref[_Engine] | None = None
        # By identity: transports of others may be equal, or not hashable.
        _families_on[id(transport)] += 1
        self._leave = weakref.finalize(self, _leave, id(transport))
        self._leave.atexit = False

    def add(self, engine: _Engine) -> None:
        self._engines.add(engine)
        self._first = self._first or weakref.ref(engine)

    def closing_with(self, engine: _Engine) -> list[_Engine]:
        """What is closed when ``engine`` is: a copy only itself, unless it is all that is left."""
        self._engines.discard(engine)
        first = self._first and self._first()
        others = [*self._engines] if first is engine else []
        self._engines -= set(others)
        return [engine, *others]

    async def leave(self) -> None:
        if not self._engines and self._leave() == 0:
            await self._transport.aclose()


_families_on: Counter[int] = Counter()


def _leave(transport: int) -> int:
    _families_on[transport] -= 1
    return _families_on[transport] or _families_on.pop(transport)


def _headers(app_name: str | None) -> dict[str, str]:
    agent = f"cronofy_async/{__version__} Python/{platform.python_version()}"
    return {"User-Agent": f"{app_name} {agent}" if app_name else agent, "Accept": "application/json"}


def _json(response: RawResponse) -> Any:
    return parse_json(response.body) if response.body else None


class CronofyClient:
    """An application: what its id and secret allow, and the way to its accounts.

    Args:
        client_id: the application's id.
        client_secret: its secret, which is the API key of the calls made for the application.
        previous_secrets: secrets that callbacks may still be signed with while they are being rotated.
        data_center: ``us``, ``au``, ``ca``, ``de``, ``sg`` or ``uk``.
        base_url: the API's URL instead of the data center's.
        app_url: the URL of the pages for users, instead of the data center's.
        transport: how requests travel; aiohttp by default. The last client that uses a transport closes it.
        timeout: how long to wait.
        retry: what to repeat; ``None`` repeats nothing.
        rate_limit: what may be sent, or a limiter that several clients share; ``None`` switches it off.
        tokens: where the tokens of accounts are kept; in memory by default.
        per_call: middlewares of yours that see each call once, with its repeats inside.
        per_attempt: middlewares of yours that see each attempt, with its credential set.
        validate: whether requests are checked before they are sent for what the docs state as certain.
        app_name: your application's name and version, for the ``User-Agent``.
        clock: what time is measured with, for tests.

    Raises:
        ConfigurationError: there is no such data center, or a URL is not one.

    Nothing is read from the environment (see :meth:`from_env`) and nothing is opened until the first call.

    Example::

        async with CronofyClient(client_id="…", client_secret="…", data_center="uk") as cronofy:
            link = await cronofy.real_time_scheduling.status("sch_64b1859e8090ea21640c915f")
            print(link.status)
    """

    def __init__(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        previous_secrets: Sequence[str] = (),
        data_center: str = "us",
        base_url: str | None = None,
        app_url: str | None = None,
        transport: Transport | None = None,
        timeout: Timeout | float = Timeout(),  # noqa: B008 - frozen
        retry: RetryPolicy | None = RetryPolicy(),  # noqa: B008 - frozen
        rate_limit: RateLimit | RateLimiter | None = RateLimit(),  # noqa: B008 - frozen
        tokens: TokenStore | None = None,
        per_call: Iterable[Middleware] = (),
        per_attempt: Iterable[Middleware] = (),
        validate: bool = True,
        app_name: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or LoopClock()
        self._start(
            _Setup(
                client_id=client_id,
                client_secret=client_secret,
                previous_secrets=tuple(previous_secrets),
                hosts=hosts(data_center, base_url, app_url),
                transport=transport or _default_transport(),
                timeout=_timeout(timeout),
                retry=retry,
                limiter=WindowLimiter(rate_limit, clock) if isinstance(rate_limit, RateLimit) else rate_limit,
                keeper=TokenKeeper(tokens or MemoryTokenStore(), clock),
                per_call=tuple(per_call),
                per_attempt=tuple(per_attempt),
                validate=validate,
                app_name=app_name,
                clock=clock,
            )
        )

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """Make a client from ``CRONOFY_CLIENT_ID``, ``CRONOFY_CLIENT_SECRET``, ``CRONOFY_DATA_CENTER`` (or
        ``_CENTRE``), ``CRONOFY_API_URL`` and ``CRONOFY_APP_URL``.

        Args:
            options: any argument of the constructor; it takes precedence.
        """
        settings: dict[str, Any] = {**settings_from(), **options}
        return cls(**settings)

    def with_options(
        self,
        *,
        timeout: Timeout | float | None = None,
        retry: RetryPolicy | Literal[False] | None = None,
        per_call: Iterable[Middleware] | None = None,
        per_attempt: Iterable[Middleware] | None = None,
        validate: bool | None = None,
    ) -> CronofyClient:
        """A client that differs in these, on the same transport, limiter and tokens. Cheap.

        It is closed with the client that it was made from; closing it ends its own calls only.

        Args:
            timeout: other time-outs.
            retry: another policy; ``False`` repeats nothing.
            per_call: other middlewares.
            per_attempt: other middlewares.
            validate: whether requests are checked before they are sent.
        """
        old = self._engine.setup
        client = type(self).__new__(type(self))
        client._start(  # noqa: SLF001 - another of this class
            attrs.evolve(
                old,
                timeout=old.timeout if timeout is None else _timeout(timeout),
                retry=old.retry if retry is None else retry or None,
                per_call=old.per_call if per_call is None else tuple(per_call),
                per_attempt=old.per_attempt if per_attempt is None else tuple(per_attempt),
                validate=old.validate if validate is None else validate,
            ),
            self._engine.family,
        )
        return client

    def _start(self, setup: _Setup, family: _Family | None = None) -> None:
        self._engine = _Engine(setup, family)

    @cached_property
    def real_time_scheduling(self) -> RealTimeScheduling:
        """Links on which people pick a time."""
        from .resources.real_time_scheduling import RealTimeScheduling  # noqa: PLC0415 - areas load at their first use

        return RealTimeScheduling(self._engine, _API_KEY)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Callbacks, verified with this client's secrets. Makes no requests."""
        from .webhooks import Webhooks  # noqa: PLC0415 - areas load at their first use

        return Webhooks(self._engine.setup.client_secret, self._engine.setup.previous_secrets)

    def account(
        self,
        tokens: Tokens | None = None,
        *,
        access_token: str | None = None,
        refresh_token: str | None = None,
        sub: str | None = None,
        impersonate: str | None = None,
    ) -> CronofyAccount:
        """An account of this application. Cheap; make one wherever it is needed.

        Args:
            tokens: its tokens, or
            access_token: its access token, and
            refresh_token: what renews it.
            sub: its id. Without tokens, they are taken from the client's token store.
            impersonate: the ``sub`` of a member to act for, with the tokens of an organizational unit.

        Raises:
            ConfigurationError: there is neither a token nor a ``sub``, or there are both ``tokens`` and others.
        """
        if tokens is not None and (access_token is not None or refresh_token is not None):
            raise ConfigurationError("give tokens, or access_token and refresh_token")
        if access_token is not None:
            tokens = Tokens(access_token=access_token, refresh_token=refresh_token, sub=sub)
        elif refresh_token is not None:
            raise ConfigurationError("a refresh_token needs an access_token beside it")
        return CronofyAccount(self._engine, AccountToken(self._engine.keeper.add(tokens, sub)), impersonate)

    def each(self, calls: Iterable[Call[T]] | AsyncIterable[Call[T]], *, concurrency: int = 64) -> Outcomes[Request, T]:
        """Run calls, so many at a time; see :func:`cronofy_async.each`."""
        return each(calls, concurrency=concurrency)

    def request(
        self, method: Method, path: str, *, query: Mapping[str, Any] | None = None, json: Any = None
    ) -> Call[Any]:
        """Call what this package does not model (yet), with the application's secret.

        Args:
            method: ``GET``, ``POST`` or ``DELETE``.
            path: such as ``/v1/real_time_scheduling``, percent-encoded, or a URL on this client's API host.
            query: parameters; a list becomes ``name[]=…`` for each item.
            json: the body: anything that :func:`cronofy_async.to_dict` takes.

        Returns:
            A call for the JSON of the answer, or ``None`` if it has no body.

        Raises:
            ValueError: the path does not start with ``/`` and is not on this client's API host.
        """
        return self._engine.raw(method, path, query, json, _API_KEY)

    @property
    def rate_limiter(self) -> RateLimiter | None:
        """The limiter, to be shared with another client of the same application."""
        return self._engine.setup.limiter

    async def aclose(self, grace: float = 0) -> None:
        """Close the client, its accounts and the copies that :meth:`with_options` made. May be called twice.

        Args:
            grace: the seconds that calls under way get to finish; what is left then ends in ``ClientClosedError``.
        """
        await self._engine.aclose(grace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __enter__(self) -> NoReturn:
        raise TypeError("CronofyClient is asynchronous: use `async with`")

    def __exit__(self, *_: object) -> None:  # pragma: no cover - only there for `with` to find __enter__
        pass

    def __repr__(self) -> str:
        setup = self._engine.setup
        return f"CronofyClient(client_id={setup.client_id!r}, base_url={setup.hosts.api!r})"


class CronofyAccount:
    """Anything that is reached with an access token of its own; made by :meth:`CronofyClient.account`."""

    def __init__(self, engine: _Engine, credential: AccountToken, impersonate: str | None) -> None:
        self._engine = engine
        self._credential = credential
        self._impersonate = impersonate

    def request(
        self, method: Method, path: str, *, query: Mapping[str, Any] | None = None, json: Any = None
    ) -> Call[Any]:
        """Call what this package does not model (yet), with the account's token; see :meth:`CronofyClient.request`."""
        call = self._engine.raw(method, path, query, json, self._credential)
        return call.with_options(headers={"Cronofy-Impersonate": self._impersonate}) if self._impersonate else call

    def __repr__(self) -> str:
        return f"CronofyAccount({self._credential.account!r})"


def _default_transport() -> Transport:
    from .transports.aiohttp import AiohttpTransport  # noqa: PLC0415 - other transports need no aiohttp

    return AiohttpTransport()


def _timeout(timeout: Timeout | float) -> Timeout:
    return timeout if isinstance(timeout, Timeout) else Timeout(total=float(timeout))
