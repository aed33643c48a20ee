"""Process requests: find the operation, apply faults, authorize, validate, run the area's function, and record."""

from __future__ import annotations

import logging
import time
import warnings
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import attrs

from ..._json import is_object
from ..._redaction import HIDDEN
from .body import as_documented, read_body
from .context import Context
from .contract.contract import Contract, Operation
from .contract.schemas import Unknown
from .faults import Fault, Faults
from .journal import Exchange, Journal
from .limits import RateLimits
from .messages import (
    Recorded,
    SandboxRequest,
    SandboxResponse,
    invalid,
    not_emulated,
    oauth_error,
)
from .problems import Errors, Field, Problem, errors_of
from .records import Account
from .registry import Registry
from .rules import Rules
from .runtime import Runtime
from .scopes import SCOPES_ARE_CHECKED, allows

__all__ = ["WRONG_KIND", "Credentials", "Dispatcher", "UnknownParameterWarning"]

_log: Final = logging.getLogger("cronofy_async.sandbox")

#: Parameters that an official SDK sends by mistake, and that Cronofy must accept: cronofy-node repeats its own options, the
#: credential and the parameters of the path, in the query or body.
SDK_QUIRKS: Final = frozenset({"bearer_token"})

#: The assumption about a credential of the wrong kind.
WRONG_KIND: Final = "wrong_kind_is_forbidden"


class UnknownParameterWarning(UserWarning):
    """A request has a member or parameter that the contract does not know. It is accepted, because Cronofy may add some."""


@attrs.frozen(kw_only=True)
class Credentials:
    """The credentials of the application, and the key of the admin API."""

    client_id: str
    client_secrets: Sequence[str] = attrs.field(repr=False)
    admin_key: str = attrs.field(repr=False)


@attrs.define(eq=False)
class _Incoming:
    """A request with its body as JSON values and its operation, if any.

    Attributes:
        unknown: Collects unknown members and hints.
        now: The time at which it is processed: when it arrived, or after the latency of a fault.
        unreadable: Why the body cannot be read, if so.
    """

    request: SandboxRequest
    body: Any
    unknown: list[tuple[str, str]]
    now: datetime
    unreadable: str | None = None
    operation: Operation | None = None
    path: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @property
    def matched_operation(self) -> Operation:
        assert self.operation is not None  # others were answered with 501
        return self.operation


