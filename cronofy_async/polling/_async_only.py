"""The hint for objects that were entered with ``with`` instead of ``async with``."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["AsyncOnly"]


class AsyncOnly:
    """Makes a plain ``with`` raise an error that says what to write instead."""

    def __enter__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is an asynchronous context manager: use `async with`")

    def __exit__(self, *_: object) -> None:  # pragma: no cover - `with` looks for it before it calls __enter__
        pass
