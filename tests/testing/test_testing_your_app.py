"""The tests of the page "Testing your application" run, by pytest."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from ..docs.snippets import ROOT, snippets

PAGE = ROOT / "docs" / "testing-your-app.md"
SETTINGS = ("asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function", "junit_duration_report=call")


def run_by_pytest(module: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "pytest_cronofy_async", "-p", "asyncio", "-W", "error"]
    command += [item for setting in SETTINGS for item in ("-o", setting)]
    return subprocess.run(
        [*command, "--rootdir", module.parent, *options, module],
        cwd=module.parent,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_snippets_are_a_module_of_tests(tmp_path: Path) -> None:
    """The time of each test is printed: ``pytest -rP`` shows it."""
    text = "\n\n".join(snippet.code for snippet in snippets(PAGE) if snippet.kind == "tests")
    module = tmp_path / "test_interviews.py"
    module.write_text(text, "utf-8")

    process = run_by_pytest(module, "--junitxml", tmp_path / "times.xml")

    assert process.returncode == 0, process.stdout + process.stderr
    cases = [case.attrib for case in ET.parse(tmp_path / "times.xml").iter("testcase")]
    for case in cases:
        print(f"{float(case['time']) * 1000:6.0f} ms  {case['name']}")  # noqa: T201 - it is shown on request
    defined = re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE)
    assert [case["name"].partition("[")[0] for case in cases] == defined
    assert len(defined) >= 7


def test_the_page_quotes_the_actual_messages() -> None:
    rows = re.findall(r"^\| `(.+?)` \| ", PAGE.read_text("utf-8").partition("## When a test fails")[2], re.MULTILINE)
    code = "".join(path.read_text("utf-8") for path in (ROOT / "cronofy_async").rglob("*.py"))
    joined = re.sub(r'"\s+f?"', "", code)
    messages = [row.rpartition("Error: ")[2].removeprefix("1 CronofyClient") for row in rows]
    assert len(messages) == 6
    for message in messages:
        assert message.partition(" was used ")[2] in joined if " was used " in message else message in joined
