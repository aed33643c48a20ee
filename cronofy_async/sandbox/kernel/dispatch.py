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
from .checks import Checks
from .context import Context
from .contract import Contract, Operation
from .faults import Fault, Faults
from .journal import Exchange, Journal
from .limits import Windows
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
from .runtime import Runtime
from .schemas import Unknown
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


@attrs.frozen(kw_only=True)
class _Exchange:
    """A request with its body as JSON values and its operation, if any.

    Attributes:
        unknown: Collects unknown members and hints.
        unreadable: Why the body cannot be read, if so.
    """

    request: SandboxRequest
    body: Any
    unknown: list[tuple[str, str]]
    unreadable: str | None = None
    operation: Operation | None = None
    path: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @property
    def known(self) -> Operation:
        assert self.operation is not None  # others were answered with 501
        return self.operation


@attrs.frozen(kw_only=True)
class Dispatcher:
    """Processes requests, and records them in ``requests``, ``journal`` and ``unknown_parameters``."""

    contract: Contract
    registry: Registry
    runtime: Runtime
    credentials: Credentials
    checks: Checks
    faults: Faults
    windows: Windows | None
    strict: bool
    requests: deque[Recorded]
    journal: Journal
    unknown_parameters: list[str]

    async def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Process a request and return the response."""
        started = time.perf_counter()
        self.runtime.effects.run_due()
        self.runtime.callbacks.start()
        at = self.runtime.now
        exchange = self._exchange(request, [])
        fault = None
        if exchange.operation is None:
            response = self._not_emulated(exchange)
        else:
            response, fault = await self._with_faults(exchange)
        self._record(exchange, response, fault, at, started)
        return response

    def _record(
        self, exchange: _Exchange, response: SandboxResponse, fault: Fault | None, at: datetime, started: float
    ) -> None:
        request, seconds = exchange.request, time.perf_counter() - started
        recorded = Recorded(
            operation=exchange.operation.name if exchange.operation else None,
            method=request.method,
            path=request.path,
            query=request.query,
            json=exchange.body,
            unknown=tuple([hint for _, hint in exchange.unknown]),
            status=None if response.reset else response.status,
        )
        self.requests.append(recorded)
        self.journal.add_exchange(
            Exchange(
                recorded=recorded,
                request=request,
                parameters=exchange.path,
                fields=tuple([field for field, _ in exchange.unknown]),
                status=response.status,
                headers=response.headers,
                body=response.body,
                broken=response.reset or response.truncate,
                fault=fault,
                at=at,
                elapsed=seconds,
            )
        )
        if request.served and _log.isEnabledFor(logging.INFO):
            _log_exchange(exchange, response, seconds)

    def _exchange(self, request: SandboxRequest, unknown: list[tuple[str, str]]) -> _Exchange:
        body, unreadable = None, None
        try:
            body = read_body(request)
        except ValueError as error:
            unreadable = str(error)
        route = self.contract.find(request.method, request.path)
        found = _Exchange(request=request, body=body, unknown=unknown, unreadable=unreadable)
        if route is None:
            return found
        return attrs.evolve(found, operation=route.choose(request.query, body), path=route.path)

    def _not_emulated(self, exchange: _Exchange) -> SandboxResponse:
        method, path = exchange.request.method, exchange.request.path
        near = self.contract.nearest(method, path)
        return not_emulated(
            f"{method} {path}"
            + (f"; it emulates {near}" if near else "")
            + ". Check the method and path; docs/fidelity.md lists the emulated operations. To test code after this "
            "request, give your client a transport that responds to it"
        )

    async def _with_faults(self, exchange: _Exchange) -> tuple[SandboxResponse, Fault | None]:
        if self.windows is not None and not self.windows.admit():
            return SandboxResponse.of(429), None
        fault = self.faults.take(exchange.known.name)
        return (self._answer(exchange) if fault is None else await self._faulty(exchange, fault)), fault

    async def _faulty(self, exchange: _Exchange, fault: Fault) -> SandboxResponse:
        if fault.latency:
            await self.runtime.state.clock.sleep(fault.latency)
        if fault.reset == "before":
            return SandboxResponse(status=0, reset=True)
        if fault.status is not None:
            return _replaced(fault, SandboxResponse.of(fault.status))
        return _replaced(fault, self._answer(exchange))

    def _answer(self, exchange: _Exchange) -> SandboxResponse:
        operation = exchange.known
        account = self._authorize(operation, exchange.request, exchange.body)
        response = account if isinstance(account, SandboxResponse) else self._checked(exchange, account)
        if response.status != 501:  # of the sandbox, not of Cronofy
            operation.check_response(response.status, response.body, response.value, response.headers)
        return response

    def _checked(self, exchange: _Exchange, account: Account | None) -> SandboxResponse:
        def perform(request: SandboxRequest) -> SandboxResponse:
            inner = self._exchange(request, exchange.unknown)
            return self._not_emulated(inner) if inner.operation is None else self._answer(inner)

        operation, request = exchange.known, exchange.request
        body = as_documented(exchange.body, operation)
        query, problems, unknown_query = operation.read_query(request.query)
        body_problems, unknown_body = operation.check_body(body)
        if exchange.unreadable is not None and operation.body_schema is not None:
            body_problems = [Problem(Field(), "errors.invalid_type", f"cannot be read: {exchange.unreadable}")]
        errors = errors_of([*problems, *body_problems])
        unknown = unknown_query | unknown_body
        if unknown:
            self._report(unknown, errors, exchange)
        if errors:
            return _refused(operation, errors)
        context = Context(
            operation=operation,
            request=request,
            runtime=self.runtime,
            path=exchange.path,
            query=query,
            body=body,
            account_or_none=account,
            perform=perform,
        )
        errors = errors_of(self.checks.problems(context))
        return _refused(operation, errors) if errors else self.registry.operations[operation.name](context)

    def _report(self, unknown: Unknown, errors: Errors, exchange: _Exchange) -> None:
        quirks = {*SDK_QUIRKS, *exchange.path}
        found = {field: hint for field, hint in unknown.items() if field not in quirks}
        exchange.unknown.extend(found.items())
        messages = [f"{exchange.known.name}: {hint}" for hint in found.values()]
        self.unknown_parameters.extend(messages)
        if self.strict:
            for field, hint in found.items():
                errors.setdefault(field, []).append({"key": "errors.unknown", "description": hint})
            return
        for message in messages:
            if exchange.request.served:
                _log.warning("%s", message)
            else:
                warnings.warn(message, UnknownParameterWarning, stacklevel=2)

    def _authorize(self, operation: Operation, request: SandboxRequest, body: Any) -> Account | SandboxResponse | None:
        accepted = operation.credentials
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip() if kind.lower() == "bearer" else ""
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


def _log_exchange(exchange: _Exchange, response: SandboxResponse, seconds: float) -> None:
    """Log a request without its secrets: the query, and tokens in the path."""
    path, name = exchange.request.path, "not emulated"
    if exchange.operation is not None:
        name = exchange.operation.name
        shown = {key: HIDDEN if key.endswith("token") else quote(value) for key, value in exchange.path.items()}
        path = exchange.operation.path.format_map(shown)
    status = "reset" if response.reset else response.status
    _log.info("%s %s  %s  %s  %.1f ms", exchange.request.method, path, name, status, seconds * 1000)


def _refused(operation: Operation, errors: Errors) -> SandboxResponse:
    if not operation.has_oauth_errors:
        return invalid(errors)
    return oauth_error("invalid_request", "; ".join(one["description"] for of in errors.values() for one in of))


def _replaced(fault: Fault, response: SandboxResponse) -> SandboxResponse:
    if fault.body is not None:
        raw = isinstance(fault.body, bytes)
        response = attrs.evolve(response, body=fault.body) if raw else SandboxResponse.of(response.status, fault.body)
    return attrs.evolve(
        response,
        headers={**response.headers, **fault.headers},
        reset=fault.reset == "after",
        truncate=fault.truncate,
    )
