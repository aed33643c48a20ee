"""Endpoint methods follow one idiom, and their parameters match the contract."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from cronofy_async import ConfigurationError
from cronofy_async._unset import UNSET
from cronofy_async.client import CronofyAccount, CronofyAdmin, CronofyClient
from cronofy_async.http import AccountToken, AdminKey, ApiKey, ClientInBody, Credential, CredentialKind, Endpoint
from cronofy_async.resources.base import Resource, build, delete
from cronofy_async.resources.real_time_scheduling import RealTimeScheduling

from . import contract
from .example import answering
from .test_examples import METHODS

#: The credentials of each class of client.
CLIENTS: dict[type, dict[CredentialKind, Credential]] = {
    CronofyClient: {"api_key": ApiKey(), "client_in_body": ClientInBody()},
    CronofyAccount: {"account": AccountToken("acc_1")},
    CronofyAdmin: {"admin": AdminKey()},
}
#: Methods whose body or path is computed, and endpoints whose URLs come from a response.
COMPUTED = {"scheduling_conversations.list_slots", "scheduling_conversations.select_slots"}
#: Members in the contract that a method never sends.
OTHER_MEMBERS = {
    "oauth.exchange": {"refresh_token"},  # another SDK sends it, without effect
    "oauth.revoke": {"refresh_token"},  # the spelling of another SDK
    "real_time_sequencing.create": {"availablity"},  # the spelling of another SDK
    "service_accounts.authorize_inline": {"callback_url", "state"},  # as for the other forms, without effect
    "service_accounts.authorize_many": {"state"},  # another SDK sends it in addition to the list
    "events.upsert": {"event_classes", "tags"},  # only in official SDKs or on other pages
    "events.edit_external": {"event_classes", "event_id", "include_userinfo", "meeting_agent", "tags"},
    "scheduling_requests.create": {"tags"},  # only in the docs of the earlier endpoint
    "availability.query": {"available_periods"},  # an older name of query_periods
    "availability.query_sequence": {"available_periods"},
    "available_periods.bulk_delete": {"delete_all", "available_period_id"},  # always true, and never sent with it
}


def body_of(function: Any) -> list[ast.stmt]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(definition, ast.FunctionDef)
    return definition.body


def endpoints_of(function: Any) -> Iterator[Endpoint[Any]]:
    """Yield the endpoints whose constants a method names."""
    for node in ast.walk(ast.Module(body_of(function), [])):
        value = function.__globals__.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(value, Endpoint):
            yield value


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_a_docstring_and_one_return(name: str) -> None:
    docstring, statement = body_of(METHODS[name][0])

    assert isinstance(docstring, ast.Expr)
    assert isinstance(statement, ast.Return)
    assert "super" not in {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("name", sorted(METHODS.keys() - COMPUTED))
def test_method_parameters_match_the_contract(name: str) -> None:
    function, _ = METHODS[name]
    endpoint = next(endpoints_of(function))
    parameters = [parameter for parameter in inspect.signature(function).parameters if parameter != "self"]

    sent = {endpoint.renames.get(parameter, parameter.rstrip("_")) for parameter in parameters}

    members = contract.members(endpoint) - {"client_id", "client_secret"} - OTHER_MEMBERS.get(name, set())
    assert (sent - endpoint.placeholders) | dict(endpoint.fixed).keys() == members


@pytest.mark.parametrize("name", METHODS)
def test_an_endpoint_requires_its_credential(name: str) -> None:
    function, _ = METHODS[name]
    endpoint = next(endpoints_of(function))
    sender = answering({})[0]._sender  # pyright: ignore[reportPrivateUsage]

    for cls, credentials in CLIENTS.items():
        resource = Resource(sender, credentials)
        if endpoint.auth & credentials.keys():
            assert resource._new_call(endpoint, "/", None).request.credential.kind in endpoint.auth  # pyright: ignore[reportPrivateUsage]
        else:
            with pytest.raises(ConfigurationError, match=f"{endpoint.name}: needs the credential"):
                _ = resource._new_call(endpoint, "/", None)  # pyright: ignore[reportPrivateUsage]
            assert not hasattr(cls, endpoint.name.partition(".")[0])


# How parameters become a request.

THINGS: Endpoint[Any] = Endpoint(
    name="things.read",
    method="GET",
    path="/v1/things/{thing_id}",
    response_model=object,
    auth={"api_key"},
    names={"thing": "thing_id", "from_": "from"},
    arrays={"ids"},
)
WRITE: Endpoint[Any] = Endpoint(
    name="things.write",
    method="POST",
    path="/v1/things",
    response_model=None,
    auth={"api_key"},
    fixed={"method": "request"},
)


class Thing:
    thing_id = "a/b"


def test_parameters_go_into_the_path_the_query_and_the_body() -> None:
    parameters = {"self": None, "thing": Thing(), "from_": date(2030, 2, 1), "ids": {"b", "a"}, "tzid": UNSET}

    assert build(THINGS, parameters) == ("/v1/things/a%2Fb?from=2030-02-01&ids%5B%5D=a&ids%5B%5D=b", None)
    assert build(WRITE, {"name": None, "size": UNSET}) == ("/v1/things", b'{"method":"request","name":null}')
    assert build(WRITE, {}, body={"nested": {"a": 1}}) == ("/v1/things", b'{"nested":{"a":1}}')
    assert build(THINGS, {}, path={"thing_id": "x"}) == ("/v1/things/x", None)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"thing": None}, "thing: expected a thing or its ID, got None"),
        ({"thing": "https://a.example.com/s3cret"}, "thing: expected a thing or its ID, got a URL. status_by_token"),
        ({"thing": ".."}, "thing: expected a thing or its ID, got '..'"),
        ({"thing": "x", "ids": "a"}, "ids: expected an array, got 'a'"),
    ],
)
def test_an_invalid_parameter_is_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(THINGS, parameters)


def test_deleting_is_idempotent_and_returns_none() -> None:
    endpoint = delete("things.delete", "/v1/things/{thing_id}", auth={"account"})

    assert (endpoint.method, endpoint.response_model, endpoint.idempotent) == ("DELETE", None, True)


def test_an_area_read_from_a_client_class_is_its_resource_class() -> None:
    assert CronofyClient.real_time_scheduling is RealTimeScheduling


async def test_a_call_without_a_model_ignores_the_response() -> None:
    client, _ = answering(b"not JSON")
    sender = client._sender  # pyright: ignore[reportPrivateUsage]

    result = await Resource(sender, {"api_key": ApiKey()})._call(WRITE, {})  # pyright: ignore[reportPrivateUsage]

    assert result is None


def test_an_unknown_credential_of_a_request_is_rejected() -> None:
    credential: Any = "bearer"

    with pytest.raises(ValueError, match="credential: must be api_key or body, got 'bearer'"):
        _ = answering({})[0].request("GET", "/v1/x", credential=credential)


async def test_the_request_of_a_page_can_be_read() -> None:
    client, transport = answering({"registration": {"registrations": []}})
    registrations = client.bookable_events.registrations("yoga")

    assert registrations.request.target == "/v1/bookable_events/yoga"
    response = await registrations.with_options(headers={"x-a": "1"}, query={"new": 1}).response()

    assert (response.data.items, response.status) == ((), 200)
    assert transport.requests[0].headers["X-A"] == "1"
    assert transport.requests[0].target == "/v1/bookable_events/yoga?new=1"
