"""The parts of a docstring in Google's style."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any, Final

import attrs

__all__ = ["Docstring", "parse_docstring"]

_SECTION: Final = re.compile(r"^(Args|Returns|Raises|Attributes|Example)s?::?$", re.MULTILINE)
_ITEM: Final = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


@attrs.frozen(kw_only=True)
class Docstring:
    """The parts of a docstring.

    Attributes:
        summary: The first paragraph, as one line.
        description: The text up to the first section, each paragraph as one line.
        arguments: The texts of the arguments, by name.
        returns: The text of the result; empty if there is none.
    """

    summary: str
    description: str
    arguments: Mapping[str, str]
    returns: str


def parse_docstring(target: Any) -> Docstring:
    """Return the parts of the docstring of a function or a class."""
    text = (inspect.getdoc(target) or "").replace("``", "`")
    head, *parts = _SECTION.split(text)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    paragraphs = [" ".join(paragraph.split()) for paragraph in head.strip().split("\n\n")]
    items = sections.get("Args") or sections.get("Attributes") or ""
    return Docstring(
        summary=paragraphs[0],
        description="\n\n".join(paragraphs),
        arguments={match[1]: " ".join(match[2].split()) for match in _ITEM.finditer(items)},
        returns=" ".join(sections.get("Returns", "").split()),
    )
