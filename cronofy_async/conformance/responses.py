"""Responses that can be read, compared with the contract and the models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from jsonschema_rs import ValidationError

from ..call import Call
from ..client import CronofyAccount
from ..errors import ApiError, CronofyError, DecodeError
from ..pages import Paginated
from ..sandbox.kernel.contract.contract import contract
from .finding import Finding
from .subject import NotTestable, Subject

__all__ = ["READS", "compare_response"]

READS: Final[dict[str, Callable[[CronofyAccount], Call[Any] | Paginated[Any]]]] = {
    "identity.userinfo": lambda account: account.identity.userinfo(),
    "identity.account": lambda account: account.identity.account(),
    "profiles.list": lambda account: account.profiles.list(),
    "calendars.list": lambda account: account.calendars.list(),
    "events.read": lambda account: account.events.read(tzid="Etc/UTC"),
    "free_busy.read": lambda account: account.free_busy.read(tzid="Etc/UTC"),
    "channels.list": lambda account: account.channels.list(),
    "availability_rules.list": lambda account: account.availability_rules.list(),
    "available_periods.list": lambda account: account.available_periods.list(),
}


async def compare_response(name: str, subject: Subject) -> Finding:
    """Return whether the response of an operation matches the contract and the models. No value is quoted."""
    try:
        response = await READS[name](subject.required_account).response()
    except NotTestable as error:
        return Finding(name=name, verdict="not testable", reason=str(error))
    except ApiError as error:
        return Finding(name=name, verdict="not testable", reason=f"the response has the status {error.status}")
    except DecodeError as error:
        return Finding(name=name, verdict="different", reason=f"{error.path}: cannot be decoded")
    except CronofyError as error:
        return Finding(name=name, verdict="not testable", reason=f"the request failed with {type(error).__name__}")
    try:
        contract().operations[name].check_response(response.status, b"{}", response.json)
    except LookupError:
        return Finding(name=name, verdict="different", reason=f"the status {response.status} is not documented")
    except ValidationError as error:
        path = ".".join(["$", *map(str, error.instance_path)])
        missing = getattr(error.kind, "property", None)
        breaks = f"{missing} is missing" if missing else f"breaks {error.schema_path[-1]}"
        return Finding(name=name, verdict="different", reason=f"{path}: {breaks}")
    return Finding(name=name, verdict="as documented")
