"""A sandbox in a background thread, for synchronous tests."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from aiohttp.web import Application

from .areas.real_time_scheduling import Booking
from .kernel.actions import SandboxError
from .kernel.callbacks.delivery import Delivery
from .kernel.callbacks.targets import HttpClient, Target, check_target, deliver_in_process, is_receiver
from .kernel.clock import SandboxClock
from .kernel.faults import Faults
from .kernel.messages import Recorded
from .shortcuts import Shortcuts

if TYPE_CHECKING:
    from ..client import CronofyClient
    from ..http import RawResponse, Request
    from .kernel.server import InProcessTransport

    _Shortcuts = Shortcuts
else:

    class _Shortcuts:
        """Empty at run time: the methods are looked up on the sandbox."""


__all__ = ["InThread", "run_in_thread"]

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R", bound="InThread[Any]")


class InThread(_Shortcuts, Generic[S]):
    """A sandbox that runs in another thread, with synchronous versions of its shortcuts.

    It can be used from any thread. Exceptions of a method are raised in the caller's thread. A function that is mounted
    is called in the thread that waits for the callback, for example in ``book``, so that it can use a test client,
    database connection or transaction of the test.

    Attributes:
        clock: The time in the sandbox; see ``SandboxClock``.
    """

    def __init__(self, sandbox: S, loop: asyncio.AbstractEventLoop) -> None:
        # The module of the Sandbox class imports this one, so the type is not available here.
        self._sandbox: Any = sandbox
        self._loop = loop
        self._thread = threading.get_ident()
        self.clock = cast("SandboxClock", _InLoop(self._run, cast("Any", sandbox).clock))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._sandbox!r}>"

    if not TYPE_CHECKING:  # pragma: no branch - type checkers see the methods of the base class

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_") or not hasattr(Shortcuts, name) or name == "runtime":
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
            return _in_loop(self._run, self._sandbox, name)

    @overload
    def run(self, function: Callable[[S], Coroutine[Any, Any, T]]) -> T: ...
    @overload
    def run(self, function: Callable[[S], T]) -> T: ...
    def run(self, function: Callable[[S], Any]) -> Any:
        """Call a function with the sandbox, in the sandbox's thread, and return its result.

        Args:
            function: A plain or async function, such as ``lambda sandbox: sandbox.bookable_events.add(capacity=12)``.
        """
        return self._run(function, self._sandbox)

    # Methods that are async in a sandbox.

    def book(self, link: object, start: datetime | None = None, *, tzid: str | None = None) -> Booking:
        """Book a slot, as a visitor would, and wait for the response to the callback. See ``Sandbox.book``."""
        booking: Booking = self._run(self._sandbox.book, link, start, tzid=tzid)
        return booking

    def no_times_suitable(self, link: object, *, tzid: str | None = None) -> Delivery:
        """Report that no time suits, as a visitor would. See ``Sandbox.no_times_suitable``."""
        delivery: Delivery = self._run(self._sandbox.no_times_suitable, link, tzid=tzid)
        return delivery

    def no_times_displayed(self, link: object, *, tzid: str | None = None) -> Delivery:
        """Open the booking page when it has no times to offer. See ``Sandbox.no_times_displayed``."""
        delivery: Delivery = self._run(self._sandbox.no_times_displayed, link, tzid=tzid)
        return delivery

    def redeliver(self, delivery: Delivery | str) -> Delivery:
        """Send a callback again, byte for byte. See ``Sandbox.redeliver``."""
        new: Delivery = self._run(self._sandbox.redeliver, delivery)
        return new

    def wait_for_callbacks(self) -> None:
        """Wait until all queued callbacks have been sent."""
        self._run(self._sandbox.wait_for_callbacks)

    def mount(self, origin: str, target: Target) -> None:
        """Send callbacks for an origin to an application in this process. See ``Sandbox.mount``.

        An ASGI application or async function that async code mounts runs in the event loop of that code, and otherwise
        in the sandbox's thread, as an aiohttp application always does. A function or test client runs in the thread
        that waits for the callback, or in a separate one if none does.
        """
        check_target(target)
        if isinstance(target, HttpClient):
            target = partial(_post, target)
        loop = _running_loop()
        is_async = inspect.iscoroutinefunction(target) or not (isinstance(target, Application) or is_receiver(target))
        if is_async and loop is not None and loop is not self._loop:
            target = partial(_receive_in, loop, target)
        elif is_receiver(target):
            target = partial(_receive, target)
        self._run(self._sandbox.mount, origin, target)

    # Attributes of a sandbox.

    @property
    def url(self) -> str:
        """The URL that the sandbox is served at."""
        return str(self._sandbox.url)

    def env(self) -> dict[str, str]:
        """Return the environment variables for an application that creates its own client with ``from_env()``.

        In a pytest fixture: ``for item in sandbox.env().items(): monkeypatch.setenv(*item)``.
        """
        return dict(self._sandbox.env())

    def client(self, **options: Any) -> CronofyClient:
        """Return a client of this sandbox, for async code in the test, in any one event loop.

        Its requests reach the sandbox's thread without a socket, so it need not be closed. It uses the real clock.

        Args:
            options: Any argument of ``CronofyClient``.
        """
        from ..client import CronofyClient  # noqa: PLC0415 - the sandbox works without

        defaults: dict[str, Any] = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "base_url": self.url,
            "app_url": self.url,
            "transport": _Transport(self._sandbox.transport(), self._loop),
        }
        return CronofyClient(**(defaults | options))

    def reset(self) -> None:
        """Delete all state, requests, deliveries and faults. See ``Sandbox.reset``."""
        self._run(self._sandbox.reset)

    def snapshot(self) -> dict[str, Any]:
        """Return the state, time, pending effects and deliveries as one JSON document."""
        return dict(self._run(self._sandbox.snapshot))

    def restore(self, document: Mapping[str, Any]) -> None:
        """Replace the state, time, pending effects and deliveries. See ``Sandbox.restore``."""
        self._run(self._sandbox.restore, document)

    @property
    def client_id(self) -> str:
        return str(self._sandbox.client_id)

    @property
    def client_secret(self) -> str:
        return str(self._sandbox.client_secret)

    @property
    def faults(self) -> Faults:
        """The faults; see ``Faults``."""
        return cast("Faults", _InLoop(self._run, self._sandbox.faults))

    @property
    def deliveries(self) -> list[Delivery]:
        """The callbacks so far, oldest first."""
        return list(self._sandbox.deliveries)

    @property
    def requests(self) -> list[Recorded]:
        """The requests so far, oldest first (up to the last 100,000)."""
        return list(self._run(self._sandbox.requests.copy))

    @property
    def unknown_parameters(self) -> list[str]:
        """The parameters that the contract does not know, with the nearest known name."""
        return list(self._sandbox.unknown_parameters)

    def _run(self, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call a function in the sandbox's loop, and wait for its result."""
        if threading.get_ident() == self._thread:
            # A mounted application called this. Waiting for the loop in its own thread would be a deadlock.
            if inspect.iscoroutinefunction(function):
                raise RuntimeError(
                    f"{function.__name__} cannot be called from the sandbox's own thread. Call it from another thread."
                )
            return function(*args, **options)
        caller = _Caller()

        async def run() -> Any:
            _WAITING.set(caller)
            result = function(*args, **options)
            return await result if inspect.isawaitable(result) else result

        done = asyncio.run_coroutine_threadsafe(run(), self._loop)
        done.add_done_callback(lambda _: caller.shutdown())
        caller.work()
        result = done.result()
        if caller.problem is not None:
            raise caller.problem
        return result


