"""Tests of links: their properties, the attributes from their request, and the documented rules."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import attrs
import pytest

from cronofy_async import from_dict, to_dict
from cronofy_async._unset import UNSET
from cronofy_async.models import CreatedLink, Locale, Notification, SchedulingLink
from cronofy_async.models.real_time_scheduling import check_new_link
from cronofy_async.scheduling import remember
from cronofy_async.webhooks import signed_url

URL = "https://app.cronofy.com/add_to_calendar/scheduling/s3cret"


def test_secrets_are_hidden_in_a_repr() -> None:
    created = CreatedLink(real_time_scheduling_id="sch_1", url=URL, extra={"url2": URL})
    link = SchedulingLink(real_time_scheduling_id="sch_1", url=URL, status="open")
    notification = Notification(type="t", ref=None, fingerprint="f", data={"url": URL})
    assert repr(created) == "CreatedLink(url=…, real_time_scheduling_id='sch_1', status=None, event=None)"
    assert repr(link) == "SchedulingLink(url=…, real_time_scheduling_id='sch_1', status='open', event=None)"
    assert "s3cret" not in repr([created, link, notification])


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://app.cronofy.com/add_to_calendar/scheduling/p6Ht4P6_4svo", "p6Ht4P6_4svo"),
        ("https://app.cronofy.com/rts/AbC123?locale=de", "AbC123"),
        ("https://app.cronofy.com/rts/AbC123/?a=/b#/c", "AbC123"),
        ("https://app.cronofy.com/rts/AbC123#top/x?y", "AbC123"),
        ("AbC123", "AbC123"),
    ],
    ids=["plain", "query", "slashes", "fragment", "token alone"],
)
@pytest.mark.parametrize("kind", [CreatedLink, SchedulingLink])
def test_the_token_is_the_last_segment_of_the_url(
    kind: type[CreatedLink | SchedulingLink], url: str, token: str
) -> None:
    link = from_dict(kind, {"real_time_scheduling_id": "sch_1", "url": url, "status": "open"})
    assert (link.token, link.id) == (token, "sch_1")


@pytest.mark.parametrize(
    ("url", "locale", "found"),
    [
        ("https://x/rts/a", "de", "https://x/rts/a?locale=de"),
        ("https://x/rts/a?b=c", "pt-BR", "https://x/rts/a?b=c&locale=pt-BR"),
        ("https://x/rts/a#top", "fr-CA", "https://x/rts/a?locale=fr-CA#top"),
        ("https://x/rts/a", "x&y", "https://x/rts/a?locale=x%26y"),
    ],
    ids=["plain", "query", "fragment", "odd locale"],
)
def test_locale_url_selects_a_language(url: str, locale: str, found: str) -> None:
    assert CreatedLink(real_time_scheduling_id="a", url=url).locale_url(locale) == found
    assert SchedulingLink(real_time_scheduling_id="a", url=url, status="open").locale_url(locale) == found


@pytest.mark.parametrize(
    ("status", "terminal"),
    [("open", False), ("completed", True), ("disabled", True), ("expired", True), ("brand_new", False)],
)
def test_links_are_terminal_or_not(status: str, terminal: bool) -> None:
    assert SchedulingLink(real_time_scheduling_id="a", url="b", status=status).is_terminal is terminal


def test_the_documented_locales_are_offered() -> None:
    literal, anything = get_args(Locale)

    assert anything is str
    assert len(set(get_args(literal))) == 18


@pytest.mark.parametrize(
    ("event", "start"),
    [
        ({"start": "2030-02-01T10:30:00+01:00"}, datetime(2030, 2, 1, 9, 30, tzinfo=UTC)),
        ({"start": {"time": "2030-02-01T09:30:00Z", "tzid": "Europe/Paris"}}, datetime(2030, 2, 1, 9, 30, tzinfo=UTC)),
        ({"start": "2030-02-01"}, None),
        ({"start": None}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_link_starts_when_its_chosen_slot_does(event: Any, start: datetime | None) -> None:
    link = from_dict(SchedulingLink, {"real_time_scheduling_id": "a", "url": "b", "status": "open", "event": event})

    assert link.start == start
    assert start is None or (link.start is not None and link.start.tzinfo is UTC)


# The attributes of a new link that come from its request.

CREATED = CreatedLink(real_time_scheduling_id="sch_1", url=URL)
EIGHT, NINE, TEN = (datetime(2030, 2, 1, hour, tzinfo=UTC) for hour in (8, 9, 10))
PERIODS = [{"start": EIGHT, "end": TEN}, {"start": EIGHT, "end": NINE}]


def link_from(**request: Any) -> CreatedLink:
    return remember(CREATED, to_dict(request))


def test_a_new_link_has_attributes_from_its_request() -> None:
    callback = signed_url("https://app.example.com/hooks", ref="candidate 7", secret="s")
    link = link_from(
        event={"event_id": "e"}, availability={"query_periods": PERIODS}, callback_urls={"completed_url": callback}
    )

    assert (link.event_id, link.expires_at, link.ref) == ("e", TEN, "candidate 7")
    assert pickle.loads(pickle.dumps(link)).event_id == "e"
    assert attrs.evolve(link, url="x").ref == "candidate 7"


def test_attributes_from_the_request_are_not_part_of_a_link() -> None:
    link = link_from(event={"event_id": "e"})

    assert (link, hash(link), to_dict(link), repr(link)) == (CREATED, hash(CREATED), to_dict(CREATED), repr(CREATED))
    read = from_dict(CreatedLink, to_dict(CREATED) | {"event_id": "x", "ref": "y"})
    assert (read.event_id, read.ref, read.extra) == (None, None, {"event_id": "x", "ref": "y"})


SLOTS = [{"start": NINE}, {"start": EIGHT}]


@pytest.mark.parametrize(
    ("availability", "expires_at"),
    [
        ({"available_periods": PERIODS}, TEN),
        ({"query_slots": SLOTS, "required_duration": timedelta(minutes=30)}, NINE + timedelta(minutes=30)),
        ({"query_slots": SLOTS, "required_duration": {"hours": 1, "minutes": 5}}, NINE + timedelta(minutes=65)),
        ({"query_slots": SLOTS}, NINE),
        ({"query_slots": SLOTS, "required_duration": "odd"}, NINE),
        ({"query_slots": SLOTS, "required_duration": {"minutes": "odd"}}, None),
        ({"query_slots": SLOTS, "query_periods": PERIODS}, TEN),
        ({"query_periods": [*PERIODS, {"end": "odd"}, {"end": 3}, {}, "odd"]}, TEN),
        ({"query_periods": [{"end": "2030-02-01T09:30:00"}]}, None),
        ({"query_periods": "odd"}, None),
        ({}, None),
        ("odd", None),
        (None, None),
    ],
)
def test_a_link_expires_at_the_end_of_its_last_period_or_slot(availability: Any, expires_at: datetime | None) -> None:
    assert link_from(availability=availability).expires_at == expires_at


@pytest.mark.parametrize(
    ("request_", "ref"),
    [
        ({"callback_url": "signed"}, "r"),
        ({"callback_urls": {"completed_url": "plain", "no_times_suitable_url": "signed"}}, "r"),
        ({"callback_urls": {"completed_url": 3}, "callback_url": "signed"}, "r"),
        ({"callback_urls": "odd", "callback_url": None}, None),
        ({"callback_urls": {"completed_url": "plain"}}, None),
        ({"callback_urls": {"completed_url": "https://["}}, None),
    ],
)
def test_a_ref_is_found_in_any_callback_url(request_: dict[str, Any], ref: str | None) -> None:
    urls = {
        "plain": "https://app.example.com/?ref=mine",
        "signed": signed_url("https://app.example.com/", ref="r", secret="s"),
    }

    text = json.dumps(request_)
    for name, url in urls.items():
        text = text.replace(f'"{name}"', json.dumps(url))

    assert link_from(**json.loads(text)).ref == ref


@pytest.mark.parametrize("event", [{"event_id": 7}, {}, "odd", None])
def test_an_unknown_event_id_is_none(event: Any) -> None:
    assert link_from(event=event).event_id is None


# The rules of a new link.

LINK: dict[str, Any] = {
    "oauth": {"redirect_uri": "https://x"},
    "event": {"event_id": "a", "summary": "b", "tzid": "Etc/UTC"},
    "availability": {"participants": [{"members": [{"sub": "acc_1"}]}], "required_duration": {"minutes": 5}},
}


def _changed(path: str, value: object) -> dict[str, Any]:
    link = copy.deepcopy(LINK)
    *parents, last = path.split(".")
    place = link
    for name in parents:
        place = place[name]
    if value is UNSET:
        del place[last]
    else:
        place[last] = value
    return link


TARGET = {"sub": "a", "calendar_id": "b"}

BROKEN: list[tuple[str, Any, str]] = [
    *((name, value, name) for name in LINK for value in (UNSET, None)),
    *((name, "text", name) for name in LINK),
    ("oauth.redirect_uri", UNSET, "oauth.redirect_uri"),
    ("event.event_id", UNSET, "event.event_id"),
    ("event.summary", None, "event.summary"),
    ("event.tzid", UNSET, "event.tzid"),
    ("event.start", "2030-02-01T09:30:00Z", "event.start"),
    ("event.end", None, "event.end"),
    ("event.conferencing", {"profile_id": "pro_1"}, "event.conferencing.profile_id"),
    ("event.attendees", {"invite": []}, "event.attendees"),
    ("availability.participants", UNSET, "availability.participants"),
    ("availability.required_duration", UNSET, "availability.required_duration"),
    ("availability.required_duration", 30, "availability.required_duration"),
    ("availability.participants", [{"sub": "acc_1"}], "availability.participants[0]"),
    ("availability.participants", ["acc_1"], "availability.participants[0]"),
    (
        "availability.participants",
        [{"members": [{"sub": "acc_0"}]}, {"members": [{"sub": "acc_1"}, "acc_2"]}],
        "availability.participants[1].members[1]",
    ),
    ("availability.start_interval", {"minutes": 7}, "availability.start_interval"),
    ("availability.start_interval", {"minutes": 0}, "availability.start_interval"),
    ("availability.start_interval", {"hours": 1, "minutes": 1}, "availability.start_interval"),
    ("availability.start_interval", {"minutes": -5}, "availability.start_interval"),
    ("target_calendars", [TARGET, TARGET | {"attendee": {"email": "a"}}], "target_calendars[1].attendee"),
    ("target_calendars", [TARGET | {"event": {}}], "target_calendars[0].event"),
    ("target_calendars", [TARGET, {"sub": "a"}], "target_calendars[1].calendar_id"),
    ("target_calendars", [{"calendar_id": "a"}], "target_calendars[0].sub"),
    ("target_calendars", ["odd"], "target_calendars[0]"),
]


@pytest.mark.parametrize(("path", "value", "field"), BROKEN)
def test_a_broken_rule_names_its_member(path: str, value: object, field: str) -> None:
    with pytest.raises(ValueError, match=r"^[^ ]+: ") as caught:
        check_new_link(_changed(path, value))
    assert str(caught.value).partition(": ")[0] == field


ALLOWED: list[Any] = [
    LINK,
    _changed("event.conferencing", {"profile_id": "integrated"}),
    _changed("event.conferencing", {"new": "form"}),
    _changed("event.conferencing", None),
    *(_changed("availability.start_interval", {"minutes": minutes}) for minutes in (5, 10, 15, 20, 30, 45, 60, 90)),
    _changed("availability.start_interval", {"hours": 2}),
    _changed("availability.start_interval", {"minutes": "7"}),
    _changed("availability.start_interval", "odd"),
    _changed("availability.start_interval", None),
    _changed("target_calendars", [TARGET | {"attendee": None}]),
    _changed("target_calendars", None),
    _changed("target_calendars", 3),
    _changed("event_creation", "default"),
    _changed("brand_new", {"a": 1}),
    _changed("event", LINK["event"] | {"attendees": {}}) | {"event_creation": "single"},
    _changed("event_creation", "single") | {"target_calendars": [TARGET | {"attendee": {"email": "a"}, "event": {}}]},
]


@pytest.mark.parametrize("link", ALLOWED)
def test_a_link_that_breaks_no_rule_passes(link: Mapping[str, Any]) -> None:
    before = copy.deepcopy(link)
    check_new_link(link)
    assert link == before
