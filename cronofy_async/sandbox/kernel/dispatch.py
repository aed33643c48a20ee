"""A request's way through the sandbox: its operation, faults, credentials, checks, the area's function, the record."""

from __future__ import annotations

import logging
import warnings
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import parse_qsl

import attrs

from .body import read_body, without_placeholder
from .checks import Checks
from .context import Context
from .contract import Contract, Operation
from .faults import Fault, Faults
from .limits import Windows
from .messages import (
    Recorded,
    SandboxRequest,
    SandboxResponse,
    invalid,
    not_emulated,
    oauth_error,
)
from .problems import Errors, errors_of
from .records import Account
from .registry import Registry
from .runtime import Runtime
from .schemas import Unknown

__all__ = ["WRONG_KIND", "Credentials", "Dispatcher", "UnknownParameterWarning"]

_log: Final = logging.getLogger("cronofy_async.sandbox")

#: The assumption about a credential of the wrong kind.
WRONG_KIND: Final = "wrong_kind_is_forbidden"


class UnknownParameterWarning(UserWarning):
    """A request has a member or parameter that the contract does not know. It was accepted, as Cronofy adds some."""


@attrs.frozen(kw_only=True)
class Credentials:
    """The credentials of the application, and the key of the admin API."""

    client_id: str
    client_secrets: Sequence[str] = attrs.field(repr=False)
    admin_key: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Dispatcher:
    """Answers requests. ``requests`` and ``unknown_parameters`` are what it records."""

    contract: Contract
    registry: Registry
    runtime: Runtime
    credentials: Credentials
    checks: Checks
    faults: Faults
    windows: Windows | None
    strict: bool
    requests: deque[Recorded]
    unknown_parameters: list[str]

    async def handle(self, request: SandboxRequest) -> SandboxResponse:
        """Answer a request, however it came."""
        self.runtime.effects.run_due()
        self.runtime.callbacks.start()
        body = read_body(request)
        unknown: list[str] = []
        operation, path = self._find(request, body)
        if operation is None:
            response = self._no_operation(request)
        else:
            response = await self._with_faults(operation, path, request, body, unknown)
        self.requests.append(
            Recorded(
                operation=operation and operation.name,
                method=request.method,
                path=request.path,
                query=request.query,
                json=body,
                unknown=tuple(unknown),
                status=None if response.reset else response.status,
            )
        )
        return response

    def _find(self, request: SandboxRequest, body: Any) -> tuple[Operation | None, Mapping[str, str]]:
        route = self.contract.find(request.method, request.path)
        if route is None:
            return None, {}
        return route.choose(dict(parse_qsl(request.query, keep_blank_values=True)), body), route.path

    def _no_operation(self, request: SandboxRequest) -> SandboxResponse:
        near = self.contract.nearest(request.method, request.path)
        return not_emulated(
            f"{request.method} {request.path}"
            + (f"; it emulates {near}" if near else "")
            + ". Check method and path; docs/fidelity.md lists what it emulates. To test what comes after this request, "
            "give your client a transport that answers it"
        )

    async def _with_faults(
        self, operation: Operation, path: Mapping[str, str], request: SandboxRequest, body: Any, unknown: list[str]
    ) -> SandboxResponse:
        if self.windows is not None and not self.windows.admit():
            return SandboxResponse.of(429)
        fault = self.faults.take(operation.name)
        if fault is None:
            return self._answer(operation, path, request, body, unknown)
        if fault.latency:
            await self.runtime.state.clock.sleep(fault.latency)
        if fault.reset == "before":
            return SandboxResponse(status=0, reset=True)
        if fault.status is not None:
            return _replaced(fault, SandboxResponse.of(fault.status))
        return _replaced(fault, self._answer(operation, path, request, body, unknown))

    def _answer(
        self, operation: Operation, path: Mapping[str, str], request: SandboxRequest, body: Any, unknown: list[str]
    ) -> SandboxResponse:
        account = self._authorize(operation, request, body)
        if isinstance(account, SandboxResponse):
            response = account
        else:
            response = self._checked(operation, path, request, body, account, unknown)
        if response.status != 501:  # of the sandbox, not of Cronofy
            operation.check_response(response.status, response.body)
        return response

    def _checked(
        self,
        operation: Operation,
        path: Mapping[str, str],
        request: SandboxRequest,
        body: Any,
        account: Account | None,
        unknown: list[str],
    ) -> SandboxResponse:
        def perform(inner: SandboxRequest) -> SandboxResponse:
            inner_body = read_body(inner)
            found, inner_path = self._find(inner, inner_body)
            if found is None:
                return self._no_operation(inner)
            return self._answer(found, inner_path, inner, inner_body, unknown)

        body = without_placeholder(body, operation)
        query, problems, unknown_query = operation.read_query(request.query)
        body_problems, unknown_body = operation.check_body(body)
        errors = errors_of([*problems, *body_problems])
        self._report(operation, unknown_query | unknown_body, errors, unknown, served=request.served)
        if errors:
            return _refused(operation, errors)
        context = Context(
            operation=operation,
            request=request,
            runtime=self.runtime,
            path=path,
            query=query,
            body=body,
            account_or_none=account,
            perform=perform,
        )
        errors = errors_of(self.checks.problems(context))
        return _refused(operation, errors) if errors else self.registry.operations[operation.name](context)

    def _report(
        self, operation: Operation, found: Unknown, errors: Errors, unknown: list[str], *, served: bool
    ) -> None:
        unknown += found.values()
        messages = [f"{operation.name}: {hint}" for hint in found.values()]
        self.unknown_parameters.extend(messages)
        if self.strict:
            for field, hint in found.items():
                errors.setdefault(field, []).append({"key": "errors.unknown", "description": hint})
            return
        for message in messages:
            if served:
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
        # What the body says counts first: official SDKs send a stale token, or "undefined", beside it.
        if "client_in_body" in accepted and self._is_application(body):
            return None
        if ("api_key" in accepted and is_application) or ("admin_key" in accepted and is_admin):
            return None
        if "access_token" in accepted and account is not None:
            return account
        if "none" in accepted:
            return None
        if operation.has_oauth_errors:
            return oauth_error("invalid_client")
        is_known = account is not None or is_application or is_admin
        return SandboxResponse.of(403 if is_known and self.runtime.assumes(WRONG_KIND) else 401)

    def _is_application(self, body: Any) -> bool:
        if not isinstance(body, dict):
            return False
        members = cast("dict[str, Any]", body)
        return (
            members.get("client_id") == self.credentials.client_id
            and members.get("client_secret") in self.credentials.client_secrets
        )


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
