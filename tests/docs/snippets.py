"""Find and run the Python snippets in Markdown."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path
from typing import Any, Final

import attrs

__all__ = ["ROOT", "Snippet", "run", "snippets"]

ROOT: Final = Path(__file__).parents[2]

_SNIPPET: Final = re.compile(r"(?:^ *<!-- (\w+) -->\n)?^( *)```python\n(.*?)^\2```$", re.DOTALL | re.MULTILINE)


@attrs.frozen
class Snippet:
    """A snippet of a page.

    ``kind`` is the comment before it: ``run`` runs in the namespace that the page's snippets share, ``program`` in a
    process of its own; all ``tests`` of a page form a module, which pytest runs.
    """

    page: str
    line: int
    kind: str | None
    code: str

    def compile(self) -> Any:
        code = "\n" * self.line + self.code  # so that errors point to the page
        return compile(code, self.page, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


def snippets(page: Path) -> list[Snippet]:
    """Return the snippets of a page."""
    text = page.read_text("utf-8")
    return [
        Snippet(
            page=page.name,
            line=text.count("\n", 0, match.start(3)),
            kind=match[1],
            code=textwrap.dedent(match[3]),
        )
        for match in _SNIPPET.finditer(text)
    ]


async def run(snippet: Snippet, names: dict[str, Any]) -> None:
    """Run a snippet, and the tests that it defines."""
    names_before = set(names)
    await _await_if_needed(eval(snippet.compile(), names))
    for name in set(names) - names_before:
        if name.startswith("test_") and not inspect.signature(names[name]).parameters:
            await _await_if_needed(names[name]())


async def _await_if_needed(result: object) -> None:
    if inspect.iscoroutine(result):
        await result
