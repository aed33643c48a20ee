"""The comparison with pycronofy in the README is correct."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from functools import reduce
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.metadata import version
from pkgutil import iter_modules
from threading import Thread
from typing import Any

import pytest

from cronofy_async import Endpoint, resources
from cronofy_async.client import CronofyAccount, CronofyClient

from .generated import PYCRONOFY
from .snippets import ROOT

README = (ROOT / "README.md").read_text("utf-8")

# These packages have no types.
pycronofy: Any = import_module("pycronofy")
settings: Any = import_module("pycronofy.settings")
requests: Any = import_module("requests")
CLIENT: type[Any] = pycronofy.Client


def row(name: str) -> tuple[str, str]:
    """Return the two cells of a row of the comparison."""
    match = re.search(rf"^\| {name} \| (.+) \| (.+) \|$", README, re.MULTILINE)
    assert match is not None
    return match[1], match[2]


class Server(ThreadingHTTPServer):
    """A server that sends the same response to every request, and records the client's port of each."""

    daemon_threads = True
    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ports: list[int] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections alive
    server: Any

    def do_GET(self) -> None:
        self.server.ports.append(self.client_address[1])
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b'{"account": {}}'
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Print nothing."""


@contextmanager
def serving() -> Generator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Generator[Server]:
    with serving() as server:
        monkeypatch.setattr(settings, "API_BASE_URL", f"http://127.0.0.1:{server.server_port}")
        yield server


def test_the_named_version_of_pycronofy_is_installed() -> None:
    assert f"| pycronofy {version('pycronofy')} |" in README


def test_pycronofy_methods_are_not_async_and_have_no_types() -> None:
    methods = [method for _, method in inspect.getmembers(CLIENT, inspect.isfunction)]

    assert not any(map(inspect.iscoroutinefunction, methods))
    assert not any(method.__annotations__ for method in methods)


def test_the_number_of_pycronofy_methods_that_send_requests() -> None:
    methods = inspect.getmembers(CLIENT, inspect.isfunction)
    sending = [name for name, code in methods if name[0] != "_" and "self.request_handler" in inspect.getsource(code)]

    assert row("endpoints")[1] == f"{len(sending)} methods, without types"


def test_pycronofy_opens_a_connection_per_request_and_returns_dictionaries(server: Server) -> None:
    client = CLIENT(access_token="made-up")

    results = [client.account(), client.account()]

    assert len(set(server.ports)) == 2
    assert all(type(result) is dict for result in results)


@pytest.mark.parametrize("status", [429, 503])
def test_pycronofy_does_not_retry(server: Server, status: int) -> None:
    server.status = status

    with pytest.raises(Exception, match=str(status)):
        CLIENT(access_token="made-up").account()

    assert len(server.ports) == 1


def test_pycronofy_has_no_timeout(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts: list[object] = []
    send = requests.adapters.HTTPAdapter.send

    def spy(*args: Any, **options: Any) -> Any:
        timeouts.append(options["timeout"])
        return send(*args, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", spy)
    CLIENT(access_token="made-up").account()

    assert timeouts == [None]


def test_the_number_of_our_endpoints() -> None:
    modules = [import_module(f"{resources.__name__}.{module.name}") for module in iter_modules(resources.__path__)]
    values = [value for module in modules for value in vars(module).values()]
    endpoints = {value.name for value in values if isinstance(value, Endpoint)}

    assert row("endpoints")[0] == f"{len(endpoints)} typed, all others by `request()`"


def test_every_method_has_its_counterpart() -> None:
    rows = re.findall(
        r"^\| `client\.(\w+)\(.*?\)` \| (.+) \|$", (ROOT / "docs/pycronofy.md").read_text("utf-8"), re.MULTILINE
    )
    methods: dict[str, list[str]] = tomllib.loads(PYCRONOFY.read_text("utf-8"))["operations"]

    assert [method for method, _ in rows] == list(methods)
    for method, cell in rows:
        assert hasattr(CLIENT, method)
        calls = re.findall(
            r"`(?:await |async (?:for … in|with) )?(account|cronofy)\.([\w.]+)\(.*?\)(?: as \w+)?`", cell
        )
        assert len(calls) == cell.count("`") // 2
        for holder, path in calls:
            owner = CronofyAccount if holder == "account" else CronofyClient
            assert callable(reduce(getattr, path.split("."), owner))
