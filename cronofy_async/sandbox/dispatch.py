"""A request's way through the sandbox: what goes wrong, who asks, is it in order, what is done, and the record of it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qsl

import attrs

from .clock import SandboxClock
from .contract import Errors, Operation, Unknown, contract
from .exchange import Answer, Incoming, Recorded, Task, invalid, not_emulated, oauth_error
from .faults import Fault, Faults
from .handlers import HANDLERS
from .limits import Windows
from .rules import check
from .state import Account, State

__all__ = ["Dispatcher"]


@attrs.frozen(kw_only=True)
class Dispatcher:
    """Answers requests. ``requests`` and ``unknown_parameters`` are what it writes down."""

    client_id: str
    client_secrets: Sequence[str]
    state: State
    clock: SandboxClock
    faults: Faults
    windows: Windows | None
    strict: bool
    requests: deque[Recorded]
    unknown_parameters: list[str]

    async def handle(self, incoming: Incoming) -> Answer:
        """Answer a request, however it came."""
        found = contract().find(incoming.method, incoming.path)
        body = _body(incoming)
        unknown: tuple[str, ...] = ()
        if found is None:
            answer = not_emulated(f"{incoming.method} {incoming.path}")
        else:
            operation, path = found
            answer, unknown = await self._faulty(operation, path, incoming, body)
        self.requests.append(
            Recorded(
                operation=found and found[0].id,
                method=incoming.method,
                path=incoming.path,
                query=incoming.query,
                json=body,
                unknown=unknown,
                status=None if answer.reset else answer.status,
            )
        )
        return answer

    async def _faulty(
        self, operation: Operation, path: dict[str, str], incoming: Incoming, body: Any
    ) -> tuple[Answer, tuple[str, ...]]:
        if self.windows is not None and not self.windows.admit():
            return Answer.of(429), ()
        fault = self.faults.take(operation.id)
        if fault is None:
            return self._answer(operation, path, incoming, body)
        if fault.latency:
            await self.clock.sleep(fault.latency)
        if fault.reset == "before":
            return Answer(status=0, reset=True), ()
        if fault.status is not None:
            return _replaced(fault, Answer.of(fault.status)), ()
        answer, unknown = self._answer(operation, path, incoming, body)
        return _replaced(fault, answer), unknown

    def _answer(
        self, operation: Operation, path: dict[str, str], incoming: Incoming, body: Any
    ) -> tuple[Answer, tuple[str, ...]]:
        now = self.clock.now()
        account = self._authorize(operation, incoming, body, now)
        if isinstance(account, Answer):
            answer, unknown = account, Unknown()
        else:
            query = dict(parse_qsl(incoming.query, keep_blank_values=True))
            errors, unknown = self._check(operation, query, body, now)
            if errors:
                answer = _refused(operation, errors)
            else:
                task = Task(
                    state=self.state,
                    now=now,
                    base_url=incoming.base_url,
                    path=path,
                    query=query,
                    body=body,
                    account=account,
                )
                answer = HANDLERS[operation.id](task)
        operation.check_answer(answer.status, answer.body)
        return answer, tuple(unknown.values())

    def _check(self, operation: Operation, query: dict[str, str], body: Any, now: datetime) -> tuple[Errors, Unknown]:
        errors, unknown = operation.check_body(body)
        query_errors, unknown_query = operation.check_query(query)
        errors |= query_errors
        unknown |= unknown_query
        self.unknown_parameters.extend(f"{operation.id}: {hint}" for hint in unknown.values())
        if self.strict:
            for field, hint in unknown.items():
                errors.setdefault(field, []).append({"key": "errors.unknown", "description": hint})
        return errors or check(operation.id, body, self.state, now), unknown

    def _authorize(self, operation: Operation, incoming: Incoming, body: Any, now: datetime) -> Account | Answer | None:
        kind, _, token = incoming.headers.get("authorization", "").partition(" ")
        token = token if kind.lower() == "bearer" else ""
        accepted = operation.credentials
        if "client_in_body" in accepted and self._is_application(body):
            return None
        if "api_key" in accepted and token in self.client_secrets:
            return None
        account = self.state.by_access_token(token, now)
        if "access_token" in accepted and account is not None:
            return account
        if operation.is_of_oauth:
            return oauth_error("invalid_client")
        wrong_kind = account is not None or token in self.client_secrets
        return Answer.of(403 if wrong_kind and "wrong_kind_is_forbidden" in self.state.assumed else 401)

    def _is_application(self, body: Any) -> bool:
        if not isinstance(body, dict):
            return False
        members = cast("dict[str, Any]", body)
        return members.get("client_id") == self.client_id and members.get("client_secret") in self.client_secrets


def _body(incoming: Incoming) -> Any:
    """The body as JSON values; none is an empty one. What cannot be read is ``None``, which no schema takes."""
    if "x-www-form-urlencoded" in incoming.headers.get("content-type", ""):
        return dict(parse_qsl(incoming.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        text = incoming.body.decode()
        value: Any = json.loads(text or "{}", parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be written
    except (ValueError, RecursionError):
        return None
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _refused(operation: Operation, errors: Errors) -> Answer:
    if not operation.is_of_oauth:
        return invalid(errors)
    return oauth_error("invalid_request", "; ".join(one["description"] for of in errors.values() for one in of))


def _replaced(fault: Fault, answer: Answer) -> Answer:
    if fault.body is not None:
        raw = isinstance(fault.body, bytes)
        answer = attrs.evolve(answer, body=fault.body) if raw else Answer.of(answer.status, fault.body)
    return attrs.evolve(
        answer,
        headers={**answer.headers, **fault.headers},
        reset=fault.reset == "after",
        truncate=fault.truncate,
    )
