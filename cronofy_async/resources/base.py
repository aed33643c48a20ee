"""Declare endpoints, and create calls from them.

An endpoint is a constant made by ``get``, ``post`` or ``delete``. A method of a ``Resource`` declares its parameters in
its signature and passes ``locals()`` on, so each parameter is written only once::

    UPSERT = post("events.upsert", "/v1/calendars/{calendar_id}/events", None, auth={"account"}, idempotent=True)


    class Events(Resource):
        @returns_call
        def upsert(self, calendar_id: str, *, event_id: str, summary: str) -> Call[None]:
            return self._call(UPSERT, locals())

Parameters in the path template go into the path, all others into the query (GET) or the JSON body. ``UNSET`` is left
out, and a trailing underscore is dropped (``from_`` is ``from``). A method with a nested or computed body passes
``body=`` instead of ``locals()``.
"""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable, Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypedDict, TypeVar, Unpack, overload

from .._codec import encode, join_names, query_string, to_dict, wire_name
from .._codec.misspelled import warn_of_misspelled
from .._json import Json
from .._unset import UNSET
from .._warnings import CronofyStabilityWarning, user_stacklevel
from ..call import Call, Sender
from ..errors import ConfigurationError, DecodeError
from ..http import Credential, CredentialKind, Endpoint, Stability, path_segment
from ..pages import Paginated, target_on

if TYPE_CHECKING:
    from ..models.pages import Page

__all__ = ["Resource", "check_array", "delete", "get", "post"]

T = TypeVar("T")


class StabilityOptions(TypedDict, total=False):
    """The stability of an endpoint, and the plan that it needs."""

    stability: Stability
    plan: str


class RequestOptions(TypedDict, total=False):
    """Whether a request may be sent twice or as an item of a batch, and the scope that it needs."""

    idempotent: bool
    batchable: bool
    scope: str


class EndpointOptions(StabilityOptions, RequestOptions, total=False):
    """The optional properties of an endpoint; see ``Endpoint``."""

    items: str
    envelope: str | None
    accept: Collection[int]
    fixed: Mapping[str, str]
    names: Mapping[str, str]
    arrays: Collection[str]
    space_separated: Collection[str]
    check: Callable[[Json], None]
    remember: Callable[[Any, Json], Any]
    after: Callable[[Any, Json, Any], Awaitable[Any]]


def get(
    name: str,
    path: str,
    response_model: type[T],
    *,
    auth: Collection[CredentialKind],
    **options: Unpack[EndpointOptions],
) -> Endpoint[T]:
    """Declare an endpoint that reads."""
    return Endpoint(name=name, method="GET", path=path, response_model=response_model, auth=auth, **options)


@overload
def post(
    name: str, path: str, response_model: None, *, auth: Collection[CredentialKind], **options: Unpack[EndpointOptions]
) -> Endpoint[None]: ...


@overload
def post(
    name: str,
    path: str,
    response_model: type[T],
    *,
    auth: Collection[CredentialKind],
    **options: Unpack[EndpointOptions],
) -> Endpoint[T]: ...


def post(
    name: str,
    path: str,
    response_model: type[Any] | None,
    *,
    auth: Collection[CredentialKind],
    **options: Unpack[EndpointOptions],
) -> Endpoint[Any]:
    """Declare an endpoint that writes. ``None`` as ``response_model`` ignores the response body."""
    return Endpoint(name=name, method="POST", path=path, response_model=response_model, auth=auth, **options)


@overload
def delete(
    name: str,
    path: str,
    response_model: None = None,
    *,
    auth: Collection[CredentialKind],
    **options: Unpack[EndpointOptions],
) -> Endpoint[None]: ...


@overload
def delete(
    name: str,
    path: str,
    response_model: type[T],
    *,
    auth: Collection[CredentialKind],
    **options: Unpack[EndpointOptions],
) -> Endpoint[T]: ...


def delete(
    name: str,
    path: str,
    response_model: type[Any] | None = None,
    *,
    auth: Collection[CredentialKind],
    **options: Unpack[EndpointOptions],
) -> Endpoint[Any]:
    """Declare an endpoint that deletes. ``None`` as ``response_model`` ignores the response body."""
    return Endpoint(name=name, method="DELETE", path=path, response_model=response_model, auth=auth, **options)


def check_array(name: str) -> Callable[[Json], None]:
    """Return a check that an array is not a string, which would be sent as an array of its characters."""

    def check(body: Json) -> None:
        if isinstance(body.get(name), str):
            raise ValueError(f"{name}: expected an array, got a string. Pass a list.")

    return check


