"""The client of an application: wiring and lifecycle. Its areas are in ``resources``."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, Self, TypeVar, overload

import attrs

from ._area import Area
from ._clock import Clock, LoopClock
from ._pipeline import ClientConfig, InFlightCalls, Pipeline
from .account import CronofyAccount, CronofyAdmin
from .bulk import Outcomes, each
from .call import Call
from .config import hosts, log_to_stderr, read_settings
from .errors import ConfigurationError
from .http import AccountToken, ApiKey, ClientInBody, Credential, CredentialKind, Method, Request, Timeout
from .middleware import Middleware
from .middleware.rate_limit import RateLimit, RateLimiter, WindowLimiter
from .middleware.retry import RetryPolicy
from .tokens import MemoryTokenStore, TokenManager, Tokens, TokenStore
from .transports import Transport

if TYPE_CHECKING:
    from .resources.application_calendars import ApplicationCalendars
    from .resources.application_verification import ApplicationVerification
    from .resources.attachments import Attachments
    from .resources.availability import Availability
    from .resources.bookable_events import BookableEvents
    from .resources.element_tokens import ElementTokens
    from .resources.meeting_agents import MeetingAgents
    from .resources.oauth import OAuth
    from .resources.organizational_units import OrganizationalUnits
    from .resources.real_time_scheduling import RealTimeScheduling
    from .resources.real_time_sequencing import RealTimeSequencing
    from .resources.scheduling_requests import SchedulingRequests
    from .resources.smart_invites import SmartInvites
    from .webhooks import Webhooks

__all__ = ["CronofyAccount", "CronofyAdmin", "CronofyClient"]

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an item

_APPLICATION_CREDENTIALS: Final[Mapping[CredentialKind, Credential]] = {
    "api_key": ApiKey(),
    "client_in_body": ClientInBody(),
}


class CronofyClient:
    """The client of an application, and the entry point to its accounts.

    Args:
        client_id: The application's ID.
        client_secret: The application's secret, which is also its API key.
        previous_secrets: Secrets that callbacks may still be signed with during a rotation.
        data_center: ``us``, ``au``, ``ca``, ``de``, ``sg`` or ``uk``.
        base_url: The URL of the API, instead of the data center's.
        app_url: The URL of the pages for users, instead of the data center's.
        transport: Sends requests; aiohttp by default. The client closes only a transport that it created itself.
        timeout: The timeouts; a number is the total in seconds.
        retry: The retry policy; ``None`` never retries.
        rate_limit: The rate limit, or a limiter that several clients share; ``None`` switches it off.
        tokens: The store of the accounts' tokens; in memory by default.
        per_call: Your middlewares that wrap each call, including its retries.
        per_attempt: Your middlewares that wrap each attempt, with its credentials.
        validate: Whether requests are checked against the documented rules before they are sent.
        warn_unstable: Whether calls of endpoints that Cronofy may still change (beta, alpha, and so on) cause a
            ``CronofyStabilityWarning``.
        app_name: Your application's name and version, for the ``User-Agent``.
        clock: The clock for limits, backoff, deadlines, and token expiry; for tests.

    Raises:
        ConfigurationError: There is no such data center, or a URL is invalid.

    The constructor reads nothing from the environment (see ``from_env``) and opens nothing before the first call.

    Example::

        async with CronofyClient(client_id="…", client_secret="…", data_center="uk") as client:
            link = await client.real_time_scheduling.status("sch_64b1859e8090ea21640c915f")
            print(link.status)
    """

    real_time_scheduling: Area[RealTimeScheduling] = Area("real_time_scheduling", "RealTimeScheduling")
    """Links where people pick a time."""
    real_time_sequencing: Area[RealTimeSequencing] = Area("real_time_sequencing", "RealTimeSequencing")
    """Links where people pick the times of a sequence of events (beta)."""
    availability: Area[Availability] = Area("availability", "Availability")
    """The times at which people and resources are free."""
    bookable_events: Area[BookableEvents] = Area("bookable_events", "BookableEvents")
    """Events that people register for (beta)."""
    smart_invites: Area[SmartInvites] = Area("smart_invites", "SmartInvites")
    """Calendar invitations for people who have connected no calendar (beta)."""
    attachments: Area[Attachments] = Area("attachments", "Attachments")
    """Files for events (beta)."""
    scheduling_requests: Area[SchedulingRequests] = Area("scheduling_requests", "SchedulingRequests")
    """People pick a time with members of an organizational unit (beta)."""
    organizational_units: Area[OrganizationalUnits] = Area("organizational_units", "OrganizationalUnits")
    """The members and resources of an organizational unit (alpha)."""
    meeting_agents: Area[MeetingAgents] = Area("meeting_agents", "MeetingAgents")
    """Agents that join conferences and record them (beta)."""
    element_tokens: Area[ElementTokens] = Area("element_tokens", "ElementTokens")
    """Tokens for UI elements in a browser."""

    oauth: Area[OAuth] = Area("oauth", "OAuth")
    """Authorization pages, and the tokens of accounts."""
    application_calendars: Area[ApplicationCalendars] = Area("application_calendars", "ApplicationCalendars")
    """Calendars that Cronofy hosts for the application."""
    application_verification: Area[ApplicationVerification] = Area(
        "application_verification", "ApplicationVerification"
    )
    """Ask Cronofy to verify the application (prerelease)."""

    _credentials: Mapping[CredentialKind, Credential] = _APPLICATION_CREDENTIALS

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
        warn_unstable: bool = False,
        app_name: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or LoopClock()
        limiter = WindowLimiter(rate_limit, clock) if isinstance(rate_limit, RateLimit) else rate_limit
        config = ClientConfig(
            client_id=client_id,
            client_secret=client_secret,
            previous_secrets=tuple(previous_secrets),
            hosts=hosts(data_center, base_url, app_url),
            transport=transport or _default_transport(limiter),
            owns_transport=transport is None,
            timeout=_timeout(timeout, Timeout()),
            retry=retry,
            limiter=limiter,
            tokens=TokenManager(tokens or MemoryTokenStore(), clock),
            per_call=tuple(per_call),
            per_attempt=tuple(per_attempt),
            validate=validate,
            warn_unstable=warn_unstable,
            app_name=app_name,
            clock=clock,
        )
        self._sender = Pipeline(config, InFlightCalls())

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """Return a client with settings from environment variables.

        It reads ``CRONOFY_CLIENT_ID``, ``CRONOFY_CLIENT_SECRET``, ``CRONOFY_PREVIOUS_SECRETS`` (separated by commas),
        ``CRONOFY_DATA_CENTER`` (or ``_CENTRE``), ``CRONOFY_API_URL``, ``CRONOFY_APP_URL`` and ``CRONOFY_LOG``.
        ``CRONOFY_LOG=debug`` logs each call to standard error; ``info`` and ``warning`` log less.

        Args:
            options: Arguments of the constructor, which take precedence.

        Raises:
            ConfigurationError: There is no client secret, or a variable is invalid. ``client_secret=None`` returns a
                client without one, which is enough for accounts whose access tokens you refresh yourself.
        """
        settings: dict[str, Any] = {**read_settings(), **options}
        if "client_secret" not in settings:
            raise ConfigurationError(
                "client_secret: CRONOFY_CLIENT_SECRET is not set. Set it to the application's client secret. Without an "
                "account, `cronofy-async sandbox` prints settings for a local Cronofy."
            )
        log_to_stderr()
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
        """Return a client with other options. It shares the transport, limiter, and tokens, so it is cheap.

        Closing either client closes both.

        Args:
            timeout: Other timeouts. A number is the total in seconds, and leaves the others as they are.
            retry: Another retry policy; ``False`` never retries.
            per_call: Other middlewares that see each call.
            per_attempt: Other middlewares that see each attempt.
            validate: Whether requests are checked before they are sent.
        """
        old = self._sender.config
        config = attrs.evolve(
            old,
            timeout=old.timeout if timeout is None else _timeout(timeout, old.timeout),
            retry=old.retry if retry is None else retry or None,
            per_call=old.per_call if per_call is None else tuple(per_call),
            per_attempt=old.per_attempt if per_attempt is None else tuple(per_attempt),
            validate=old.validate if validate is None else validate,
        )
        client = type(self).__new__(type(self))
        client._sender = Pipeline(config, self._sender.in_flight)  # noqa: SLF001 - of the same class
        return client

    @cached_property
    def webhooks(self) -> Webhooks:
        """Functions to verify and read callbacks, with this client's secrets. They send no requests."""
        from .webhooks import Webhooks  # noqa: PLC0415 - areas load at their first use

        return Webhooks(self._sender.config.client_secret, self._sender.config.previous_secrets)

    def account(
        self,
        tokens: Tokens | None = None,
        *,
        access_token: str | None = None,
        refresh_token: str | None = None,
        sub: str | None = None,
        impersonate: str | None = None,
    ) -> CronofyAccount:
        """Return an account of this application. It is cheap to create, so create it wherever you need it.

        Args:
            tokens: The account's tokens, for example from ``oauth.exchange``, instead of ``access_token`` and
                ``refresh_token``.
            access_token: The access token.
            refresh_token: The refresh token, with which the client gets a new access token when one expires.
            sub: The account's ID. Without tokens, the client loads them from its token store.
            impersonate: The ``sub`` of a member to act for, with the tokens of an organizational unit.

        Raises:
            ConfigurationError: There is neither a token nor a ``sub``, or ``tokens`` is combined with another token.
            TypeError: ``tokens`` is not ``Tokens``.
        """
        if tokens is not None and not hasattr(tokens, "access_token"):
            type_name = type(tokens).__name__
            del tokens  # it may be a token, which no traceback should show
            raise TypeError(f"tokens: expected Tokens, got {type_name}. Pass a token as access_token, an ID as sub.")
        if tokens is not None and (access_token is not None or refresh_token is not None):
            raise ConfigurationError("tokens: cannot be combined with access_token or refresh_token. Pass one of them.")
        if access_token is not None:
            tokens = Tokens(access_token=access_token, refresh_token=refresh_token, sub=sub)
        elif refresh_token is not None:
            raise ConfigurationError("access_token: required with refresh_token. Pass both, or Tokens.")
        key = self._sender.config.tokens.add(tokens, sub)
        return CronofyAccount(self._sender, AccountToken(key, impersonate))

    def admin(self, *, api_key: str) -> CronofyAdmin:
        """Return a client of the admin API, on this client's transport and limits.

        Args:
            api_key: The admin API key, which is not the application's secret.
        """
        return CronofyAdmin(Pipeline(attrs.evolve(self._sender.config, admin_key=api_key), self._sender.in_flight))

    @overload
    def each(
        self, calls: Iterable[Call[T]] | AsyncIterable[Call[T]], *, concurrency: int = 64
    ) -> Outcomes[Request, T]: ...

    @overload
    def each(
        self, calls: Iterable[tuple[I, Call[T]]] | AsyncIterable[tuple[I, Call[T]]], *, concurrency: int = 64
    ) -> Outcomes[I, T]: ...

    def each(self, calls: Iterable[Any] | AsyncIterable[Any], *, concurrency: int = 64) -> Outcomes[Any, Any]:
        """Run calls with bounded concurrency and yield each outcome as it completes; see ``cronofy_async.each``."""
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
        """Return a call of an endpoint that this package does not model (yet), for the application.

        Args:
            method: ``GET``, ``POST`` or ``DELETE``.
            path: A path such as ``/v1/real_time_scheduling``, percent-encoded, or a URL on this client's API host.
            query: The query; an array becomes ``name[]=…`` for each of its items.
            json: The body: anything that ``cronofy_async.to_dict`` accepts.
            credential: ``api_key`` sends the client secret as a bearer token. ``body`` adds ``client_id`` and
                ``client_secret`` to the body, where the token endpoints and application calendars expect them.

        Returns:
            A call for the JSON of the response, or ``None`` if the response has no body.

        Raises:
            ValueError: The path does not start with ``/`` and is not on this client's API host, or ``credential`` is
                unknown. When it is awaited: ``credential="body"`` and the body is not an object.
        """
        if credential not in {"api_key", "body"}:
            raise ValueError(f"credential: must be api_key or body, got {credential!r}")
        return self._sender.raw(method, path, query, json, ApiKey() if credential == "api_key" else ClientInBody())

    @property
    def rate_limiter(self) -> RateLimiter | None:
        """The rate limiter, which other clients of the same application can share."""
        return self._sender.config.limiter

    async def aclose(self, grace: float = 0) -> None:
        """Close the client, its accounts, and its copies. May be called twice.

        Args:
            grace: The number of seconds that calls in flight have to finish, before they raise ``ClientClosedError``.
        """
        await self._sender.in_flight.aclose(grace, self._sender.config)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __enter__(self) -> NoReturn:
        raise TypeError("CronofyClient is asynchronous: use `async with`")

    def __exit__(self, *_: object) -> None:  # pragma: no cover - only there for `with` to find __enter__
        pass

    def __repr__(self) -> str:
        config = self._sender.config
        return f"CronofyClient(client_id={config.client_id!r}, base_url={config.hosts.api!r})"


def _default_transport(limiter: RateLimiter | None) -> Transport:
    from .transports.aiohttp import CONNECTIONS, AiohttpTransport  # noqa: PLC0415 - other transports need no aiohttp

    # A request that has a permit must not wait for a connection.
    return AiohttpTransport(connections=max(CONNECTIONS, getattr(limiter, "max_in_flight", 0)))


def _timeout(timeout: Timeout | float, default: Timeout) -> Timeout:
    return timeout if isinstance(timeout, Timeout) else attrs.evolve(default, total=timeout)