@contextmanager
def run_in_thread(sandbox: Any, cls: type[R], host: str, port: int) -> Generator[R]:
    """Serve a sandbox from a background thread for the duration of the context, and yield an object of ``cls``."""
    started: Future[tuple[R, Callable[[], object]]] = Future()
    ended: Future[None] = Future()

    async def live() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with sandbox, sandbox.serve(host, port):
            started.set_result((cls(sandbox, loop), partial(loop.call_soon_threadsafe, stop.set)))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            (ended if started.done() else started).set_exception(error)
        else:
            ended.set_result(None)

    # A daemon thread, so that a test run can end even if the context is never exited.
    thread = threading.Thread(target=run, name="cronofy-sandbox", daemon=True)
    thread.start()
    running, stop = started.result()
    try:
        yield running
    finally:
        stop()
        ended.result()
        thread.join()


class _Transport:
    """Sends requests to a sandbox in another thread, without a socket."""

    def __init__(self, transport: InProcessTransport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop

    async def send(self, request: Request) -> RawResponse:
        if self._loop.is_closed():
            raise SandboxError("the sandbox has stopped, because its context or its test has ended.")
        sending = asyncio.run_coroutine_threadsafe(self._transport.send(request), self._loop)
        return await asyncio.wrap_future(sending)

    async def aclose(self) -> None:
        """Do nothing: closing a client does not stop the sandbox."""


class _Caller(Executor):
    """Runs functions in the thread that waits for the sandbox.

    Attributes:
        loop: The event loop of that thread, which is blocked while it waits.
        problem: The reason why a callback could not be delivered, for the caller.
    """

    def __init__(self) -> None:
        self.loop = _running_loop()
        self.problem: RuntimeError | None = None
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()

        def job() -> None:
            try:
                done.set_result(fn(*args, **kwargs))
            except (KeyboardInterrupt, SystemExit):
                done.set_exception(RuntimeError("interrupted"))  # they would end the sandbox's loop
                raise
            except BaseException as error:
                done.set_exception(error)

        done.set_running_or_notify_cancel()
        self._jobs.put(job)
        return done

    def work(self) -> None:
        """Run jobs until there are no more."""
        while (job := self._jobs.get()) is not None:
            job()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._jobs.put(None)


#: The caller that waits for the current task of the sandbox.
_WAITING: ContextVar[_Caller | None] = ContextVar("waiting", default=None)


async def _receive(function: Callable[[Delivery], Any], delivery: Delivery) -> Any:
    status = await asyncio.get_running_loop().run_in_executor(_WAITING.get(), function, delivery)
    return await status if inspect.isawaitable(status) else status


async def _receive_in(loop: asyncio.AbstractEventLoop, target: Target, delivery: Delivery) -> int:
    caller = _WAITING.get()
    if caller is not None and caller.loop is loop:
        caller.problem = RuntimeError(
            "the callback could not be delivered: the test waits for it in the event loop that the application runs in, "
            "which blocks that loop. Wait in a thread: await asyncio.to_thread(sandbox.book, link)."
        )
        raise caller.problem
    if loop.is_closed():
        raise RuntimeError("the event loop in which the application was mounted is closed. Mount it where it runs.")
    status, _ = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(deliver_in_process(delivery, target), loop))
    return status


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _post(client: HttpClient, delivery: Delivery) -> int:
    return int(client.post(delivery.url, content=delivery.body, headers=delivery.headers).status_code)


class _InLoop:
    """A proxy for an object of the sandbox that calls its methods in the sandbox's event loop."""

    def __init__(self, run: Callable[..., Any], target: object) -> None:
        self._run = run
        self._target = target

    def __getattr__(self, name: str) -> Any:
        return _in_loop(self._run, self._target, name)


def _in_loop(run: Callable[..., Any], target: object, name: str) -> Any:
    value = run(getattr, target, name)
    return partial(run, value) if callable(value) else value