def build(
    endpoint: Endpoint[Any],
    arguments: Mapping[str, Any],
    path: Mapping[str, str] | None = None,
    body: Any = None,
    *,
    validate: bool = False,
) -> tuple[str, bytes | None]:
    """Return the target (path and query) and the body of a request.

    Args:
        endpoint: The endpoint.
        arguments: The arguments of a method, by name; ``self`` is ignored.
        path: Path parameters that are not in ``arguments``.
        body: The body, instead of the remaining ``arguments``.
        validate: Whether to check the documented rules of the endpoint.

    Raises:
        ValueError: A parameter cannot be sent, or breaks a rule; the message names it.
    """
    target = endpoint.path
    parameters: dict[str, Any] = dict(endpoint.fixed)  # `dict[str, Any](...)` takes several times as long
    renames = endpoint.renames
    for parameter, value in arguments.items():
        if value is UNSET or parameter == "self":
            continue
        name = renames.get(parameter) or wire_name(parameter)
        if name in endpoint.placeholders:
            segment = value if isinstance(value, str) else getattr(value, name, value)
            target = target.replace(f"{{{name}}}", path_segment(parameter, segment, renamed=parameter in renames))
        else:
            parameters[name] = value
    for name in endpoint.space_separated:
        if name in parameters:
            parameters[name] = join_names(name, parameters[name])
    if path:
        for name, segment in path.items():
            target = target.replace(f"{{{name}}}", path_segment(name, segment))
    if endpoint.method == "GET":
        if validate and endpoint.check is not None:
            endpoint.check(parameters)
        return target + query_string(parameters, arrays=endpoint.arrays) if parameters else target, None
    content = to_dict(parameters if body is None else body)
    if validate and endpoint.check is not None:
        endpoint.check(content)
    return target, encode(content) if content else None


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Resource:
    """An area of the API, on one client or account.

    Args:
        sender: Sends the calls.
        credentials: The credentials that the client or account has, by kind.
    """

    __slots__ = ("_credentials", "_sender")

    def __init__(self, sender: Sender, credentials: Mapping[CredentialKind, Credential]) -> None:
        self._sender = sender
        self._credentials = credentials

    def _call(
        self,
        endpoint: Endpoint[T],
        arguments: Mapping[str, Any] = _NOTHING,
        /,
        *,
        path: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Call[T]:
        """Return a call of an endpoint with the arguments of a method, which are its ``locals()``."""
        target, content = build(endpoint, arguments, path, body, validate=self._sender.validate)
        if content is not None and self._sender.validate:
            warn_of_misspelled(arguments, getattr(self, endpoint.name.rpartition(".")[2], None))
        return self._new_call(endpoint, target, content)

    def _pages(
        self, first: Endpoint[Page[T]], following: Endpoint[Page[T]], arguments: Mapping[str, Any], /, *, found_at: str
    ) -> Paginated[T]:
        """Return a call of a paginated endpoint.

        Args:
            first: The endpoint of the first page.
            following: The endpoint of the following pages.
            arguments: The arguments for the first page.
            found_at: The JSON path of the URL of the next page.
        """
        return Paginated(
            self._call(first, arguments), lambda page: self._follow(following, page.next_page or "", found_at=found_at)
        )

    def _follow(self, endpoint: Endpoint[T], url: str, *, found_at: str, body: Any = None) -> Call[T]:
        """Return a call of a URL from a response.

        Raises:
            DecodeError: The URL, which was found at the JSON path ``found_at``, is not on the client's API host.
        """
        target = target_on(self._sender.base_url, url)
        if target is None:
            del url  # it may hold a token, which no traceback should show
            message = f"{found_at}: this URL is not on {self._sender.base_url}, so it was not followed"
            raise DecodeError(message, path=found_at)
        return self._new_call(endpoint, target, None if body is None else encode(body))

    def _new_call(self, endpoint: Endpoint[T], target: str, body: bytes | None) -> Call[T]:
        if self._sender.warn_unstable and endpoint.stability != "stable":
            message = f"{endpoint.name}: this endpoint is {endpoint.stability}, so Cronofy may still change it"
            warnings.warn(message, CronofyStabilityWarning, stacklevel=user_stacklevel())
        for kind, credential in self._credentials.items():
            if kind in endpoint.auth:
                return Call(self._sender.prepare(endpoint, target, body, credential), self._sender)
        raise ConfigurationError(
            f"{endpoint.name}: needs the credential {' or '.join(sorted(endpoint.auth))}, but was called on an object "
            f"with {' or '.join(self._credentials)}"
        )
