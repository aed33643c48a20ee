from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

CHECKOUT = Path(__file__).parents[2]
LINES = ("round robin", "watcher", "possible", "webhooks")
SVG = "{http://www.w3.org/2000/svg}"


def test_each_series_has_a_labeled_line(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    figures.write_text(json.dumps([dict(zip(LINES, (2400, 1001, 1000, 50), strict=True))] * 6))
    drawn = tmp_path / "drawn.svg"
    command = [sys.executable, "-m", "benchmarks.picture", str(drawn), "--figures", str(figures)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 6
    picture = ET.parse(drawn).getroot()
    assert len(picture.findall(f"{SVG}polyline")) == 4
    labels = {text.text: float(text.get("y", "")) for text in picture.findall(f"{SVG}text") if text.get("x") == "590"}
    assert list(labels) == ["round robin", "watcher", "optimum (dashed)", "watcher, 95% webhooks"]
    heights = sorted(labels.values())
    assert all(lower - upper >= 18 for upper, lower in pairwise(heights))
