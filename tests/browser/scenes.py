"""Initial states of a sandbox for tests and pictures of pages. Each function returns the path of a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from cronofy_async.sandbox import Account, Sandbox

from ..sandbox.support import Json, create, group, period

NOW: Final = datetime(2027, 1, 11, 14, 32, tzinfo=UTC)
MONDAY: Final = datetime(2027, 1, 18, tzinfo=UTC)

NAMES: Final = {
    "en": ("Amara Okafor", "Jonas Lindqvist", "Priya Raman"),
    "ar": ("أمينة الحسن", "يونس العلي", "ريم منصور"),
}
EVENTS: Final[dict[str, Json]] = {
    "en": {
        "summary": "Product engineer interview",
        "description": "A conversation about how you build things, and a short design exercise.",
    },
    "ar": {"summary": "مقابلة مهندس منتجات", "description": "حديث عن أسلوبك في العمل، يليه تمرين تصميم قصير."},
}


def people(sandbox: Sandbox, language: str = "en") -> list[Account]:
    """Add three people who are busy at some times of the week of January 18."""
    names = NAMES[language]
    accounts = [
        sandbox.add_account(f"{first}@fernhill.example", name)
        for first, name in zip(("amara", "jonas", "priya"), names, strict=True)
    ]
    amara, jonas, priya = accounts
    busy = [(amara, 0, 10, 11), (jonas, 0, 12, 14), (amara, 1, 11, 13), (priya, 1, 14, 15.5), (jonas, 2, 9, 13)]
    for account, day, start, end in [*busy, (jonas, 3, 12, 14), (priya, 3, 15, 17), (amara, 4, 9, 17)]:
        midnight = MONDAY + timedelta(days=day)
        sandbox.add_busy(account, midnight + timedelta(hours=start), midnight + timedelta(hours=end))
    return accounts


def hours(monday: datetime = MONDAY, *, weeks: int = 2) -> list[Json]:
    """Return periods of some working weeks: 9 to 17 o'clock, in UTC."""
    days = (monday + timedelta(days=7 * week + day) for week in range(weeks) for day in range(5))
    return [period(day + timedelta(hours=9), day + timedelta(hours=17)) for day in days]


async def new_link(sandbox: Sandbox, *accounts: Account, **changes: Any) -> str:
    """Create a link for a call of an hour, and return its ID."""
    query: Json = {
        "participants": [group(*accounts)],
        "required_duration": {"minutes": 60},
        "start_interval": {"minutes": 30},
        "query_periods": hours(),
    }
    event = {"event_id": "interview-1", "tzid": "Europe/Lisbon", "conferencing": {"profile_id": "default"}}
    availability = query | changes.pop("availability", {})
    return await create(
        sandbox,
        *accounts,
        event=event | EVENTS["en"] | changes.pop("event", {}),
        availability=availability,
        target_calendars=[account.target_calendar for account in accounts],
        **{"formatting": {"hour_format": "H"}, "selection_mode": "confirm"} | changes,
    )


def path_of(sandbox: Sandbox, link: str, **query: str) -> str:
    token = sandbox.real_time_scheduling.find(link).token
    return f"/add_to_calendar/scheduling/{token}" + (f"?{urlencode(query)}" if query else "")


async def booking(sandbox: Sandbox) -> str:
    """A link with times to choose from."""
    return path_of(sandbox, await new_link(sandbox, *people(sandbox)), tzid="Europe/Lisbon")


async def booking_arabic(sandbox: Sandbox) -> str:
    """The same in Arabic, in Riyadh."""
    link = await new_link(sandbox, *people(sandbox, "ar"), event=EVENTS["ar"])
    return path_of(sandbox, link, locale="ar", tzid="Asia/Riyadh")


async def booking_confirm(sandbox: Sandbox) -> str:
    """A time that is to be confirmed."""
    link = await new_link(sandbox, *people(sandbox))
    return path_of(sandbox, link, tzid="Europe/Lisbon", slot="2027-01-18T09:00:00Z")


async def booking_done(sandbox: Sandbox) -> str:
    """A link that is completed."""
    link = await new_link(sandbox, *people(sandbox))
    await sandbox.book(link)
    return path_of(sandbox, link, tzid="Europe/Lisbon")


async def booking_empty(sandbox: Sandbox) -> str:
    """A link without times."""
    accounts = people(sandbox)
    sandbox.add_busy(accounts[1], MONDAY, MONDAY + timedelta(days=14))
    return path_of(sandbox, await new_link(sandbox, *accounts), tzid="Europe/Lisbon")


async def booking_disabled(sandbox: Sandbox) -> str:
    """A link that is disabled."""
    link = await new_link(sandbox, *people(sandbox))
    message = (
        "We have filled this role. Thank you for your time!\n\n"
        "Do keep an eye on our jobs page: we hope to hire two more engineers in spring."
    )
    await sandbox.client().real_time_scheduling.disable(link, display_message=message)
    return path_of(sandbox, link)


async def booking_expired(sandbox: Sandbox) -> str:
    """A link whose last period has ended."""
    link = await new_link(sandbox, *people(sandbox))
    sandbox.clock.advance(days=27)
    return path_of(sandbox, link)


async def booking_unknown(sandbox: Sandbox) -> str:
    """No link at all."""
    return "/add_to_calendar/scheduling/nothing"
