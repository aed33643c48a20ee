"""Callbacks: signing, verifying and reading them. Pure functions on bytes; use them with any web framework.

Cronofy signs the body of each callback with the application's client secret. It does not sign the URL, no callback
names its link, and a captured body stays valid for ever. So take a callback as a hint, tie it to what it is about with
a signed reference in its URL (:func:`signed_url`), tell repeats by ``notification.fingerprint``, and ask the API for
the truth.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/#callback-request-headers
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import parse_qsl, quote, urlsplit

from ._codec import from_dict
from ._json import is_object
from .errors import ConfigurationError, DecodeError, MalformedNotification, SignatureMismatch
from .models.notifications import (
    NO_TIMES_DISPLAYED,
    NO_TIMES_SUITABLE,
    TIME_CHOSEN,
    ChosenEvent,
    Notification,
    NoTimesDisplayed,
    NoTimesSuitable,
    Participant,
    TimeChosen,
    Visitor,
)

__all__ = ["SIGNATURE_HEADER", "Webhooks", "parse", "ref_of", "sign", "signed_url", "verify"]

SIGNATURE_HEADER: Final = "Cronofy-HMAC-SHA256"


class HasItems(Protocol):
    """Headers as most frameworks have them, which need not be a mapping: a name may come twice."""

    def items(self) -> Iterable[tuple[str, str]]: ...


Headers: TypeAlias = Mapping[str, str] | HasItems | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]
Signature: TypeAlias = str | bytes | Headers | None


def sign(body: bytes, secret: str) -> str:
    """The value that Cronofy puts into the header ``Cronofy-HMAC-SHA256``: Base64 of the HMAC-SHA256 of the body."""
    return base64.b64encode(_hmac(secret, body)).decode()


_BYTES: Final[Any] = (bytes, bytearray, memoryview)


def verify(body: bytes, signature: Signature, *, secrets: str | Iterable[str]) -> bool:
    """Tell whether a callback was signed with one of ``secrets``.

    Args:
        body: the body, byte for byte as it was received.
        signature: the value of ``Cronofy-HMAC-SHA256``, or the headers of the request. While secrets are being
            rotated it holds several signatures, separated by commas.
        secrets: the client secrets that may have been used; more than one while they are being rotated.

    Returns:
        Whether any signature fits any secret; ``False`` if there is no signature. The comparison takes the same time
        wherever they differ.

    Raises:
        ConfigurationError: there are no secrets.
        TypeError: the body is not bytes.
    """
    if not isinstance(body, _BYTES):
        raise TypeError("body: expected the raw bytes of the request, before any parsing")
    expected = [sign(bytes(body), secret).encode() for secret in _listed(secrets)]
    given = [part.strip() for part in _header(signature).split(b",")]
    # All pairs are compared, so that the time tells nothing.
    return any([hmac.compare_digest(theirs, ours) for theirs in given for ours in expected])  # noqa: C419


def parse(
    body: bytes, signature: Signature, *, secrets: str | Iterable[str], url: object | None = None
) -> Notification:
    """Verify a callback and read it.

    Args:
        body: the body, byte for byte as it was received.
        signature: the value of ``Cronofy-HMAC-SHA256``, or the headers of the request.
        secrets: the client secrets that may have been used.
        url: the URL that was called, or its path and query, as a string or as your framework has it. With it, the
            signed reference is checked and found in ``notification.ref``.

    Returns:
        :class:`~cronofy_async.models.TimeChosen`, :class:`~cronofy_async.models.NoTimesSuitable`,
        :class:`~cronofy_async.models.NoTimesDisplayed`, or a plain :class:`~cronofy_async.models.Notification` for
        every other type. Answer those with 2xx as well: Cronofy adds types.

    Raises:
        SignatureMismatch: the body or the reference is not signed with any of the secrets. Answer 401.
        MalformedNotification: the body is signed but is not what the docs describe.

    Example::

        notification = webhooks.parse(await request.body(), request.headers, secrets=[secret], url=str(request.url))
        match notification:
            case TimeChosen(event=event):
                print(event.start.utc, notification.ref)
    """
    secrets = _listed(secrets)
    if not verify(body, signature, secrets=secrets):
        raise SignatureMismatch(f"the callback has no {SIGNATURE_HEADER} that fits")
    body = bytes(body)
    ref = _checked_ref(str(url), secrets) if url is not None else None
    try:
        data: object = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    if not is_object(data):
        raise MalformedNotification("the body of the callback is not a JSON object")
    return _read(data, ref, fingerprint(body, ref if ref is not None else _target(url)))


def fingerprint(body: bytes, ref: str | None) -> str:
    """Name a callback, the same way for every delivery of it."""
    return hashlib.sha256(_bytes(ref or "") + b"\0" + body).hexdigest()


def signed_url(url: str, *, ref: str, secret: str) -> str:
    """Add a reference of your own to a callback URL, with a signature, since Cronofy's does not cover the URL.

    Args:
        url: where Cronofy shall call.
        ref: what the callback is about, such as the id of a candidate. It is readable in the URL.
        secret: the client secret.

    Raises:
        ValueError: the reference is empty.
    """
    if not ref:
        raise ValueError("ref: must not be empty")
    base, mark, fragment = url.partition("#")
    joint = "&" if "?" in base else "?"
    return f"{base}{joint}ref={quote(ref, safe='')}&ref_sig={_ref_signature(ref, secret)}{mark}{fragment}"


def ref_of(url: str) -> str | None:
    """The reference that a callback URL has from :func:`signed_url`, unverified; ``None`` if it has none."""
    query = dict(parse_qsl(urlsplit(url).query))
    return query.get("ref") if "ref_sig" in query else None


class Webhooks:
    """The functions of this module with the secrets of a client: ``cronofy.webhooks``."""

    def __init__(self, secret: str | None, previous_secrets: Iterable[str] = ()) -> None:
        self._secrets = [item for item in (secret, *previous_secrets) if item]

    def url(self, url: str, *, ref: str) -> str:
        """Add a signed reference to a callback URL; see :func:`signed_url`."""
        return signed_url(url, ref=ref, secret=_listed(self._secrets)[0])

    def verify(self, body: bytes, signature: Signature) -> bool:
        """Tell whether a callback was signed with a secret of this client; see :func:`verify`."""
        return verify(body, signature, secrets=self._secrets)

    def parse(self, body: bytes, signature: Signature, *, url: object | None = None) -> Notification:
        """Verify a callback and read it; see :func:`parse`."""
        return parse(body, signature, secrets=self._secrets, url=url)


def _hmac(secret: str, message: bytes) -> bytes:
    return hmac.digest(secret.encode(), message, "sha256")


def _ref_signature(ref: str, secret: str) -> str:
    # The prefix keeps it apart from signatures of bodies. 128 bits, as callback URLs may have to be short.
    digest = _hmac(secret, b"cronofy_async.webhooks.ref\0" + _bytes(ref))
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _checked_ref(url: str, secrets: list[str]) -> str | None:
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    refs = [value for name, value in query if name == "ref"]
    signatures = [value for name, value in query if name == "ref_sig"]
    if not signatures:
        return None
    if len(refs) == len(signatures) == 1:
        expected = [_ref_signature(refs[0], secret).encode() for secret in secrets]
        if any([hmac.compare_digest(_bytes(signatures[0]), ours) for ours in expected]):  # noqa: C419
            return refs[0]
    raise SignatureMismatch("the reference in the URL of the callback is not signed with any of the secrets")


def _target(url: object | None) -> str | None:
    """The part of a URL that a proxy in front of the application leaves alone."""
    parts = urlsplit(str(url)) if url is not None else None
    return parts and f"{parts.path}?{parts.query}"


def _listed(secrets: str | Iterable[str]) -> list[str]:
    found = [secrets] if isinstance(secrets, str) else [secret for secret in secrets if secret]
    if not found or not found[0]:
        raise ConfigurationError("callbacks are verified with the application's client secret, and there is none")
    return found


def _header(signature: Signature) -> bytes:
    if signature is None:
        return b""
    if isinstance(signature, str | bytes):
        return _bytes(signature)
    items: Any = getattr(signature, "items", None)
    pairs: Any = signature if items is None else items()
    name = SIGNATURE_HEADER.lower().encode()
    return b",".join(_bytes(value) for key, value in pairs if _bytes(key).lower() == name)


def _bytes(text: str | bytes) -> bytes:
    # Servers decode what they receive in many ways; no two texts may become the same bytes, and none may fail.
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def _read(data: dict[str, Any], ref: str | None, name: str) -> Notification:
    notification: object = data.get("notification")
    kind: object = notification.get("type") if is_object(notification) else None
    event: object = data.get("event")
    if "notification" not in data and is_object(event) and "start" in event and data.keys() & {"user", "participants"}:
        kind = TIME_CHOSEN  # the form of the older callback_url; callbacks of events may have an event as well
    common: dict[str, Any] = {
        "type": kind if isinstance(kind, str) else None,
        "ref": ref,
        "fingerprint": name,
        "data": data,
    }
    try:
        if kind == TIME_CHOSEN:
            return TimeChosen(
                event=from_dict(ChosenEvent, data.get("event")),
                user=_visitor(data),
                participants=from_dict(tuple[Participant, ...], data.get("participants")),
                **common,
            )
        if kind == NO_TIMES_SUITABLE:
            return NoTimesSuitable(user=_visitor(data), **common)
        if kind == NO_TIMES_DISPLAYED:
            return NoTimesDisplayed(user=_visitor(data), **common)
    except DecodeError as error:
        raise MalformedNotification(f"the callback {kind} cannot be read: {error}") from None
    return Notification(**common)


def _visitor(data: dict[str, Any]) -> Visitor:
    return from_dict(Visitor, data.get("user") or {})
