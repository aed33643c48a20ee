"""The examples of each area, from which ``test_examples.py`` and ``../unit/test_models.py`` generate their checks.

Each area has a file of its name with ``EXAMPLES`` (calls), ``MODELS`` (models and their JSON), and tests of the behavior
that only this area has. Each part is optional. To add an area, copy ``bookable_events.py``.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import attrs

from cronofy_async import CronofyClient
from cronofy_async.http import RawResponse, Request
from cronofy_async.models.base import Model
from cronofy_async.transports.memory import MemoryTransport

#: A model with every member set, and its JSON.
ModelExample: TypeAlias = tuple[Model, dict[str, Any]]

START = datetime(2030, 2, 1, 9, 30, tzinfo=UTC)
END = START + timedelta(hours=1)
EXTRA = {"brand_new": [1, None], "nested": {"a": "b"}}


@attrs.frozen(kw_only=True, repr=False)
class Example:
    """A call, with its request, response, and result.

    Args:
        endpoint: The area and the call, as in ``bookable_events.read``.
        title: Distinguishes several examples of one endpoint.
        call: Makes the call on a client.
        method: The method that ``call`` uses, if it is not named like the endpoint.
        request: The method and target of the request that is sent.
        json: The body that is sent; ``None`` is no body.
        status: The status of the response.
        response: The JSON of the response.
        result: The result of the call. No member of the response may be left over in ``extra``.
        in_contract: Whether the sandbox's contract allows the request and the response.
    """

    endpoint: str
    title: str = ""
    call: Callable[[CronofyClient], Any]
    method: str = ""
    request: str
    json: Any = None
    status: int = 200
    response: Any
    result: Any
    in_contract: bool = True

    @property
    def name(self) -> str:
        return f"{self.endpoint} ({self.title})" if self.title else self.endpoint


def answering(response: object, status: int = 200, **options: Any) -> tuple[CronofyClient, MemoryTransport]:
    """Return a client that gets the same response to each request, and the transport that records the requests."""
    body = response if isinstance(response, bytes) else json.dumps(response).encode()
    transport = MemoryTransport(lambda _: RawResponse(status=status, body=body))
    return CronofyClient(client_id="id", client_secret="s3cret", transport=transport, **options), transport


async def sent(awaitable: Awaitable[Any], transport: MemoryTransport) -> tuple[Any, Request]:
    """Return the result of a call and the only request that it took."""
    result = await awaitable
    (request,) = transport.requests
    return result, request


def areas() -> Iterator[ModuleType]:
    """Yield the modules of this folder that describe an area."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in {"example", "contract"} and not path.stem.startswith("test_"):
            yield importlib.import_module(f"{__package__}.{path.stem}")


def examples() -> list[Example]:
    """Return the calls of all areas."""
    return [example for area in areas() for example in getattr(area, "EXAMPLES", ())]


def model_examples() -> list[ModelExample]:
    """Return the models of all areas, each with its JSON."""
    return [pair for area in areas() for pair in getattr(area, "MODELS", ())]
