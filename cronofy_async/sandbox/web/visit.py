"""A request to a page or to the control API, with its parsed parts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl

import attrs

from ..kernel.kernel import Kernel
from ..kernel.messages import SandboxRequest

__all__ = ["Visit"]


@attrs.frozen(kw_only=True, slots=False)
class Visit:
    """A request for a route.

    Attributes:
        request: The request as it arrived.
        path: The parameters of the path.
        kernel: The kernel of the sandbox. Areas are used by their classes: ``RealTimeScheduling(visit.kernel.runtime)``.
        sandbox: The sandbox itself, whose actions the control API calls by name.
    """

    request: SandboxRequest
    path: Mapping[str, str]
    kernel: Kernel
    sandbox: object = attrs.field(repr=False)

    @cached_property
    def query(self) -> dict[str, str]:
        """The parameters of the query; of repeated ones, the last."""
        return dict(parse_qsl(self.request.query, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a submitted form; of repeated ones, the last."""
        return dict(parse_qsl(self.request.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies of the browser."""
        cookies = SimpleCookie(self.request.headers.get("cookie", ""))
        return {name: cookie.value for name, cookie in cookies.items()}

    def url(self, path: str) -> str:
        """Return the absolute URL of a path of the sandbox."""
        return f"{self.request.base_url}{path}"
