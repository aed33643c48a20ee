"""A process that uses one account until it has refreshed its tokens a number of times: ``refreshing.py FOLDER SUB NUMBER``.

The first attempt of each call is answered as if its access token had expired.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from cronofy_async import CronofyClient, Handler, RawResponse, Request
from tests.e2e.token_file import FileTokenStore


class Expiring:
    """Answers the first attempt of each call with 401, and counts the refreshes that succeed."""

    def __init__(self) -> None:
        self.refreshes = 0
        self._answered: set[str] = set()

    async def __call__(self, request: Request, call_next: Handler) -> RawResponse:
        if request.endpoint.name == "oauth.refresh":
            response = await call_next(request)
            self.refreshes += response.status == 200
            return response
        call = request.headers["X-Call"]
        if call in self._answered:
            return await call_next(request)
        self._answered.add(call)
        return RawResponse(status=401)


async def main(folder: Path, sub: str, number: int) -> None:
    expiring = Expiring()
    calls = itertools.count()
    async with CronofyClient.from_env(
        tokens=FileTokenStore(folder), per_attempt=[expiring], rate_limit=None, retry=None
    ) as cronofy:
        account = cronofy.account(sub=sub)
        while expiring.refreshes < number:
            infos = await asyncio.gather(
                *(
                    account.identity.userinfo().with_options(headers={"X-Call": str(next(calls))})
                    for _ in range(2)  # which share a refresh
                )
            )
            assert [info.sub for info in infos] == [sub, sub]
    sys.stdout.write(str(expiring.refreshes))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
