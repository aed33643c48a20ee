"""The part of Celery that the docs use. Celery itself requires an old version of python-dateutil."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Task(Generic[P]):
    """A task that runs immediately, as with ``task_always_eager``."""

    def __init__(self, function: Callable[P, None]) -> None:
        self._function = function

    def delay(self, *args: P.args, **kwargs: P.kwargs) -> None:
        self._function(*args, **kwargs)


def shared_task(
    *, autoretry_for: tuple[type[Exception], ...], retry_backoff: bool
) -> Callable[[Callable[P, None]], Task[P]]:
    return Task
