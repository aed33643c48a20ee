"""Examples of the members and resources of organizational units."""

from __future__ import annotations

from typing import Any

from cronofy_async import CronofyClient, RawResponse
from cronofy_async.models import (
    OrganizationalUnitMember,
    OrganizationalUnitMembersPage,
    OrganizationalUnitResource,
    OrganizationalUnitResourcesPage,
    PageInfo,
    SchedulerAccess,
)
from cronofy_async.transports.memory import MemoryTransport

from .example import EXTRA, Example, ModelExample

PAGES = PageInfo(current=1, total=1)
PAGES_JSON = {"current": 1, "total": 1}
OWNER = OrganizationalUnitMember(
    sub="acc_1",
    email="marty@example.com",
    roles=("owner",),
    scheduler=SchedulerAccess(enabled=True, public_url=None),
)
OWNER_JSON: dict[str, Any] = {
    "sub": "acc_1",
    "email": "marty@example.com",
    "roles": ["owner"],
    "scheduler": {"enabled": True, "public_url": None},
}
ROOM = OrganizationalUnitResource(
    sub="res_1", email="room@example.com", name="Meeting Room One", scheduler=SchedulerAccess(enabled=True)
)
ROOM_JSON: dict[str, Any] = {
    "sub": "res_1",
    "email": "room@example.com",
    "name": "Meeting Room One",
    "scheduler": {"enabled": True},
}

EXAMPLES = [
    Example(
        endpoint="organizational_units.members",
        call=lambda client: client.organizational_units.members(),
        request="GET /v1/organizational_unit_members",
        response={"organizational_unit_members": [OWNER_JSON], "pages": PAGES_JSON},
        result=OrganizationalUnitMembersPage(organizational_unit_members=(OWNER,), pages=PAGES),
    ),
    Example(
        endpoint="organizational_units.resources",
        call=lambda client: client.organizational_units.resources(),
        request="GET /v1/organizational_unit_resources",
        response={"organizational_unit_resources": [ROOM_JSON], "pages": PAGES_JSON},
        result=OrganizationalUnitResourcesPage(organizational_unit_resources=(ROOM,), pages=PAGES),
    ),
]

PUBLIC = SchedulerAccess(enabled=True, public_url="https://app.cronofy.com/pls/1", extra=EXTRA)
PUBLIC_JSON = {"enabled": True, "public_url": "https://app.cronofy.com/pls/1", **EXTRA}
MEMBER = OrganizationalUnitMember(sub="acc_2", email="a", roles=("member",), scheduler=PUBLIC, extra=EXTRA)
MEMBER_JSON = {"sub": "acc_2", "email": "a", "roles": ["member"], "scheduler": PUBLIC_JSON, **EXTRA}
RESOURCE = OrganizationalUnitResource(sub="res_2", email="a", name="b", scheduler=PUBLIC, extra=EXTRA)
RESOURCE_JSON = {"sub": "res_2", "email": "a", "name": "b", "scheduler": PUBLIC_JSON, **EXTRA}

MODELS: list[ModelExample] = [
    (PUBLIC, PUBLIC_JSON),
    (MEMBER, MEMBER_JSON),
    (RESOURCE, RESOURCE_JSON),
    (
        OrganizationalUnitMembersPage(organizational_unit_members=(MEMBER,), pages=PAGES, extra=EXTRA),
        {"organizational_unit_members": [MEMBER_JSON], "pages": PAGES_JSON, **EXTRA},
    ),
    (
        OrganizationalUnitResourcesPage(organizational_unit_resources=(RESOURCE,), pages=PAGES, extra=EXTRA),
        {"organizational_unit_resources": [RESOURCE_JSON], "pages": PAGES_JSON, **EXTRA},
    ),
]


async def test_pages_are_followed_by_their_url() -> None:
    following = "https://api.cronofy.com/somewhere/else?page=2"
    bodies = [
        f'{{"organizational_unit_members": [{{"sub": "acc_1"}}], "pages": {{"next_page": "{following}"}}}}',
        '{"organizational_unit_members": [{"sub": "acc_2"}], "pages": {}}',
    ]
    transport = MemoryTransport(lambda _: RawResponse(status=200, body=bodies.pop(0).encode()))
    client = CronofyClient(client_secret="s3cret", transport=transport)

    subs = [member.sub async for member in client.organizational_units.members()]

    assert subs == ["acc_1", "acc_2"]
    assert transport.requests[1].url == following
