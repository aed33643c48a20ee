"""Shallow operations: they keep requests and return them, without behavior of their own.

An area keeps a request in one line, and a later operation, or the test, reads it::

    @operation("meeting_agents.schedule")
    def schedule(context: Context) -> SandboxResponse:
        \"\"\"Keep a meeting agent.\"\"\"
        agent = keep(context, "agt", state="created")
        return ok({"meeting_agent": {"sub": agent.id, "state": agent.members["state"]}})

The contract marks such an operation with ``x-fidelity: shallow``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import attrs

from .actions import AreaActions
from .context import Context
from .marks import UnknownRecord, action
from .state import State
from .tables import stored

__all__ = ["CREDENTIALS", "KeptRecord", "KeptRecordPages", "keep", "keep_in", "kept_records"]

#: Members that authenticate a request, which are not kept.
CREDENTIALS: Final = frozenset({"client_id", "client_secret"})


@stored
@attrs.define(eq=False, kw_only=True)
class KeptRecord:
    """A request that a shallow operation has kept.

    Attributes:
        id: Its ID.
        operation: The operation that keeps it, such as ``meeting_agents.schedule``.
        sub: The account that sent it; ``None`` for the application.
        members: The members of the body or query, and those that the operation added.
        at: When it was kept.
    """

    id: str
    operation: str
    sub: str | None
    members: dict[str, Any] = attrs.field(repr=False)
    at: datetime


def keep(context: Context, prefix: str, **extra: Any) -> KeptRecord:
    """Keep the body of a request, or its query if it has no body, and return the record.

    Args:
        context: The request.
        prefix: The prefix of the record's ID.
        extra: Further members, which replace those of the request. They must have a JSON form.
    """
    members: Mapping[str, Any] = context.query if context.operation.body_schema is None else context.body
    account = context.account_or_none
    return keep_in(
        context.state, context.operation.name, prefix, {**members, **extra}, sub=account.sub if account else None
    )


def keep_in(
    state: State, operation: str, prefix: str, members: Mapping[str, Any], *, sub: str | None = None
) -> KeptRecord:
    """Keep members without a request, as the actions of tests do, and return the record.

    Args:
        state: The state.
        operation: The operation that will return it.
        prefix: The prefix of the record's ID.
        members: Its members, as JSON values.
        sub: The account that it belongs to, if any.
    """
    kept = KeptRecord(
        id=state.new_id(prefix),
        operation=operation,
        sub=sub,
        members={name: value for name, value in members.items() if name not in CREDENTIALS},
        at=state.clock.now(),
    )
    state.table(KeptRecord)[kept.id] = kept
    return kept


def kept_records(state: State, name: str, *, sub: str | None = None) -> list[KeptRecord]:
    """Return the records of an operation or area, oldest first.

    Args:
        state: The state.
        name: An operation, or an area for all of its operations.
        sub: The account whose records to return. By default, those of all accounts and the application are returned.
    """
    return [
        record
        for record in state.table(KeptRecord).values()
        if (record.operation == name or record.operation.startswith(f"{name}.")) and sub in {None, record.sub}
    ]


class KeptRecordPages(AreaActions):
    """The actions of an area whose requests each have a page. The last part of its URL is the ID of the record."""

    #: The operation that keeps the requests.
    operation_name: ClassVar[str]

    @action
    def find(self, url: str) -> KeptRecord:
        """Return the request that a page is for. Its ``members`` are those of the request.

        Args:
            url: The URL of the page.

        Raises:
            SandboxError: There is no such page.
        """
        record = self.state.table(KeptRecord).get(urlsplit(url).path.rpartition("/")[2])
        if record is None or record.operation != self.operation_name:
            raise UnknownRecord(
                f"url: the sandbox has no page of {self.operation_name} there. Pass the url of the response."
            )
        return record
