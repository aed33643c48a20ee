"""Generate the parts of the docs between ``<!-- begin: x -->`` and ``<!-- end: x -->``.

A test fails if they are out of date. Run this to update them::

    python tests/docs/generated.py
"""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import attrs
from click.testing import CliRunner

from cronofy_async import errors, preload
from cronofy_async._reference import Reference, endpoints
from cronofy_async.cli.commands import cronofy_async
from cronofy_async.client import CronofyAccount, CronofyClient
from cronofy_async.models.notifications import CLASSES, Notification
from cronofy_async.sandbox import Sandbox
from cronofy_async.sandbox.control.calls import calls_of
from cronofy_async.sandbox.control.openapi import calls_by_route
from cronofy_async.sandbox.kernel.contract import contract
from cronofy_async.sandbox.kernel.registry import REGISTRY

preload()  # all notifications are registered

DOCS: Final = Path(__file__).parents[2] / "docs"
#: The methods of official SDKs, with the operations that they send, and the faults of pycronofy.
SDKS: Final = Path(__file__).parents[1] / "sdks"
PYCRONOFY: Final = SDKS / "pycronofy.toml"
_CLIENTS: Final = {"pycronofy": PYCRONOFY, "Node": SDKS / "node.toml"}

_BLOCK: Final = re.compile(r"(<!-- begin: (\w+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def filled(text: str) -> str:
    """Return a page with its generated parts up to date."""
    return _BLOCK.sub(lambda match: f"{match[1]}{BLOCKS[match[2]]()}{match[3]}", text)


def blocks(text: str) -> list[str]:
    """Return the names of the generated parts of a page."""
    return [match[2] for match in _BLOCK.finditer(text)]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n" + "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("``", "`").replace("|", "\\|").split())


def _operations() -> str:
    rows = (
        (f"[`{one.name}`]({one.docs}) `{one.method} {one.path}`", one.fidelity, " ".join(one.assumed))
        for one in contract().operations.values()
    )
    return table(("operation", "fidelity", "assumed details"), rows)


def _rules() -> str:
    rows = (
        (
            f"`{one.name}` of {', '.join(f'`{of}`' for of in one.targets)}",
            one.description,
            f"[{one.fidelity}]({one.docs})",
        )
        for one in REGISTRY.rules
    )
    return table(("rule", "text", ""), rows)


def _assumptions() -> str:
    return table(("name", "assumption"), ((f"`{name}`", text) for name, text in Sandbox.assumptions.items()))


def _control() -> str:
    rows = (
        (f"`{line}`", f"`{call.action.name}`", call.docs.summary)
        for line, call in calls_by_route(calls_of(Sandbox)).items()
    )
    return table(("path", "action", "description"), rows)


def _errors() -> str:
    tree = inspect.cleandoc(errors.__doc__ or "").partition("::\n\n")[2].partition("\n\n")[0]
    return f"\n```text\n{inspect.cleandoc(tree)}\n```\n\n"


def _commands() -> str:
    rows = ((f"[`{name}`](#{name})", one.get_short_help_str(200)) for name, one in cronofy_async.commands.items())
    return table(("command", "description"), rows)


def _help() -> str:
    return "\n" + "".join(f"## {name}\n\n```text\n{_help_of(name)}```\n\n" for name in cronofy_async.commands)


def _help_of(name: str) -> str:
    shown = CliRunner().invoke(cronofy_async, [name, "--help"], prog_name="cronofy-async", terminal_width=90)
    assert shown.exit_code == 0, shown.output
    return shown.output


def _pycronofy() -> str:
    theirs: Any = import_module("pycronofy").Client
    methods: dict[str, list[str]] = tomllib.loads(PYCRONOFY.read_text("utf-8"))["operations"]
    rows = (
        (f"`{_call(f'client.{name}', getattr(theirs, name))}`", ", ".join(f"`{one}`" for one in _ours(operations)))
        for name, operations in methods.items()
    )
    return table(("pycronofy", "cronofy_async"), rows)


def _faults() -> str:
    rows = (
        (", ".join(f"`{one}`" for one in fault["methods"]), fault["sends"], fault["here"], fault["why"])
        for fault in tomllib.loads(PYCRONOFY.read_text("utf-8"))["faults"]
    )
    return table(("pycronofy", "sends", "here", "reason"), rows)


