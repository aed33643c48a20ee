"""Requests, responses, endpoints, and credentials as plain values.

Nothing here performs I/O or knows a model: resources build these values, and the middleware chain carries them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Final, Generic, Literal, Protocol, TypeAlias, TypeVar
from urllib.parse import quote

import attrs

from ._clock import Deadline
from ._json import Json
from ._redaction import hide

__all__ = [
    "AccountToken",
    "AdminKey",
    "ApiKey",
    "ClientInBody",
    "Credential",
    "CredentialKind",
    "Endpoint",
    "Keys",
    "Options",
    "RawResponse",
    "Request",
    "Timeout",
]

#: The headers of a request with a body.
JSON_BODY: Final = {"Content-Type": "application/json; charset=utf-8"}

T_co = TypeVar("T_co", covariant=True)

Method: TypeAlias = Literal["GET", "POST", "DELETE"]
CredentialKind: TypeAlias = Literal["api_key", "account", "client_in_body", "admin"]
Lane: TypeAlias = Literal["foreground", "background"]
Stability: TypeAlias = Literal["stable", "beta", "alpha", "prerelease", "legacy", "deprecated", "unknown"]


_Pairs: TypeAlias = tuple[tuple[str, str], ...]

# Endpoints are hashable: their collections are made immutable.


def _kinds(kinds: Collection[CredentialKind]) -> frozenset[CredentialKind]:
    return frozenset(kinds)


def _statuses(statuses: Collection[int]) -> frozenset[int]:
    return frozenset(statuses)


def _parameters(names: Collection[str]) -> frozenset[str]:
    return frozenset(names)


def _pairs(names: Mapping[str, str] | _Pairs) -> _Pairs:
    return tuple(dict(names).items())


_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def _placeholders(endpoint: Endpoint[Any]) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(endpoint.path))


def _renames(endpoint: Endpoint[Any]) -> Mapping[str, str]:
    return dict(endpoint.names)


def _is_idempotent(endpoint: Endpoint[Any]) -> bool:
    return endpoint.method != "POST"


@attrs.frozen(kw_only=True)
class Endpoint(Generic[T_co]):
    """One endpoint of the API.

    Args:
        name: The area and the method, as in ``real_time_scheduling.status``.
        method: The HTTP method.
        path: The path template, as in ``/v1/real_time_scheduling/{real_time_scheduling_id}``.
        response_model: The model of the response body. ``None`` ignores the body; ``object`` returns the JSON unchanged.
        auth: The kinds of credential that it accepts.
        idempotent: Whether it can safely be sent twice; by default, every method except ``POST``.
        batchable: Whether it may be an item of ``POST /v1/batch``.
        items: The member of the body whose items are requests themselves.
        envelope: The member of the response that holds the model.
        accept: Statuses other than 2xx that are not errors.
        fixed: Members of the request that are always the same.
        names: The API's names of parameters that have another name in the method.
        arrays: Query parameters that are arrays.
        space_separated: Parameters with several values that are sent as one string separated by spaces, such as scopes.
        check: Raises ``ValueError`` if a body or query breaks a documented rule.
        remember: Adds values from the request to the decoded response.
        after: Called with the decoded response, the JSON of the request, and the client's token manager when a call has
            succeeded. It returns the result of the call.
        stability: Cronofy's label for it.
        plan: The plan that it needs, if the docs name one.
        scope: The scope that it needs, if the docs name one. A broader scope may include it.
    """

    name: str
    method: Method
    path: str
    response_model: type[T_co] | None
    auth: frozenset[CredentialKind] = attrs.field(converter=_kinds)
    idempotent: bool = attrs.field(default=attrs.Factory(_is_idempotent, takes_self=True))
    batchable: bool = False
    items: str | None = None
    envelope: str | None = None
    accept: frozenset[int] = attrs.field(default=frozenset[int](), converter=_statuses)
    fixed: _Pairs = attrs.field(default=(), converter=_pairs)
    names: _Pairs = attrs.field(default=(), converter=_pairs)
    arrays: frozenset[str] = attrs.field(default=frozenset[str](), converter=_parameters)
    space_separated: frozenset[str] = attrs.field(default=frozenset[str](), converter=_parameters)
    check: Callable[[Json], None] | None = None
    remember: Callable[[Any, Json], Any] | None = None
    after: Callable[[Any, Json, Any], Awaitable[Any]] | None = None
    stability: Stability = "stable"
    plan: str | None = None
    scope: str | None = None
    #: Computed once per endpoint, not per call: the parameters in the path, and ``names`` as a dictionary.
    placeholders: frozenset[str] = attrs.field(
        default=attrs.Factory(_placeholders, takes_self=True), init=False, eq=False, repr=False
    )
    renames: Mapping[str, str] = attrs.field(
        default=attrs.Factory(_renames, takes_self=True), init=False, eq=False, repr=False
    )

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def path_segment(name: str, value: object, *, renamed: bool = False) -> str:
    """Percent-encode a path parameter as a single segment.

    Args:
        name: The parameter.
        value: Its value.
        renamed: Whether the parameter also takes an object with the ID, which error messages then mention.

    Raises:
        ValueError: The value is not a string, or is empty, ``.`` or ``..``, which would lead to another endpoint.
    """
    if not isinstance(value, str) or value in {"", ".", ".."}:
        received = repr(value) if isinstance(value, str) else "None" if value is None else type(value).__name__
        raise ValueError(f"{name}: expected {f'a {name} or its ID' if renamed else 'an ID'}, got {received}")
    if _UNRESERVED.fullmatch(value):
        return value
    if renamed and "://" in value:
        del value  # anyone who has the URL of a link can book
        raise ValueError(
            f"{name}: expected a {name} or its ID, got a URL. status_by_token takes the last part of its path."
        )
    return quote(value, safe="")


#: Most IDs consist of these characters, which need no quoting.
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9_.~-]+")


def _seconds(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise TypeError(f"timeout.{attribute.name}: expected a number of seconds or None, got {value!r}")


@attrs.frozen(kw_only=True)
class Timeout:
    """Timeouts in seconds; ``None`` is no limit.

    Args:
        connect: The limit for making a connection.
        attempt: The limit for one attempt, from connecting to the last byte of the response.
        total: The limit for a call, including retries and backoff, from the moment its first request is sent. Waiting
            for the rate limit does not count.
    """

    connect: float | None = attrs.field(default=10.0, validator=_seconds)
    attempt: float | None = attrs.field(default=30.0, validator=_seconds)
    total: float | None = attrs.field(default=60.0, validator=_seconds)


@attrs.frozen(kw_only=True)
class Options:
    """The options of one call; ``None`` uses the client's.

    ``on_sent`` is called whenever a request of the call has its permit and is passed to the transport.
    """

    timeout: Timeout | None = None
    retries: int | None = None
    headers: _Pairs = attrs.field(default=(), repr=False)
    idempotent: bool | None = None
    lane: Lane = "foreground"
    on_sent: Callable[[], object] | None = attrs.field(default=None, eq=False, repr=False)


# Credentials identify the secret to sign with but never hold it, so that requests can be logged and pickled.


class Keys(Protocol):
    """The secrets of a client, which credentials sign requests with."""

    def client_id(self, endpoint: Endpoint[Any], /) -> str: ...

    def client_secret(self, endpoint: Endpoint[Any], /) -> str: ...

    def admin_key(self, endpoint: Endpoint[Any], /) -> str: ...

    def with_client_secret(self, request: Request, /) -> Mapping[str, str]:
        """Return the headers of the request with the client secret as its bearer token."""
        ...

    def account_secrets(self, account: str, /) -> list[str]:
        """Return the tokens of an account, including replaced ones."""
        ...


@attrs.frozen
class ApiKey:
    """The application's client secret, sent as a bearer token."""

    kind: ClassVar[CredentialKind] = "api_key"

    def sign(self, request: Request, keys: Keys, /) -> Request:
        return request.evolve(headers=keys.with_client_secret(request))

    def secrets(self, request: Request, keys: Keys, /) -> list[str]:
        return []  # the client secret is redacted everywhere


