"""The paths of the control API: a method and a path for each action that reads better as a resource.

The parameters of a path are parameters of the action. Every action, listed here or not, is also available as ``POST
actions/{name}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["PREFIX", "TABLE", "WHOLE_BODY"]

#: All paths of the control API begin with it.
PREFIX: Final = "/__sandbox__/api/"

TABLE: Final[Mapping[str, str]] = {
    "GET accounts": "accounts",
    "POST accounts": "add_account",
    "GET accounts/{account}": "account",
    "POST accounts/{account}/revoke": "revoke",
    "POST accounts/{account}/busy": "add_busy",
    "GET accounts/{account}/events": "events.all",
    "POST accounts/{account}/events": "events.add",
    "POST accounts/{account}/calendars": "calendars.add",
    "GET links": "real_time_scheduling.all",
    "GET links/{link}": "real_time_scheduling.find",
    "GET links/{link}/slots": "real_time_scheduling.slots",
    "POST links/{link}/book": "real_time_scheduling.book",
    "POST links/{link}/decline": "real_time_scheduling.no_times_suitable",
    "POST links/{link}/no_times_displayed": "real_time_scheduling.no_times_displayed",
    "POST links/{link}/disable": "real_time_scheduling.disable",
    "GET conversations": "scheduling_conversations.all",
    "POST conversations": "scheduling_conversations.add",
    "GET conversations/{conversation}": "scheduling_conversations.find",
    "GET conversations/{conversation}/slots": "scheduling_conversations.slots",
    "POST conversations/{conversation}/select": "scheduling_conversations.select",
    "POST conversations/{conversation}/join": "scheduling_conversations.join",
    "GET bookable_events": "bookable_events.all",
    "POST bookable_events": "bookable_events.add",
    "GET bookable_events/{bookable_event_id}": "bookable_events.find",
    "POST bookable_events/{event}/register": "bookable_events.register",
    "GET smart_invites": "smart_invites.all",
    "POST smart_invites/{invite}/reply": "smart_invites.reply",
    "GET clock": "clock",
    "POST clock/advance": "clock.advance",
    "POST clock/freeze": "clock.freeze",
    "POST clock/run": "clock.run",
    "GET faults": "faults",
    "POST faults": "faults.add",
    "DELETE faults": "faults.clear",
    "DELETE faults/{fault}": "faults.remove",
    "GET assumptions": "assumed",
    "POST assumptions/{name}": "assume",
    "GET deliveries": "deliveries",
    "POST deliveries/wait": "wait_for_callbacks",
    "GET deliveries/{delivery}": "delivery",
    "POST deliveries/{delivery}/redeliver": "redeliver",
    "GET requests": "requests",
    "GET unknown_parameters": "unknown_parameters",
    "GET snapshot": "snapshot",
    "POST restore": "restore",
    "POST reset": "reset",
}

#: The argument that is the whole body, by action.
WHOLE_BODY: Final[Mapping[str, str]] = {"restore": "document"}
