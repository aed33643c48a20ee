"""Exchanges and callbacks as rows: a line for each, with the reason if it failed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import attrs

from ...._json import is_array, is_object
from ...kernel.callbacks.delivery import Delivery
from ...kernel.faults import Fault
from ...kernel.journal import Entry, Exchange
from ...kernel.kernel import Kernel
from .redactor import Redactor
from .view import View

__all__ = ["Flag", "Row", "Rows", "describe"]

Kind: TypeAlias = Literal["ok", "warn", "bad", "info", ""]

_HINT: Final = re.compile(r"(\S+) is not known(?:; did you mean (\S+)\?)?")
_OUTCOMES: Final = {
    "answered": "",
    "failed": "no response",
    "lost": "lost",
    "held": "held",
    "refused": "refused",
    "none": "not sent",
}


@attrs.frozen
class Flag:
    """A noteworthy detail of an exchange: text with code in backticks, without secrets."""

    kind: Literal["bad", "warn", "quiet"]
    text: str


@attrs.frozen(kw_only=True)
class Row:
    """A row of the lists of exchanges and callbacks, without secrets.

    Attributes:
        number: The number of the entry.
        is_callback: Whether it is a callback.
        status: The text of the status, and its color.
        duration: The duration, in words.
        flags: The noteworthy details.
        delivery_id: The ID of the delivery, if it can be sent again.
    """

    number: int
    is_callback: bool
    at: datetime
    method: str
    path: str
    operation: str
    status: tuple[str, Kind]
    duration: str
    flags: tuple[Flag, ...]
    delivery_id: str | None = None


def describe(fault: Fault) -> str:
    """Describe a fault in words."""
    descriptions = {
        f"status {fault.status}": fault.status is not None,
        "another body": fault.body is not None,
        f"{fault.latency:g} s of latency": fault.latency,
        f"connection broken {fault.reset} processing": fault.reset is not None,
        "truncated response": fault.truncate,
        f"sent {fault.duplicates + 1} times": fault.duplicates,
        "held until the next callback was sent": fault.hold,
        ", ".join(f"{name}: {value}" for name, value in fault.headers.items()): fault.headers,
        f"with a probability of {fault.probability:g}": fault.probability < 1,
    }
    return ", ".join(word for word, holds in descriptions.items() if holds) or "no effect"


@attrs.frozen
class Rows:
    """Makes the rows of entries."""

    kernel: Kernel
    redactor: Redactor

    def matching(self, view: View) -> Iterator[Row]:
        """Yield the rows that a view shows, newest first."""
        for entry in self.kernel.journal.newest_first():
            if self.is_shown(entry, view):
                row = self.of(entry)
                if row.flags or not view.flagged:
                    yield row

    def is_shown(self, entry: Entry, view: View) -> bool:
        """Return whether a view shows an entry, apart from ``flagged``."""
        item = entry.item
        if view.direction and view.direction != ("in" if isinstance(item, Exchange) else "out"):
            return False
        text = view.q.lower()
        if not text:
            return True
        if isinstance(item, Exchange):
            known = f"{item.recorded.method} {item.recorded.path}?{item.recorded.query} {item.recorded.operation}"
            bodies: tuple[bytes, ...] = (item.request.body, item.body)
            status = str(item.status)
        else:
            known = f"POST {item.url} {item.type} {item.id} {item.problem or ''}"
            bodies, status = (item.body,), str(item.status or _OUTCOMES.get(item.outcome, item.outcome))
        return text == status or text in known.lower() or any(view.q.encode() in body for body in bodies)

    def of(self, entry: Entry) -> Row:
        """Return the row of an entry."""
        item = entry.item
        return self._exchange(entry.number, item) if isinstance(item, Exchange) else self._delivery(entry.number, item)

    # Requests.

    def _exchange(self, number: int, item: Exchange) -> Row:
        recorded = item.recorded
        path = self.redactor.path(recorded.path, item.parameters)
        query = self.redactor.text(recorded.query)
        return Row(
            number=number,
            is_callback=False,
            at=item.at,
            method=recorded.method,
            path=f"{path}?{query}" if query else path,
            operation=recorded.operation or "–",
            status=("broken", "bad") if item.broken else (str(item.status), _kind(item.status)),
            duration=_format_duration(item.elapsed),
            flags=tuple(self._flags(item)),
        )

    def _flags(self, item: Exchange) -> Iterator[Flag]:
        if item.fault is not None:
            yield Flag("quiet", self.redactor.text(f"fault: {describe(item.fault)}"))
        for hint in item.recorded.unknown:
            match = _HINT.fullmatch(hint)
            suggestion = f", did you mean `{match[2]}`?" if match and match[2] else ""
            yield Flag("warn", self.redactor.text(f"unknown parameter: `{match[1] if match else hint}`{suggestion}"))
        if item.status >= 400 and (item.fault is None or item.fault.status is None):
            yield Flag("bad", self.redactor.text(self._reason(item)))

    def _reason(self, item: Exchange) -> str:
        """Return the reason why a request was rejected."""
        body = _json(item.body)
        if is_object(body):
            errors = body.get("errors")
            if is_object(errors) and errors:
                field, problems = next(iter(errors.items()))
                first = problems[0] if is_array(problems) and problems else None
                description = str(first.get("description", "")) if is_object(first) else ""
                more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
                return f"`{field}` {description.removeprefix(field).strip()}{more}"
            if isinstance(body.get("error_description"), str):
                return str(body["error_description"])
            if isinstance(body.get("error"), str):
                return f"the error is `{body['error']}`"
        return self._refusal(item)

    def _refusal(self, item: Exchange) -> str:
        if item.status == 404:
            return "the sandbox has no such record, or it belongs to another account"
        if item.status == 429:
            return "the application sent more than 50 requests in a second, or 500 in a minute"
        if item.status not in {401, 403}:
            return f"the response has the status {item.status}"
        authorization = item.request.headers.get("authorization")
        if authorization is None:
            return "the request has no `Authorization` header"
        token = authorization.partition(" ")[2].strip()
        account = self.kernel.state.owner_of(token)
        expires = account.access_tokens.get(token) if account else None
        if expires is not None and expires <= item.at:
            return f"the access token expired at {expires:%H:%M:%S} UTC, in sandbox time. Refresh it."
        if account is not None and item.status == 403:
            return f"the access token has the scope `{account.scope}`, which does not allow this"
        owner = self.redactor.credential(authorization)
        if item.status == 403:
            return f"the operation requires another kind of credential, got: {owner}"
        return f"the credential is not accepted, got: {owner}"

    # Callbacks.

    def _delivery(self, number: int, item: Delivery) -> Row:
        return Row(
            number=number,
            is_callback=True,
            at=item.at,
            method="POST",
            path=self.redactor.text(item.url) or "no URL",
            operation=item.type,
            status=_outcome(item),
            duration="" if item.elapsed is None else _format_duration(item.elapsed),
            flags=tuple(self._reasons(item)),
            delivery_id=item.id if item.body and not item.is_pending else None,
        )

    def _reasons(self, item: Delivery) -> Iterator[Flag]:
        if item.outcome == "none":
            yield Flag("quiet", self.redactor.text(item.problem or ""))
            return
        advice = item.advice
        problem = {"lost": "lost before it arrived", "held": "held back"}.get(item.outcome) or item.problem
        if advice and advice.startswith("Nothing listens"):
            problem = None  # the message of the HTTP library says no more
        sentences = [problem and f"{problem.rstrip('.')}.", advice, self._next_attempt(item)]
        text = " ".join(sentence for sentence in sentences if sentence)
        if text:
            flag_kind: Literal["warn", "bad"] = "warn" if item.outcome in {"lost", "held", "refused"} else "bad"
            yield Flag(flag_kind, self.redactor.text(text))

    def _next_attempt(self, item: Delivery) -> str | None:
        """Return when the callback is retried, if this was its last attempt."""
        if item.effect is None:
            return None
        last = next((delivery for delivery in self.kernel.journal.deliveries() if delivery.effect == item.effect), item)
        due = [effect.due for effect in self.kernel.effects.pending if effect.arguments == item.effect[1]]
        return f"Next attempt at {due[0]:%H:%M:%S} UTC, in sandbox time." if due and last is item else None


def _outcome(item: Delivery) -> tuple[str, Kind]:
    if item.is_pending:
        return "sending", "info"
    if item.status is not None and item.outcome == "answered":
        return str(item.status), "ok" if 200 <= item.status < 300 else "bad"
    return _OUTCOMES[item.outcome], "bad" if item.outcome == "failed" else "" if item.outcome == "none" else "warn"


def _kind(status: int) -> Kind:
    if status < 400:
        return "ok"
    return "warn" if status == 429 else "bad"


def _format_duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "< 1 ms"
    return f"{seconds:.1f} s"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
