"""All checks. ``nox`` runs what CI runs: lint, types, and the tests on the installed wheel.

``nox -s versions`` runs the tests on every installed Python, and ``nox -s oldest`` with the oldest allowed dependencies;
``nox -s docs`` builds the docs, and ``nox -s generate`` writes the generated files.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = [
    "lint",
    "types",
    "coverage",
    "hostile",
    "e2e",
    "browser",
    "languages",
    "openapi",
    "sdks",
    "property",
]
nox.options.error_on_external_run = True

# Container images often set it. The tests start hundreds of processes, each of which would compile all modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

PYPROJECT = nox.project.load_toml("pyproject.toml")
VERSIONS = ["3.11", "3.12", "3.13", "3.14"]
EXTRAS = "cli,speed"

#: The wheel of this run.
WHEELS: list[Path] = []

#: The folders of the session `tests`. The others have sessions of their own.
QUICK = ["unit", "areas", "sandbox", "contract", "cli", "docs", "examples"]

#: Code outside the SDK proper, of which 95% must be covered; the SDK proper must be covered completely.
NOT_THE_SDK = ["*/sandbox/*", "*/cli/*", "*/conformance/*", "*/_demo.py", "*/_links_file.py", "*/__main__.py"]

#: The pytest plugin, which the session `e2e` covers: its tests start pytest.
PLUGIN = ["*/cronofy_async/testing.py", "*pytest_cronofy_async.py"]


def group(name: str) -> list[str]:
    return list(nox.project.dependency_groups(PYPROJECT, name))


def install_wheel(session: nox.Session, extras: str) -> None:
    """Build the wheel from the checkout, once for all sessions, and install it: what is tested is what is published."""
    if not WHEELS:
        folder = session.cache_dir / "wheel"
        shutil.rmtree(folder, ignore_errors=True)
        session.install("build")
        session.run("python", "-m", "build", "--wheel", "--outdir", str(folder), silent=True)
        WHEELS.extend(folder.glob("*.whl"))
    (wheel,) = WHEELS
    session.install(f"cronofy_async[{extras}] @ {wheel.resolve().as_uri()}")


def require(session: nox.Session, program: str, *packages: str) -> None:
    """Install Debian packages if a program that tests need is missing, or skip the session where that is not possible."""
    if shutil.which(program) is not None:
        return
    if shutil.which("apt-get") is not None and os.geteuid() == 0:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        session.run("apt-get", "update", "-qq", external=True, env=quiet)
        session.run("apt-get", "install", "-y", "-qq", *packages, external=True, env=quiet)
    elif os.environ.get("CI"):
        session.error(f"{program} is missing")
    else:
        session.skip(f"{program} is missing. Install {', '.join(packages)}, or the equivalent packages of your system.")


def run_tests(session: nox.Session, folders: list[str], *options: str) -> None:
    """Run the tests of some folders, or those that were named on the command line, on all cores."""
    session.run("pytest", "-n", "auto", *options, *(session.posargs or [f"tests/{folder}" for folder in folders]))


@nox.session
def lint(session: nox.Session) -> None:
    session.install(*group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    install_wheel(session, "all")
    session.install(*group("types"))
    python = str(Path(session.bin) / "python")
    session.run("mypy")
    session.run("basedpyright", "--pythonpath", python)
    with TemporaryDirectory() as snippets:  # of the README and the docs; basedpyright skips hidden folders such as .nox
        session.run("python", "-m", "tests.docs.typed", snippets)
        session.run("mypy", snippets)
        session.run("basedpyright", "--pythonpath", python, snippets)


@nox.session
def tests(session: nox.Session) -> None:
    """Tests that need only Python."""
    install_wheel(session, EXTRAS)
    session.install(*group("test"))
    run_tests(session, QUICK, "--dist", "worksteal")


@nox.session
def coverage(session: nox.Session) -> None:
    """The tests of the session ``tests`` with coverage, which takes twice as long."""
    install_wheel(session, EXTRAS)
    session.install(*group("test"))
    run_tests(session, QUICK, "--dist", "worksteal", "--cov", "--cov-report=")
    if not session.posargs:
        session.run("coverage", "report", "--fail-under=100", f"--omit={','.join([*NOT_THE_SDK, *PLUGIN])}")
        session.run("coverage", "report", "--fail-under=95", f"--include={','.join(NOT_THE_SDK)}")


@nox.session
def hostile(session: nox.Session) -> None:
    """A server with invalid responses of every kind, and calls that are stopped at every iteration of the event loop."""
    install_wheel(session, EXTRAS)
    session.install(*group("test"))
    run_tests(session, ["hostile"])


@nox.session
def e2e(session: nox.Session) -> None:
    """Real processes, sockets, and files: crashes, takeovers, secrets in errors; and short runs of the benchmarks."""
    install_wheel(session, EXTRAS)
    session.install(*group("test"))
    run_tests(session, ["e2e", "benchmarks"], "--dist", "loadfile")
    if not session.posargs:
        session.run("pytest", "--cov", "--cov-report=", "tests/testing")
        session.run("coverage", "report", "--fail-under=100", f"--include={','.join(PLUGIN)}")


@nox.session
def browser(session: nox.Session) -> None:
    """The pages of the sandbox, in a headless Chromium."""
    require(session, "chromium", "chromium", "fonts-noto-core")
    install_wheel(session, EXTRAS)
    session.install(*group("test"), *group("browser"))
    run_tests(session, ["browser"])


@nox.session
def openapi(session: nox.Session) -> None:
    """The OpenAPI document: linters, generated clients, and generated requests."""
    install_wheel(session, EXTRAS)
    session.install(*group("test"), *group("openapi"))
    tools = Path(session.create_tmp()).resolve() / "tools"
    tools.mkdir(exist_ok=True)
    shutil.copy("tests/openapi/package.json", tools)
    quiet = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
    session.run("npm", "install", f"--prefix={tools}", *quiet, silent=True)
    session.env["OPENAPI_TOOLS"] = str(tools)
    run_tests(session, ["openapi"])


@nox.session
def languages(session: nox.Session) -> None:
    """The programs in the docs for JavaScript, Ruby, and the shell."""
    for program in ("ruby", "curl"):
        require(session, program, program)
    install_wheel(session, EXTRAS)
    session.install(*group("test"), *group("node"))
    run_tests(session, ["languages"])


@nox.session
def sdks(session: nox.Session) -> None:
    """Official SDKs, unmodified, against the sandbox."""
    install_wheel(session, EXTRAS)
    session.install(*group("test"), *group("node"))
    session.env["REQUIRE_NODE"] = "1"
    run_tests(session, ["sdks"], "--dist", "loadfile")


@nox.session(name="property")
def properties(session: nox.Session) -> None:
    """Generated cases, 10,000 of availability compared with brute force, and long simulations of polling."""
    install_wheel(session, EXTRAS)
    session.install(*group("test"))
    run_tests(session, ["property"], "--dist", "worksteal")


@nox.session(python=VERSIONS)
def versions(session: nox.Session) -> None:
    install_wheel(session, EXTRAS)
    session.install(*group("test"))
    run_tests(session, [*QUICK, "e2e", "languages", "sdks"])


@nox.session
def docs(session: nox.Session) -> None:
    """Build the docs into ``site/``. Broken links and other warnings are errors."""
    session.install(*group("docs"))
    session.run("zensical", "build", "--clean", "--strict")


@nox.session
def bench(session: nox.Session) -> None:
    """Every figure that the docs quote; ``nox -s bench -- status --json`` runs one benchmark."""
    install_wheel(session, EXTRAS)
    session.install(*group("bench"))
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """100,000 polls of a faulty server: memory, tasks, sockets, and permits must stay flat."""
    install_wheel(session, EXTRAS)
    session.install(*group("test"))
    session.run("python", "-m", "tests.hostile.soak", *session.posargs)


@nox.session
def generate(session: nox.Session) -> None:
    """Write the generated files, such as ``models/__init__.py``."""
    session.install("-e", ".[sandbox]", *group("test"))
    session.run("python", "generate.py")


@nox.session
def oldest(session: nox.Session) -> None:
    """The oldest allowed versions of the package's dependencies."""
    install_wheel(session, EXTRAS)
    session.install(*group("test"))
    floors = [requirement.split(",")[0].replace(">=", "==") for requirement in PYPROJECT["project"]["dependencies"]]
    session.install(*floors)
    run_tests(session, [*QUICK, "e2e", "sdks"])
