"""The callbacks of the docs, and a shortcut to parse one."""

from __future__ import annotations

import json
from typing import Any

from cronofy_async.models import Notification
from cronofy_async.webhooks import parse, sign

WELL_KNOWN = b'{"example":"well-known"}'
VECTORS = [
    ("pDY0Oi7TJSP2hfNmZNkm5", "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c="),
    ("CRN_NggYusqPGLxwjw5FHOJYOqSrTPNXy8WQf14OID", "5DxentQi5YSXODEzTVv06sRwJ3pULIz1KrYv20qxEK0="),
    ("CRN_nGlYDFXwfSXgB9rvGNBJyfE454GGPtWIbNuPwr", "BmQmWVuZ70ILWjr1CAt5oC7YOolgnku4WZtlrKfx/6k="),
]
SECRET, SIGNATURE = VECTORS[0]
OTHER = "PNNVJ9J2e8N174koxcKDzktZ9Qkt8YUzP+V+l5lG8F4="

# The callbacks of the docs.
TIME_CHOSEN: dict[str, Any] = {
    "notification": {"type": "real_time_scheduling_time_chosen"},
    "user": {"tzid": "Europe/Paris"},
    "event": {
        "event_id": "qTtZdczOccgaPncGJaCiLg",
        "start": {"time": "2026-04-28T10:00:00Z", "tzid": "Europe/London"},
        "end": {"time": "2026-04-28T11:00:00Z", "tzid": "Europe/London"},
        "summary": "Product Manager Interview at Globex",
    },
    "participants": [{"sub": "acc_5ba21743f408617d1269ea1e"}],
}
NO_TIMES_DISPLAYED: dict[str, Any] = {
    "user": {"tzid": "Europe/Paris"},
    "notification": {"type": "real_time_scheduling_no_times_displayed"},
}
NO_TIMES_SUITABLE: dict[str, Any] = {
    "user": {"tzid": "Europe/Paris"},
    "notification": {"type": "real_time_scheduling_no_times_suitable"},
}


def read(body: object, url: object | None = None) -> Notification:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(raw, sign(raw, SECRET), secrets=SECRET, url=url)


HOOK = "https://app.example.com/hooks/rts"
