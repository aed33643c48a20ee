"""Generate the parts of the docs between ``<!-- begin: x -->`` and ``<!-- end: x -->``.

A test fails if they are out of date. Run this to update them::

    python tests/docs/generated.py
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from click.testing import CliRunner

from cronofy_async import errors
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.kernel.contract import contract
from cronofy_async.sandbox.kernel.registry import REGISTRY

DOCS: Final = Path(__file__).parents[2] / "docs"

_BLOCK: Final = re.compile(r"(<!-- begin: (\w+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def filled(text: str) -> str:
    """Return a page with its generated parts up to date."""
    return _BLOCK.sub(lambda match: f"{match[1]}{BLOCKS[match[2]]()}{match[3]}", text)


def blocks(text: str) -> list[str]:
    """Return the names of the generated parts of a page."""
    return [match[2] for match in _BLOCK.finditer(text)]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n" + "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("``", "`").replace("|", "\\|").split())


def _operations() -> str:
    rows = (
        (f"[`{one.name}`]({one.docs}) `{one.method} {one.path}`", one.fidelity, " ".join(one.assumed))
        for one in contract().operations.values()
    )
    return table(("operation", "behaviour", "assumed all the same"), rows)


def _rules() -> str:
    rows = (
        (f"`{one.name}` of {', '.join(f'`{of}`' for of in one.targets)}", one.says, f"[{one.fidelity}]({one.docs})")
        for one in REGISTRY.rules
    )
    return table(("rule", "text", ""), rows)


def _assumptions() -> str:
    return table(("name", "assumption"), ((f"`{name}`", says) for name, says in Sandbox.assumptions.items()))


def _errors() -> str:
    tree = inspect.cleandoc(errors.__doc__ or "").partition("::\n\n")[2].partition("\n\n")[0]
    return f"\n```text\n{inspect.cleandoc(tree)}\n```\n\n"


def _commands() -> str:
    rows = ((f"[`{name}`](#{name})", one.get_short_help_str(200)) for name, one in cronofy_async.commands.items())
    return table(("command", "description"), rows)


def _help() -> str:
    return "\n" + "".join(f"## {name}\n\n```text\n{_help_of(name)}```\n\n" for name in cronofy_async.commands)


def _help_of(name: str) -> str:
    shown = CliRunner().invoke(cronofy_async, [name, "--help"], prog_name="cronofy-async", terminal_width=90)
    assert shown.exit_code == 0, shown.output
    return shown.output


BLOCKS: Final = {
    "assumptions": _assumptions,
    "commands": _commands,
    "errors": _errors,
    "help": _help,
    "operations": _operations,
    "rules": _rules,
}


if __name__ == "__main__":
    for page in sorted(DOCS.glob("*.md")):
        page.write_text(filled(page.read_text("utf-8")), "utf-8")
