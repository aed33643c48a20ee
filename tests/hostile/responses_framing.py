"""Hostile responses: status lines, headers, lengths, chunks, interim responses, and time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from cronofy_async import ApiError, DecodeError, RequestTimeout, ResponseLost, ResponseTooLarge, ServerError

from .calls import ECHO
from .responses import JSON, HostileResponse, error_response, incomplete, readable, unfinished, wrapped
from .server import CLOSE, RESET, Step, reply

__all__ = ["CHUNKS", "HEADERS", "INTERIM", "LENGTHS", "STATUS_LINES", "TIME"]


def line(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape") + b"\r\n"


def with_line(text: str, body: bytes) -> bytes:
    return line(text) + line(JSON) + line(ECHO) + line(f"Content-Length: {len(body)}") + b"\r\n" + body


def with_headers(body: bytes, *headers: str) -> bytes:
    return reply(body, JSON, ECHO, *headers)


def with_header(header: str, body: bytes) -> bytes:
    return with_headers(body, header)


def with_type(kind: str, body: bytes) -> bytes:
    return reply(body, f"Content-Type: {kind}")


def with_length(length: str, body: bytes) -> bytes:
    return reply(body, JSON, length=length)


# ---------------------------------------------------------------------------------------------------------------------
# The status line

_BAD_LINES: Final = [
    "",
    "HTTP",
    "HTTP/1.1",
    "HTTP/1.1 abc OK",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 -200 OK",
    "HTTP/1.1 +200 OK",
    "HTTP/1.1 0x200 OK",
    "HTTP/1.1 ٢٠٠ OK",
    "HTTP/1.1\t200 OK",
    "HTTP/1.1.1 200 OK",
    "HTTP/2 200 OK",
    "HTTP/9.9 200 OK",
    "HTTP/11 200 OK",
    "HTTPS/1.1 200 OK",
    "ICY 200 OK",
    "http/1.1 200 OK",
    " HTTP/1.1 200 OK",
    "200 OK",
    "GET /v1/anything HTTP/1.1",
    "SSH-2.0-OpenSSH_9.2",
    "\0HTTP/1.1 200 OK",
    "\udcff\udcfe 200 OK",
    "<!DOCTYPE html><html>",
    "HTTP/1.1 200 " + "x" * 70_000,
]
_GOOD_LINES: Final = [
    "HTTP/1.1 200",
    "HTTP/1.1 200 ",
    "HTTP/1.1 200 \udce9t\udce9",
    "HTTP/1.1 201 Created",
    "HTTP/1.0 200 OK",
]
_ODD_STATUSES: Final[Mapping[str, type[ApiError]]] = {
    "000": ApiError,
    "099": ApiError,
    "600": ApiError,
    "999": ApiError,
    "599": ServerError,
}

STATUS_LINES: Final[dict[str, HostileResponse]] = {
    **{f"status line {text[:30]!a}": incomplete(wrapped(with_line, text)) for text in _BAD_LINES},
    **{f"status line {text!a}": readable(wrapped(with_line, text)) for text in _GOOD_LINES},
    **{f"status {status}": error_response(f"{status} Odd", b"{}", error) for status, error in _ODD_STATUSES.items()},
}

# ---------------------------------------------------------------------------------------------------------------------
# Headers

_BAD_HEADERS: Final[Mapping[str, str]] = {
    "without a colon": "no colon here",
    "without a name": ": value",
    "with a space before the colon": "X-A : b",
    "with a space in the name": "X A: b",
    "with a NUL in the value": "X-A: b\0c",
    "with a NUL in the name": "X\0A: b",
    "with a bare carriage return": "X-A: b\rX-B: c",
    "of 70,000 characters": "X-A: " + "b" * 70_000,
    "with a name of 70,000 characters": "X" * 70_000 + ": b",
    "with another length": "Content-Length: 1",
    "with a length that is not a number": "Content-Length: abc",
    "with a negative length": "Content-Length: -1",
    "with both a length and chunks": "Transfer-Encoding: chunked",
    "with a transfer encoding that does not exist": "Transfer-Encoding: sideways",
}
_GOOD_HEADERS: Final[Mapping[str, str]] = {
    "empty": "X-A:",
    "in UTF-8": "X-A: ü€",
    "in Latin-1": "X-A: \udcfc",
    "twice": "X-A: 1\r\nX-A: 2",
    "a second type": "Content-Type: text/html",
    "a second request id": f"X-Request-Id: {'x' * 1000}",
    "an odd connection": "Connection: sideways",
    "a close": "Connection: close",
    "an upgrade": "Upgrade: h2c",
    "an announced trailer": "Trailer: X-A",
    "a location": "Location: http://127.0.0.1:9/elsewhere",
    "a retry": "Retry-After: 5",
    "a cookie": "Set-Cookie: a=b; Domain=.com; Path=/; Max-Age=9999999999",
    "a broken cookie": "Set-Cookie: \udcff=;;;=\x01",
    "identity": "Content-Encoding: identity",
    "an empty encoding": "Content-Encoding:",
    "an encoding that does not exist": "Content-Encoding: sideways",
    "an alternative service": 'Alt-Svc: h3=":443"; ma=86400',
    "a refresh": "Refresh: 0; url=http://127.0.0.1:9/",
}
_TYPES: Final = [
    "text/html",
    "image/png",
    "application/json; charset=utf-16",
    "application/json; charset=no-such-charset",
    "application/octet-stream",
    "multipart/form-data",
    "",
    ";;;",
    "x" * 4000,
]


def _many(count: int) -> str:
    return "\r\n".join(f"X-{number}: {'y' * 20}" for number in range(count))


def _endless_headers(_: bytes) -> Iterable[Step]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in itertools.count():
        yield line(f"X-{number}: {'y' * 1000}")


HEADERS: Final[dict[str, HostileResponse]] = {
    **{f"header {name}": incomplete(wrapped(with_header, text)) for name, text in _BAD_HEADERS.items()},
    **{f"header: {name}": readable(wrapped(with_header, text)) for name, text in _GOOD_HEADERS.items()},
    **{f"type {kind[:40]!a}": readable(wrapped(with_type, kind)) for kind in _TYPES},
    "no headers": readable(lambda body: [b"HTTP/1.1 200 OK\r\n\r\n" + body, CLOSE]),
    "100 headers": readable(lambda body: [with_headers(body, _many(100))]),
    "20,000 headers": incomplete(lambda body: [with_headers(body, _many(20_000))]),
    "endless headers": HostileResponse(_endless_headers, ResponseLost, ResponseLost),
    "a folded header": readable(lambda body: [with_headers(body, "X-A: b\r\n c")]),
    "line feeds only": readable(lambda body: [with_headers(body).replace(b"\r\n", b"\n")]),
}

# ---------------------------------------------------------------------------------------------------------------------
# Lengths and ends

_BAD_LENGTHS: Final = ["", "+5", "5 5", "5,5", "0x5", "1e3", "5.0", "٥", "9" * 400, "18446744073709551616"]


def _cut(after: int, end: Step) -> HostileResponse:
    return HostileResponse(lambda body: [with_headers(body)[:after], end], ResponseLost, ResponseLost)


LENGTHS: Final[dict[str, HostileResponse]] = {
    **{f"length {length[:20]!a}": incomplete(wrapped(with_length, length)) for length in _BAD_LENGTHS},
    "a length that is too large, then the end": incomplete(
        lambda body: [reply(body, JSON, ECHO, length=len(body) + 1)]
    ),
    "a length that is too large, then nothing": unfinished(
        lambda body: [reply(body, JSON, ECHO, length=len(body) + 1)]
    ),
    "a length of a terabyte": HostileResponse(
        lambda body: [reply(body, JSON, ECHO, length=2**40)],
        ResponseTooLarge,
        ResponseTooLarge,
        of_download={RequestTimeout},
    ),
    "a length that is too small": incomplete(lambda body: [reply(body, JSON, ECHO, length=len(body) - 1)]),
    "a length of 0 and a body": incomplete(lambda body: [reply(body, JSON, ECHO, length=0)]),
    "the same length twice": incomplete(lambda body: [with_headers(body, f"Content-Length: {len(body)}")]),
    "no length": readable(lambda body: [reply(body, JSON, ECHO, length=None), CLOSE]),
    "no length and no end": unfinished(lambda body: [reply(body, JSON, ECHO, length=None)]),
    "no length, and cut": HostileResponse(
        lambda body: [reply(body[:-1], JSON, ECHO, length=None), CLOSE], DecodeError, DecodeError
    ),
    "no length, and a reset": HostileResponse(
        lambda body: [reply(body[:-1], JSON, ECHO, length=None), 0.02, RESET], DecodeError, DecodeError
    ),
    "closed at once": incomplete(lambda _: [], at="connect"),
    "reset at once": HostileResponse(lambda _: [RESET], ResponseLost, ResponseLost, "connect"),
    "greeted before the request": incomplete(lambda _: [b"220 mail ready\r\n"], at="connect"),
    "closed during the request": incomplete(lambda _: [], at="head"),
    "reset during the request": HostileResponse(lambda _: [RESET], ResponseLost, ResponseLost, "head"),
    "closed after the request": incomplete(lambda _: []),
    "reset after the request": HostileResponse(lambda _: [RESET], ResponseLost, ResponseLost),
    **{f"closed after {after} bytes": _cut(after, CLOSE) for after in (1, 9, 12, 15, 17, 40, 150)},
    **{f"reset after {after} bytes": _cut(after, RESET) for after in (1, 15, 17, 40, 150)},
    "closed a byte before the end": incomplete(lambda body: [with_headers(body)[:-1]]),
}

# ---------------------------------------------------------------------------------------------------------------------
# Chunks


def chunked(*parts: bytes, headers: tuple[str, ...] = ()) -> bytes:
    return reply(b"".join(parts), JSON, ECHO, "Transfer-Encoding: chunked", *headers, length=None)


def chunk(data: bytes, size: str | None = None, extension: str = "") -> bytes:
    return line((f"{len(data):x}" if size is None else size) + extension) + data + b"\r\n"


def with_chunk_size(size: str, body: bytes) -> bytes:
    return chunked(chunk(body, size), END)


END: Final = b"0\r\n\r\n"
_BAD_SIZES: Final = ["zzz", "", "-1", "+5", "0x5", " 5", "5 5", "1" * 17, "f" * 400, "\0", "٥"]


def _small_chunks(body: bytes) -> Iterable[Step]:
    yield chunked()
    yield b"".join(chunk(body[at : at + 1]) for at in range(len(body))) + END


def _endless_trailers(body: bytes) -> Iterable[Step]:
    yield chunked(chunk(body), b"0\r\n")
    for number in itertools.count():
        yield line(f"X-{number}: {'y' * 1000}")


def _endless_extension(_: bytes) -> Iterable[Step]:
    yield chunked(b"5;")
    while True:
        yield b"x" * 10_000


CHUNKS: Final[dict[str, HostileResponse]] = {
    **{f"chunk size {size[:20]!a}": incomplete(wrapped(with_chunk_size, size)) for size in _BAD_SIZES},
    "chunks of a byte": readable(_small_chunks),
    "chunk size in capitals": readable(lambda body: [chunked(chunk(body, f"{len(body):X}"), END)]),
    "chunk size with zeros": readable(lambda body: [chunked(chunk(body, f"{len(body):010x}"), END)]),
    "a chunk extension": readable(lambda body: [chunked(chunk(body, extension=';a="b;c"'), END)]),
    "an endless chunk extension": HostileResponse(_endless_extension, RequestTimeout, RequestTimeout),
    "a trailer": readable(lambda body: [chunked(chunk(body), b"0\r\nX-A: b\r\n\r\n")]),
    "a length as a trailer": incomplete(lambda body: [chunked(chunk(body), b"0\r\nContent-Length: 5\r\n\r\n")]),
    "endless trailers": HostileResponse(_endless_trailers, ResponseLost, ResponseLost),
    "a broken trailer": incomplete(lambda body: [chunked(chunk(body), b"0\r\nno colon\r\n\r\n")]),
    "a chunk that is too short by a byte": readable(lambda body: [chunked(chunk(body, f"{len(body) + 1:x}"), END)]),
    "a chunk that is too long": incomplete(lambda body: [chunked(chunk(body, f"{len(body) - 1:x}"), END)]),
    "no line end after a chunk": incomplete(lambda body: [chunked(chunk(body)[:-2], END)]),
    "no last chunk": incomplete(lambda body: [chunked(chunk(body))]),
    "no last chunk and no end": unfinished(lambda body: [chunked(chunk(body))]),
    "only the last chunk": HostileResponse(lambda _: [chunked(END)], DecodeError, None),
    "a chunk after the last": incomplete(lambda body: [chunked(chunk(body), END, chunk(body), END)]),
    "chunks and a length": incomplete(lambda body: [chunked(chunk(body), END, headers=("Content-Length: 5",))]),
    "chunked twice": readable(lambda body: [chunked(chunk(body), END, headers=("Transfer-Encoding: chunked",))]),
    "chunks of HTTP/1.0": HostileResponse(
        lambda body: [chunked(chunk(body), END).replace(b"HTTP/1.1", b"HTTP/1.0"), CLOSE], None, None
    ),
}

# ---------------------------------------------------------------------------------------------------------------------
# Interim responses, and those without a body

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


def _endless_interim(_: bytes) -> Iterable[Step]:
    while True:
        yield _CONTINUE * 100
        yield 0.001


INTERIM: Final[dict[str, HostileResponse]] = {
    "100 first": readable(lambda body: [_CONTINUE, with_headers(body)]),
    "100 first, with headers": readable(lambda body: [b"HTTP/1.1 100 X\r\nX-A: b\r\n\r\n", with_headers(body)]),
    "1,000 times 100 first": readable(lambda body: [_CONTINUE * 1000, with_headers(body)]),
    "102 first": readable(lambda body: [b"HTTP/1.1 102 Processing\r\n\r\n", with_headers(body)]),
    "103 first": readable(
        lambda body: [b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n", with_headers(body)]
    ),
    "100 for ever": HostileResponse(_endless_interim, RequestTimeout, RequestTimeout),
    "100 and nothing else": unfinished(lambda _: [_CONTINUE]),
    "100 and the end": incomplete(lambda _: [_CONTINUE]),
    "101": HostileResponse(
        lambda _: [b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"], ApiError, ApiError
    ),
    "204 with a body": incomplete(lambda body: [reply(body, JSON, ECHO, status="204 No Content")]),
    "204 without": HostileResponse(lambda _: [reply(status="204 No Content", length=None)], DecodeError, None),
    "204 in chunks": incomplete(lambda body: [chunked(chunk(body), END).replace(b"200 OK", b"204 No Content")]),
    "205 with a body": readable(lambda body: [reply(body, JSON, ECHO, status="205 Reset Content")]),
    "206 with a body": readable(lambda body: [reply(body, JSON, ECHO, status="206 Partial Content")]),
    "202 without a body": HostileResponse(lambda _: [reply(status="202 Accepted")], DecodeError, None),
    "304 with a body": incomplete(lambda body: [reply(body, JSON, ECHO, status="304 Not Modified")]),
    "304 without": error_response("304 Not Modified", b"", ApiError),
}

# ---------------------------------------------------------------------------------------------------------------------
# Timing, and data after a response


def _slowly(data: bytes, seconds: float) -> Iterable[Step]:
    for at in range(len(data)):
        yield data[at : at + 1]
        yield seconds


def _endlessly(start: bytes, part: bytes, seconds: float = 0.01) -> HostileResponse:
    def steps(_: bytes) -> Iterable[Step]:
        yield start
        while True:
            yield part
            yield seconds

    return HostileResponse(steps, RequestTimeout, RequestTimeout)


def _also_for_downloads(response: HostileResponse) -> HostileResponse:
    """Return a response of which a download reads what it wants; a byte may be late on a busy machine."""
    return attrs.evolve(response, of_download={None, RequestTimeout})


_OTHER: Final = with_headers(b'{"smuggled": true}')

TIME: Final[dict[str, HostileResponse]] = {
    "nothing": unfinished(lambda _: []),
    "only a status line": unfinished(lambda _: [b"HTTP/1.1 200 OK\r\n"]),
    "only headers": unfinished(lambda body: [reply(b"", JSON, ECHO, length=len(body))]),
    "headers, a byte at a time, for ever": _endlessly(b"HTTP/1.1 200 OK\r\nX-A: ", b"b"),
    "a body, a byte at a time, for ever": _also_for_downloads(_endlessly(reply(b"{", JSON, ECHO, length=10**6), b" ")),
    "chunks, a byte at a time, for ever": _also_for_downloads(_endlessly(chunked(), chunk(b" "))),
    "a good response, a byte at a time": readable(lambda body: _slowly(with_headers(body), 0.0)),
    "a good response, late": readable(lambda body: [0.03, with_headers(body)[:50], 0.03, with_headers(body)[50:]]),
    "an endless body": HostileResponse(
        lambda _: itertools.chain([reply(b"", JSON, length=None)], itertools.repeat(bytes(2**20))),
        ResponseTooLarge,
        ResponseTooLarge,
        of_download={None},
    ),
    "a response and junk": incomplete(lambda body: [with_headers(body) + b"junk \0\xff\r\n\r\n"]),
    "a response and another": readable(lambda body: [with_headers(body) + _OTHER]),
    "a response and half of another": readable(lambda body: [with_headers(body) + _OTHER[:30]]),
    "a response and interim ones": readable(lambda body: [with_headers(body) + _CONTINUE]),
    "line ends before a response": readable(lambda body: [b"\r\n\r\n" + with_headers(body)]),
    "HTTP/1.0, kept alive": readable(
        lambda body: [reply(body, JSON, ECHO, "Connection: keep-alive", version="HTTP/1.0")]
    ),
    "HTTP/1.0, closed": readable(lambda body: [reply(body, JSON, ECHO, version="HTTP/1.0", length=None), CLOSE]),
}
