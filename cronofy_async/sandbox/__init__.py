"""A local Cronofy: stateful, deterministic, and faithful to the documentation.

In process, without a socket::

    async with Sandbox() as sandbox:
        ada = sandbox.add_account("ada@example.com")
        cronofy = sandbox.client()
        ...
        await sandbox.book(link)

Over HTTP, for any client in any language::

    async with Sandbox() as sandbox, sandbox.serve() as url:
        ...

From tests that are not async, in a thread of its own::

    with Sandbox.running() as sandbox:
        ...

It is written from the documentation, independently of the SDK, so that one mistake cannot hide another.
"""

from __future__ import annotations

try:
    import jsonschema_rs as _  # noqa: F401
except ImportError as error:  # pragma: no cover - the tests have the extra
    raise ImportError("the sandbox needs the extra: pip install 'cronofy_async[sandbox]'") from error

from .bookable_events import BookableEvent, Registration
from .callbacks import Delivery
from .clock import SandboxClock
from .conversations import Conversation, ConversationSlot, Participant
from .exchange import Recorded
from .faults import Fault, Faults
from .running import RunningSandbox
from .sandbox import Sandbox
from .state import Account, Calendar, Event, Link
from .visitors import Booking
from .world import SandboxError

__all__ = [
    "Account",
    "BookableEvent",
    "Booking",
    "Calendar",
    "Conversation",
    "ConversationSlot",
    "Delivery",
    "Event",
    "Fault",
    "Faults",
    "Link",
    "Participant",
    "Recorded",
    "Registration",
    "RunningSandbox",
    "Sandbox",
    "SandboxClock",
    "SandboxError",
]
