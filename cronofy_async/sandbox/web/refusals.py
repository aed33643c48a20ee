"""Refusals of requests before a page or an action sees them."""

from __future__ import annotations

from ..kernel.messages import SandboxRequest, SandboxResponse, plain

__all__ = ["API", "problem", "refuse"]

#: Programs, not people, send requests whose paths begin with it: they get JSON.
API = "/__sandbox__/api"


def refuse(request: SandboxRequest, status: int, error: str, text: str) -> SandboxResponse:
    """Refuse a request, in plain text or in JSON."""
    return problem(status, error, text) if request.path.startswith(API) else plain(status, f"{text}\n")


def problem(status: int, error: str, text: str, **members: object) -> SandboxResponse:
    """Return an error in JSON.

    Args:
        status: The status of the response.
        error: A word for programs.
        text: A sentence for people.
        members: Further members.
    """
    return SandboxResponse.of(status, {"error": error, "error_description": text, **members})
