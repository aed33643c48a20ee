"""The command ``cronofy-async``."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command."""
    try:
        import click  # noqa: F401, PLC0415 - an extra
        import jsonschema_rs  # noqa: F401, PLC0415 - an extra
        import rich  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        sys.exit(f"cronofy-async needs {error.name}: pip install 'cronofy_async[cli]'")

    from .commands import cronofy_async  # noqa: PLC0415

    cronofy_async()
