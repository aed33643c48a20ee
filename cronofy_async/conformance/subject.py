"""The account that is tested, and the requests of the checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from ..call import Call
from ..client import CronofyAccount, CronofyClient
from ..errors import ApiError

__all__ = ["NotTestable", "Subject"]

_OK: Final = 200
_INVALID: Final = 422


class NotTestable(Exception):
    """It cannot be determined with this account whether an assumption holds."""


@attrs.define(kw_only=True)
class Subject:
    """The application and the account that are tested."""

    client: CronofyClient
    account: CronofyAccount | None
    _sub: str | None = attrs.field(default=None, init=False)

    @property
    def required_account(self) -> CronofyAccount:
        """The account, for requests that need its access token.

        Raises:
            NotTestable: There is none.
        """
        if self.account is None:
            raise NotTestable("needs an access token")
        return self.account

    async def sub(self) -> str:
        """Return the ID of the account."""
        if self._sub is None:
            self._sub = (await self.required_account.identity.userinfo()).sub
        return self._sub

    def tomorrow(self, **delta: float) -> datetime:
        """Return a time relative to the next midnight in UTC."""
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=1) + timedelta(**delta)

    async def send(self, call: Call[Any]) -> tuple[int, Any]:
        """Send a call, and return the status and JSON of any response."""
        try:
            response = await call.response()
        except ApiError as error:
            return error.status, error.body
        return response.status, response.json

    async def is_rejected(self, call: Call[Any]) -> bool:
        """Return whether a call gets a 422 rather than a 200.

        Raises:
            NotTestable: It gets neither.
        """
        status, _ = await self.send(call)
        if status not in {_OK, _INVALID}:
            raise NotTestable(f"the response has the status {status}")
        return status == _INVALID

    async def query(self, member: Mapping[str, Any] | None = None, **changes: Any) -> Call[Any]:
        """Return an availability query for the account over the next five days, with changes.

        Args:
            member: Additional members of the account in ``participants``.
            changes: Members of the query; ``...`` leaves one out.
        """
        days = {"start": format_time(self.tomorrow()), "end": format_time(self.tomorrow(days=5))}
        query: dict[str, Any] = {
            "participants": [{"members": [{"sub": await self.sub(), **(member or {})}], "required": "all"}],
            "required_duration": {"minutes": 30},
            "query_periods": [days],
            "response_format": "slots",
        } | changes
        body = {name: value for name, value in query.items() if value is not ...}
        return self.required_account.request("POST", "/v1/availability", json=body)

    async def slots(self, member: Mapping[str, Any] | None = None, **changes: Any) -> list[datetime]:
        """Return the starts of the slots that a query offers.

        Raises:
            NotTestable: The query is rejected.
        """
        status, body = await self.send(await self.query(member, **changes))
        if status != _OK:
            raise NotTestable(f"the response has the status {status}")
        return [datetime.fromisoformat(slot["start"]).astimezone(UTC) for slot in body["available_slots"]]

    async def some_slots(self) -> list[datetime]:
        """Return the starts of the slots of a plain query.

        Raises:
            NotTestable: There is none.
        """
        slots = await self.slots()
        if not slots:
            raise NotTestable("the account is not free in the next five days")
        return slots


def format_time(moment: datetime) -> str:
    """Return a time in the form of the API."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
