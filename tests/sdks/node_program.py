"""The published official SDK for Node, in a process that calls its methods."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cronofy_async.sandbox import Account, RunningSandbox

SOURCES = Path(__file__).parent / "node"

#: Set where the tests must not be skipped.
REQUIRED = "REQUIRE_NODE"


class NodeError(Exception):
    """A method raised an error. The ``response`` has the name that it has in pycronofy's."""

    def __init__(self, message: str, status: int | None) -> None:
        super().__init__(message)
        self.response = SimpleNamespace(status_code=status)


class Node:
    """The process.

    Attributes:
        methods: The public methods of the package.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.methods: list[str] = self._read()

    def call(self, **members: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(members) + "\n")
        self._process.stdin.flush()
        return self._read()

    def connect(self, sandbox: RunningSandbox, account: Account) -> NodeClient:
        """Return a client for an account."""
        names = {"access_token": account.access_token, "refresh_token": account.refresh_token}
        names |= {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
        return NodeClient(self, sandbox.url, names)

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the program ended"
        return json.loads(line)


class NodeClient:
    """A client. Its options are the arguments of each call; it keeps the tokens that a method stores."""

    def __init__(self, node: Node, url: str, config: Mapping[str, Any]) -> None:
        self._node = node
        self._url = url
        self.config = config

    def __getattr__(self, name: str) -> Any:
        if name not in self._node.methods:
            raise AttributeError(name)
        return partial(self._call, name)

    def _call(self, method: str, /, *, by_callback: bool = False, **options: Any) -> Any:
        response = self._node.call(
            url=self._url, config=self.config, method=method, options=options, callback=by_callback
        )
        self.config = response["config"]
        if "error" in response:
            raise NodeError(response["error"], response.get("status"))
        return response.get("value")


@contextmanager
def running(folder: Path) -> Generator[Node]:
    """Install the package into an empty folder, and start the program there."""
    npm = shutil.which("npm")
    if npm is None and REQUIRED not in os.environ:
        pytest.skip(f"npm is not installed; {REQUIRED}=1 makes this an error")
    assert npm is not None, "npm is not installed: the official SDK for Node cannot be run"
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"]
    subprocess.run([npm, "install", *options], cwd=folder, check=True)
    with subprocess.Popen(
        ["node", "calls.js"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        yield Node(process)
