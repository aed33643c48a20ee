"""The command ``cronofy-async``."""

from __future__ import annotations

import sys
from importlib import import_module

__all__ = ["main"]


def main() -> None:
    """Run the command."""
    try:
        for name in ("click", "rich", "jsonschema_rs"):
            import_module(name)
    except ImportError as error:
        sys.exit(f"cronofy-async needs {error.name}. Run: pip install 'cronofy_async[cli]'")

    from .commands import cronofy_async  # noqa: PLC0415

    cronofy_async()
