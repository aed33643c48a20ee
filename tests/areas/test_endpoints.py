"""The table of the API's endpoints, compared with the calls of the SDK and with the operations of the sandbox."""

from __future__ import annotations

import csv
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from cronofy_async import resources
from cronofy_async.client import CronofyAccount, CronofyAdmin, CronofyClient
from cronofy_async.http import Endpoint
from cronofy_async.sandbox.kernel.contract.contract import contract
from cronofy_async.sandbox.kernel.registry import REGISTRY

CLIENTS = {"client": CronofyClient, "account": CronofyAccount, "admin": CronofyAdmin}
#: The security schemes of the contract, by the credentials of the SDK.
SCHEMES = {"api_key": "api_key", "account": "access_token", "client_in_body": "client_in_body", "admin": "admin_key"}


@attrs.frozen
class Row:
    """An endpoint as the API's documentation describes it.

    One without credentials is a URL for a browser; a retired one, without clients, is called by ``client.request``.
    """

    call: str
    method: str
    path: str
    credentials: str
    stability: str
    clients: str

    @property
    def is_request(self) -> bool:
        return self.credentials != ""

    @property
    def is_retired(self) -> bool:
        return self.clients == ""


def rows() -> list[Row]:
    with Path(__file__).with_name("endpoints.csv").open(encoding="utf-8", newline="") as file:
        return [Row(**row) for row in csv.DictReader(file)]


def declared() -> Iterator[Endpoint[Any]]:
    """Yield the endpoint constants of all areas."""
    for info in pkgutil.iter_modules(resources.__path__, "cronofy_async.resources."):
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, Endpoint):
                yield value


RETIRED = [row for row in rows() if row.is_retired]
ROWS = [row for row in rows() if not row.is_retired]
REQUESTS = [row for row in ROWS if row.is_request]
ENDPOINTS = {endpoint.name: endpoint for endpoint in declared()}
each_row = pytest.mark.parametrize("row", ROWS, ids=[row.call for row in ROWS])
each_request = pytest.mark.parametrize("row", REQUESTS, ids=[row.call for row in REQUESTS])
each_request_or_retired = pytest.mark.parametrize("row", REQUESTS + RETIRED, ids=lambda row: row.call)


def test_the_table_lists_every_endpoint_of_the_sdk() -> None:
    assert sorted(ENDPOINTS) == sorted(row.call for row in ROWS)


@each_request
def test_an_endpoint_is_declared_as_documented(row: Row) -> None:
    endpoint = ENDPOINTS[row.call]

    # The URL of an action is in a response: its path is a parameter as a whole.
    assert (endpoint.method, endpoint.path if row.path.startswith("/") else row.path) == (row.method, row.path)
    assert sorted(endpoint.auth) == row.credentials.split()
    assert endpoint.stability == row.stability


@each_row
def test_every_client_that_can_make_the_call_has_its_method(row: Row) -> None:
    area, _, name = row.call.partition(".")

    for label, client in CLIENTS.items():
        assert hasattr(client, area) >= (label in row.clients.split())
    if not name.endswith("_page"):  # a page is reached through the first one
        method = getattr(getattr(CLIENTS[row.clients.split()[0]], area), name)
        assert "Docs: https://docs.cronofy.com/developers/" in (inspect.getdoc(method) or "")


@each_row
def test_the_docstring_says_that_an_endpoint_is_not_stable(row: Row) -> None:
    area, _, name = row.call.partition(".")
    resource = getattr(CLIENTS[row.clients.split()[0]], area)

    documented = (inspect.getmodule(resource), resource, getattr(resource, name, None))
    text = " ".join(inspect.getdoc(item) or "" for item in documented)

    assert row.stability == "stable" or row.stability in text.lower()


@each_request_or_retired
def test_the_sandbox_implements_the_operation(row: Row) -> None:
    operation = contract().operations[row.call]

    assert operation.method == row.method
    assert not row.path.startswith("/") or operation.path == row.path
    assert operation.credentials >= {SCHEMES[credential] for credential in row.credentials.split()}
    assert row.call in REGISTRY.operations


@each_request
def test_the_sandbox_asks_for_the_scope_that_errors_name(row: Row) -> None:
    scope, scopes = ENDPOINTS[row.call].scope, contract().operations[row.call].scopes

    assert scope in scopes if scopes else scope is None


@pytest.mark.parametrize("row", RETIRED, ids=lambda row: row.call)
def test_a_retired_endpoint_has_no_method_and_is_marked_in_the_contract(row: Row) -> None:
    area = row.call.partition(".")[0]

    assert not any(hasattr(client, area) for client in CLIENTS.values())
    assert contract().document["paths"][row.path][row.method.lower()]["deprecated"] is True
