"""A local emulator of the Cronofy API: stateful, deterministic, and faithful to the documentation.

In process, without a socket::

    async with Sandbox() as sandbox:
        ada = sandbox.add_account("ada@example.com")
        cronofy = sandbox.client()
        ...
        await sandbox.book(link)

Over HTTP, for any client in any language::

    async with Sandbox() as sandbox, sandbox.serve() as url:
        ...

From synchronous tests, in a background thread::

    with Sandbox.running() as sandbox:
        ...

It is written from the documentation, independently of the SDK, so that a mistake in one is not repeated in the other.
"""

from __future__ import annotations

from importlib import import_module as _import_module

try:
    for _name in ("dateutil", "jsonschema_rs"):
        _import_module(_name)
except ImportError as error:  # pragma: no cover - the tests have the extra
    raise ImportError("the sandbox needs an extra. Run: pip install 'cronofy_async[sandbox]'") from error

from .areas.attachments import Attachment
from .areas.bookable_events import BookableEvent, Registration
from .areas.meeting_agents import MeetingAgent
from .areas.real_time_scheduling import Booking, Link
from .areas.real_time_sequencing import BookedStep, SequenceBooking, SequencingLink
from .areas.scheduling_conversations import Conversation, ConversationSlot, Participant
from .areas.smart_invites import InviteReply, SmartInvite
from .kernel.actions import Action, SandboxError
from .kernel.callbacks.delivery import Delivery
from .kernel.clock import SandboxClock
from .kernel.dispatch import UnknownParameterWarning
from .kernel.faults import Fault, Faults
from .kernel.messages import Recorded
from .kernel.records import Account, Calendar, Event
from .kernel.shallow import KeptRecord
from .sandbox import RunningSandbox, Sandbox

__all__ = [
    "Account",
    "Action",
    "Attachment",
    "BookableEvent",
    "BookedStep",
    "Booking",
    "Calendar",
    "Conversation",
    "ConversationSlot",
    "Delivery",
    "Event",
    "Fault",
    "Faults",
    "InviteReply",
    "KeptRecord",
    "Link",
    "MeetingAgent",
    "Participant",
    "Recorded",
    "Registration",
    "RunningSandbox",
    "Sandbox",
    "SandboxClock",
    "SandboxError",
    "SequenceBooking",
    "SequencingLink",
    "SmartInvite",
    "UnknownParameterWarning",
]
