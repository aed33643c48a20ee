"""The changes that exercise the methods of pycronofy for companies, permissions, and conferencing services."""

from __future__ import annotations

from typing import Any

from .change import APP, Change, Setup, Step, value_at, values_of
from .pycronofy_changes import CALENDARS

HOOK = f"{APP}/authorized"
PEOPLE = [{"email": f"{name}@corp.example", "callback_url": HOOK, "scope": "read_write"} for name in ("kim", "lee")]


def use_service_account(setup: Setup) -> None:
    """Use the tokens of a service account."""
    company = setup.sandbox.add_account("admin@corp.example", kind="service_account")
    setup.client.auth.update(access_token=company.access_token, refresh_token=company.refresh_token)


def exchange_code(setup: Setup, _: Any) -> None:
    """Use the tokens of the account whose code was sent to the callback URL."""
    setup.sandbox.wait_for_callbacks()
    code = setup.sandbox.deliveries[-1].json["authorization"]["code"]
    setup.client.get_authorization_from_code(code, HOOK)


def permissions(setup: Setup) -> tuple[Any, ...]:
    return [{"calendar_id": setup.ada.calendar_id, "permission_level": "unrestricted"}], f"{APP}/permitted"


CHANGES = [
    Change(
        name="authorize a user of a company",
        prepare=use_service_account,
        write=Step("authorize_with_service_account", lambda _: ("kim@corp.example", "read_write", HOOK, "s")),
        after_write=exchange_code,
        read=Step("account"),
        extract=value_at("email"),
        before="admin@corp.example",
        after="kim@corp.example",
    ),
    Change(
        name="authorize users of a company",
        prepare=use_service_account,
        write=Step("authorize_multiple_accounts_via_service_account", lambda _: (PEOPLE, "s")),
        after_write=exchange_code,
        read=Step("account"),
        extract=value_at("email"),
        before="admin@corp.example",
        after="lee@corp.example",
    ),
    Change(
        name="list the rooms of a company",
        prepare=use_service_account,
        write=Step("resources"),
        after_write=lambda setup, _: setup.sandbox.run(lambda sandbox: sandbox.resources.add("room-1@corp.example")),
        read=Step("resources"),
        extract=values_of("email"),
        before=[],
        after=["room-1@corp.example"],
    ),
    Change(
        name="request permissions, which are granted",
        write=Step("elevated_permissions", permissions),
        after_write=lambda setup, result: setup.sandbox.run(lambda sandbox: sandbox.permissions.accept(result["url"])),
        read=CALENDARS,
        extract=values_of("permission_level"),
        before=["sandbox", "sandbox"],
        after=["unrestricted", "sandbox"],
    ),
    Change(
        name="connect a conferencing service",
        write=Step("get_conferencing_services_auth_link", lambda _: (f"{APP}/conferencing", "zoom")),
        after_write=lambda setup, url: setup.sandbox.run(lambda sandbox: sandbox.conferencing_services.connect(url)),
        read=Step("userinfo"),
        extract=lambda result: values_of("provider_name")(result["cronofy.data"]["conferencing_profiles"]),
        before=[],
        after=["zoom"],
    ),
    Change(
        name="create a token for an element",
        write=Step("get_ui_element_token", lambda setup: (["agenda"], [setup.ada.sub], APP)),
        read=lambda setup: setup.sandbox.kept_records("element_tokens.create"),
        extract=len,
        before=0,
        after=1,
    ),
]
