"""A dotenv file with the settings of a sandbox, for as long as it runs."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from .._files import lock
from .kernel.actions import SandboxError

__all__ = ["env_file"]

#: The first line. A file with any other first line is not overwritten.
MARK: Final = "# Written by cronofy-async sandbox, and removed when it stops."


@contextmanager
def env_file(path: Path, variables: Mapping[str, str]) -> Generator[None]:
    """Keep a dotenv file for the duration of the context.

    It appears complete, only its owner can read it, and it is removed only if it is unchanged. A lock on it shows that its
    sandbox still runs.

    Args:
        path: The file.
        variables: The environment variables.

    Raises:
        SandboxError: The file cannot be written, was not written by a sandbox, or belongs to one that still runs.
    """
    text = "".join(f"{line}\n" for line in (MARK, *(f"{name}={value}" for name, value in variables.items())))
    try:
        _check_unused(path)
        # It is created with the permissions 0600.
        file = NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f"{path.name}.", delete=False)  # noqa: SIM115
        lock(file)
        file.write(text)
        file.flush()
        if sys.platform == "win32":  # pragma: no cover
            file.close()  # an open file cannot be moved there
        Path(file.name).replace(path)
    except OSError as error:
        raise SandboxError(f"cannot write {path}: {error.strerror}") from None
    with file:
        try:
            yield
        finally:
            if path.exists() and path.read_text("utf-8", "replace") == text:
                path.unlink()


def _check_unused(path: Path) -> None:
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        if not file.read().startswith(MARK):
            raise SandboxError(f"{path} exists and was not written by a sandbox. It is left unchanged.")
        if not lock(file):
            raise SandboxError(f"{path} belongs to a sandbox that still runs. Stop it, or give this one another file.")
