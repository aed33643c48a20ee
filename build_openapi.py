"""Puts the contract into the wheel as JSON, which needs no library to be read. A checkout merges the YAML parts itself."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class OpenApiHook(BuildHookInterface[Any]):
    """Adds ``openapi.json`` to a wheel, or PyYAML to what an editable install needs."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file."""
        if version == "editable":
            build_data["dependencies"].append("pyyaml>=6")
            return
        sandbox = Path(self.root) / "cronofy_async" / "sandbox"
        target = Path(self.directory) / "openapi.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(run_path(str(sandbox / "kernel" / "parts.py"))["merged_json"](sandbox), "utf-8")
        build_data["force_include"][str(target)] = "cronofy_async/sandbox/openapi.json"
