"""What goes through the chain: a request and a response as plain values, and the endpoint a request is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import quote, urlencode

import attrs

from ._clock import Deadline
from ._redaction import hide
from ._unset import UNSET
from .times import wire_time

__all__ = [
    "AccountToken",
    "ApiKey",
    "ClientInBody",
    "Credential",
    "Endpoint",
    "Options",
    "RawResponse",
    "Request",
    "Timeout",
]

Method: TypeAlias = Literal["GET", "POST", "DELETE"]
CredentialKind: TypeAlias = Literal["api_key", "account", "body"]
Lane: TypeAlias = Literal["foreground", "background"]


@attrs.frozen
class ApiKey:
    """The application's client secret, sent as a bearer token. Names the credential; does not hold it."""


@attrs.frozen
class AccountToken:
    """The access token of one account. Names the account, and whom it acts for; does not hold its token."""

    account: str
    impersonate: str | None = None


@attrs.frozen
class ClientInBody:
    """The application's id and secret as members of the body, as the token endpoints want them. Holds neither."""


Credential: TypeAlias = ApiKey | AccountToken | ClientInBody


@attrs.frozen(kw_only=True)
class Endpoint:
    """One endpoint of the API.

    Args:
        name: the area and the method, as in ``real_time_scheduling.status``.
        method: the HTTP verb.
        path: the template of the path, as in ``/v1/real_time_scheduling/{id}``.
        credential: which kind of credential it takes.
        idempotent: whether sending it twice does no harm.
        stability: Cronofy's label for it.
        plan: the plan that it needs, where the docs name one.
    """

    name: str
    method: Method
    path: str
    credential: CredentialKind
    idempotent: bool
    stability: Literal["stable", "beta", "alpha", "prerelease", "legacy", "deprecated", "unknown"] = "stable"
    plan: str | None = None

    def target(self, path: Mapping[str, str] | None = None, query: Mapping[str, Any] | None = None) -> str:
        """Fill the template in: the path and query that follow the base URL, percent-encoded.

        Raises:
            ValueError: a path parameter is empty, ``.`` or ``..``, which would name another endpoint.
        """
        target = self.path
        if path:
            for name, value in path.items():
                target = target.replace("{" + name + "}", path_segment(name, value))
        return target + query_string(query) if query else target

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def path_segment(name: str, value: str) -> str:
    """Percent-encode a parameter as one segment of a path, whatever it holds."""
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - None is a likely slip
        raise ValueError(f"{name}: expected a string, got {type(value).__name__}")
    if value in {"", ".", ".."}:
        raise ValueError(f"{name}: {value!r} cannot be an id")
    return value if _UNRESERVED.fullmatch(value) else quote(value, safe="")


#: Most ids are made of these, and need no quoting.
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9_.~-]+")


def query_string(query: Mapping[str, Any]) -> str:
    """Write a query as Cronofy reads it: ``name[]=`` for each item of a list, ``true`` and ``false`` in lower case.

    ``None`` and ``UNSET`` are left out.

    Raises:
        ValueError: a datetime is naive; the message names the parameter.
    """
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if isinstance(value, list | tuple):
            items = cast("Sequence[object]", value)
            pairs += [(f"{name}[]", _query_text(name, item)) for item in items]
        elif value is not None and value is not UNSET:
            pairs.append((name, _query_text(name, value)))
    return "?" + urlencode(pairs, quote_via=quote) if pairs else ""


def _query_text(name: str, value: object) -> str:
    if isinstance(value, datetime):
        try:
            return wire_time(value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return str(value).lower() if isinstance(value, bool) else str(value)


@attrs.frozen(kw_only=True)
class Timeout:
    """How long to wait, in seconds; ``None`` is no limit.

    Args:
        connect: for one connection to be made.
        attempt: for one request, connecting included, to its last byte.
        total: for a whole call with its repeats and back-off, from the moment its first request may go. Waiting for
            the rate limit is not counted.
    """

    connect: float | None = 10.0
    attempt: float | None = 30.0
    total: float | None = 60.0


@attrs.frozen(kw_only=True)
class Options:
    """What one call may do differently from the rest of its client; ``None`` means as the client does.

    ``on_sent`` is called whenever a request of the call has its permit and goes to the transport.
    """

    timeout: Timeout | None = None
    retries: int | None = None
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    idempotent: bool | None = None
    lane: Lane = "foreground"
    on_sent: Callable[[], object] | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True, slots=False)  # without slots, `evolve` is cheap
class Request:
    """One request: a value that can be compared, hashed and pickled, and that holds no credential.

    ``headers`` are those of the wire; the chain adds to them. ``attempt`` counts from 1.
    """

    endpoint: Endpoint
    base_url: str
    target: str = attrs.field(repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    credential: Credential = ApiKey()
    options: Options = Options()
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False, hash=False)
    timeout: Timeout = Timeout()
    attempt: int = 1
    deadline: Deadline | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def method(self) -> Method:
        return self.endpoint.method

    @property
    def url(self) -> str:
        """The whole URL, percent-encoded. It may hold a secret (a link's token): never log it."""
        return self.base_url + self.target

    @property
    def idempotent(self) -> bool:
        repeat = self.options.idempotent
        return self.endpoint.idempotent if repeat is None else repeat

    def with_headers(self, headers: Mapping[str, str]) -> Request:
        """The same request with further headers, whose names may be in any letter case."""
        return self.evolve(headers={**self.headers, **{name.title(): value for name, value in headers.items()}})

    def evolve(self, **changes: Any) -> Request:
        """The same request with other values; what ``attrs.evolve`` does, at a fraction of its cost."""
        other = object.__new__(type(self))
        object.__setattr__(other, "__dict__", self.__dict__ | changes)
        return other


@attrs.frozen(kw_only=True)
class RawResponse:
    """One response, as bytes. ``headers`` are in lower case; ``attempts`` is how often the request was sent."""

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False, hash=False)
    body: bytes = attrs.field(default=b"", repr=hide)
    attempts: int = 1

    @property
    def request_id(self) -> str | None:
        """The server's name for this exchange, where it gives one."""
        return self.headers.get("x-request-id")

    def retry_after(self, now: datetime) -> float | None:
        """The seconds to wait before another try, if the server said (as a number or an HTTP date)."""
        return retry_after(self.headers, now)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read ``Retry-After``: seconds from ``now``, never negative; ``None`` if there is none that can be read."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.replace(".", "", 1).isdecimal():
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max((then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds(), 0.0)
