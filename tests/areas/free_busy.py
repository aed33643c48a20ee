"""Examples of free/busy periods."""

from __future__ import annotations

from datetime import date
from typing import Any

from cronofy_async import EventTime
from cronofy_async.models import FreeBusyPage, FreeBusyPeriod, PageInfo

from .example import EXTRA, START, Example, ModelExample

CALENDAR = "cal_U9uuErStTG@EAAAB_IsAsykA2DBTWqQTf-f0kJw"
NEXT_PAGE = "https://api.cronofy.com/v1/free_busy/pages/caa2dca822d5d74d98104489"
PAGE_JSON: dict[str, Any] = {
    "pages": {"current": 1, "total": 2, "next_page": NEXT_PAGE},
    "free_busy": [
        {
            "calendar_id": CALENDAR,
            "start": "2024-12-19T08:00:00Z",
            "end": "2024-12-19T08:30:00Z",
            "free_busy_status": "busy",
        },
        {"calendar_id": CALENDAR, "start": "2024-12-21", "end": "2024-12-22", "free_busy_status": "free"},
    ],
}
PAGE = FreeBusyPage(
    pages=PageInfo(current=1, total=2, next_page=NEXT_PAGE),
    free_busy=(
        FreeBusyPeriod(
            calendar_id=CALENDAR,
            start=EventTime("2024-12-19T08:00:00Z"),
            end=EventTime("2024-12-19T08:30:00Z"),
            free_busy_status="busy",
        ),
        FreeBusyPeriod(
            calendar_id=CALENDAR,
            start=EventTime("2024-12-21"),
            end=EventTime("2024-12-22"),
            free_busy_status="free",
        ),
    ),
)
LAST_JSON: dict[str, Any] = {"pages": {"current": 2, "total": 2}, "free_busy": []}

EXAMPLES = [
    Example(
        endpoint="free_busy.read",
        call=lambda client: client.account(access_token="token").free_busy.read(include_managed=True),
        request="GET /v1/free_busy?tzid=Etc%2FUTC&include_managed=true",
        response=PAGE_JSON,
        result=PAGE,
    ),
    Example(
        endpoint="free_busy.read",
        title="every parameter",
        call=lambda client: client.account(access_token="token").free_busy.read(
            tzid="Europe/Paris",
            from_=date(2030, 2, 1),
            to=date(2030, 2, 8),
            include_managed=True,
            include_deleted=True,
            include_free=False,
            include_ids=True,
            last_modified=START,
            calendar_ids=["cal_1", "cal_2"],
            localized_times=True,
        ),
        request=(
            "GET /v1/free_busy?tzid=Europe%2FParis&from=2030-02-01&to=2030-02-08&include_managed=true"
            "&include_deleted=true&include_free=false&include_ids=true&last_modified=2030-02-01T09%3A30%3A00Z"
            "&calendar_ids%5B%5D=cal_1&calendar_ids%5B%5D=cal_2&localized_times=true"
        ),
        response={
            "pages": {"current": 1, "total": 1},
            "free_busy": [
                {
                    "calendar_id": "cal_1",
                    "start": {"time": "2030-02-01T10:30:00+01:00", "tzid": "Europe/Paris"},
                    "end": {"time": "2030-02-01T11:00:00+01:00", "tzid": "Europe/Paris"},
                    "free_busy_status": "tentative",
                    "event_id": "order-77",
                    "event_uid": "evt_external_1",
                    "deleted": True,
                }
            ],
        },
        result=FreeBusyPage(
            pages=PageInfo(current=1, total=1),
            free_busy=(
                FreeBusyPeriod(
                    calendar_id="cal_1",
                    start=EventTime({"time": "2030-02-01T10:30:00+01:00", "tzid": "Europe/Paris"}),
                    end=EventTime({"time": "2030-02-01T11:00:00+01:00", "tzid": "Europe/Paris"}),
                    free_busy_status="tentative",
                    event_id="order-77",
                    event_uid="evt_external_1",
                    deleted=True,
                ),
            ),
        ),
    ),
    Example(
        endpoint="free_busy.read_page",
        call=lambda client: client.account(access_token="token").free_busy.read_page("caa2dca822d5d74d98104489"),
        request="GET /v1/free_busy/pages/caa2dca822d5d74d98104489",
        response=LAST_JSON,
        result=FreeBusyPage(pages=PageInfo(current=2, total=2), free_busy=()),
    ),
]

MODELS: list[ModelExample] = [
    (
        FreeBusyPeriod(
            calendar_id="cal_1",
            start=EventTime("2030-02-01"),
            end=EventTime("2030-02-02"),
            free_busy_status="free",
            event_id="a",
            event_uid="evt_external_1",
            deleted=False,
            extra=EXTRA,
        ),
        {
            "calendar_id": "cal_1",
            "start": "2030-02-01",
            "end": "2030-02-02",
            "free_busy_status": "free",
            "event_id": "a",
            "event_uid": "evt_external_1",
            "deleted": False,
            **EXTRA,
        },
    ),
    (PAGE, PAGE_JSON),
]
