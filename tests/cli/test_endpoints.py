"""``cronofy-async endpoints``."""

from __future__ import annotations

import json

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
