"""Put the contract into the wheel as JSON, which can be read without a YAML library. A checkout merges the YAML parts."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ContractHook(BuildHookInterface[Any]):
    """Adds ``contract.json`` to a wheel, and PyYAML to the dependencies of an editable install."""

    @property
    def file(self) -> Path:
        """The path of the JSON file while a wheel is built."""
        return Path(self.directory) / "contract.json"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Merge the parts, and add the result to the wheel."""
        if version == "editable":
            build_data["dependencies"].append("pyyaml>=6")
            return
        sandbox = Path(self.root) / "cronofy_async" / "sandbox"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(
            run_path(str(sandbox / "kernel" / "contract" / "merging.py"))["merged_json"](sandbox), "utf-8"
        )
        build_data["force_include"][str(self.file)] = "cronofy_async/sandbox/contract.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the file, which is in the wheel now."""
        self.file.unlink(missing_ok=True)
