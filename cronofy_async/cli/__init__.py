"""The command ``cronofy-async``."""

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
    import_module(".commands", __package__).cronofy_async()
