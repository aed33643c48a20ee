"""The methods of official SDKs: which operations they send, and the changes that exercise them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import attrs

from . import node_changes, node_companies, node_scheduling_changes, pycronofy_changes, pycronofy_companies
from .change import Change, Outcome

__all__ = ["NODE", "PYCRONOFY", "Sdk", "reached"]


@attrs.frozen(kw_only=True)
class Sdk:
    """An official SDK.

    Attributes:
        operations: The operations of each public method that sends requests.
        sends_nothing: The other public methods, with the reason.
    """

    operations: Mapping[str, Sequence[str]]
    sends_nothing: Mapping[str, str]
    changes: Sequence[Change]

    @classmethod
    def read(cls, name: str, *changes: Sequence[Change]) -> Sdk:
        tables = tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))
        return cls(operations=tables["operations"], sends_nothing=tables["sends_nothing"], changes=[*chain(*changes)])


def reached(sdk: Sdk, method: str, outcome_of: Callable[[Change], Outcome]) -> set[str]:
    """Return the operations that accepted a method in any change that calls it."""
    outcomes = [outcome_of(change).reached for change in sdk.changes if method in change.methods]
    return {operation for pairs in outcomes for called, operation in pairs if called == method}


PYCRONOFY = Sdk.read("pycronofy", pycronofy_changes.CHANGES, pycronofy_companies.CHANGES)
NODE = Sdk.read("node", node_changes.CHANGES, node_scheduling_changes.CHANGES, node_companies.CHANGES)
