"""Helpers for tests of channels."""

from __future__ import annotations

from typing import Any

from cronofy_async.sandbox import Account, Delivery, Sandbox

from ..support import Json, Reply, call

__all__ = ["APP", "HOOK", "Hook", "close", "create", "list_channels"]

APP = "https://app.example.com"
HOOK = f"{APP}/hooks/calendar?user=77"


class Hook:
    """Receives notifications, and responds with a given status."""

    def __init__(self, sandbox: Sandbox, status: int = 200) -> None:
        self.sandbox = sandbox
        self.status = status
        self.seen: list[Json] = []
        sandbox.mount(APP, self._receive)

    def _receive(self, delivery: Delivery) -> int:
        self.seen.append({"url": delivery.url, **delivery.json})
        return self.status

    async def notifications(self) -> list[Json]:
        """Return the notifications since the last call, without the channel."""
        await self.sandbox.wait_for_callbacks()
        seen, self.seen = self.seen, []
        return [callback["notification"] for callback in seen]

    async def types(self) -> list[str]:
        return [notification["type"] for notification in await self.notifications()]


async def create(sandbox: Sandbox, account: Account, url: str = HOOK, **members: Any) -> Reply:
    body = {"callback_url": url, **members}
    return await call(sandbox, "POST", "/v1/channels", body, token=account.access_token)


async def list_channels(sandbox: Sandbox, account: Account) -> list[Json]:
    reply = await call(sandbox, "GET", "/v1/channels", token=account.access_token)
    assert reply.status == 200
    channels: list[Json] = reply.json["channels"]
    return channels


async def close(sandbox: Sandbox, account: Account, channel_id: str) -> int:
    return (await call(sandbox, "DELETE", f"/v1/channels/{channel_id}", token=account.access_token)).status
