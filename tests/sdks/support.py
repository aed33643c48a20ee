"""Helpers for the tests of official SDKs: clients of the published pycronofy, and the operations that calls reach."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest

from cronofy_async.sandbox import Account, RunningSandbox

# The package has no types.
pycronofy: Any = import_module("pycronofy")
settings: Any = import_module("pycronofy.settings")
BatchBuilder: Any = import_module("pycronofy.batch").BatchBuilder
RequestError: type[Exception] = import_module("pycronofy.exceptions").PyCronofyRequestError


def client_of(sandbox: RunningSandbox, account: Account) -> Any:
    """Return a client of pycronofy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "API_BASE_URL", sandbox.url)
        patch.setattr(settings, "APP_BASE_URL", sandbox.url)
        return pycronofy.Client(
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            access_token=account.access_token,
            refresh_token=account.refresh_token,
        )


@contextmanager
def raises_status(status: int) -> Generator[list[Any]]:
    """Expect an error with a status. The response is added to the list."""
    responses: list[Any] = []
    with pytest.raises(RequestError) as caught:
        yield responses
    responses.append(response_of(caught.value))
    assert responses[0].status_code == status


def response_of(error: Exception) -> Any:
    return getattr(error, "response")  # noqa: B009 - it has no types


class Recording:
    """A client, unmodified, that remembers which of its methods was called before each request of the sandbox."""

    def __init__(self, client: Any, sandbox: RunningSandbox) -> None:
        self._client = client
        self._sandbox = sandbox
        self._calls: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._client, name)
        if callable(value):
            self._calls.append((name, len(self._sandbox.requests)))
        return value

    def reached(self) -> set[tuple[str, str]]:
        """Return the methods with the operations that accepted their requests."""
        requests = self._sandbox.requests
        marks = [*self._calls, ("", len(requests))]
        return {
            (method, request.operation)
            for (method, start), (_, end) in pairwise(marks)
            for request in requests[start:end]
            if request.operation and request.status is not None and request.status < 400
        }
