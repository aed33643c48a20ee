"""Type checkers read every snippet of the README and the docs, on its original line."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .snippets import ROOT, snippets
from .typed import modules, write

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_snippet_lines_keep_their_line_numbers(page: Path) -> None:
    lines = page.read_text("utf-8").splitlines()
    code = 0
    for _, text in modules(page):
        ast.parse(text)
        for number, line in enumerate(text.splitlines()):
            if line.strip() and not line.startswith(("# pyright", "from __future__", "async def page(")):
                assert line.strip() == lines[number].strip()
                code += 1

    assert code == sum(bool(line.strip()) for snippet in snippets(page) for line in snippet.code.splitlines())


def test_snippet_modules_are_written(tmp_path: Path) -> None:
    write(tmp_path)

    assert len(list(tmp_path.iterdir())) >= 12
