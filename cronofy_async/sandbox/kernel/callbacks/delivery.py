"""Records of the callbacks that the sandbox sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import attrs

__all__ = ["Delivery", "StoredDelivery"]

_SIGNATURE: Final = (
    "If it verifies signatures, it uses another secret: give it the client_secret of the sandbox. If it has the right "
    "secret, verify the body as it was received."
)
_FAULT: Final = "This is a simulated fault: remove the fault, then send the callback again."


@attrs.define(eq=False, kw_only=True)
class Delivery:
    """The delivery of a callback.

    Attributes:
        id: Its ID in the sandbox.
        url: The callback URL.
        type: The type of the notification, such as ``change``; ``callback`` if it has none.
        body: The body, as bytes.
        headers: The headers, including the signature.
        at: When it was sent, in the sandbox's time.
        outcome: ``queued`` (not sent yet), ``answered``, ``failed`` (no response), ``lost`` or ``held`` (by a fault),
            ``refused`` (its origin is neither on this machine nor mounted) or ``none`` (nothing is to be sent, for example
            because the link has no URL for it; it is not in the list of deliveries).
        status: The status of the response; ``None`` if there was none.
        elapsed: The number of seconds until there was a response or a failure, in real time; ``None`` if nothing was sent.
        response_body: The beginning of the body of the response, if there was one.
        problem: The reason for a failure, in one line.
        traceback: The traceback of the application's exception, if it was raised in this process.
        effect: The effect that is applied once it has been sent, and its arguments.
        link_id: The ID of the link that it is for, if any.
    """

    id: str = ""
    url: str
    type: str = "callback"
    body: bytes = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)
    at: datetime
    outcome: Literal["queued", "answered", "failed", "lost", "held", "refused", "none"] = "failed"
    status: int | None = None
    elapsed: float | None = None
    response_body: str | None = attrs.field(default=None, repr=False)
    problem: str | None = None
    traceback: str | None = attrs.field(default=None, repr=False)
    effect: tuple[str, Mapping[str, Any]] | None = attrs.field(default=None, repr=False)
    link_id: str | None = None

    @property
    def json(self) -> Any:
        """The body as JSON values; ``None`` if nothing was sent."""
        return json.loads(self.body) if self.body else None

    @property
    def is_pending(self) -> bool:
        """Whether it is still to be sent, or the response has not arrived yet."""
        return self.outcome == "queued" or (self.outcome == "failed" and self.problem is None)

    @property
    def advice(self) -> str | None:
        """Advice on getting it delivered; ``None`` if it was accepted, or if ``problem`` has the advice."""
        if self.outcome in {"held", "lost"} or (self.problem or "").endswith("because of a fault"):
            return "It is sent after the next callback. " + _FAULT if self.outcome == "held" else _FAULT
        if self.status is not None:
            return self._advice_on_status(self.status)
        if self.outcome == "refused":
            path = urlsplit(self.url).path
            return f"Or use a callback URL on this machine, such as http://127.0.0.1:8000{path}."
        problem = self.problem or ""
        if problem.startswith("SignatureMismatch"):
            return _SIGNATURE
        if self.traceback is not None:
            return "The application raised this exception: open the callback for the traceback."
        if problem.startswith("ClientConnectorError"):
            address = urlsplit(self.url).netloc.rpartition("@")[2]
            return f"Nothing listens on {address}: start the application there, then send the callback again."
        if problem.startswith("no response within"):
            return "Respond first, and do the work afterwards: Cronofy does not wait any longer either."
        return None

    def _advice_on_status(self, status: int) -> str | None:
        path = urlsplit(self.url).path or "/"
        if 200 <= status < 300:
            return None
        if status in {400, 401, 403}:
            return f"The application rejected it. {_SIGNATURE}"
        if status in {404, 405}:
            return f"The application has no route for POST {path}: compare the path with the callback URL."
        if 300 <= status < 400:
            return "Redirects are not followed: use the URL that the application redirects to."
        if status >= 500:
            return "The application failed: its log has the traceback. Fix it, then send the callback again."
        return "The application did not accept it: open the callback for its response."


@attrs.define(eq=False, kw_only=True)
class StoredDelivery(Delivery):
    """A delivery in a snapshot.

    Attributes:
        held_duplicates: The number of duplicates of the fault that holds it back, if one does.
    """

    held_duplicates: int | None = None

    @property
    def delivery(self) -> Delivery:
        """The delivery itself."""
        return Delivery(**{field.name: getattr(self, field.name) for field in attrs.fields(Delivery)})
