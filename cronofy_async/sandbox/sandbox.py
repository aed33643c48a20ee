"""The ``Sandbox`` class: settings, areas, and access in process or over HTTP."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from copy import deepcopy
from datetime import datetime
from functools import cached_property
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from .areas import (
    add_to_calendar,
    conferencing_services,
    meeting_agents,
    oauth,
    permissions,
    real_time_scheduling,
    real_time_sequencing,
    scheduling_requests,
)
from .areas.accessible_calendars import AccessibleCalendars
from .areas.add_to_calendar import AddToCalendar
from .areas.attachments import Attachments
from .areas.bookable_events import BookableEvents
from .areas.calendars import Calendars
from .areas.channels import Channels
from .areas.conferencing_services import ConferencingServices
from .areas.events import Events
from .areas.meeting_agents import MeetingAgents
from .areas.oauth import OAuth
from .areas.organizational_units import OrganizationalUnits
from .areas.permissions import Permissions
from .areas.profiles import Profiles
from .areas.real_time_scheduling import RealTimeScheduling
from .areas.real_time_sequencing import RealTimeSequencing
from .areas.resources import Resources
from .areas.scheduling_conversations import SchedulingConversations
from .areas.scheduling_requests import SchedulingRequests
from .areas.smart_invites import SmartInvites
from .kernel.accounts import RELINK
from .kernel.actions import Action, Area, SandboxError, action, actions_of
from .kernel.callbacks.delivery import Delivery
from .kernel.callbacks.targets import Target
from .kernel.clock import SandboxClock
from .kernel.contract.contract import contract, openapi
from .kernel.dispatch import Credentials
from .kernel.faults import Faults
from .kernel.kernel import Kernel, Settings
from .kernel.messages import Recorded, SandboxRequest, SandboxResponse
from .kernel.registry import REGISTRY
from .kernel.runtime import Runtime
from .kernel.server import InProcessTransport, serve
from .running import InThread, run_in_thread
from .shortcuts import AsyncShortcuts

if TYPE_CHECKING:
    from ..client import CronofyClient
    from .site import Site

__all__ = ["RunningSandbox", "Sandbox"]

#: The base URL of an in-process sandbox. RFC 2606 reserves ``.invalid``, so the name never resolves.
ORIGIN: Final = "http://sandbox.invalid"

#: The paths of pages, of the control API, and of the OpenAPI document begin with one of these; all others belong to the API.
PAGES: Final = (
    "/__sandbox__",
    "/favicon.ico",
    "/openapi.json",
    RELINK,
    add_to_calendar.PAGE,
    conferencing_services.PAGE,
    meeting_agents.DASHBOARD,
    oauth.AUTHORIZE,
    oauth.ENTERPRISE,
    permissions.PAGE,
    real_time_scheduling.PAGE,
    real_time_sequencing.PAGE,
    scheduling_requests.DASHBOARD,
)


class Sandbox(AsyncShortcuts):
    """A local Cronofy with one application.

    Args:
        now: The time at which to freeze the clock. By default, the clock starts at the real time and runs.
        seed: The seed for generated IDs and tokens.
        strict: Whether to reject unknown parameters with 422. Otherwise they are accepted, because Cronofy may add
            parameters, and reported: in ``unknown_parameters``, and as an ``UnknownParameterWarning`` in process or a
            log record of ``cronofy_async.sandbox`` when served.
        limits: Whether to enforce 50 requests per second and 500 per minute.
        write_delay: The number of seconds until a request that returned 202 takes effect. By default, it takes effect
            before the response is sent.
        client_id: The application's ID.
        client_secret: The application's secret.
        more_secrets: Additional valid secrets, as during a rotation.
        admin_key: The key of the admin API.
        page_size: The number of items on a page; small by default, so that tests exercise pagination.
        assume: Assumptions to switch on or off, by name, where the docs are silent. All others of ``assumptions`` hold.
            The action ``assume`` switches them later.
        allowed_hosts: The public DNS names of a served sandbox, if any. Its pages and control API reject all other
            public names, which could be those of malicious sites.

    Raises:
        ValueError: A secret looks like a real one, ``page_size`` is less than 1, or there is no such assumption.

    Attributes:
        assumptions: The text of each assumption, by name.
    """

    assumptions: Final[Mapping[str, str]] = MappingProxyType(REGISTRY.assumptions)

    # The areas, one per line.
    accessible_calendars = Area(AccessibleCalendars)
    add_to_calendar = Area(AddToCalendar)
    attachments = Area(Attachments)
    bookable_events = Area(BookableEvents)
    conferencing_services = Area(ConferencingServices)
    meeting_agents = Area(MeetingAgents)
    oauth = Area(OAuth)
    organizational_units = Area(OrganizationalUnits)
    permissions = Area(Permissions)
    profiles = Area(Profiles)
    resources = Area(Resources)
    calendars = Area(Calendars)
    channels = Area(Channels)
    events = Area(Events)
    real_time_scheduling = Area(RealTimeScheduling)
    real_time_sequencing = Area(RealTimeSequencing)
    scheduling_conversations = Area(SchedulingConversations)
    scheduling_requests = Area(SchedulingRequests)
    smart_invites = Area(SmartInvites)

    def __init__(
        self,
        *,
        now: datetime | None = None,
        seed: int = 0,
        strict: bool = False,
        limits: bool = False,
        write_delay: float | None = None,
        client_id: str = "sbx_client",
        client_secret: str = "sbx_secret",  # noqa: S107 - of the sandbox
        more_secrets: tuple[str, ...] = (),
        admin_key: str = "sbx_admin",
        page_size: int = 2,
        assume: Mapping[str, bool] | None = None,
        allowed_hosts: Collection[str] = (),
    ) -> None:
        for name, secrets in {"client_secret": (client_secret, *more_secrets), "admin_key": (admin_key,)}.items():
            if any(secret.startswith("CRN_") for secret in secrets):
                raise ValueError(f"{name}: this looks like a real secret. Pass a fake one to the sandbox.")
        self.client_id = client_id
        self.client_secrets = [client_secret, *more_secrets]
        self.admin_key = admin_key
        self._urls: list[str] = []
        self._hosts = frozenset(allowed_hosts)
        self._kernel = Kernel(
            contract(),
            Settings(
                credentials=Credentials(client_id=client_id, client_secrets=self.client_secrets, admin_key=admin_key),
                seed=seed,
                strict=strict,
                limits=limits,
                page_size=page_size,
                write_delay=write_delay,
                assume=assume or {},
            ),
            SandboxClock(now),
        )

    def __repr__(self) -> str:
        url = self._urls[-1] if self._urls else None
        counts = f"accounts={len(self.accounts)} links={len(self.links)} requests={len(self.requests)}"
        return f"<{type(self).__name__} url={url!r} {counts}>"

    @classmethod
    def actions(cls) -> dict[str, Action]:
        """Return the actions that tests can call, by name: ``add_account``, ``bookable_events.add`` and so on."""
        return actions_of(cls)

    @classmethod
    def openapi(cls) -> dict[str, Any]:
        """Return the contract of the API: the requests and responses of the sandbox, as an OpenAPI 3.1 document.

        It leaves out what only the sandbox has, such as the ``login_hint`` of its authorization page.
        """
        return deepcopy(dict(openapi()))

    @property
    def runtime(self) -> Runtime:
        """The services of the kernel for areas."""
        return self._kernel.runtime

    @action
    def reset(self) -> None:
        """Delete all state, requests, deliveries, pending effects and faults, and restart the IDs.

        The clock and mounted applications are kept. Assumptions are as they were when the sandbox was created.
        """
        self._kernel.reset()

    @action
    def snapshot(self) -> dict[str, Any]:
        """Return the state, time, pending effects and deliveries as one JSON document."""
        return self._kernel.snapshot()

    @action
    def restore(self, document: Mapping[str, Any]) -> None:
        """Replace the state, time, pending effects and deliveries with those of a snapshot.

        Requests and faults are deleted, and assumptions are as they were when the sandbox was created: a snapshot
        contains the data of the sandbox, not its behavior. A frozen clock is set to the time of the snapshot; a running
        one is set as far ahead of the real time as it was then. Objects that were returned before, such as accounts, no
        longer belong to the sandbox: look them up again.

        Args:
            document: The result of ``snapshot``.

        Raises:
            ValueError: The document is not a snapshot of this version, or a part of it is invalid. The message names the
                table, record, and field. Nothing is replaced.
        """
        self._kernel.restore(document)

    @property
    def activity(self) -> tuple[int, int]:
        """A value that differs from an earlier one if the state may have changed in between."""
        return self._kernel.journal.change, len(self._kernel.effects.pending)

    @property
    def client_secret(self) -> str:
        return self.client_secrets[0]

    @property
    @action
    def clock(self) -> SandboxClock:
        """The clock: its time, and whether it is frozen."""
        return self._kernel.clock

    @property
    @action
    def faults(self) -> Faults:
        """The faults, in the order in which they were added."""
        return self._kernel.faults

    @property
    @action
    def deliveries(self) -> list[Delivery]:
        """The callbacks so far, oldest first."""
        return self._kernel.callbacks.deliveries

    @property
    @action
    def requests(self) -> deque[Recorded]:
        """The requests so far, oldest first (up to the last 100,000)."""
        return self._kernel.requests

    @property
    @action
    def unknown_parameters(self) -> list[str]:
        """The parameters that the contract does not know, with the nearest known name."""
        return self._kernel.unknown_parameters

    def mount(self, origin: str, target: Target) -> None:
        """Send callbacks for an origin to an application in this process.

        Args:
            origin: The scheme, host and port, such as ``https://app.example.com``.
            target: An ASGI application, an aiohttp application, a Starlette ``TestClient``, or a plain or async function
                that takes a ``Delivery`` and returns a status (``None`` means 200). The lifespan of an ASGI application
                is not run. If the application needs it, start it in the test, or serve the application over HTTP.

        Raises:
            TypeError: The target is none of these.
            ValueError: The origin has no scheme or host.
        """
        self._kernel.callbacks.mount(origin, target)

    # Access.

    def client(self, **options: Any) -> CronofyClient:
        """Return an in-process client of this sandbox that uses the sandbox's clock.

        Args:
            options: Any argument of ``CronofyClient``.
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
        """Return an in-process transport to this sandbox, for a client that is configured otherwise."""
        return InProcessTransport(self.handle, self.clock)

    async def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Process a request and return the response."""
        # Most requests are for the API: they need not be compared with all pages.
        if not request.path.startswith("/v1/") and (request.path == "/" or request.path.startswith(PAGES)):
            return await self._site.handle(request)
        return await self._kernel.dispatcher.handle(request)

    @cached_property
    def _site(self) -> Site:
        # Templates and locales take time to import, and most tests need none.
        from .site import Site  # noqa: PLC0415

        return Site(self._kernel, self, self._hosts)

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
        """Serve over HTTP for the duration of the context, and yield the URL.

        Args:
            host: The address to listen on. Other machines cannot reach the default.
            port: The port; 0 picks a free one.
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
        """Serve a sandbox from a background thread for the duration of the context, for synchronous tests.

        The yielded object has the shortcuts of a sandbox, which block until they are done, and
        ``RunningSandbox.run`` for everything else::

            with Sandbox.running() as sandbox:
                ada = sandbox.add_account("ada@example.com")
                my_app = make_my_app(sandbox.env())
                ...
                booking = sandbox.book(link)
                yoga = sandbox.run(lambda sandbox: sandbox.bookable_events.add(capacity=12))

        Args:
            host: The address to listen on. Other machines cannot reach the default.
            port: The port; 0 picks a free one.
            options: Any argument of ``Sandbox``.
        """
        return run_in_thread(cls(**options), RunningSandbox, host, port)

    @property
    def url(self) -> str:
        """The URL that the sandbox is served at.

        Raises:
            SandboxError: It is not served.
        """
        if not self._urls:
            raise SandboxError(
                "the sandbox has no URL, because it is not served. Serve it with `async with sandbox.serve() as url` "
                "or `with Sandbox.running() as sandbox`."
            )
        return self._urls[-1]

    def env(self) -> dict[str, str]:
        """Return the environment variables for an application that creates its own client with ``from_env()``.

        Raises:
            SandboxError: The sandbox is not served.
        """
        return {
            "CRONOFY_CLIENT_ID": self.client_id,
            "CRONOFY_CLIENT_SECRET": self.client_secret,
            "CRONOFY_API_URL": self.url,
            "CRONOFY_APP_URL": self.url,
            "CRONOFY_DATA_CENTER": "us",
        }

    async def aclose(self) -> None:
        """Stop sending callbacks, and release their resources."""
        await self._kernel.callbacks.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class RunningSandbox(InThread[Sandbox]):
    """A ``Sandbox`` that runs in another thread; see ``Sandbox.running``."""
