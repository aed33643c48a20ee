"""The client of an application and of its accounts: wiring and lifecycle. What they can do is in ``resources``."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, Self, TypeVar, overload

import attrs

from ._clock import Clock, LoopClock
from ._pipeline import ClientConfig, InFlightCalls, Pipeline
from .bulk import Outcomes, each
from .call import Call
from .config import hosts, settings_from
from .errors import ConfigurationError
from .http import AccountToken, ApiKey, ClientInBody, Method, Request, Timeout
from .middleware import Middleware
from .middleware.rate_limit import RateLimit, RateLimiter, WindowLimiter
from .middleware.retry import RetryPolicy
from .tokens import MemoryTokenStore, TokenManager, Tokens, TokenStore
from .transports import Transport

if TYPE_CHECKING:
    from .resources.bookable_events import BookableEvents
    from .resources.real_time_scheduling import RealTimeScheduling
    from .resources.scheduling_conversations import SchedulingConversations
    from .webhooks import Webhooks

__all__ = ["CronofyAccount", "CronofyClient"]

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an item

_API_KEY: Final = ApiKey()
_IN_BODY: Final = ClientInBody()


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
        setup = ClientConfig(
            client_id=client_id,
            client_secret=client_secret,
            previous_secrets=tuple(previous_secrets),
            hosts=hosts(data_center, base_url, app_url),
            transport=transport or _default_transport(),
            timeout=_timeout(timeout),
            retry=retry,
            limiter=WindowLimiter(rate_limit, clock) if isinstance(rate_limit, RateLimit) else rate_limit,
            keeper=TokenManager(tokens or MemoryTokenStore(), clock),
            per_call=tuple(per_call),
            per_attempt=tuple(per_attempt),
            validate=validate,
            app_name=app_name,
            clock=clock,
        )
        self._engine = Pipeline(setup, InFlightCalls(setup.transport))

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """Make a client from ``CRONOFY_CLIENT_ID``, ``CRONOFY_CLIENT_SECRET``, ``CRONOFY_PREVIOUS_SECRETS`` (separated
        by commas), ``CRONOFY_DATA_CENTER`` (or ``_CENTRE``), ``CRONOFY_API_URL`` and ``CRONOFY_APP_URL``.

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

        It shares the life of the client that it was made from: closing one closes both.

        Args:
            timeout: other time-outs.
            retry: another policy; ``False`` repeats nothing.
            per_call: other middlewares.
            per_attempt: other middlewares.
            validate: whether requests are checked before they are sent.
        """
        old = self._engine.setup
        setup = attrs.evolve(
            old,
            timeout=old.timeout if timeout is None else _timeout(timeout),
            retry=old.retry if retry is None else retry or None,
            per_call=old.per_call if per_call is None else tuple(per_call),
            per_attempt=old.per_attempt if per_attempt is None else tuple(per_attempt),
            validate=old.validate if validate is None else validate,
        )
        client = type(self).__new__(type(self))
        client._engine = Pipeline(setup, self._engine.life)  # noqa: SLF001 - another of this class
        return client

    @cached_property
    def real_time_scheduling(self) -> RealTimeScheduling:
        """Links on which people pick a time."""
        from .resources.real_time_scheduling import RealTimeScheduling  # noqa: PLC0415 - areas load at their first use

        return RealTimeScheduling(self._engine, _API_KEY)

    @cached_property
    def bookable_events(self) -> BookableEvents:
        """Events that people register for (beta)."""
        from .resources.bookable_events import BookableEvents  # noqa: PLC0415 - areas load at their first use

        return BookableEvents(self._engine, _API_KEY)

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
        return CronofyAccount(self._engine, AccountToken(self._engine.keeper.add(tokens, sub), impersonate))

    @overload
    def each(
        self, calls: Iterable[Call[T]] | AsyncIterable[Call[T]], *, concurrency: int = 64
    ) -> Outcomes[Request, T]: ...

    @overload
    def each(
        self, calls: Iterable[tuple[I, Call[T]]] | AsyncIterable[tuple[I, Call[T]]], *, concurrency: int = 64
    ) -> Outcomes[I, T]: ...

    def each(self, calls: Iterable[Any] | AsyncIterable[Any], *, concurrency: int = 64) -> Outcomes[Any, Any]:
        """Run calls, or pairs of an item and a call, so many at a time; see :func:`cronofy_async.each`."""
        return each(calls, concurrency=concurrency)

    def request(
        self,
        method: Method,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        credential: Literal["api_key", "body"] = "api_key",
    ) -> Call[Any]:
        """Call what this package does not model (yet), for the application.

        Args:
            method: ``GET``, ``POST`` or ``DELETE``.
            path: such as ``/v1/real_time_scheduling``, percent-encoded, or a URL on this client's API host.
            query: parameters; a list becomes ``name[]=…`` for each item.
            json: the body: anything that :func:`cronofy_async.to_dict` takes.
            credential: ``api_key`` sends the client secret as bearer token; ``body`` adds ``client_id`` and
                ``client_secret`` to the body, as the token endpoints and application calendars want it.

        Returns:
            A call for the JSON of the answer, or ``None`` if it has no body.

        Raises:
            ValueError: the path does not start with ``/`` and is not on this client's API host.
        """
        return self._engine.raw(method, path, query, json, _API_KEY if credential == "api_key" else _IN_BODY)

    @property
    def rate_limiter(self) -> RateLimiter | None:
        """The limiter, to be shared with another client of the same application."""
        return self._engine.setup.limiter

    async def aclose(self, grace: float = 0) -> None:
        """Close the client, its accounts and the copies that :meth:`with_options` made. May be called twice.

        Args:
            grace: the seconds that calls under way get to finish; what is left then ends in ``ClientClosedError``.
        """
        engine = self._engine
        await engine.life.aclose(grace, engine.setup.clock, engine.keeper)

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

    def __init__(self, engine: Pipeline, credential: AccountToken) -> None:
        self._engine = engine
        self._credential = credential

    @cached_property
    def scheduling_conversations(self) -> SchedulingConversations:
        """Two people who settle on a time (alpha)."""
        from .resources.scheduling_conversations import (  # noqa: PLC0415 - areas load at their first use
            SchedulingConversations,
        )

        return SchedulingConversations(self._engine, self._credential)

    def request(
        self, method: Method, path: str, *, query: Mapping[str, Any] | None = None, json: Any = None
    ) -> Call[Any]:
        """Call what this package does not model (yet), with the account's token; see :meth:`CronofyClient.request`."""
        return self._engine.raw(method, path, query, json, self._credential)

    def __repr__(self) -> str:
        return f"CronofyAccount({self._credential.account!r})"


def _default_transport() -> Transport:
    from .transports.aiohttp import AiohttpTransport  # noqa: PLC0415 - other transports need no aiohttp

    return AiohttpTransport()


def _timeout(timeout: Timeout | float) -> Timeout:
    return timeout if isinstance(timeout, Timeout) else Timeout(total=float(timeout))
