"""Examples of notifications."""

from __future__ import annotations

from cronofy_async import to_dict
from cronofy_async.models import (
    ChosenEvent,
    Notification,
    NoTimesDisplayed,
    NoTimesSuitable,
    Participant,
    TimeChosen,
    Visitor,
)
from cronofy_async.times import EventTime

from .events import EVENT, EVENT_JSON
from .example import EXTRA, ModelExample

CHOSEN = ChosenEvent(
    **EVENT, start=EventTime({"time": "2030-02-01T09:30:00Z", "tzid": "Etc/UTC"}), end=EventTime("2030-02-01")
)

MODELS: list[ModelExample] = [
    (Visitor(tzid="Europe/Paris", extra=EXTRA), {"tzid": "Europe/Paris", **EXTRA}),
    (Participant(sub="acc_1"), {"sub": "acc_1"}),
    (
        CHOSEN,
        {**EVENT_JSON, "start": {"time": "2030-02-01T09:30:00Z", "tzid": "Etc/UTC"}, "end": "2030-02-01"},
    ),
    (
        Notification(type="change", ref="r", fingerprint="f", data={"a": 1}),
        {"type": "change", "ref": "r", "fingerprint": "f", "data": {"a": 1}},
    ),
    (
        TimeChosen(
            type="t",
            ref=None,
            fingerprint="f",
            data={},
            event=CHOSEN,
            user=Visitor(tzid="a"),
            participants=(Participant(sub="b"),),
        ),
        {
            "type": "t",
            "ref": None,
            "fingerprint": "f",
            "data": {},
            "event": to_dict(CHOSEN),
            "user": {"tzid": "a"},
            "participants": [{"sub": "b"}],
        },
    ),
    (
        NoTimesSuitable(type="t", ref=None, fingerprint="f", data={}),
        {"type": "t", "ref": None, "fingerprint": "f", "data": {}, "user": {}},
    ),
    (
        NoTimesDisplayed(type="t", ref=None, fingerprint="f", data={}),
        {"type": "t", "ref": None, "fingerprint": "f", "data": {}, "user": {}},
    ),
]
