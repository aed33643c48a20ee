"""Problems with a request, by field, as in the body of Cronofy's 422."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs

__all__ = ["Errors", "Field", "Problem", "errors_of"]

#: The ``errors`` of a 422 body.
Errors: TypeAlias = dict[str, list[dict[str, str]]]


class Field(str):
    """The path of a value in a body: ``event.reminders[0]``; empty for the body itself.

    ``field / "name"`` is a member of it, ``field / 0`` an item.
    """

    __slots__ = ()

    def __truediv__(self, step: str | int) -> Field:
        if isinstance(step, int):
            return Field(f"{self}[{step}]")
        return Field(f"{self}.{step}" if self else step)


@attrs.frozen
class Problem:
    """A problem with one field of a request.

    Attributes:
        field: The path of the field.
        key: The key for programs, such as ``errors.required``.
        message: The description, which follows the name of the field: "must be specified".
        is_whole: Whether ``message`` is the whole description, in Cronofy's words.
    """

    field: Field
    key: str
    message: str
    is_whole: bool = False


def errors_of(problems: Iterable[Problem]) -> Errors:
    """Return problems by field, in the form of a 422 body."""
    errors: Errors = {}
    for problem in problems:
        name = str(problem.field) or "body"
        errors.setdefault(name, []).append(
            {"key": problem.key, "description": problem.message if problem.is_whole else f"{name} {problem.message}"}
        )
    return errors
