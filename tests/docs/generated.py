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
from cronofy_async.sandbox.kernel.contract.contract import contract
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
        (
            f"[`{operation.name}`]({operation.docs}) `{operation.method} {operation.path}`",
            operation.fidelity,
            " ".join(operation.assumed),
        )
        for operation in contract().operations.values()
    )
    return table(("operation", "fidelity", "assumed details"), rows)


def _rules() -> str:
    rows = (
        (
            f"`{rule.name}` of {', '.join(f'`{of}`' for of in rule.targets)}",
            rule.description,
            f"[{rule.fidelity}]({rule.docs})",
        )
        for rule in REGISTRY.rules
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
    rows = (
        (f"[`{name}`](#{name})", command.get_short_help_str(200)) for name, command in cronofy_async.commands.items()
    )
    return table(("command", "description"), rows)


def _help() -> str:
    return "\n" + "".join(f"## {name}\n\n```text\n{_help_of(name)}```\n\n" for name in cronofy_async.commands)


def _help_of(name: str) -> str:
    result = CliRunner().invoke(cronofy_async, [name, "--help"], prog_name="cronofy-async", terminal_width=90)
    assert result.exit_code == 0, result.output
    return result.output


def _pycronofy() -> str:
    theirs: Any = import_module("pycronofy").Client
    methods: dict[str, list[str]] = tomllib.loads(PYCRONOFY.read_text("utf-8"))["operations"]
    rows = (
        (
            f"`{_call(f'client.{name}', getattr(theirs, name))}`",
            ", ".join(f"`{call}`" for call in _calls_of(operations)),
        )
        for name, operations in methods.items()
    )
    return table(("pycronofy", "cronofy_async"), rows)


def _faults() -> str:
    rows = (
        (", ".join(f"`{method}`" for method in fault["methods"]), fault["sends"], fault["here"], fault["why"])
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


def _calls_of(operations: Iterable[str]) -> Iterator[str]:
    """Yield the calls that send operations. The call for the first page reads further pages, too."""
    for area, _, name in (operation.partition(".") for operation in operations if not operation.endswith("_page")):
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
    """Return a call with the required parameters, and `…` for the others."""
    parameters = [
        parameter for parameter in inspect.signature(function).parameters.values() if parameter.name != "self"
    ]
    required = [
        f"{parameter.name}=…" if parameter.kind is parameter.KEYWORD_ONLY else parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
    ]
    return f"{name}({', '.join([*required, *(['…'] if len(required) < len(parameters) else [])])})"


def _notifications() -> str:
    classes = dict.fromkeys(CLASSES.values())
    rows = (
        (
            ", ".join(f"`{name}`" for name, item in CLASSES.items() if item is cls),
            f"`{cls.__name__}`",
            inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0],
            ", ".join(f"`.{name}`" for name in _own_members(cls)),
        )
        for cls in classes
    )
    return table(("type", "class", "meaning", "members"), rows)


def _own_members(cls: type[Notification]) -> Iterable[str]:
    """Return the members and properties that only this class of notification has."""
    common = {field.name for field in attrs.fields(Notification)}
    yield from (field.name for field in attrs.fields(cls) if field.name not in common)
    yield from (name for base in cls.__mro__ for name, value in vars(base).items() if isinstance(value, property))


def _api() -> str:
    parts: list[str] = []
    for area, rows in groupby(endpoints(), lambda endpoint: endpoint.name.partition(".")[0]):
        parts += [f"\n## {area}\n", table(("call", "request", "description"), map(_api_row, rows))]
    return "".join(parts)


def _api_row(endpoint: Reference) -> tuple[str, str, str]:
    label = "" if endpoint.stability == "stable" else f" *{endpoint.stability}*"
    summary = endpoint.summary.removesuffix(f" ({endpoint.stability}).").removesuffix(".")
    return (
        f"`{endpoint.call}`",
        f"`{endpoint.method} {endpoint.path}`{label}",
        f"{summary} ([docs]({endpoint.docs}))" if endpoint.docs else summary,
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
