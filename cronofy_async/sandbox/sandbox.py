"""The sandbox itself: its settings, and the ways in."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from .callbacks import Callbacks, Delivery
from .clock import SandboxClock
from .dispatch import Dispatcher
from .exchange import Answer, Incoming, Recorded
from .faults import Faults
from .limits import Windows
from .rules import ASSUMPTIONS
from .running import RunningSandbox, run_in_thread
from .server import InProcessTransport, serve
from .state import State
from .visitors import Visitors
from .world import SandboxError

if TYPE_CHECKING:
    from ..client import CronofyClient

__all__ = ["Sandbox"]

#: Where the sandbox is in process. The name cannot exist on any network.
ORIGIN: Final = "http://sandbox.invalid"

_RECORDED: Final = 100_000


class Sandbox(Visitors):
    """A local Cronofy with one application.

    Args:
        now: where the clock stands; without, it starts at the real time and runs with it.
        seed: makes other ids and tokens.
        strict: whether unknown parameters are rejected with 422; otherwise they are accepted, as Cronofy promises to
            add parameters, and reported in :attr:`unknown_parameters`.
        limits: whether 50 requests a second and 500 a minute are enforced.
        client_id: the application's id.
        client_secret: its secret.
        more_secrets: further secrets that are active, as while one is being rotated.
        page_size: how many registrations of a bookable event a page holds; few, so that paging is exercised.
        assume: which assumptions hold where the docs are silent; those of :attr:`assumptions` that are not named do.

    Raises:
        ValueError: a secret looks like a real one, a page holds nothing, or there is no such assumption.

    Attributes:
        assumptions: what can be assumed, by name, and what it says.
        clock: the time in the sandbox; see :class:`SandboxClock`.
        faults: what goes wrong; see :class:`Faults`.
        deliveries: the callbacks, oldest first.
        requests: the requests that came, oldest first (the last 100,000).
        unknown_parameters: the members of bodies that the contract does not know, with the nearest known name.
    """

    assumptions: Final[Mapping[str, str]] = MappingProxyType(ASSUMPTIONS)

    def __init__(
        self,
        *,
        now: datetime | None = None,
        seed: int = 0,
        strict: bool = False,
        limits: bool = False,
        client_id: str = "sbx_client",
        client_secret: str = "sbx_secret",  # noqa: S107 - of the sandbox
        more_secrets: tuple[str, ...] = (),
        page_size: int = 2,
        assume: Mapping[str, bool] | None = None,
    ) -> None:
        self.client_id = client_id
        self.client_secrets = [client_secret, *more_secrets]
        if any(secret.startswith("CRN_") for secret in self.client_secrets):
            raise ValueError("client_secret: this looks like a real one; the sandbox takes made-up ones only")
        if unknown := [name for name in assume or {} if name not in ASSUMPTIONS]:
            raise ValueError(f"assume: {unknown[0]!r} is none of {', '.join(ASSUMPTIONS)}")
        if page_size < 1:
            raise ValueError("page_size: at least 1")
        self._assumed = frozenset(name for name in ASSUMPTIONS if (assume or {}).get(name, True))
        self.clock = SandboxClock(now)
        self._seed = seed
        self._strict = strict
        self._limits = limits
        self._page_size = page_size
        self._urls: list[str] = []
        self._callbacks = Callbacks(self.client_secrets, self.clock, Faults(seed))
        self.reset()

    def reset(self) -> None:
        """Forget accounts and all they have, requests, deliveries and faults. Ids start anew.

        The clock stays, and so do the applications that callbacks are delivered to.
        """
        self._state = State(self._seed, self._assumed, self._page_size)
        self.faults = Faults(self._seed)
        self._callbacks.restart(self.faults)
        self.requests: deque[Recorded] = deque(maxlen=_RECORDED)
        self.unknown_parameters: list[str] = []
        self._dispatcher = Dispatcher(
            client_id=self.client_id,
            client_secrets=self.client_secrets,
            state=self._state,
            clock=self.clock,
            faults=self.faults,
            windows=Windows(self.clock) if self._limits else None,
            strict=self._strict,
            requests=self.requests,
            unknown_parameters=self.unknown_parameters,
        )

    @property
    def client_secret(self) -> str:
        return self.client_secrets[0]

    @property
    def deliveries(self) -> list[Delivery]:
        return self._callbacks.deliveries

    # Ways in.

    def client(self, **options: Any) -> CronofyClient:
        """A client of this sandbox, in process and on the sandbox's clock.

        Args:
            options: any argument of :class:`~cronofy_async.CronofyClient`.
        """
        from ..client import CronofyClient  # noqa: PLC0415 - the sandbox works without

        defaults: dict[str, Any] = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "base_url": ORIGIN,
            "app_url": ORIGIN,
            "transport": self.transport(),
            "clock": self.clock,
        }
        return CronofyClient(**(defaults | options))

    def transport(self) -> InProcessTransport:
        """The way in for a client that is set up otherwise."""
        return InProcessTransport(self.handle, self.clock)

    async def handle(self, incoming: Incoming) -> Answer:
        """Answer a request, however it came."""
        return await self._dispatcher.handle(incoming)

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
        """Answer over HTTP while the context lasts; it gives the URL.

        Args:
            host: the address to listen on; other machines cannot reach the default.
            port: 0 takes a free one.
        """
        async with serve(self.handle, host, port) as url:
            self._urls.append(url)
            try:
                yield url
            finally:
                self._urls.remove(url)

    @classmethod
    def running(
        cls, *, host: str = "127.0.0.1", port: int = 0, **options: Any
    ) -> AbstractContextManager[RunningSandbox]:
        """A sandbox that is served from a thread of its own while the context lasts: for tests that are not async.

        It has the methods of a sandbox; those that are async here block there::

            with Sandbox.running() as sandbox:
                ada = sandbox.add_account("ada@example.com")
                my_app = make_my_app(sandbox.env())
                ...
                booking = sandbox.book(link)

        Args:
            host: the address to listen on; other machines cannot reach the default.
            port: 0 takes a free one.
            options: any argument of :class:`Sandbox`.
        """
        return run_in_thread(cls(**options), host, port)

    @property
    def url(self) -> str:
        """Where the sandbox is served.

        Raises:
            SandboxError: it is not.
        """
        if not self._urls:
            raise SandboxError(
                "the sandbox has no URL yet: serve it, with `async with sandbox.serve() as url` "
                "or `with Sandbox.running() as sandbox`"
            )
        return self._urls[-1]

    def env(self) -> dict[str, str]:
        """The environment variables for an application that makes its own client, as ``CronofyClient.from_env()`` does.

        Raises:
            SandboxError: the sandbox is not served.
        """
        return {
            "CRONOFY_CLIENT_ID": self.client_id,
            "CRONOFY_CLIENT_SECRET": self.client_secret,
            "CRONOFY_API_URL": self.url,
            "CRONOFY_APP_URL": self.url,
            "CRONOFY_DATA_CENTER": "us",
        }

    async def aclose(self) -> None:
        """Release what callbacks hold."""
        await self._callbacks.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
