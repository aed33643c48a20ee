"""Two processes refresh the tokens of one account 1,000 times, while each refresh token works only once."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

from cronofy_async import Tokens
from cronofy_async.sandbox import Sandbox

from .token_file import FileTokenStore

ROOT = Path(__file__).parents[2]
EACH = 500


async def test_no_account_loses_its_authorization(tmp_path: Path) -> None:
    with Sandbox.running(assume={"refresh_tokens_are_kept": False}) as sandbox:
        ada = sandbox.add_account("ada@example.com")
        store = FileTokenStore(tmp_path)
        first = Tokens(access_token=ada.access_token, refresh_token=ada.refresh_token, sub=ada.sub)
        assert await store.swap(ada.sub, None, first)
        environment = os.environ | sandbox.env() | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.e2e.refreshing", str(tmp_path), ada.sub, str(EACH)]

        processes = [
            await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
            for _ in range(2)
        ]
        printed = await asyncio.gather(*(process.communicate() for process in processes))

        assert [process.returncode for process in processes] == [0, 0]
        assert [int(text) for text, _ in printed] == [EACH, EACH]
        statuses = Counter(request.status for request in sandbox.requests if request.operation == "oauth.refresh")
        assert statuses == {200: 2 * EACH}
        stored = await store.load(ada.sub)
        assert stored is not None
        assert stored.refresh_token == ada.refresh_token != first.refresh_token
        async with sandbox.client(tokens=store) as cronofy:
            assert (await cronofy.account(sub=ada.sub).profiles.list()).profiles[0].profile_name == "ada@example.com"
