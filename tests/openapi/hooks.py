"""Hooks that tell schemathesis about the sandbox: existing IDs, the credentials in bodies, and times near the clock.

Otherwise nearly all of its requests would get a 404 or 422.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, TypeAlias

import schemathesis
from hypothesis import strategies

from ..sandbox.support import NOW, text

Json: TypeAlias = dict[str, Any]

#: Values that exist in the sandbox, by the name of the parameter or member.
KNOWN: dict[str, list[str]] = json.loads(os.environ["KNOWN"])
#: Members that must have one of these values: without the credential, nothing else would be tested.
CREDENTIALS = {"client_id", "client_secret"}

TIMES = [text(NOW + timedelta(minutes=30 * number)) for number in range(-48, 480, 7)]
DATES = [time.partition("T")[0] for time in TIMES]

schemathesis.openapi.format("date-time", strategies.sampled_from(TIMES))
schemathesis.openapi.format("date", strategies.sampled_from(DATES))
schemathesis.openapi.format("cronofy-time", strategies.sampled_from([*TIMES, *DATES]))


@schemathesis.hook
def before_load_schema(context: Any, document: Json) -> None:
    """Add existing values to the schemas of parameters and members."""
    for schema in _objects(document["components"]["schemas"]):
        if schema.get("format") in {"date", "date-time", "cronofy-time"}:
            schema.pop("pattern", None)  # patterns take precedence over formats, and allow every year
        members = schema.get("properties")
        if isinstance(members, dict):
            for name in KNOWN.keys() & members.keys():
                members[name] = _with_known(name, members[name])
    for parameter in _objects(document["paths"]):
        if parameter.get("in") in {"path", "query"} and parameter.get("name") in KNOWN:
            parameter["schema"] = _with_known(parameter["name"], parameter["schema"])


def _with_known(name: str, schema: Json) -> Json:
    known = {"enum": KNOWN[name]}
    return known if name in CREDENTIALS else {"anyOf": [known, schema]}


def _objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for one in list(value.values()):
            yield from _objects(one)
    elif isinstance(value, list):
        for one in value:
            yield from _objects(one)
