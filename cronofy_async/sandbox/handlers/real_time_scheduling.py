"""Real-Time Scheduling links: what the API does with them, and what their visitors do."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..availability import Slot
from ..exchange import Answer, Task, invalid
from ..state import Event, Link, State
from .times import written

__all__ = ["HANDLERS", "redirect_url", "time_chosen", "write_events"]

PAGE = "/add_to_calendar/scheduling/"


def create(task: Task) -> Answer:
    """Make a link; only its id and URL are answered."""
    for target in task.body.get("target_calendars") or ():
        account = task.state.accounts.get(target["sub"])
        if account is None or account.calendar(target["calendar_id"]) is None:
            return Answer.of(404)  # as an official SDK documents
    params = {name: value for name, value in task.body.items() if name not in {"client_id", "client_secret"}}
    link = task.state.add_link(params)
    return Answer.of(200, {"real_time_scheduling": {"real_time_scheduling_id": link.id, "url": _url(link, task)}})


def status(task: Task) -> Answer:
    """The state of a link, by its id."""
    return _answer(task.state.links.get(task.path["id"]), task)


def status_by_token(task: Task) -> Answer:
    """The state of a link, by its token."""
    return _answer(task.state.by_link_token(task.query["token"]), task)


def disable(task: Task) -> Answer:
    """Make a link unusable that is not completed. Assumed: 422 if it is, and repeating it does no harm."""
    link = task.state.links.get(task.path["id"])
    if link is not None:
        if link.state == "completed":
            problem = {"key": "errors.not_allowed", "description": "the link is completed"}
            return invalid({"real_time_scheduling_id": [problem]})
        link.state, link.display_message = "disabled", task.body["display_message"]
    return _answer(link, task)


def _answer(link: Link | None, task: Task) -> Answer:
    if link is None:
        return Answer.of(404)
    event = deepcopy(dict(link.params["event"]))
    if link.slot is not None:
        event |= {"start": written(link.slot.start), "end": written(link.slot.end)}
    envelope = {
        "real_time_scheduling_id": link.id,
        "url": _url(link, task),
        "event": event,
        "status": link.status(task.now),
    }
    return Answer.of(200, {"real_time_scheduling": envelope})


def _url(link: Link, task: Task) -> str:
    return f"{task.base_url}{PAGE}{link.token}"


# What happens when somebody picks a slot.


def write_events(state: State, link: Link, slot: Slot) -> list[Event]:
    """Write the event of a link as the docs say: to each target calendar, or to one, or to none."""
    targets = _one_for_each_account(link.params.get("target_calendars") or ())
    template = link.params["event"]
    if link.params.get("event_creation") == "single":
        organizer = next((sub for sub in slot.participants if sub in targets), None)
        if organizer is None:
            return []
        template = _single_event(template, targets, organizer, slot)
        targets = {organizer: targets[organizer]}
    return [
        state.write_event(sub, target["calendar_id"], template, slot.start, slot.end) for sub, target in targets.items()
    ]


def _one_for_each_account(targets: Any) -> dict[str, Mapping[str, Any]]:
    """Of several calendars of one account only one gets the event. Assumed: the first."""
    found: dict[str, Mapping[str, Any]] = {}
    for target in targets:
        found.setdefault(target["sub"], target)
    return found


def _single_event(
    template: Mapping[str, Any], targets: Mapping[str, Mapping[str, Any]], organizer: str, slot: Slot
) -> dict[str, Any]:
    event: dict[str, Any] = deepcopy(dict(template)) | targets[organizer].get("event", {})
    others = [
        targets[sub]["attendee"] for sub in slot.participants if sub != organizer and "attendee" in targets.get(sub, {})
    ]
    invited = event.get("attendees", {}).get("invite", [])
    if invited or others:
        event["attendees"] = {**event.get("attendees", {}), "invite": [*invited, *others]}
    return event


def time_chosen(link: Link, slot: Slot, tzid: str) -> dict[str, Any]:
    """The callback ``real_time_scheduling_time_chosen``. As in the docs, the event's zone moves into its times."""
    event = {name: value for name, value in link.params["event"].items() if name != "tzid"}
    return {
        "notification": {"type": "real_time_scheduling_time_chosen"},
        "user": {"tzid": tzid},
        "event": {
            **event,
            "start": {"time": written(slot.start), "tzid": link.tzid},
            "end": {"time": written(slot.end), "tzid": link.tzid},
        },
        "participants": [{"sub": sub} for sub in slot.participants],
    }


def redirect_url(link: Link) -> str:
    """Where the browser goes after the booking, with the token that the status endpoint takes.

    Assumed: without ``redirect_urls`` it is ``oauth.redirect_uri``, to which nothing is added.
    """
    url: str | None = link.params.get("redirect_urls", {}).get("completed_url")
    if url is None:
        return str(link.params["oauth"]["redirect_uri"])
    parts = urlsplit(url)
    token = urlencode({"token": link.token})
    return parts._replace(query=f"{parts.query}&{token}" if parts.query else token).geturl()


HANDLERS = {
    "real_time_scheduling.create": create,
    "real_time_scheduling.status": status,
    "real_time_scheduling.status_by_token": status_by_token,
    "real_time_scheduling.disable": disable,
}
