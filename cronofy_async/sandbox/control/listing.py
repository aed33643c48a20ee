"""Actions as text, for the command line."""

from __future__ import annotations

from ..sandbox import Sandbox
from .calls import Call, call_named, calls_of

__all__ = ["all_actions", "completions", "usage"]


def all_actions() -> dict[str, str]:
    """Return the summaries of all actions, by name."""
    return {name: call.docs.summary for name, call in calls_of(Sandbox).items()}


def usage(name: str) -> str:
    """Describe an action and its arguments.

    Raises:
        LookupError: There is no such action; the message suggests the nearest one.
    """
    call = call_named(name, calls_of(Sandbox))
    lines = [name, f"  {call.docs.summary}", ""]
    lines += [f"  {parameter}={_placeholder(call, parameter)}" for parameter in call.parameters]
    if call.accepts_extra:
        lines.append("  …=…  others; see the docs of the operation")
    return "\n".join(lines).rstrip()


def completions(name: str | None, incomplete: str) -> list[str]:
    """Return the completions of the name of an action, or of an argument."""
    calls = calls_of(Sandbox)
    call = calls.get(name or "")
    candidates = [f"{parameter}=" for parameter in call.parameters] if call else list(calls)
    return [candidate for candidate in candidates if candidate.startswith(incomplete)]


def _placeholder(call: Call, name: str) -> str:
    text = call.docs.arguments.get(name, "")
    placeholder = f"<{call.kinds[name].description.removesuffix(' or null')}>" + (
        "" if call.is_required(name) else ", optional"
    )
    return f"{placeholder}. {text}" if text else placeholder
