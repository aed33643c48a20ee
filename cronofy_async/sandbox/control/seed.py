"""Files that set up a sandbox: a list of actions with their arguments, or a snapshot."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Protocol

from ..._json import is_array, is_object
from ..kernel.actions import SandboxError
from ..kernel.body import read_json
from .calls import Call, Controlled, call_named, calls_of

__all__ = ["apply_seed"]


class Seeded(Controlled, Protocol):
    """The part of a sandbox that a file needs."""

    def restore(self, document: Mapping[str, Any]) -> None: ...


async def apply_seed(sandbox: Seeded, path: Path) -> None:
    """Set up a sandbox from a file.

    The file is TOML or JSON. It is a snapshot, or has ``actions``: a list of objects, each with the name of an ``action``
    and with its arguments. They are performed in this order.

    Args:
        sandbox: The sandbox.
        path: The file.

    Raises:
        SandboxError: The file cannot be read, or an action is unknown, has invalid arguments, or is not possible.
    """
    document = _read(path)
    if "state" in document:
        try:
            sandbox.restore(document)
        except ValueError as error:
            raise SandboxError(f"{path}: {error}") from None
        return
    steps = document.get("actions")
    if not is_array(steps) or list(document) != ["actions"]:
        raise SandboxError(f"{path}: must be a snapshot, or have one member: actions, a list")
    for number, step in enumerate(steps, 1):
        where = f"{path}: action {number}"
        if not is_object(step) or not isinstance(name := step.get("action"), str):
            raise SandboxError(f'{where}: must be an object with a member "action", the name of the action')
        try:
            call: Call = call_named(name, calls_of(type(sandbox)))
            await call.perform(sandbox, {key: value for key, value in step.items() if key != "action"})
        except (SandboxError, ValueError, LookupError) as error:
            raise SandboxError(f"{where} ({name}): {error.args[0] if error.args else error}") from None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = path.read_bytes()
        document: Any = _as_json(tomllib.loads(content.decode())) if path.suffix == ".toml" else read_json(content)
    except OSError as error:
        raise SandboxError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise SandboxError(f"{path}: must be {'TOML' if path.suffix == '.toml' else 'JSON'}: {error}") from None
    if is_array(document):
        return {"actions": document}
    if not is_object(document):
        raise SandboxError(f"{path}: must be an object or a list, got {type(document).__name__}")
    return document


def _as_json(value: Any) -> Any:
    """Return TOML values as JSON values: times as text."""
    if is_object(value):
        return {name: _as_json(member) for name, member in value.items()}
    if is_array(value):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime | date | time) else value
