"""Responses with rendered templates and static files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from ..kernel.messages import SandboxResponse
from ..kernel.urls import for_header
from .visit import Visit

__all__ = ["environment", "html", "redirect", "static"]

_PACKAGE: Final = "cronofy_async.sandbox.pages"

#: No script, style or image of another host, and no inline ones. Forms may be redirected anywhere: to the application.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers hide the origin of forms
    "X-Content-Type-Options": "nosniff",
}
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


_SEPARATOR: Final = re.compile(r"[_./?](?!$)")


@cache
def environment() -> jinja2.Environment:
    """Return the environment of all templates, which escapes every value."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters["breakable"] = _breakable
    env.filters["code"] = _code
    return env


def _breakable(text: str) -> Markup:
    """Return a long name as HTML that may be broken after its separators."""
    return Markup(_SEPARATOR.sub(r"\g<0><wbr>", str(escape(text))))  # noqa: S704 - it is escaped


def _code(text: str) -> Markup:
    """Return a text as HTML, with text in backticks as code."""
    parts = enumerate(text.replace("``", "`").split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in parts
    )


def html(
    template: str, /, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> SandboxResponse:
    """Render a template, and return the page.

    Args:
        template: The file name in ``pages/templates/``.
        status: The status of the response.
        headers: Further headers.
        values: The variables of the template.
    """
    body = environment().get_template(template).render(values).encode("utf-8", "replace")
    return SandboxResponse(status=status, headers={**_HEADERS, **(headers or {})}, body=body)


def redirect(url: str, headers: Mapping[str, str] | None = None) -> SandboxResponse:
    """Redirect the browser, which sends a GET request next."""
    return SandboxResponse(
        status=303, headers={"Location": for_header(url), "Cache-Control": "no-store", **(headers or {})}
    )


def static(visit: Visit) -> SandboxResponse:
    """Return the file of ``pages/static/`` that the path names."""
    file = _static_files().get(visit.path["name"])
    if file is None:
        return SandboxResponse(status=404)
    body, headers = file
    if visit.request.headers.get("if-none-match") == headers["ETag"]:
        return SandboxResponse(status=304, headers={"ETag": headers["ETag"]})
    return SandboxResponse(status=200, headers=headers, body=body)


@cache
def _static_files() -> dict[str, tuple[bytes, dict[str, str]]]:
    loaded: dict[str, tuple[bytes, dict[str, str]]] = {}
    for file in files(_PACKAGE).joinpath("static").iterdir():
        media_type = _TYPES.get(file.name.rpartition(".")[2])
        if media_type is not None:
            body = file.read_bytes()
            headers = {
                "Content-Type": f"{media_type}; charset=utf-8",
                "Cache-Control": "no-cache",
                "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
                "X-Content-Type-Options": "nosniff",
            }
            loaded[file.name] = body, headers
    return loaded
