"""Links as in the documentation, and as official SDKs send them."""

from __future__ import annotations

from typing import Any

from ..support import Json

# The examples of the documentation, with placeholders filled in and trailing commas removed.
REQUEST = """
{
  "oauth": {
    "redirect_uri": "https://www.example.com/oauth"
  },
  "event": {
    "event_id": "qTtZdczOccgaPncGJaCiLg",
    "summary": "Product Manager Interview at Globex",
    "tzid": "Europe/London"
  },
  "availability": {
    "participants": [
      {
        "members": [
          {
            "sub": "acc_5ba21743f408617d1269ea1e",
            "calendar_ids": ["cal_n23kjnwrw2_jsdfjksn234"]
          }
        ],
        "required": "all"
      }
    ],
    "required_duration": { "minutes": 60 },
    "query_periods": [
      { "start": "2026-04-28T09:00:00Z", "end": "2026-04-28T18:00:00Z" }
    ]
  },
  "target_calendars": [
    {
      "sub": "acc_5ba21743f408617d1269ea1e",
      "calendar_id": "cal_n23kjnwrw2_jsdfjksn234"
    }
  ],
  "callback_urls": {
    "completed_url": "http://www.example.com/callback",
    "no_times_suitable_url": "http://www.example.com/callback"
  },
  "redirect_urls": {
    "completed_url": "http://www.example.com/success"
  },
  "selection_mode": "no_confirm"
}
"""
PANEL = """
{
  "oauth": {"redirect_uri": "https://www.example.com/oauth"},
  "event_creation": "single",
  "event": {
    "event_id": "ri4vch-45fsd",
    "summary": "Interview panel stage",
    "tzid": "Europe/London",
    "attendees": {"invite": [{"email": "candidate@example.com", "display_name": "Jim Candidate"}]}
  },
  "availability": {
    "participants": [
      {
        "members": [
          {"sub": "acc_5e591ae2815c14f86ea55caf"},
          {"sub": "acc_61092b71f5aa93c71280b010"},
          {"sub": "acc_61115004f5aa93bb48fc5dd3"}
        ],
        "required": 2
      }
    ],
    "required_duration": {"minutes": 60},
    "available_periods": [{"start": "2026-04-28T09:00:00Z", "end": "2026-04-28T18:00:00Z"}]
  },
  "target_calendars": [
    {
      "sub": "acc_5e591ae2815c14f86ea55caf",
      "calendar_id": "cal_Xlka34FcFPhupVxZ_K@fbCQqIXfoVEHSVR06mpg",
      "event": {"conferencing": {"profile_id": "pro_YABpIfWqk4wjcW5t"}},
      "attendee": {"email": "marty@evenitron.com", "display_name": "Marty McFly"}
    },
    {
      "sub": "acc_61092b71f5aa93c71280b010",
      "calendar_id": "cal_YQkrbPWqk8cSgLAG_o@ZiqDLP1-zjzDl6zhXwFg",
      "event": {"conferencing": {"profile_id": "integrated"}},
      "attendee": {"email": "doc@evenitron.com", "display_name": "Doc Brown"}
    },
    {
      "sub": "acc_61115004f5aa93bb48fc5dd3",
      "calendar_id": "cal_YRFQA@Wqk7tI@F3J_3X4Nll-hxnkdz-wlOTkhIw",
      "event": {"conferencing": {"profile_id": "integrated"}},
      "attendee": {"email": "sarah@evenitron.com", "display_name": "Sarah Connor"}
    }
  ],
  "redirect_urls": {"completed_url": "https://www.example.com/success"}
}
"""
CREATED = """
{
  "real_time_scheduling": {
    "real_time_scheduling_id": "sch_64b1859e8090ea21640c915f",
    "url": "https://app.cronofy.com/add_to_calendar/scheduling/p6Ht4P6_4svo1nrjpIY738bdfk"
  }
}
"""
STATUS = """
{
  "real_time_scheduling": {
    "real_time_scheduling_id": "sch_64b1859e8090ea21640c915f",
    "url": "https://app.cronofy.com/add_to_calendar/scheduling/p6Ht4P6_4svo1nrjpIY738bdfk",
    "event": {"event_id": "qTtZdczOccgaPncGJaCiLg", "summary": "Product Manager Interview at Globex"},
    "status": "completed"
  }
}
"""
ERRORS = """
{"errors": {"summary": [{"key": "errors.required", "description": "summary must be specified"}],
            "start": [{"key": "errors.required", "description": "start must be specified"}]}}
"""


def sdk_request(event: Json, availability: Json, **more: Any) -> Json:
    """Return the request of an official SDK, given the members that differ between SDKs."""
    members = [{"sub": "acc_567236000909002", "calendar_ids": ["cal_n23kjnwrw2_jsdfjksn234"]}]
    return {
        "oauth": {"redirect_uri": "http://example.com/redirect", "scope": "read_events delete_events", "state": "s"},
        "event": {"event_id": "qTtZ", "summary": "Board meeting"} | event,
        "availability": {"participants": [{"members": members}], "required_duration": {"minutes": 60}} | availability,
        "target_calendars": [{"sub": "acc_567236000909002", "calendar_id": "cal_n23kjnwrw2_jsdfjksn234"}],
    } | more


ON_THE_WIRE = {
    "python": sdk_request(
        {"tzid": "Etc/UTC"},
        {
            "start_interval": None,
            "buffer": {},
            "available_periods": [{"start": "2017-01-03T09:00:00Z", "end": "2017-01-03T18:00:00Z"}],
            "max_results": 20,
        },
        target_calendars=[],
        minimum_notice={"hours": 4},
        callback_url="http://www.example.com/callback",
    ),
    "python, written by hand": sdk_request(
        {"tzid": "Etc/UTC"},
        {"available_periods": [{"start": "2017-01-03T09:00:00+00:00", "end": "2017-01-03T18:00:00.000Z"}]},
    ),
    "csharp": sdk_request(
        {},
        {"available_periods": [{"start": "2014-08-05 15:30:00Z", "end": "2014-08-05 16:30:00Z"}]},
        client_id="abcdef123456",
        client_secret="s3cr3t1v3",
        formatting={"hour_format": "H"},
        tzid="Etc/UTC",
    ),
    "ruby": sdk_request(
        {
            "tzid": "Etc/UTC",
            "description": "Discuss plans for the next quarter.",
            "url": "https://example.com",
            "location": {"description": "Board room"},
            "transparency": None,
            "reminders": [{"minutes": 60}, {"minutes": 0}, {"minutes": 10}],
        },
        {
            "query_slots": [{"start": "2017-01-01T09:00:00Z"}],
            "start_interval": {"minutes": 60},
            "buffer": {"before": {"minutes": 30, "minimum": {"minutes": 30}, "maximum": {"minutes": 45}}, "after": {}}
            | {"after": {"minutes": 45}},
        },
        client_id="example_id",
        client_secret="example_secret",
    ),
    "php": sdk_request(
        {"tzid": "Etc/UTC", "event_classes": "x"},
        {"query_periods": [{"start": "2017-01-03T09:00:00Z", "end": "2017-01-03T18:00:00Z"}]},
        client_id="example_id",
        client_secret="example_secret",
        target_calendars=None,
        tzid=None,
        callback_urls={"completed_url": "http://www.example.com/callback"},
        event_creation="default",
    ),
}
