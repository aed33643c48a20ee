"""Puts the contract into the wheel as JSON, which needs no library to be read. A checkout merges the YAML parts itself."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from shutil import rmtree
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class OpenApiHook(BuildHookInterface[Any]):
    """Adds the contract to a wheel, and PyYAML to the dependencies of an editable install."""

    @property
    def folder(self) -> Path:
        """Where the files are while a wheel is built."""
        return Path(self.directory) / "contract"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Merge the parts."""
        if version == "editable":
            build_data["dependencies"].append("pyyaml>=6")
            return
        sandbox = Path(self.root) / "cronofy_async" / "sandbox"
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in run_path(str(sandbox / "kernel" / "merging.py"))["wheel_files"](sandbox).items():
            file = self.folder / name
            file.write_text(text, "utf-8")
            build_data["force_include"][str(file)] = f"cronofy_async/sandbox/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the files, which the wheel has by now."""
        rmtree(self.folder, ignore_errors=True)
