"""Error responses to requests that reach no page or action."""

from __future__ import annotations

from ..kernel.messages import SandboxRequest, SandboxResponse, plain, problem

__all__ = ["API", "error_response"]

#: Programs, not people, send requests whose paths begin with it: they get JSON.
API = "/__sandbox__/api"


def error_response(request: SandboxRequest, status: int, error: str, text: str) -> SandboxResponse:
    """Return an error response in plain text, or in JSON for the control API."""
    return problem(status, error, text) if request.path.startswith(API) else plain(status, f"{text}\n")
