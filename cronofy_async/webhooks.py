"""Sign, verify and read callbacks. All functions are pure and take bytes, so they work with any web framework.

Cronofy signs the body of each callback with the application's client secret. It does not sign the URL, no callback
contains the ID of its link, and a captured body stays valid forever. So treat a callback as a hint: add a signed
reference to its URL (``signed_url``) to know which link it is about, recognize duplicates by
``notification.fingerprint``, and confirm the state with a request.

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-scheduling/#callback-request-headers
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, Final, Protocol, TypeAlias, cast
from urllib.parse import parse_qsl, quote, urlsplit

from ._json import is_object
from .errors import ConfigurationError, DecodeError, MalformedNotification, SignatureMismatch
from .models.notifications import Notification, read_notification, type_of

__all__ = ["SIGNATURE_HEADER", "Webhooks", "parse", "ref_of", "sign", "signed_url", "verify"]

SIGNATURE_HEADER: Final = "Cronofy-HMAC-SHA256"

import_module(f"{__package__}.models.account_notifications")  # it registers its classes


class HasItems(Protocol):
    """Headers as most frameworks provide them. They need not be a mapping, as a name can occur twice."""

    def items(self) -> Iterable[tuple[str, str]]: ...


Headers: TypeAlias = (
    Mapping[str, str] | Mapping[str, list[str]] | HasItems | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]
)
Signature: TypeAlias = str | bytes | Headers | None


def sign(body: bytes, secret: str) -> str:
    """Return the value of the ``Cronofy-HMAC-SHA256`` header for a body: the Base64 of its HMAC-SHA256."""
    return base64.b64encode(_hmac(secret, body)).decode()


_BYTES: Final[Any] = (bytes, bytearray, memoryview)


def verify(body: bytes, signature: Signature, *, secrets: str | Iterable[str]) -> bool:
    """Return whether a callback was signed with one of ``secrets``.

    Args:
        body: The raw body, unchanged.
        signature: The value of ``Cronofy-HMAC-SHA256``, or the headers of the request. While secrets are being rotated,
            the value holds several signatures, separated by commas.
        secrets: The client secrets that may have been used; more than one while they are being rotated.

    Returns:
        Whether a signature matches a secret; ``False`` without a signature. The comparison takes constant time.

    Raises:
        ConfigurationError: There are no secrets.
        TypeError: The body is not bytes.
    """
    if not isinstance(body, _BYTES):
        raise TypeError(f"body: expected the raw bytes of the request, got {type(body).__name__}")
    expected = [sign(bytes(body), secret).encode() for secret in _as_list(secrets)]
    signatures = [part.strip() for part in _header(signature).split(b",")]
    # A list, not a generator: all pairs are compared, so that the time does not depend on which one matches.
    return any([hmac.compare_digest(actual, own) for actual in signatures for own in expected])  # noqa: C419


def parse(
    body: bytes,
    signature: Signature,
    *,
    secrets: str | Iterable[str],
    url: object | None = None,
    require_ref: bool = False,
) -> Notification:
    """Verify a callback and return its notification.

    Args:
        body: The raw body, unchanged.
        signature: The value of ``Cronofy-HMAC-SHA256``, or the headers of the request.
        secrets: The client secrets that may have been used.
        url: The URL that was called, or its path and query, as a string or as your framework provides it. Its signed
            reference is verified and returned as ``notification.ref``.
        require_ref: Whether to reject a callback without a signed reference. Set it if all your callback URLs have one:
            otherwise someone who captured a callback can send it again without its reference.

    Returns:
        An instance of the class of its type, such as ``TimeChosen`` or ``EventsChanged``, or a plain ``Notification`` for
        every other type. Respond to those with 2xx as well, as Cronofy adds types. docs/webhooks.md lists the classes.

    Raises:
        SignatureMismatch: The body or the reference is not signed with any of the secrets. Respond with 401.
        MalformedNotification: The body is signed, but does not have the members that the docs describe.
        ValueError: ``require_ref`` is set without ``url``.

    Example::

        notification = webhooks.parse(await request.body(), request.headers, secrets=[secret], url=str(request.url))
        match notification:
            case TimeChosen(event=event):
                print(event.start.utc, notification.ref)
    """
    secrets = _as_list(secrets)
    if not verify(body, signature, secrets=secrets):
        raise SignatureMismatch(f"{SIGNATURE_HEADER}: {explain_mismatch(bytes(body), signature, secrets) or _MISMATCH}")
    if require_ref and url is None:
        raise ValueError("url: required with require_ref=True. Pass the URL that was called.")
    body = bytes(body)
    target, query = _split(url)
    ref = _verified_ref(query, secrets)
    if require_ref and ref is None:
        raise SignatureMismatch("ref: the URL of the callback has no signed reference")
    try:
        data: object = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    if not is_object(data):
        raise MalformedNotification("the body of the callback is not a JSON object")
    try:
        return read_notification(data, ref=ref, fingerprint=fingerprint(body, target if ref is None else ref))
    except DecodeError as error:
        raise MalformedNotification(f"the callback {type_of(data)} cannot be read: {error}") from None


def fingerprint(body: bytes, ref: str | None) -> str:
    """Return a value that is the same for every delivery of a callback."""
    return hashlib.sha256(_bytes(ref or "") + b"\0" + body).hexdigest()


def signed_url(url: str, *, ref: str, secret: str) -> str:
    """Return a callback URL with a signed reference. Cronofy's own signature does not cover the URL.

    The signature covers the reference, not the rest of the URL: if one URL must not be mistaken for another, give them
    different references, or check ``notification.type``.

    Args:
        url: The URL for Cronofy to call.
        ref: Your reference, such as the ID of a candidate. It is readable in the URL.
        secret: The client secret.

    Raises:
        ValueError: The reference is empty, or the URL already has a parameter ``ref`` or ``ref_sig``.
    """
    if not isinstance(ref, str):  # pyright: ignore[reportUnnecessaryIsInstance] - keys of databases are often integers
        raise TypeError(f"ref: expected a string, got {type(ref).__name__}")
    if not ref:
        raise ValueError("ref: must not be empty")
    reserved = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)).keys() & {"ref", "ref_sig"}
    if reserved:
        raise ValueError(f"url: already has the parameter {min(reserved)}, so its reference could not be verified")
    base, mark, fragment = url.partition("#")
    separator = "&" if "?" in base else "?"
    return f"{base}{separator}ref={quote(ref, safe='')}&ref_sig={_ref_signature(ref, secret)}{mark}{fragment}"


def ref_of(url: str) -> str | None:
    """Return the reference in a callback URL from ``signed_url``, unverified; ``None`` if it has none."""
    try:
        query = dict(parse_qsl(urlsplit(url).query))
    except ValueError:  # not a URL
        return None
    return query.get("ref") if "ref_sig" in query else None


class Webhooks:
    """The functions of this module with the secrets of a client: ``cronofy.webhooks``."""

    def __init__(self, secret: str | None, previous_secrets: Iterable[str] = ()) -> None:
        self._secrets = [item for item in (secret, *previous_secrets) if item]

    def url(self, url: str, *, ref: str) -> str:
        """Return a callback URL with a signed reference; see ``signed_url``."""
        return signed_url(url, ref=ref, secret=_as_list(self._secrets)[0])

    def verify(self, body: bytes, signature: Signature) -> bool:
        """Return whether a callback was signed with a secret of this client; see ``verify``."""
        return verify(body, signature, secrets=self._secrets)

    def parse(
        self, body: bytes, signature: Signature, *, url: object | None = None, require_ref: bool = False
    ) -> Notification:
        """Verify a callback and return its notification; see ``parse``."""
        return parse(body, signature, secrets=self._secrets, url=url, require_ref=require_ref)


_MAX_EXPLAINED_LENGTH: Final = 65_536


_MISMATCH: Final = (
    "no signature matches the body of the callback. Pass the body as it was received, and check that client_secret is "
    "the one of the application that gets the callback, in its data center; previous_secrets takes rotated ones."
)


def explain_mismatch(body: bytes, signature: Signature, secrets: Iterable[str]) -> str | None:
    """Return why a callback is not genuine and what to do, or ``None`` if the reason is unknown."""
    secrets = tuple(secrets)
    if not _header(signature).strip():
        return (
            "the callback has no signature. Pass all headers of the request, and check that no proxy removes this one."
        )
    if verify(body.rstrip(b"\r\n"), signature, secrets=secrets):
        return (
            "the signature matches the body without the newline at its end, which an editor or a shell has probably "
            "added. Pass the body as it was received."
        )
    if len(body) <= _MAX_EXPLAINED_LENGTH and any(
        verify(candidate, signature, secrets=secrets) for candidate in _serializations(body)
    ):
        return "the body was parsed and serialized again, which changes its bytes. Pass the body as it was received."
    return None


def _serializations(body: bytes) -> Iterable[bytes]:
    """Yield the JSON of a body as common libraries serialize it."""
    try:
        data: object = json.loads(body)
    except (ValueError, RecursionError):
        return
    for separators in ((",", ":"), (", ", ": ")):
        for ensure_ascii in (False, True):
            text = json.dumps(data, separators=separators, ensure_ascii=ensure_ascii)
            yield text.encode("utf-8", "surrogatepass")
            yield text.replace("/", "\\/").encode("utf-8", "surrogatepass")  # as PHP does


def _hmac(secret: str, message: bytes) -> bytes:
    return hmac.digest(secret.encode(), message, "sha256")


def _ref_signature(ref: str, secret: str) -> str:
    # The prefix prevents confusion with signatures of bodies. 128 bits are enough, and keep callback URLs short.
    digest = _hmac(secret, b"cronofy_async.webhooks.ref\0" + _bytes(ref))
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _split(url: object | None) -> tuple[str | None, str]:
    """Return the part of a URL that reverse proxies keep (path and query), and the query."""
    if url is None:
        return None, ""
    try:
        parts = urlsplit(str(url))
    except ValueError:  # for example, from a `Host` header with a lone bracket
        raise SignatureMismatch("url: the URL of the callback is not a URL") from None
    return f"{parts.path}?{parts.query}", parts.query


def _verified_ref(query: str, secrets: list[str]) -> str | None:
    pairs = parse_qsl(query, keep_blank_values=True)
    refs = [value for name, value in pairs if name == "ref"]
    signatures = [value for name, value in pairs if name == "ref_sig"]
    if not signatures:
        return None
    if len(refs) == len(signatures) == 1:
        expected = [_ref_signature(refs[0], secret).encode() for secret in secrets]
        if any([hmac.compare_digest(_bytes(signatures[0]), signature) for signature in expected]):  # noqa: C419
            return refs[0]
    raise SignatureMismatch("ref: the reference in the URL of the callback is not signed with any of the secrets")


def _as_list(secrets: str | Iterable[str]) -> list[str]:
    items = [secrets] if isinstance(secrets, str) else [secret for secret in secrets if secret]
    if not items or not items[0]:
        raise ConfigurationError("client_secret: required to sign and verify callbacks. Pass it to the client.")
    return items


def _header(signature: Signature) -> bytes:
    if signature is None:
        return b""
    if isinstance(signature, str | bytes):
        return _bytes(signature)
    items: Any = getattr(signature, "items", None)
    pairs: Any = signature if items is None else items()
    name = SIGNATURE_HEADER.lower().encode()
    values = [value for key, value in pairs if _bytes(key).lower() == name]
    return b",".join(part for value in values for part in _parts(value))


def _parts(value: object) -> list[bytes]:
    """Return the values of a header, which some servers pass as a list."""
    return [_bytes(item) for item in cast("list[str]", value if isinstance(value, list) else [value])]


def _bytes(text: str | bytes) -> bytes:
    # Servers decode headers in different ways. Different texts must give different bytes, and none may raise.
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