@attrs.frozen(kw_only=True)
class Dispatcher:
    """Processes requests, and records them in ``requests``, ``journal`` and ``unknown_parameters``."""

    contract: Contract
    registry: Registry
    runtime: Runtime
    credentials: Credentials
    rules: Rules
    faults: Faults
    rate_limits: RateLimits | None
    strict: bool
    requests: deque[Recorded]
    journal: Journal
    unknown_parameters: list[str]

    async def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Process a request and return the response."""
        started = time.perf_counter()
        self.runtime.effects.run_due()
        self.runtime.callbacks.start()
        at = self.runtime.state.clock.now()
        incoming = self._parse(request, [], at)
        fault = None
        if incoming.operation is None:
            response = self._not_emulated(incoming)
        else:
            response, fault = await self._with_faults(incoming)
        self._record(incoming, response, fault, at, started)
        return response

    def _record(
        self, incoming: _Incoming, response: SandboxResponse, fault: Fault | None, at: datetime, started: float
    ) -> None:
        request, seconds = incoming.request, time.perf_counter() - started
        fields, hints = zip(*incoming.unknown, strict=True) if incoming.unknown else ((), ())
        recorded = Recorded(
            operation=incoming.operation.name if incoming.operation else None,
            method=request.method,
            path=request.path,
            query=request.query,
            json=incoming.body,
            unknown=hints,
            status=None if response.reset else response.status,
        )
        self.requests.append(recorded)
        self.journal.add_exchange(
            Exchange(  # by position, as keywords would cost a dict for each request
                recorded,
                request,
                incoming.path,
                fields,
                response.status,
                response.headers,
                response.body,
                response.reset or response.truncate,
                fault,
                at,
                seconds,
            )
        )
        if request.served and _log.isEnabledFor(logging.INFO):
            _log_request(incoming, response, seconds)

    def _parse(self, request: SandboxRequest, unknown: list[tuple[str, str]], now: datetime) -> _Incoming:
        body, unreadable = None, None
        try:
            body = read_body(request)
        except ValueError as error:
            unreadable = str(error)
        route = self.contract.find(request.method, request.path)
        if route is None:
            return _Incoming(request, body, unknown, now, unreadable)
        return _Incoming(request, body, unknown, now, unreadable, route.choose(request.query, body), route.path)

    def _not_emulated(self, incoming: _Incoming) -> SandboxResponse:
        method, path = incoming.request.method, incoming.request.path
        suggestion = self.contract.nearest(method, path)
        return not_emulated(
            f"{method} {path}"
            + (f"; it emulates {suggestion}" if suggestion else "")
            + ". Check the method and path; docs/fidelity.md lists the emulated operations. To test code after this "
            "request, give your client a transport that responds to it"
        )

    async def _with_faults(self, incoming: _Incoming) -> tuple[SandboxResponse, Fault | None]:
        if self.rate_limits is not None and not self.rate_limits.admit():
            return SandboxResponse.of(429), None
        fault = self.faults.take(incoming.matched_operation.name)
        return (self._respond(incoming) if fault is None else await self._respond_with_fault(incoming, fault)), fault

    async def _respond_with_fault(self, incoming: _Incoming, fault: Fault) -> SandboxResponse:
        if fault.latency:
            await self.runtime.state.clock.sleep(fault.latency)
            incoming.now = self.runtime.now
        if fault.reset == "before":
            return SandboxResponse(status=0, reset=True)
        if fault.status is not None:
            return _apply_fault(fault, SandboxResponse.of(fault.status))
        return _apply_fault(fault, self._respond(incoming))

    def _respond(self, incoming: _Incoming) -> SandboxResponse:
        operation = incoming.matched_operation
        account = self._authorize(operation, incoming.request, incoming.body)
        response = account if isinstance(account, SandboxResponse) else self._validate_and_run(incoming, account)
        if response.status != 501:  # of the sandbox, not of Cronofy
            operation.check_response(response.status, response.body, response.value, response.headers)
        return response

    def _validate_and_run(self, incoming: _Incoming, account: Account | None) -> SandboxResponse:
        def perform(request: SandboxRequest) -> SandboxResponse:
            inner = self._parse(request, incoming.unknown, incoming.now)
            return self._not_emulated(inner) if inner.operation is None else self._respond(inner)

        operation, request = incoming.matched_operation, incoming.request
        body = as_documented(incoming.body, operation)
        query, problems, unknown_query = operation.read_query(request.query)
        body_problems, unknown_body = operation.check_body(body)
        if incoming.unreadable is not None and operation.body_schema is not None:
            body_problems = [Problem(Field(), "errors.invalid_type", f"cannot be read: {incoming.unreadable}")]
        errors = errors_of([*problems, *body_problems])
        unknown = unknown_query | unknown_body
        if unknown:
            self._report(unknown, errors, incoming)
        if errors:
            return _validation_error(operation, errors)
        context = Context(
            operation=operation,
            request=request,
            runtime=self.runtime,
            path=incoming.path,
            query=query,
            body=body,
            account_or_none=account,
            now=incoming.now,
            perform=perform,
        )
        errors = errors_of(self.rules.problems(context))
        return _validation_error(operation, errors) if errors else self.registry.operations[operation.name](context)

    def _report(self, unknown: Unknown, errors: Errors, incoming: _Incoming) -> None:
        quirks = {*SDK_QUIRKS, *incoming.path}
        hints = {field: hint for field, hint in unknown.items() if field not in quirks}
        incoming.unknown.extend(hints.items())
        messages = [f"{incoming.matched_operation.name}: {hint}" for hint in hints.values()]
        self.unknown_parameters.extend(messages)
        if self.strict:
            for field, hint in hints.items():
                errors.setdefault(field, []).append({"key": "errors.unknown", "description": hint})
            return
        for message in messages:
            if incoming.request.served:
                _log.warning("%s", message)
            else:
                warnings.warn(message, UnknownParameterWarning, stacklevel=2)

    def _authorize(self, operation: Operation, request: SandboxRequest, body: Any) -> Account | SandboxResponse | None:
        accepted = operation.credentials
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        account = self.runtime.state.by_access_token(token)
        is_application = token in self.credentials.client_secrets
        is_admin = token == self.credentials.admin_key
        # Credentials in the body take precedence: official SDKs also send a stale token, or "undefined", in the header.
        if "client_in_body" in accepted and self._is_application(body):
            return None
        if ("api_key" in accepted and is_application) or ("admin_key" in accepted and is_admin):
            return None
        if "access_token" in accepted and account is not None:
            needed = operation.needed_scopes(request.query, body)
            permitted = allows(account.scope, needed) or not self.runtime.assumes(SCOPES_ARE_CHECKED)
            return account if permitted else SandboxResponse.of(403)
        if "none" in accepted:
            return None
        if operation.has_oauth_errors:
            return oauth_error("invalid_client")
        is_known = account is not None or is_application or is_admin
        return SandboxResponse.of(403 if is_known and self.runtime.assumes(WRONG_KIND) else 401)

    def _is_application(self, body: Any) -> bool:
        return (
            is_object(body)
            and body.get("client_id") == self.credentials.client_id
            and body.get("client_secret") in self.credentials.client_secrets
        )


def _log_request(incoming: _Incoming, response: SandboxResponse, seconds: float) -> None:
    """Log a request without its secrets: the query, and tokens in the path."""
    path, name = incoming.request.path, "not emulated"
    if incoming.operation is not None:
        name = incoming.operation.name
        parameters = {key: HIDDEN if key.endswith("token") else quote(value) for key, value in incoming.path.items()}
        path = incoming.operation.path.format_map(parameters)
    status = "reset" if response.reset else response.status
    _log.info("%s %s  %s  %s  %.1f ms", incoming.request.method, path, name, status, seconds * 1000)


def _validation_error(operation: Operation, errors: Errors) -> SandboxResponse:
    if not operation.has_oauth_errors:
        return invalid(errors)
    return oauth_error(
        "invalid_request", "; ".join(problem["description"] for problems in errors.values() for problem in problems)
    )


def _apply_fault(fault: Fault, response: SandboxResponse) -> SandboxResponse:
    if fault.body is not None:
        raw = isinstance(fault.body, bytes)
        response = attrs.evolve(response, body=fault.body) if raw else SandboxResponse.of(response.status, fault.body)
    return attrs.evolve(
        response,
        headers={**response.headers, **fault.headers},
        reset=fault.reset == "after",
        truncate=fault.truncate,
    )
