"""The reference of endpoints is complete, and its calls exist."""

from __future__ import annotations

import inspect

import pytest

from cronofy_async._reference import KEYWORDS, RETIRED, Reference, endpoints
from cronofy_async.client import CronofyAccount, CronofyAdmin, CronofyClient

from ..areas.test_endpoints import ROWS

CLIENTS = {"client": CronofyClient, "account": CronofyAccount, "admin": CronofyAdmin}
ALL = endpoints()
by_name = pytest.mark.parametrize("reference", ALL, ids=[reference.name for reference in ALL])


def test_the_reference_lists_every_endpoint_once() -> None:
    listed = [reference.name for reference in ALL if reference not in RETIRED]

    assert sorted(listed) == sorted(row.call for row in ROWS)


@by_name
def test_a_call_names_a_client_and_its_method(reference: Reference) -> None:
    for call in reference.call.split(" or "):
        client, _, remaining = call.partition(".")
        names = remaining.partition("(")[0].split(".")
        method = CLIENTS[client]
        for name in names:
            method = getattr(method, name)
        assert callable(method)


@by_name
def test_a_call_has_its_required_arguments(reference: Reference) -> None:
    if reference in RETIRED:
        return
    client, area, remaining = reference.call.split(" or ")[0].split(".", 2)
    method = getattr(getattr(CLIENTS[client], area), remaining.partition("(")[0])

    arguments = remaining.partition("(")[2].rstrip(")").split(", ")

    positional = [object() for name in arguments if name and "…" not in name]
    named = {name.removesuffix("=…"): object() for name in arguments if name.endswith("=…")}
    inspect.signature(method).bind(None, *positional, **named)


@by_name
def test_every_endpoint_has_a_summary_and_a_page(reference: Reference) -> None:
    assert reference.summary
    assert (
        reference.docs.startswith("https://docs.cronofy.com/developers/") or reference.name == "add_to_calendar.create"
    )


def test_an_endpoint_of_two_clients_is_listed_with_both() -> None:
    (query,) = (reference for reference in ALL if reference.name == "availability.query")

    assert query.call == (
        "client.availability.query(participants=…, required_duration=…, …) or account.availability.query(…)"
    )
    assert query.credential == "access token or client secret"


def test_keywords_are_those_of_areas() -> None:
    assert set(KEYWORDS) <= {reference.name.partition(".")[0] for reference in ALL}
