"""Examples of channels, and tests of ``ensure``."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from cronofy_async import CronofyClient, Unauthorized, from_dict
from cronofy_async.http import RawResponse, Request
from cronofy_async.models import (
    Channel,
    ChannelConversations,
    ChannelFilters,
    ChannelList,
    ConversationNotifications,
    Filters,
)
from cronofy_async.resources.channels import Channels
from cronofy_async.transports.memory import MemoryTransport

from .example import EXTRA, Example, ModelExample, answering

URL = "https://example.com/callback"
CHANNEL_JSON: dict[str, Any] = {
    "channel_id": "chn_54cf7c7cb4ad4c1027000001",
    "callback_url": URL,
    "filters": {"calendar_ids": ["cal_n23kjnwrw2_jsdfjksn234"], "only_managed": True},
}
CHANNEL = Channel(
    channel_id="chn_54cf7c7cb4ad4c1027000001",
    callback_url=URL,
    filters=ChannelFilters(calendar_ids=("cal_n23kjnwrw2_jsdfjksn234",), only_managed=True),
)
PLAIN_JSON: dict[str, Any] = {
    "channel_id": "chn_5ddb45ba0dc4520062c39f69",
    "callback_url": URL,
    "filters": {},
    "scheduling_conversations": {},
}
PLAIN = Channel(
    channel_id="chn_5ddb45ba0dc4520062c39f69",
    callback_url=URL,
    filters=ChannelFilters(),
    scheduling_conversations=ChannelConversations(),
)


def channels_of(client: CronofyClient) -> Channels:
    return client.account(access_token="token").channels


EXAMPLES = [
    Example(
        endpoint="channels.create",
        call=lambda client: channels_of(client).create(
            URL, filters=Filters(calendar_ids=["cal_n23kjnwrw2_jsdfjksn234"], only_managed=True)
        ),
        request="POST /v1/channels",
        json={
            "callback_url": URL,
            "filters": {"calendar_ids": ["cal_n23kjnwrw2_jsdfjksn234"], "only_managed": True},
        },
        response={"channel": CHANNEL_JSON},
        result=CHANNEL,
    ),
    Example(
        endpoint="channels.create",
        title="scheduling conversations",
        call=lambda client: channels_of(client).create(
            URL, scheduling_conversations=ConversationNotifications(enabled=True)
        ),
        request="POST /v1/channels",
        json={"callback_url": URL, "scheduling_conversations": {"enabled": True}},
        response={"channel": {**PLAIN_JSON, "scheduling_conversations": {"enabled": True}}},
        result=Channel(
            channel_id="chn_5ddb45ba0dc4520062c39f69",
            callback_url=URL,
            filters=ChannelFilters(),
            scheduling_conversations=ChannelConversations(enabled=True),
        ),
    ),
    Example(
        endpoint="channels.list",
        call=lambda client: channels_of(client).list(),
        request="GET /v1/channels",
        response={"channels": [CHANNEL_JSON, PLAIN_JSON]},
        result=ChannelList(channels=(CHANNEL, PLAIN)),
    ),
    Example(
        endpoint="channels.close",
        call=lambda client: channels_of(client).close(PLAIN),
        request="DELETE /v1/channels/chn_5ddb45ba0dc4520062c39f69",
        status=202,
        response=None,
        result=None,
    ),
]

MODELS: list[ModelExample] = [
    (
        Channel(
            channel_id="a",
            callback_url="b",
            filters=ChannelFilters(calendar_ids=("c",), only_managed=False, extra=EXTRA),
            scheduling_conversations=ChannelConversations(enabled=True, extra=EXTRA),
            extra=EXTRA,
        ),
        {
            "channel_id": "a",
            "callback_url": "b",
            "filters": {"calendar_ids": ["c"], "only_managed": False, **EXTRA},
            "scheduling_conversations": {"enabled": True, **EXTRA},
            **EXTRA,
        },
    ),
    (
        ChannelFilters(calendar_ids=("c",), only_managed=False, extra=EXTRA),
        {"calendar_ids": ["c"], "only_managed": False, **EXTRA},
    ),
    (ChannelConversations(enabled=True, extra=EXTRA), {"enabled": True, **EXTRA}),
    (ChannelList(channels=(CHANNEL,), extra=EXTRA), {"channels": [CHANNEL_JSON], **EXTRA}),
    (Filters(calendar_ids=("c",), only_managed=True), {"calendar_ids": ["c"], "only_managed": True}),
    (ConversationNotifications(enabled=False), {"enabled": False}),
]


def test_a_list_of_channels_is_iterated_over() -> None:
    channels = ChannelList(channels=(CHANNEL, PLAIN))

    assert [channel.id for channel in channels] == [CHANNEL.channel_id, PLAIN.channel_id]
    assert len(channels) == 2


FINE: dict[str, Any] = {"callback_url": URL}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"callback_url": "/hooks"}, "callback_url: must begin with https:// or http://"),
        ({"callback_url": "ftp://x", "filters": {}}, "callback_url: must begin with https:// or http://"),
        (
            {"filters": {"calendar_ids": "cal_1"}},
            "filters.calendar_ids: expected an array of calendar IDs, got 'cal_1'",
        ),
    ],
)
async def test_an_invalid_channel_is_rejected(arguments: dict[str, Any], message: str) -> None:
    client, transport = answering({})

    with pytest.raises(ValueError, match=message):
        _ = channels_of(client).create(**FINE | arguments)
    with pytest.raises(ValueError, match=message):
        await channels_of(client).ensure(**FINE | arguments)
    assert transport.requests == []


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"channel_id": "chn_2"}, True),
        ({"filters": {"calendar_ids": ["b", "a"], "only_managed": False}}, True),
        ({"filters": {"calendar_ids": ["a", "b"]}, "scheduling_conversations": {"enabled": False}}, True),
        ({"callback_url": "https://example.com/other"}, False),
        ({"filters": {"calendar_ids": ["a"]}}, False),
        ({"filters": None}, False),
        ({"filters": {"calendar_ids": ["a", "b"], "only_managed": True}}, False),
        ({"scheduling_conversations": {"enabled": True}}, False),
    ],
)
def test_channels_with_the_same_notifications(changes: dict[str, Any], same: bool) -> None:
    json = {"channel_id": "chn_1", "callback_url": URL, "filters": {"calendar_ids": ["a", "b"]}}

    first, second = from_dict(Channel, json), from_dict(Channel, json | changes)

    assert first.is_equivalent_to(second) is second.is_equivalent_to(first) is same


# `ensure`, with a server that creates duplicates.


class Server:
    """Responds like Cronofy, after one iteration of the event loop, and creates duplicates."""

    def __init__(self, *channels: dict[str, Any]) -> None:
        self.channels = {channel["channel_id"]: channel for channel in channels}
        self.requests: list[str] = []

    async def __call__(self, request: Request) -> RawResponse:
        await asyncio.sleep(0)
        self.requests.append(request.method)
        if request.method == "GET":
            return RawResponse(status=200, body=json.dumps({"channels": list(self.channels.values())}).encode())
        if request.method == "DELETE":
            removed = self.channels.pop(request.target.rpartition("/")[2], None)
            return RawResponse(status=202 if removed else 404, body=b"")
        created = {"channel_id": f"chn_{len(self.requests):02}", **json.loads(request.body or b"")}
        self.channels[created["channel_id"]] = created
        return RawResponse(status=200, body=json.dumps({"channel": created}).encode())

    def client(self) -> Channels:
        return channels_of(CronofyClient(client_secret="x", transport=MemoryTransport(self)))


def channel(number: int, **changes: Any) -> dict[str, Any]:
    created: dict[str, Any] = {"channel_id": f"chn_{number}", "callback_url": URL, "filters": {}}
    return created | changes


OTHERS = (
    channel(7, callback_url="https://example.com/other"),
    channel(8, filters={"only_managed": True}),
    channel(9, scheduling_conversations={"enabled": True}),
)


async def test_a_channel_is_created_if_there_is_none() -> None:
    server = Server(*OTHERS)

    created = await server.client().ensure(URL)
    second = await server.client().ensure(URL, filters={"only_managed": False})

    assert created == second
    assert server.requests == ["GET", "POST", "GET"]
    assert len(server.channels) == 4


async def test_only_duplicates_are_closed() -> None:
    server = Server(channel(3), channel(1), channel(2, filters={"only_managed": False}), *OTHERS)

    ensured = await server.client().ensure(URL)

    assert ensured.id == "chn_1"
    assert sorted(server.channels) == ["chn_1", "chn_7", "chn_8", "chn_9"]


async def test_concurrent_calls_keep_the_same_channel() -> None:
    server = Server(channel(3), channel(1), channel(2))

    channels = await asyncio.gather(*[server.client().ensure(URL) for _ in range(5)])

    assert {channel.id for channel in channels} == {"chn_1"}
    assert list(server.channels) == ["chn_1"]


async def test_channels_that_are_created_concurrently_become_one() -> None:
    server = Server()
    await asyncio.gather(*[server.client().ensure(URL) for _ in range(3)])
    assert len(server.channels) == 3

    ensured = await server.client().ensure(URL)

    assert list(server.channels) == [ensured.id]


async def test_an_account_that_is_not_authorized_creates_nothing() -> None:
    client, transport = answering({}, 401)

    with pytest.raises(Unauthorized):
        await channels_of(client).ensure(URL)

    assert [request.method for request in transport.requests] == ["GET"]
