"""Examples of available periods."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cronofy_async.models import AvailablePeriod, AvailablePeriodsPage, PageInfo
from cronofy_async.times import EventTime

from .example import END, EXTRA, START, Example, ModelExample, answering

ID = "qTtZdczOccgaPncGJaCiLg"
NEXT_PAGE = "https://api.cronofy.com/v1/available_periods/pages/08a07b034306679e"
PERIOD = AvailablePeriod(
    available_period_id=ID, start=EventTime("2030-02-01T09:30:00Z"), end=EventTime("2030-02-01T10:30:00Z")
)
PERIOD_JSON = {"available_period_id": ID, "start": "2030-02-01T09:30:00Z", "end": "2030-02-01T10:30:00Z"}
LOCAL_TIME = {"time": "2030-02-01T10:30:00+01:00", "tzid": "Europe/Paris"}

EXAMPLES = [
    Example(
        endpoint="available_periods.upsert",
        call=lambda client: client.account(access_token="token").available_periods.upsert(
            available_period_id=ID, start=START, end={"time": END, "tzid": "Europe/Paris"}, tzid="Europe/London"
        ),
        request="POST /v1/available_periods",
        json={
            "available_period_id": ID,
            "start": "2030-02-01T09:30:00Z",
            "end": {"time": "2030-02-01T10:30:00Z", "tzid": "Europe/Paris"},
            "tzid": "Europe/London",
        },
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="available_periods.list",
        call=lambda client: client.account(access_token="token").available_periods.list(),
        request="GET /v1/available_periods",
        response={
            "pages": {"current": 1, "total": 2, "next_page": NEXT_PAGE},
            "available_periods": [PERIOD_JSON],
        },
        result=AvailablePeriodsPage(
            pages=PageInfo(current=1, total=2, next_page=NEXT_PAGE), available_periods=(PERIOD,)
        ),
    ),
    Example(
        endpoint="available_periods.list",
        title="of some dates, with zones",
        call=lambda client: client.account(access_token="token").available_periods.list(
            from_=date(2030, 2, 1), to=date(2030, 2, 8), tzid="Europe/Paris", localized_times=True
        ),
        request="GET /v1/available_periods?from=2030-02-01&to=2030-02-08&tzid=Europe%2FParis&localized_times=true",
        response={
            "pages": {"current": 1, "total": 1},
            "available_periods": [{"available_period_id": ID, "start": LOCAL_TIME, "end": LOCAL_TIME}],
        },
        result=AvailablePeriodsPage(
            pages=PageInfo(current=1, total=1),
            available_periods=(
                AvailablePeriod(available_period_id=ID, start=EventTime(LOCAL_TIME), end=EventTime(LOCAL_TIME)),
            ),
        ),
    ),
    Example(
        endpoint="available_periods.list_page",
        call=lambda client: client.account(access_token="token").available_periods.list_page("08a07b034306679e"),
        request="GET /v1/available_periods/pages/08a07b034306679e",
        response={"pages": {"current": 2, "total": 2}, "available_periods": [PERIOD_JSON]},
        result=AvailablePeriodsPage(pages=PageInfo(current=2, total=2), available_periods=(PERIOD,)),
    ),
    Example(
        endpoint="available_periods.delete",
        call=lambda client: client.account(access_token="token").available_periods.delete(ID),
        request="DELETE /v1/available_periods",
        json={"available_period_id": ID},
        status=202,
        response=None,
        result=None,
    ),
    Example(
        endpoint="available_periods.bulk_delete",
        call=lambda client: client.account(access_token="token").available_periods.bulk_delete(),
        request="DELETE /v1/available_periods",
        json={"delete_all": True},
        status=202,
        response=None,
        result=None,
    ),
]

MODELS: list[ModelExample] = [
    (
        AvailablePeriod(available_period_id="a", start=EventTime(LOCAL_TIME), end=EventTime(LOCAL_TIME), extra=EXTRA),
        {"available_period_id": "a", "start": LOCAL_TIME, "end": LOCAL_TIME, **EXTRA},
    ),
    (
        AvailablePeriodsPage(pages=PageInfo(current=1), available_periods=(PERIOD,)),
        {"pages": {"current": 1}, "available_periods": [PERIOD_JSON]},
    ),
]


@pytest.mark.parametrize("name", ["upsert", "delete"])
@pytest.mark.parametrize("ident", ["", "é", "a" * 65])
def test_an_invalid_id_is_not_sent(name: str, ident: str) -> None:
    periods = answering({})[0].account(access_token="token").available_periods
    arguments: Any = {"start": START, "end": END} if name == "upsert" else {}

    with pytest.raises(ValueError, match="available_period_id: must be 1 to 64 ASCII characters"):
        getattr(periods, name)(available_period_id=ident, **arguments)


@pytest.mark.parametrize("arguments", [{"from_": date(2030, 2, 1)}, {"to": date(2030, 2, 1)}])
def test_dates_require_a_time_zone(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="tzid: required with from_ or to"):
        _ = answering({})[0].account(access_token="token").available_periods.list(**arguments)
