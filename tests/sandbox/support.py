"""Helpers for tests of the sandbox: bodies of requests, and a way to send them without the SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from cronofy_async.sandbox import Account, Sandbox
from cronofy_async.sandbox.kernel.messages import SandboxRequest, SandboxResponse

NOW = datetime(2031, 3, 3, 7, tzinfo=UTC)
ORIGIN = "http://sandbox.test"
LINKS = "/v1/real_time_scheduling"

Json = dict[str, Any]


def at(hour: int, minute: int = 0, *, day: int = 3) -> datetime:
    return datetime(2031, 3, day, hour, minute, tzinfo=UTC)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def period(start: datetime, end: datetime) -> Json:
    return {"start": text(start), "end": text(end)}


def group(*accounts: Account | str, required: Any = "all") -> Json:
    return {
        "members": [{"sub": account if isinstance(account, str) else account.sub} for account in accounts],
        "required": required,
    }


def link_body(*accounts: Account, **changes: Any) -> Json:
    """Return a request for a link that offers 9, 10, and 11 o'clock."""
    body: Json = {
        "oauth": {"redirect_uri": "https://app.example.com/done"},
        "event": {"event_id": "intro-1", "summary": "Intro", "tzid": "Europe/London"},
        "availability": {
            "participants": [group(*accounts)],
            "required_duration": {"minutes": 60},
            "query_periods": [period(at(9), at(12))],
        },
    }
    return body | changes


def put(body: Json, path: str, value: Any) -> Json:
    """Set a member, as in ``event.tzid`` or ``a[0].b``; ``...`` removes it."""
    steps: list[str | int] = [
        int(step) if step.isdigit() else step for step in path.replace("]", "").replace("[", ".").split(".")
    ]
    holder: Any = body
    for step in steps[:-1]:
        if isinstance(step, str):
            holder.setdefault(step, {})
        holder = holder[step]
    if value is ...:
        del holder[steps[-1]]
    else:
        holder[steps[-1]] = value
    return body


@attrs.frozen
class Reply:
    status: int
    json: Any
    headers: Mapping[str, str]

    @property
    def errors(self) -> dict[str, str]:
        """Return the fields of a 422, each with the key of its first problem."""
        assert self.status == 422, self
        return {field: problems[0]["key"] for field, problems in self.json["errors"].items()}


async def raw(
    sandbox: Sandbox,
    method: str,
    target: str,
    body: Any = None,
    *,
    token: str | None = "the application's",
    headers: Mapping[str, str] | None = None,
) -> SandboxResponse:
    path, _, query = target.partition("?")
    token = sandbox.client_secret if token == "the application's" else token
    bearer = {} if token is None else {"authorization": f"Bearer {token}"}
    return await sandbox.handle(
        SandboxRequest(
            method=method,
            path=path,
            query=query,
            headers=bearer | dict(headers or {}),
            body=body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode(),
            base_url=ORIGIN,
        )
    )


async def call(sandbox: Sandbox, method: str, target: str, body: Any = None, **options: Any) -> Reply:
    answer = await raw(sandbox, method, target, body, **options)
    return Reply(answer.status, json.loads(answer.body) if answer.body else None, answer.headers)


async def create(sandbox: Sandbox, *accounts: Account, **changes: Any) -> str:
    """Create a link, and return its ID."""
    reply = await call(sandbox, "POST", LINKS, link_body(*accounts, **changes))
    assert reply.status == 200, reply
    ident: str = reply.json["real_time_scheduling"]["real_time_scheduling_id"]
    return ident


async def status(sandbox: Sandbox, ident: str) -> Json:
    reply = await call(sandbox, "GET", f"{LINKS}/{ident}")
    assert reply.status == 200, reply
    envelope: Json = reply.json["real_time_scheduling"]
    return envelope
