from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronofy_async._codec import query_string
from cronofy_async._unset import UNSET

NOW = datetime(2030, 2, 1, 9, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ({}, ""),
        ({"token": "a/b c&d=é"}, "?token=a%2Fb%20c%26d%3D%C3%A9"),
        ({"yes": True, "no": False}, "?yes=true&no=false"),
        ({"ids": ["a", "b c"], "flags": (True, 1)}, "?ids%5B%5D=a&ids%5B%5D=b%20c&flags%5B%5D=true&flags%5B%5D=1"),
        ({"none": None, "unset": UNSET, "empty": [], "blank": "", "zero": 0}, "?blank=&zero=0"),
        (
            {"from": NOW, "to": [NOW.replace(microsecond=5)]},
            "?from=2030-02-01T09%3A00%3A00Z&to%5B%5D=2030-02-01T09%3A00%3A00Z",
        ),
        ({"from": date(2030, 2, 1), "tzid": ZoneInfo("Etc/UTC")}, "?from=2030-02-01&tzid=Etc%2FUTC"),
    ],
)
def test_queries_are_written_as_cronofy_reads_them(query: dict[str, Any], written: str) -> None:
    assert query_string(query) == written


@given(st.dictionaries(TEXT.filter(bool), TEXT | st.lists(TEXT, min_size=1), min_size=1))
def test_a_query_comes_back_from_what_was_written(query: dict[str, str | list[str]]) -> None:
    expected: list[tuple[str, str]] = []
    for name, value in query.items():
        expected += [(f"{name}[]", item) for item in value] if isinstance(value, list) else [(name, value)]
    assert parse_qsl(query_string(query)[1:], keep_blank_values=True) == expected


@pytest.mark.parametrize("value", [datetime(2030, 2, 1), [NOW, datetime(2030, 2, 1)]])  # noqa: DTZ001
def test_a_naive_datetime_in_a_query_is_named(value: object) -> None:
    with pytest.raises(ValueError, match=r"^from: 2030-02-01T00:00:00 has no time zone"):
        query_string({"from": value})
