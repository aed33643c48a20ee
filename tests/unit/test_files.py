from __future__ import annotations

import errno
import fcntl
from pathlib import Path

import pytest

from cronofy_async._files import lock


def test_one_of_two_has_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("w") as first, path.open("a") as second:
        assert lock(first)
        assert not lock(second)


def test_a_file_system_without_locks_locks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (tmp_path / "file").open("w") as file:
        assert lock(file)