def _official_sdks() -> str:
    clients = [tomllib.loads(path.read_text("utf-8"))["operations"] for path in _CLIENTS.values()]
    rows = (
        [f"`{operation}`", *(_sending(methods, operation) for methods in clients)]
        for operation in contract().operations
    )
    package: dict[str, Any] = json.loads((SDKS / "node" / "package.json").read_text("utf-8"))
    node = package["dependencies"]["cronofy"]
    return table(("operation", f"pycronofy {version('pycronofy')}", f"Node: cronofy {node}"), rows)


def _sending(methods: dict[str, list[str]], operation: str) -> str:
    return ", ".join(f"`{method}`" for method, sent in methods.items() if operation in sent) or "–"


def _local_methods() -> str:
    rows = (
        (client, f"`{method}`", reason)
        for client, path in _CLIENTS.items()
        for method, reason in tomllib.loads(path.read_text("utf-8"))["sends_nothing"].items()
    )
    return table(("SDK", "method", "what it does"), rows)


def _ours(operations: Iterable[str]) -> Iterator[str]:
    """Yield the calls that send operations. Further pages are read by those that read the first one."""
    for area, _, name in (one.partition(".") for one in operations if not one.endswith("_page")):
        holder, owner = ("account", CronofyAccount) if hasattr(CronofyAccount, area) else ("cronofy", CronofyClient)
        resource = getattr(owner, area)
        if "__call__" in vars(resource):  # a batch
            yield f"async with {holder}.{area}() as {area}"
            continue
        method = getattr(resource, name)
        returns = str(inspect.signature(method).return_annotation)
        sending = "await " if "Call[" in returns else "async for … in " if "Paginated[" in returns else ""
        yield sending + _call(f"{holder}.{area}.{name}", method)


def _call(name: str, function: Any) -> str:
    """Return a call with the parameters that are required; the others are dots."""
    parameters = [one for one in inspect.signature(function).parameters.values() if one.name != "self"]
    required = [
        f"{one.name}=…" if one.kind is one.KEYWORD_ONLY else one.name for one in parameters if one.default is one.empty
    ]
    return f"{name}({', '.join([*required, *(['…'] if len(required) < len(parameters) else [])])})"


def _notifications() -> str:
    kinds = dict.fromkeys(CLASSES.values())
    rows = (
        (
            ", ".join(f"`{name}`" for name, one in CLASSES.items() if one is kind),
            f"`{kind.__name__}`",
            inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0],
            ", ".join(f"`.{name}`" for name in _own_members(kind)),
        )
        for kind in kinds
    )
    return table(("type", "class", "meaning", "members"), rows)


def _own_members(kind: type[Notification]) -> Iterable[str]:
    """The members and properties that only this kind of notification has."""
    common = {field.name for field in attrs.fields(Notification)}
    yield from (field.name for field in attrs.fields(kind) if field.name not in common)
    yield from (name for one in kind.__mro__ for name, value in vars(one).items() if isinstance(value, property))


def _api() -> str:
    parts: list[str] = []
    for area, rows in groupby(endpoints(), lambda one: one.name.partition(".")[0]):
        parts += [f"\n## {area}\n", table(("call", "request", "description"), map(_api_row, rows))]
    return "".join(parts)


def _api_row(one: Reference) -> tuple[str, str, str]:
    label = "" if one.stability == "stable" else f" *{one.stability}*"
    summary = one.summary.removesuffix(f" ({one.stability}).").removesuffix(".")
    return (
        f"`{one.call}`",
        f"`{one.method} {one.path}`{label}",
        f"{summary} ([docs]({one.docs}))" if one.docs else summary,
    )


BLOCKS: Final = {
    "api": _api,
    "assumptions": _assumptions,
    "commands": _commands,
    "control": _control,
    "errors": _errors,
    "faults": _faults,
    "help": _help,
    "local_methods": _local_methods,
    "notifications": _notifications,
    "official_sdks": _official_sdks,
    "operations": _operations,
    "pycronofy": _pycronofy,
    "rules": _rules,
}


if __name__ == "__main__":
    for page in sorted(DOCS.glob("*.md")):
        page.write_text(filled(page.read_text("utf-8")), "utf-8")
