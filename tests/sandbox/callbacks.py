"""Helpers for tests of callbacks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from cronofy_async.sandbox import Account, Delivery, Sandbox

from .support import create

APP = "https://app.example.com"
HOOK = f"{APP}/hooks/rts?candidate=7"


class Receiver:
    """A receiver that records deliveries, and returns the given response."""

    def __init__(self, answer: Any = None) -> None:
        self.seen: list[Delivery] = []
        self.answer = answer

    def __call__(self, delivery: Delivery) -> Any:
        self.seen.append(delivery)
        return self.answer


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


async def book_link(sandbox: Sandbox, account: Account, url: str = HOOK) -> Delivery:
    """Book a link, and return the delivery of its callback."""
    ident = await create(sandbox, account, callback_urls={"completed_url": url})
    booking = await sandbox.book(ident)
    assert booking.delivery is sandbox.deliveries[-1]
    return booking.delivery