@attrs.frozen
class AccountToken:
    """The access token of one account.

    Args:
        account: The key of the account in the client's token manager.
        impersonate: The ``sub`` of the member to act for, with the token of an organizational unit.
    """

    kind: ClassVar[CredentialKind] = "account"

    account: str
    impersonate: str | None = None

    def sign(self, request: Request, access_token: str, /) -> Request:
        headers = {**request.headers, "Authorization": f"Bearer {access_token}"}
        if self.impersonate is not None:
            headers["Cronofy-Impersonate"] = self.impersonate
        return request.evolve(headers=headers)

    def secrets(self, request: Request, keys: Keys, /) -> list[str]:
        return keys.account_secrets(self.account)


@attrs.frozen
class ClientInBody:
    """The application's ID and secret as members of the body, where the token endpoints expect them."""

    kind: ClassVar[CredentialKind] = "client_in_body"

    def sign(self, request: Request, keys: Keys, /) -> Request:
        if not (request.body or b"{}").startswith(b"{"):
            raise ValueError("json: must be an object, to which client_id and client_secret are added")
        application = {
            "client_id": keys.client_id(request.endpoint),
            "client_secret": keys.client_secret(request.endpoint),
        }
        if request.body is None:
            request = request.with_headers(JSON_BODY)
        return request.evolve(body=json.dumps(application | json.loads(request.body or b"{}")).encode())

    def secrets(self, request: Request, keys: Keys, /) -> list[str]:
        return []  # secrets in bodies are redacted for every credential


