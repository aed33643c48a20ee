"""Put what the sandbox has into generated requests: IDs that exist, credentials in bodies, and times near its clock.

Otherwise nearly all of them would get a 404 or 422.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from zlib import crc32

import attrs
import schemathesis

from cronofy_async._json import is_array, is_object

from ..sandbox.support import NOW, text

Known: TypeAlias = Mapping[str, list[str]]

#: Values that exist in the sandbox, by the name of the parameter or member.
KNOWN: Final[Known] = json.loads(os.environ["KNOWN"])
#: Members that are always replaced, since nothing else is tried without the credential.
CREDENTIALS: Final = {name: KNOWN[name] for name in ("client_id", "client_secret")}
#: Where the accounts would lose the authorization that other requests need.
REVOKE: Final = "/oauth/token/revoke"

TIME: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d.*)?")
DATE: Final = len("2031-03-03")
HOUR: Final = timedelta(hours=1)


@schemathesis.hook  # pyright: ignore[reportUnknownMemberType]
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Replace values in the parameters and the body of a request."""
    values = CREDENTIALS if case.operation.path == REVOKE else KNOWN
    replacement = Replacement(values, times={})
    for location in ("path_parameters", "query", "body"):
        value = getattr(case, location)
        if is_object(value) or is_array(value):
            setattr(case, location, replacement.of(value))


@attrs.frozen
class Replacement:
    """Replaces the same seven of eight values in each run, so that requests with generated values are sent as well.

    Attributes:
        known: Known values, by name.
        times: The times of a request that were replaced, with new ones.
    """

    known: Known
    times: dict[str, datetime]

    def of(self, value: Any, name: str = "") -> Any:
        """Return the value that a member or parameter gets in place of a generated one."""
        if is_object(value):
            return {key: self.of(item, key) for key, item in value.items()}
        if is_array(value):
            return [self.of(item, name) for item in value]
        if not isinstance(value, str):
            return value
        choice = crc32(value.encode("utf-8", "surrogatepass"))
        name = name.removesuffix("[]")
        values = self.known.get(name) or self.known.get(name.removesuffix("s"))
        if values and (choice % 8 or name in CREDENTIALS):
            return values[choice % len(values)]
        return self._near(value, choice) if TIME.fullmatch(value) and (choice % 8 or value.startswith("20")) else value

    def _near(self, time: str, choice: int) -> str:
        """Return a time in the next days. Each further one of a request is later, as starts precede their ends."""
        days = len(time) == DATE
        first = min(self.times.values(), default=NOW + (choice % 48 - 8) * HOUR)
        new = self.times.setdefault(time, first + len(self.times) * (24 if days else 1) * HOUR)
        return text(new)[:DATE] if days else text(new)
