"""Locks on files, between processes."""

from __future__ import annotations

import sys
from typing import IO, Any

__all__ = ["lock"]


def lock(file: IO[Any]) -> bool:
    """Lock an open file until it is closed or this process ends, and return whether no other process has locked it.

    There are no locks on Windows, where they would keep people from reading the file, and on some network file systems.
    """
    if sys.platform == "win32":  # pragma: no cover
        return True
    import fcntl  # noqa: PLC0415 - does not exist on Windows

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