@attrs.frozen
class AdminKey:
    """The key of the admin API, sent as a bearer token."""

    kind: ClassVar[CredentialKind] = "admin"

    def sign(self, request: Request, keys: Keys, /) -> Request:
        return request.with_headers({"Authorization": f"Bearer {keys.admin_key(request.endpoint)}"})

    def secrets(self, request: Request, keys: Keys, /) -> list[str]:
        return [keys.admin_key(request.endpoint)]


Credential: TypeAlias = ApiKey | AccountToken | ClientInBody | AdminKey


@attrs.frozen(kw_only=True, slots=False)  # without slots, `evolve` is cheap
class Request:
    """One request, as a value that can be compared, hashed and pickled. It holds no credential.

    ``headers`` are the HTTP headers, to which the middleware chain adds. ``attempt`` counts from 1.
    """

    endpoint: Endpoint[Any]
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
        """The complete URL, percent-encoded. It may contain a secret (the token of a link): never log it."""
        return self.base_url + self.target

    @property
    def idempotent(self) -> bool:
        """Whether it may be sent again even if it may have been processed."""
        option = self.options.idempotent
        return self.endpoint.idempotent if option is None else option

    @property
    def item_count(self) -> int:
        """The number of requests that it consists of: 1, unless it is a batch."""
        items = self.endpoint.items
        return 1 if items is None else max(1, len(json.loads(self.body or b"{}").get(items, ())))

    def with_headers(self, headers: Mapping[str, str]) -> Request:
        """Return the request with additional headers, whose names may be in any letter case."""
        return self.evolve(headers={**self.headers, **{name.title(): value for name, value in headers.items()}})

    def evolve(self, **changes: Any) -> Request:
        """Return a copy with other values, like ``attrs.evolve`` but much faster."""
        other = object.__new__(type(self))
        object.__setattr__(other, "__dict__", self.__dict__ | changes)
        return other


@attrs.frozen(kw_only=True)
class RawResponse:
    """One response, as bytes. ``headers`` have names in lower case; ``attempts`` is how often the request was sent.

    ``not_retried`` is the reason why it was not retried although the retry policy asked for it.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False, hash=False)
    body: bytes = attrs.field(default=b"", repr=hide)
    attempts: int = 1
    not_retried: str | None = attrs.field(default=None, repr=False)

    @property
    def request_id(self) -> str | None:
        """Cronofy's ID of the request, if the response has one."""
        return self.headers.get("x-request-id")

    def retry_after(self, now: datetime) -> float | None:
        """Return the seconds to wait before a retry, if the server sent them (as a number or an HTTP date)."""
        return retry_after(self.headers, now)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return ``Retry-After`` in seconds from ``now``, never negative; ``None`` if it is missing or invalid."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.replace(".", "", 1).isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds(), 0.0)
