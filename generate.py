"""Writes the files that are made from others: ``python generate.py``, or ``nox -s generate``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent
MODELS = ROOT / "cronofy_async" / "models"

HEAD = '''\
"""All models can be imported from here. A module is loaded when one of its names is first used.

Made by ``nox -s generate`` from ``__all__`` of the modules: do not edit.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
'''
TAIL = """
__all__ = sorted(_MODULE_OF)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
"""


def models_init() -> str:
    """Return the text of ``models/__init__.py``.

    Raises:
        ValueError: Two modules have the same name in ``__all__``.
    """
    names: dict[str, str] = {}
    modules = [path for path in sorted(MODELS.glob("*.py")) if path.stem not in {"__init__", "base"}]
    for path in modules:
        for name in exported(path):
            if name in names:
                raise ValueError(f"{name}: is in __all__ of {names[name]} and of {path.stem}")
            names[name] = path.stem
    imports = "".join(f"    from .{path.stem} import *\n" for path in modules)
    rows = "".join(f'    "{name}": "{names[name]}",\n' for name in sorted(names))
    return f"{HEAD}{imports}\n_MODULE_OF: Final = {{\n{rows}}}\n{TAIL}"


def exported(path: Path) -> Iterator[str]:
    """Yield the names in ``__all__`` of a module, without importing it."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            yield from ast.literal_eval(node.value)


def files() -> dict[Path, str]:
    """Return the text of each generated file."""
    return {MODELS / "__init__.py": models_init()}


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, "utf-8")
