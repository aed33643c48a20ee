"""Hostile responses: compression, encodings, JSON, error responses, and ``Retry-After``."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from cronofy_async import (
    AccountLocked,
    ApiError,
    BadRequest,
    DecodeError,
    DownloadFailed,
    Forbidden,
    Gone,
    NotFound,
    OAuthError,
    PaymentRequired,
    RateLimited,
    ResponseLost,
    ServerError,
    Unauthorized,
    ValidationFailed,
)

from .calls import ECHO, OURS
from .responses import (
    JSON,
    HostileResponse,
    error_response,
    incomplete,
    not_json,
    raw_json,
    readable,
    with_body,
    wrapped,
)
from .server import reply

__all__ = ["COMPRESSION", "ERRORS", "RETRY_AFTER", "TEXT"]


def encoded(encoding: str, data: bytes) -> bytes:
    return reply(data, JSON, ECHO, f"Content-Encoding: {encoding}")


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


COMPRESSION: Final[dict[str, HostileResponse]] = {
    "gzip": readable(lambda body: [encoded("gzip", gzip.compress(body))]),
    "gzip in capitals": readable(lambda body: [encoded("GZIP", gzip.compress(body))]),
    "deflate": readable(lambda body: [encoded("deflate", zlib.compress(body))]),
    "raw deflate": readable(lambda body: [encoded("deflate", _raw_deflate(body))]),
    "gzip, in two members": readable(lambda body: [encoded("gzip", gzip.compress(body[:9]) + gzip.compress(body[9:]))]),
    "gzip that is cut": HostileResponse(
        lambda body: [encoded("gzip", gzip.compress(body)[:-12])], DecodeError, DecodeError
    ),
    "deflate that is cut": incomplete(lambda body: [encoded("deflate", zlib.compress(body)[:-12])]),
    "gzip without a checksum": readable(lambda body: [encoded("gzip", gzip.compress(body)[:-8])]),
    "gzip with a wrong checksum": incomplete(lambda body: [encoded("gzip", gzip.compress(body)[:-8] + bytes(8))]),
    "gzip and junk": incomplete(lambda body: [encoded("gzip", gzip.compress(body) + b"junk")]),
    "gzip of nothing": HostileResponse(lambda _: [encoded("gzip", gzip.compress(b""))], DecodeError, None),
    "gzip twice": HostileResponse(
        lambda body: [encoded("gzip", gzip.compress(gzip.compress(body)))], DecodeError, DecodeError
    ),
    "gzip, which is named twice": HostileResponse(
        lambda body: [encoded("gzip, gzip", gzip.compress(gzip.compress(body)))], DecodeError, DecodeError
    ),
    "gzip that is not named": HostileResponse(
        lambda body: [reply(gzip.compress(body), JSON, ECHO)], DecodeError, DecodeError
    ),
    "gzip with no body": HostileResponse(lambda _: [encoded("gzip", b"")], DecodeError, None),
    "only the head of gzip": HostileResponse(
        lambda body: [encoded("gzip", gzip.compress(body)[:5])], DecodeError, None
    ),
    **{f"plain text as {name}": incomplete(wrapped(encoded, name)) for name in ("gzip", "deflate", "br", "zstd")},
    "junk as gzip": incomplete(lambda _: [encoded("gzip", b"\x1f\x8b\x08\x00" + b"\xff" * 50)]),
}

# ---------------------------------------------------------------------------------------------------------------------
# Text and JSON

DEEP: Final = 100_000


def _encoded_as(encoding: str) -> HostileResponse:
    return readable(lambda body: [reply(body.decode().encode(encoding), JSON, ECHO)])


_NOT_JSON: Final[Mapping[str, bytes]] = {
    "blank": b" \r\n ",
    "HTML": f"<html><body>{OURS}</body></html>".encode(),
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "form": b"access_token=canary0form0token&status=open",
    "JSONP": b'callback({"a": 1})',
    "a prefix": b")]}',\n{}",
    "single quotes": b"{'a': 1}",
    "a comment": b'{"a": 1 /* b */}',
    "a trailing comma": b'{"a": 1,}',
    "no end": b'{"a": {"b": [1, 2',
    "no end of a string": f'{{"access_token": "{OURS}'.encode(),
    "two documents": b'{"a": 1}{"a": 2}',
    "a NUL": b'{"a": "\0"}',
    "a line end in a string": b'{"a": "b\nc"}',
    "bytes that are not UTF-8": b'{"a": "\xff\xfe"}',
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "a bad escape": b'{"a": "\\x41"}',
    "half an escape": b'{"a": "\\u12"}',
    "a number with a plus": b'{"a": +1}',
    "a hexadecimal number": b'{"a": 0x10}',
    "a leading zero": b'{"a": 010}',
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep, and cut": b"[" * DEEP,
    "bytes": bytes(range(256)),
}
_OTHER_JSON: Final[Mapping[str, bytes]] = {
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\xbd"}',
    "null": b"null",
    "true": b"true",
    "a number": b"0",
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "a string": b'"open"',
    "an array": b"[]",
    "an object": b"{}",
    "an array of objects": b'[{"real_time_scheduling": {}}]',
    "400 digits": b"9" * 400,
    "1e400": b"1e400",
    "many members": json.dumps({str(number): number for number in range(50_000)}).encode(),
    "an array of 100,000": b"[" + b"0," * 100_000 + b"0]",
    "an error with status 200": b'{"error": "invalid_grant", "error_description": "no"}',
    "names of Python": b'{"__class__": {"__init__": 1}, "__dict__": 1, "self": 2}',
}


def _with(member: str) -> HostileResponse:
    """The valid response with an unknown member."""
    return readable(lambda body: [reply(body[:-1] + b', "extra0": ' + member.encode() + b"}", JSON, ECHO)])


_MEMBERS: Final[Mapping[str, str]] = {
    "half a surrogate pair": '"\\ud83d"',
    "half a surrogate pair as a name": '{"\\udc00": 1}',
    "a NUL": '"a\\u0000b"',
    "400 digits": "9" * 400,
    "1e400": "1e400",
    "NaN": "NaN",
    "minus infinity": "-Infinity",
    "minus zero": "-0",
    "a small number": "1e-400",
    "a megabyte": '"' + "x" * 2**20 + '"',
    "400 arrays": "[" * 400 + "]" * 400,
    "the same name twice": '1, "extra0": 2',
    "an empty name": '{"": {"": ""}}',
    "controls of a terminal": '"\\u001b]0;x\\u0007\\u202e"',
}

TEXT: Final[dict[str, HostileResponse]] = {
    "an empty body": with_body(b"", DecodeError),
    **{f"JSON in {encoding}": _encoded_as(encoding) for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32")},
    **{f"no JSON: {name}": not_json(body) for name, body in _NOT_JSON.items()},
    **{f"JSON: {name}": raw_json(body) for name, body in _OTHER_JSON.items()},
    **{f"a member with {name}": _with(member) for name, member in _MEMBERS.items()},
    "10,000 digits": not_json(b'{"a": ' + b"9" * 10_000 + b"}"),
}

# ---------------------------------------------------------------------------------------------------------------------
# Error responses

_STATUSES: Final[Mapping[str, type[ApiError]]] = {
    "400": BadRequest,
    "402": PaymentRequired,
    "401": Unauthorized,
    "403": Forbidden,
    "404": NotFound,
    "409": ApiError,
    "410": Gone,
    "413": ApiError,
    "418": ApiError,
    "422": ValidationFailed,
    "423": AccountLocked,
    "431": ApiError,
    "451": ApiError,
    "500": ServerError,
    "501": ServerError,
    "502": ServerError,
    "503": ServerError,
    "504": ServerError,
    "511": ServerError,
}
_ODD_ERRORS: Final[Mapping[str, Any]] = {
    "null": None,
    "a string": "no",
    "an array": ["no"],
    "errors as a string": {"errors": OURS},
    "errors as an array": {"errors": ["a", {"key": "b"}]},
    "errors of odd fields": {"errors": {"": None, OURS: [1, [2], {"key": 3, "description": [OURS]}]}},
    "errors that are deep": {"errors": {"a": [[[[[[{"key": {"b": ["c"]}}]]]]]]}},
    "an error that is a number": {"error": 7},
}

ERRORS: Final[dict[str, HostileResponse]] = {
    **{
        f"{status} with a page": error_response(f"{status} X", f"<h1>{OURS}</h1>".encode(), error)
        for status, error in _STATUSES.items()
    },
    **{
        f"422 with {name}": error_response("422 X", json.dumps(body).encode(), ValidationFailed)
        for name, body in _ODD_ERRORS.items()
    },
    "422, deep": error_response("422 X", b'{"errors":' + b"[" * DEEP + b"]" * DEEP + b"}", ValidationFailed),
    "400 with an OAuth error": error_response(
        "400 X", json.dumps({"error": "invalid_request", "error_description": OURS}).encode(), OAuthError
    ),
    "400 with half a surrogate pair": error_response("400 X", b'{"error": "\\ud83d", "\\udc00": 1}', OAuthError),
    "500 without a body": error_response("500 X", b"", ServerError),
    "500 with a megabyte": error_response("500 X", b"x" * 2**20, ServerError),
    "500 in gzip that is not": HostileResponse(
        lambda _: [reply(b"no", "Content-Encoding: gzip", status="500 X")],
        ResponseLost,
        ResponseLost,
        of_download={DownloadFailed},
    ),
}

# ---------------------------------------------------------------------------------------------------------------------
# Retry-After

_RETRY_AFTER: Final = [
    "",
    "0",
    " 0 ",
    "0.001",
    "1",
    "-1",
    "1.5.2",
    ".",
    "1e3",
    "inf",
    "nan",
    "soon",
    "9" * 400,
    "٣",
    "²",
    "1_000",
    "0, 120",
    "0x10",
    "Mon, 01 Jan 2001 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Mon, 32 Jan 2030 25:61:61 GMT",
    "Monday, 01-Jan-29 00:00:00 GMT",
    "Mon Jan  1 00:00:00 2029",
    "Mon, 01 Jan 2029 00:00:00 +99999999",
    "Mon, 01 Jan 99999999999 00:00:00 GMT",
    "x" * 8000,
]

RETRY_AFTER: Final[dict[str, HostileResponse]] = {
    f"{status} with Retry-After {value[:30]!a}": error_response(
        f"{status} X", b"{}", error, f"Retry-After: {value}", processed=False
    )
    for status, error in (("429", RateLimited), ("503", ServerError))
    for value in _RETRY_AFTER
} | {
    "429 without Retry-After": error_response("429 X", b"", RateLimited, processed=False),
    "429 with two of them": error_response(
        "429 X", b"", RateLimited, "Retry-After: 0\r\nRetry-After: x", processed=False
    ),
}
