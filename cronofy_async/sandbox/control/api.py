"""The control API: the actions of a ``Sandbox``, over HTTP.

It has no credentials: anyone who can reach the sandbox can do anything. Pages of other sites cannot reach it, because
the host and the origin of a request are checked, and because bodies must be JSON, which no form can send.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

from ..._json import is_array, is_object
from ..._version import __version__
from ..kernel.actions import SandboxError, UnknownRecord
from ..kernel.body import read_json
from ..kernel.messages import SandboxResponse, problem
from ..web.routes import Routes
from ..web.visit import Visit
from .calls import Call, Controlled, InvalidArguments, call_named, calls_of
from .forms import to_json
from .openapi import openapi
from .table import PREFIX, TABLE, WHOLE_BODY

__all__ = ["ROUTES"]

#: The maximum number of bytes of a body, except that of a snapshot, which only the server limits.
MAX_BYTES: Final = 1024 * 1024

_log: Final = logging.getLogger("cronofy_async.sandbox")
_JSON: Final = "application/json"
#: The media types that a form on another site can send without a preflight request.
_OF_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})

ROUTES: Final = Routes()


@ROUTES.get("/__sandbox__/health", public=True)
def health(visit: Visit) -> SandboxResponse:
    """Return 200 as soon as the sandbox responds."""
    return SandboxResponse.of(200, {"status": "ok", "version": __version__})


@ROUTES.get(f"{PREFIX}openapi.json")
def description(visit: Visit) -> SandboxResponse:
    """Return the OpenAPI document of the control API."""
    return SandboxResponse.of(200, openapi(calls_of(type(_sandbox(visit)))))


@ROUTES.post(f"{PREFIX}actions/{{name}}")
async def action(visit: Visit) -> SandboxResponse:
    """Perform an action by its name."""
    try:
        call = call_named(visit.path["name"], calls_of(type(_sandbox(visit))))
    except LookupError as error:
        return problem(404, "not_found", str(error.args[0]))
    return await _respond(visit, call, {})


def _route(name: str) -> Callable[[Visit], Awaitable[SandboxResponse]]:
    async def respond(visit: Visit) -> SandboxResponse:
        return await _respond(visit, calls_of(type(_sandbox(visit)))[name], visit.path, WHOLE_BODY.get(name))

    return respond


for _line, _name in TABLE.items():
    _method, _, _path = _line.partition(" ")
    ROUTES.add(_method, f"{PREFIX}{_path}")(_route(_name))


def _sandbox(visit: Visit) -> Controlled:
    return cast("Controlled", visit.sandbox)


async def _respond(visit: Visit, call: Call, path: Mapping[str, str], whole: str | None = None) -> SandboxResponse:
    """Perform the action of a request, and return its result or its error.

    Args:
        visit: The request.
        call: The action.
        path: The arguments in the path.
        whole: The argument that is the whole body.
    """
    name = call.action.name
    try:
        last = _last(visit)
        arguments = _body(visit, whole)
        if isinstance(arguments, SandboxResponse):
            return arguments
        if duplicate := next((name_in_body for name_in_body in arguments if name_in_body in path), None):
            raise InvalidArguments({duplicate: "is in the path already"})
        result = to_json(await call.perform(_sandbox(visit), {**arguments, **path}), visit)
    except InvalidArguments as error:
        return _invalid(error.errors)
    except UnknownRecord as error:
        return problem(404, "not_found", _sentence(error))
    except SandboxError as error:
        return problem(409, "not_possible", _sentence(error))
    except (ValueError, OverflowError) as error:
        field, separator, text = str(error).partition(": ")
        is_named = separator and field in call.action.parameters
        return _invalid({field: text} if is_named else {"body": str(error)})
    except Exception:
        _log.exception("%s failed in the sandbox", name)
        return problem(500, "internal_error", f"{name} failed in the sandbox. Its log has the traceback.")
    if last is not None and is_array(result):
        result = result[len(result) - min(last, len(result)) :]
    return _result(result)


def _result(value: Any) -> SandboxResponse:
    """Return a result. Unlike the API, the control API always responds with JSON: ``null`` if there is no result."""
    if value is not None:
        return SandboxResponse.of(200, value)
    return SandboxResponse(status=200, headers={"Content-Type": _JSON}, body=b"null")


def _body(visit: Visit, whole: str | None) -> Mapping[str, Any] | SandboxResponse:
    """Return the arguments in the body, or an error."""
    request = visit.request
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type in _OF_FORMS or (request.body and content_type != _JSON):
        text = f"Content-Type: must be {_JSON}, got {ascii(content_type) if content_type else 'none'}. With curl, use --json instead of --data."
        return problem(415, "unsupported_media_type", text)
    if not request.body:
        return {}
    if request.method in {"GET", "DELETE"}:
        return problem(400, "bad_request", f"body: {request.method} takes no body")
    if len(request.body) > MAX_BYTES and whole is None:
        return problem(413, "too_large", f"body: must have at most {MAX_BYTES:,} bytes, got {len(request.body):,}")
    try:
        value = read_json(request.body)
    except ValueError as error:
        return problem(400, "bad_request", f"body: must be JSON: {error}")
    if not is_object(value):
        return problem(422, "invalid", "body: must be a JSON object with the arguments")
    return value if whole is None else {whole: value}


def _last(visit: Visit) -> int | None:
    """Return the number of items to keep from the end of a list."""
    if unknown := next((name for name in visit.query if name != "last" or visit.request.method != "GET"), None):
        raise InvalidArguments({unknown: "is not a parameter of the query. Pass arguments in the body."})
    last = visit.query.get("last")
    if last is not None and not (last.isascii() and last.isdigit()):
        raise InvalidArguments({"last": f"must be a whole number, got {last[:20]!a}"})
    return None if last is None else int(last[:9])


def _invalid(errors: Mapping[str, str]) -> SandboxResponse:
    text = ". ".join(f"{name}: {message}".rstrip(".") for name, message in errors.items())
    return problem(422, "invalid", text, errors=dict(errors))


def _sentence(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__
