"""Files that set up a sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cronofy_async.sandbox import Sandbox, SandboxError
from cronofy_async.sandbox.control.seed import apply_seed
from cronofy_async.sandbox.control.setup import set_up

from ..support import NOW, at, text

TOML = """
[[actions]]
action = "clock.freeze"
at = 2031-03-03T08:00:00Z

[[actions]]
action = "add_account"
email = "grace@example.com"
calendars = 2

[[actions]]
action = "add_busy"
account = "grace@example.com"
start = 2031-03-03T09:00:00Z
end = 2031-03-03T10:00:00+00:00
summary = "Dentist"

[[actions]]
action = "events.add"
account = "grace@example.com"
start = 2031-03-04
"""


async def test_a_list_of_actions_in_toml(tmp_path: Path) -> None:
    path = tmp_path / "seed.toml"
    path.write_text(TOML)
    sandbox = Sandbox()
    await apply_seed(sandbox, path)

    (grace,) = sandbox.accounts
    assert len(grace.calendars) == 2
    dentist, holiday = grace.events
    assert (dentist.start, dentist.end, dentist.details["summary"]) == (at(9), at(10), "Dentist")
    assert holiday.all_day
    assert (sandbox.clock.now(), sandbox.clock.is_frozen) == (at(8), True)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_list_of_actions_in_json(tmp_path: Path, *, whole: bool) -> None:
    actions = [{"action": "bookable_events.add", "bookable_event_id": "yoga", "start": text(at(9)), "capacity": 2}]
    path = tmp_path / "seed.json"
    path.write_text(json.dumps({"actions": actions} if whole else actions))
    sandbox = Sandbox(now=NOW)
    await apply_seed(sandbox, path)
    assert sandbox.bookable_events.find("yoga").capacity == 2


async def test_a_snapshot_is_a_seed(tmp_path: Path) -> None:
    first, second = Sandbox(now=NOW), Sandbox(now=NOW)
    first.add_account("ada@example.com")
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps(first.snapshot()))
    await apply_seed(second, path)
    assert second.snapshot() == first.snapshot()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "must be JSON: "),
        ("3", "must be an object or a list, got int"),
        ("{}", "must be a snapshot, or have one member: actions"),
        ('{"action": []}', "must be a snapshot, or have one member: actions"),
        ('{"actions": [], "x": 1}', "must be a snapshot, or have one member: actions"),
        ('{"actions": {}}', "must be a snapshot, or have one member: actions"),
        ('{"state": 1}', "version: must be 1, got None. Take a new snapshot."),
        ("[3]", 'action 1: must be an object with a member "action"'),
        ('[{"action": "reset"}, {"email": "a"}]', 'action 2: must be an object with a member "action"'),
        (
            '[{"action": "add_acount"}]',
            "action 1 (add_acount): the sandbox has no action 'add_acount'. Did you mean add_account?",
        ),
        ('[{"action": "add_account"}]', "action 1 (add_account): email: is required"),
        ('[{"action": "revoke", "account": "x"}]', "action 1 (revoke): account: the sandbox has no account x"),
        ('[{"action": "clock.advance", "by": -1}]', "action 1 (clock.advance): by: must not be negative"),
    ],
)
async def test_errors_name_the_wrong_action_or_argument(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "seed.json"
    path.write_text(content)
    with pytest.raises(SandboxError) as caught:
        await apply_seed(Sandbox(now=NOW), path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(("name", "said"), [("no.json", "cannot read"), ("bad.toml", "must be TOML")])
async def test_an_unreadable_file_is_an_error(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "bad.toml").write_text("[[")
    with pytest.raises(SandboxError, match=said):
        await apply_seed(Sandbox(), tmp_path / name)


# Accounts.


@pytest.mark.parametrize(("minimum", "there"), [(0, 1), (1, 1), (3, 3), (7, 7)])
async def test_accounts_are_added_to_those_of_the_seed(tmp_path: Path, minimum: int, there: int) -> None:
    path = tmp_path / "seed.json"
    path.write_text('[{"action": "add_account", "email": "me@example.com"}]')
    sandbox = Sandbox()
    async with set_up(sandbox, accounts=minimum, seed=str(path)):
        emails: list[Any] = [account.email for account in sandbox.accounts]
    assert emails[0] == "me@example.com"
    assert len(set(emails)) == there


async def test_added_accounts_have_names_and_email_addresses() -> None:
    sandbox = Sandbox()
    async with set_up(sandbox, accounts=6):
        result = [(account.email, account.name) for account in sandbox.accounts]
    assert result[0] == ("ada@example.com", "Ada Lovelace")
    assert result[5] == ("person-6@example.com", "Person 6")
