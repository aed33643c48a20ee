"""Generated requests to every operation of a served sandbox: none fails, and none gets a response outside the document."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from pathlib import Path

import pytest

from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.contract.contract import contract

from ..sandbox.support import NOW
from .seeds import seed

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
#: Redirects lead to the application, and large bodies take long to generate.
QUIET = ["--max-redirects", "0", "--warnings", "off", "--suppress-health-check", "all"]


def test_responses_to_generated_requests_match_the_document(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "cronofy_async.sandbox")  # there are thousands of warnings of unknown members
    with Sandbox.running(now=NOW) as sandbox:
        known = sandbox.run(seed)
        earlier = len(sandbox.requests)
        command = ["schemathesis", "--config-file", str(CONFIG), "run", f"{sandbox.url}/openapi.json"]
        process = subprocess.run(
            [*command, "--url", sandbox.url, "--phases", "examples,fuzzing", *QUIET],
            env={
                **os.environ,
                "ACCESS_TOKEN": sandbox.accounts[0].access_token,
                "ADMIN_KEY": sandbox.run(lambda sandbox: sandbox.admin_key),
                "API_KEY": sandbox.client_secret,
                "SERVICE_ACCOUNT_TOKEN": sandbox.add_account("it@example.com", kind="service_account").access_token,
                "KNOWN": json.dumps(known),
                "PYTHONPATH": str(ROOT),
            },
            cwd=tmp_path,  # in which it leaves its cache
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        sent = sandbox.requests[earlier:]

    assert process.returncode == 0, process.stdout
    succeeded = {request.operation for request in sent if request.operation and request.status and request.status < 400}
    assert len(succeeded) > 0.8 * len(contract().operations), succeeded  # not only errors are tested
