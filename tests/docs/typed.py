"""Convert the Python snippets of the README and the docs to modules, for type checkers.

The snippets of a page become the body of a function, on the lines that they have in the page; a program becomes a
module of its own, as do the tests of a page together. ``nox -s types`` checks them::

    python -m tests.docs.typed FOLDER && mypy FOLDER && basedpyright FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from .snippets import ROOT, Snippet, snippets

#: The imports and names that the snippets of a page start with, as in ``test_pages.py`` and ``test_readme.py``.
OF_PAGES: Final = (
    (
        "import datetime as dt; import pathlib; from cronofy_async import CronofyClient; "
        "from cronofy_async.sandbox import Account, Sandbox"
    ),
    "cronofy: CronofyClient, sandbox: Sandbox, ada: Account, bob: Account, now: dt.datetime, tmp_path: pathlib.Path",
)
OF_README: Final = (
    "from cronofy_async import models",
    "oauth: models.OAuth, event: models.EventTemplate, availability: models.AvailabilityQuery",
)

#: Three lines, followed by the lines of the page. Snippets have unused expressions; aioresponses is only partly typed.
HEAD: Final = (
    "# pyright: reportUnusedExpression=false, reportUnusedVariable=false, reportUnusedFunction=false, "
    "reportUnknownMemberType=false\n"
    "from __future__ import annotations; {}\n"
    "async def page({}) -> None:\n"
)


def modules(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each module of a page."""
    page_snippets = snippets(page)
    name = page.stem.replace("-", "_").lower()
    programs = [snippet for snippet in page_snippets if snippet.kind == "program"]
    for number, program in enumerate(programs):
        yield f"{name}_program_{number}", _on_their_lines("", [program], indent="")
    if tests := [snippet for snippet in page_snippets if snippet.kind == "tests"]:
        yield f"{name}_tests", _on_their_lines("", tests, indent="")
    if others := [snippet for snippet in page_snippets if snippet.kind not in {"program", "tests"}]:
        head = HEAD.format(*(OF_README if name == "readme" else OF_PAGES))
        yield name, _on_their_lines(head, others, indent="    ")


def _on_their_lines(head: str, page_snippets: Sequence[Snippet], *, indent: str) -> str:
    text = head
    for snippet in page_snippets:
        text += "\n" * (snippet.line - text.count("\n"))
        text += "".join(f"{indent}{line}" if line.strip() else line for line in snippet.code.splitlines(keepends=True))
    return text


def write(folder: Path) -> None:
    """Write the modules of all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for name, text in modules(page):
            (folder / f"{name}.py").write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
