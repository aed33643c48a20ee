"""Load the contract: merged from the files of a checkout, with a cache, or from the JSON of a wheel."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from . import merging
from .merging import files, merged_json

__all__ = ["document", "examples"]

Json: TypeAlias = dict[str, Any]


def document(folder: Path) -> Json:
    """Return the contract: merged from its parts in a checkout, or as merged by the build in a wheel.

    Args:
        folder: The ``sandbox`` package.
    """
    parts = files(folder)
    if not parts[0].exists():
        merged: Json = json.loads((folder / "contract.json").read_text("utf-8"))
        return merged
    return _cached(folder, parts)


def examples(folder: Path) -> list[Json]:
    """Return the calls that are examples in the OpenAPI document.

    Args:
        folder: The ``sandbox`` package.
    """
    found: list[Json] = json.loads((folder / "examples.json").read_text("utf-8"))["examples"]
    return found


def _cached(folder: Path, parts: Sequence[Path]) -> Json:
    """Merge the parts, or return the cached document if none of them has changed."""
    stamps = [[str(path), path.stat().st_mtime_ns, path.stat().st_size] for path in (*parts, Path(merging.__file__))]
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    file = _cache_folder() / f"contract-{name}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        cached = json.loads(file.read_text("utf-8"))
        if cached["stamps"] == stamps:
            document: Json = cached["document"]
            return document
    text = merged_json(folder)
    with suppress(OSError):  # no home directory, disk space, or permission: the parts are merged again next time
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(f".{os.getpid()}")
        new.write_text(f'{{"stamps":{json.dumps(stamps)},"document":{text}}}', "utf-8")
        new.replace(file)
    merged: Json = json.loads(text)
    return merged


def _cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    home = environment.get("LOCALAPPDATA") if sys.platform == "win32" else environment.get("XDG_CACHE_HOME")
    return Path(home or Path("~/.cache").expanduser()) / "cronofy_async"
