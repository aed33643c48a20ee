"""Protection of a local server from web pages of other sites: DNS rebinding, and forms that they submit.

A browser on this machine can reach the sandbox, and so can any page that it shows. Such a page can do two things: submit a
form to the sandbox, which the browser marks as cross-site; or let its own host name resolve to this machine, which shows
in the ``Host`` header. Other programs send neither header.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from ..kernel.messages import SandboxRequest

__all__ = ["foreign_host", "foreign_origin"]

#: Top-level domains that public DNS never resolves (RFC 2606, RFC 6761, RFC 6762, and ICANN's for private use).
PRIVATE: Final = frozenset({"localhost", "local", "internal", "test", "invalid", "example"})

_SAFE: Final = frozenset({"GET", "HEAD"})


def foreign_host(request: SandboxRequest, allowed: Collection[str] = ()) -> str | None:
    """Return the host name of a request if it could be that of another site, otherwise ``None``.

    IP addresses, names without a dot (such as those of containers), and names in private domains cannot be resolved by a
    DNS server of another site.

    Args:
        request: The request.
        allowed: Further host names of the sandbox.
    """
    host = request.headers.get("host") or urlsplit(request.base_url).netloc
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return host
    if "." not in name or name.rpartition(".")[2] in PRIVATE or name in allowed or _is_address(name):
        return None
    return name


def foreign_origin(request: SandboxRequest) -> str | None:
    """Return the origin of the page that sent a request if it belongs to another site, otherwise ``None``.

    Requests of programs other than browsers have no origin.
    """
    origin = request.headers.get("origin")
    own_host = request.headers.get("host") or urlsplit(request.base_url).netloc
    if origin is not None and origin not in {f"http://{own_host}", f"https://{own_host}"}:
        return origin
    site = request.headers.get("sec-fetch-site", "none")
    # A page may link to the sandbox, but not load it as an image, a script, or a frame: some pages change what they show.
    is_link = request.method in _SAFE and request.headers.get("sec-fetch-dest", "document") == "document"
    return None if is_link or site in {"same-origin", "none"} else site


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
