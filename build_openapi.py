"""Turns the sandbox's contract from YAML, which people read, into JSON, which needs no library to be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class OpenApiHook(BuildHookInterface[Any]):
    """Writes ``openapi.json`` beside ``openapi.yaml`` when the package is built or installed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file."""
        folder = Path(self.root) / "cronofy_async" / "sandbox"
        contract = yaml.safe_load((folder / "openapi.yaml").read_text("utf-8"))
        (folder / "openapi.json").write_text(json.dumps(contract, separators=(",", ":")), "utf-8")
