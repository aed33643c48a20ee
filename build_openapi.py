"""Put the contract into the wheel as JSON, which can be read without a YAML library. A checkout merges the YAML parts."""

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
        """The folder of the JSON files while a wheel is built."""
        return Path(self.directory) / "contract"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Merge the parts, and add the result to the wheel."""
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
        """Remove the files, which are in the wheel now."""
        rmtree(self.folder, ignore_errors=True)
