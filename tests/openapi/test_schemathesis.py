"""Generated requests to every operation of a served sandbox: none fails, and none gets a response outside the document."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from cronofy_async.sandbox import Sandbox

from ..sandbox.support import NOW

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
#: Redirects lead to the application, and large bodies take long to generate.
QUIET = ["--max-redirects", "0", "--warnings", "off", "--suppress-health-check", "all"]


def test_responses_to_generated_requests_match_the_document(tmp_path: Path) -> None:
    with Sandbox.running(now=NOW) as sandbox:
        ada = sandbox.add_account("ada@example.com")
        bob = sandbox.add_account("bob@example.com")
        known = {
            "sub": [ada.sub, bob.sub],
            "client_id": [sandbox.client_id],
            "client_secret": [sandbox.client_secret],
            "calendar_id": [calendar.calendar_id for calendar in ada.calendars],
            "profile_id": [profile.profile_id for profile in ada.profiles],
        }
        tokens = {"ACCESS_TOKEN": ada.access_token, "API_KEY": sandbox.client_secret}
        command = ["schemathesis", "--config-file", str(CONFIG), "run", f"{sandbox.url}/openapi.json"]
        ran = subprocess.run(
            [*command, "--url", sandbox.url, "--phases", "examples,fuzzing,stateful", *QUIET],
            env={**os.environ, **tokens, "KNOWN": json.dumps(known), "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,  # in which it leaves its cache
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        statuses = {(one.operation, one.status) for one in sandbox.run(lambda sandbox: list(sandbox.requests))}

    assert ran.returncode == 0, ran.stdout
    succeeded = {operation for operation, status in statuses if operation and status and status < 400}
    assert len(succeeded) > 25  # not only errors are tested
