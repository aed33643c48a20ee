"""The forms of the dashboard. Each submits an action of the sandbox, and returns to the dashboard."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from ...kernel.actions import Action, SandboxError, actions_of
from ...kernel.messages import SandboxResponse, plain
from ...web.rendering import html, redirect
from ...web.routes import Handler, Routes
from ...web.visit import Visit
from .lists import KINDS, PRESETS, parse_duration
from .redactor import Redactor
from .view import PATH

__all__ = ["ROUTES"]

ROUTES: Final = Routes()

Arguments: TypeAlias = dict[str, Any]


_ACTIONS: Final[dict[type[Any], dict[str, Action]]] = {}


def _action(sandbox: object, name: str) -> Action:
    cls = type(sandbox)
    if cls not in _ACTIONS:
        _ACTIONS[cls] = actions_of(cls)
    return _ACTIONS[cls][name]


def _form(template: str, section: str) -> Callable[[Callable[[Visit], tuple[str, Arguments] | None]], None]:
    """Handle POST requests for a path.

    The decorated function returns the name of an action and its arguments, or ``None`` if there is nothing to do.

    Args:
        template: The path below the dashboard.
        section: The section of the dashboard that the browser is sent back to.
    """

    def decorate(function: Callable[[Visit], tuple[str, Arguments] | None]) -> None:
        async def handler(visit: Visit) -> SandboxResponse:
            try:
                call = function(visit)
                if call is not None:
                    name, arguments = call
                    done = _action(visit.sandbox, name).bound_to(visit.sandbox)(**arguments)
                    if inspect.isawaitable(done):
                        await done
            except (ValueError, TypeError, LookupError, SandboxError) as error:
                return _problem(visit, str(error.args[0] if error.args else error), section)
            finally:
                visit.kernel.journal.touch()
            return redirect(f"{PATH}#{section}")

        handle: Handler = handler
        ROUTES.post(f"{PATH}{template}")(handle)

    return decorate


def _problem(visit: Visit, text: str, section: str) -> SandboxResponse:
    text = Redactor(visit.kernel).text(text)
    if visit.request.headers.get("accept") == "text/plain":
        return plain(400, text)
    return html("dashboard/problem.html", status=400, problem=text, back=f"{PATH}#{section}")


def _whole_number(form: dict[str, str], name: str, default: int | None = None) -> int | None:
    text = form.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or len(text) > 6:
        raise ValueError(f"{name}: must be a whole number, got {text!r}.")
    return int(text)


def _time(form: dict[str, str], name: str) -> datetime:
    text = form.get(name, "")
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC, the year may be 0 or 10000
        raise ValueError(f"{name}: must be a date and a time, got {text!r}.") from None


@_form("clock/advance", "top")
def _advance(visit: Visit) -> tuple[str, Arguments]:
    return "clock.advance", {"by": parse_duration(visit.form.get("by", ""))}


@_form("clock/freeze", "top")
def _freeze(visit: Visit) -> tuple[str, Arguments]:
    return "clock.freeze", {}


@_form("clock/run", "top")
def _run(visit: Visit) -> tuple[str, Arguments]:
    return "clock.run", {}


@_form("deliveries/{delivery}/redeliver", "callbacks")
def _redeliver(visit: Visit) -> tuple[str, Arguments]:
    return "redeliver", {"delivery": visit.path["delivery"]}


@_form("links/{link}/book", "links")
def _book(visit: Visit) -> tuple[str, Arguments]:
    return "real_time_scheduling.book", {"link": visit.path["link"]}


@_form("links/{link}/disable", "links")
def _disable(visit: Visit) -> tuple[str, Arguments]:
    return "real_time_scheduling.disable", {"link": visit.path["link"]}


@_form("accounts", "accounts")
def _add_account(visit: Visit) -> tuple[str, Arguments]:
    email = visit.form.get("email", "").strip()
    if "@" not in email:
        raise ValueError(f"email: must be an email address, got {email!r}.")
    name = visit.form.get("name", "").strip() or None
    return "add_account", {"email": email, "name": name, "calendars": _whole_number(visit.form, "calendars", 1)}


@_form("accounts/{account}/busy", "accounts")
def _add_busy(visit: Visit) -> tuple[str, Arguments]:
    start, end = _time(visit.form, "start"), _time(visit.form, "end")
    summary = visit.form.get("summary", "").strip() or "Busy"
    return "add_busy", {"account": visit.path["account"], "start": start, "end": end, "summary": summary}


@_form("accounts/{account}/revoke", "accounts")
def _revoke(visit: Visit) -> tuple[str, Arguments]:
    return "revoke", {"account": visit.path["account"]}


@_form("faults", "faults")
def _add_fault(visit: Visit) -> tuple[str, Arguments]:
    kind = visit.form.get("kind", "")
    if kind not in KINDS:
        raise ValueError(f"kind: must be one of {', '.join(KINDS)}, got {kind!r}.")
    times = _whole_number(visit.form, "times")
    return "faults.add", {"operation": visit.form.get("operation", "").strip() or "*", "times": times, **KINDS[kind][1]}


@_form("faults/clear", "faults")
def _clear_faults(visit: Visit) -> tuple[str, Arguments]:
    return "faults.clear", {}


@_form("faults/{fault}/remove", "faults")
def _remove_fault(visit: Visit) -> tuple[str, Arguments]:
    return "faults.remove", {"fault": visit.path["fault"]}


@_form("presets/{name}", "faults")
def _switch_fault(visit: Visit) -> tuple[str, Arguments] | None:
    preset = PRESETS.get(visit.path["name"])
    if preset is None:
        raise ValueError(f"name: there is no such switch: {visit.path['name']!r}.")
    fault = preset.fault(visit.kernel)
    if visit.form.get("on") != "yes":
        return ("faults.remove", {"fault": fault}) if fault is not None else None
    return ("faults.add", {**preset.options}) if fault is None else None


@_form("assumptions/{name}", "assumptions")
def _assume(visit: Visit) -> tuple[str, Arguments]:
    return "assume", {"name": visit.path["name"], "holds": visit.form.get("on") == "yes"}


@_form("reset", "top")
def _reset(visit: Visit) -> tuple[str, Arguments]:
    return "reset", {}
