"""``cronofy-async endpoints``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from cronofy_async._reference import endpoints
from cronofy_async.cli.commands import cronofy_async


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cronofy_async, ["endpoints", *arguments])


def test_every_endpoint_is_one_json_object() -> None:
    lines = [json.loads(line) for line in run("--json").stdout.splitlines()]

    assert [line["name"] for line in lines] == [endpoint.name for endpoint in endpoints()]
    assert {"method", "path", "credential", "stability", "call", "docs"} <= lines[0].keys()


def test_words_filter_the_list_of_endpoints() -> None:
    result = run("Availability_rules", "delete")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == [
        "DELETE /v1/availability_rules/{availability_rule_id}",
        "       await account.availability_rules.delete(rule)",
    ]
    assert len(result.stdout.splitlines()) == 5


def test_the_stability_of_unstable_endpoints_is_shown() -> None:
    assert "POST   /v1/link_tokens  (alpha)" in run("link_tokens").stdout
    assert "(stable)" not in run().stdout


def test_a_word_without_a_match_is_an_error() -> None:
    result = run("calender")

    assert result.exit_code == 1
    assert result.stderr == "No endpoint matches 'calender'. Run without words to list all.\n"


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ("working hours", "availability_rules.upsert"),
        ("freebusy", "free_busy.read"),
        ("free/busy", "free_busy.read"),
        ("webhook", "channels.create"),
        ("invite", "smart_invites.upsert"),
        ("booking page", "real_time_scheduling.create"),
        ("Calendar sync", "channels.create"),
        ("calendar sync", "events.read"),
        ("meeting bot", "meeting_agents.schedule"),
    ],
)
def test_endpoints_are_found_by_words_of_other_calendar_apis(words: str, method: str) -> None:
    result = run(*words.split())

    assert f".{method}(" in result.stdout
    assert result.stdout.count(" await ") < len(endpoints()) / 4
