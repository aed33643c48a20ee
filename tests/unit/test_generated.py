from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])  # it imports the examples of the tests
    spec = importlib.util.spec_from_file_location("generate", ROOT / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_current(generate: ModuleType) -> None:
    for path, text in generate.files():
        assert path.read_text("utf-8") == text, f"{path.name} is not current: run `nox -s generate`"


def test_a_name_in_two_modules_is_rejected(generate: ModuleType, tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / f"{name}.py").write_text('__all__ = ["Thing"]\nThing = 1\n', "utf-8")
    vars(generate)["MODELS"] = tmp_path
    with pytest.raises(ValueError, match=r"^Thing: is in __all__ of one and of other$"):
        generate.models_init()
