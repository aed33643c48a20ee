"""The fixtures of the command line, for commands that run as processes."""

from __future__ import annotations

from ...cli.conftest import clean_environment, wide

__all__ = ["clean_environment", "wide"]
