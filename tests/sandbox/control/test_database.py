"""The file that keeps the state of a sandbox."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from cronofy_async.sandbox import Sandbox, SandboxError
from cronofy_async.sandbox.control.database import persist
from cronofy_async.sandbox.control.setup import set_up

from ..support import LINKS, NOW, at, call, create, link_body

EVERY = 0.001


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def has(path: Path, text: str) -> bool:
    return path.exists() and text in path.read_text()


async def until_saved(path: Path, text: str) -> None:
    async with asyncio.timeout(30):
        while not has(path, text):  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.001)


async def test_the_state_is_restored_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    first = Sandbox(now=NOW)
    async with persist(path, first) as existed:
        assert not existed
        ada = first.add_account("ada@example.com")
        link = await create(first, ada)
        await first.book(link, at(10))

    second = Sandbox()
    async with persist(path, second) as existed:
        assert existed
        assert second.link(link).state == "completed"
        assert second.accounts[0].access_token == ada.access_token
        assert (second.clock.now(), second.clock.is_frozen) == (NOW, True)
        assert (await call(second, "GET", f"{LINKS}/{link}")).json["real_time_scheduling"]["status"] == "completed"
    assert names(tmp_path) == {"sandbox.json", "sandbox.json.lock"}
    assert path.stat().st_mode & 0o077 == 0  # it has tokens


async def test_changes_are_saved_while_it_runs(tmp_path: Path) -> None:
    path, sandbox = tmp_path / "sandbox.json", Sandbox(now=NOW)
    async with sandbox, persist(path, sandbox, every=EVERY), sandbox.serve():
        await until_saved(path, '"accounts": []')
        ada = sandbox.add_account("ada@example.com")
        link = await call(sandbox, "POST", LINKS, link_body(ada))
        await until_saved(path, link.json["real_time_scheduling"]["real_time_scheduling_id"])
        for _ in range(20):
            json.loads(path.read_text())  # it is always complete
            sandbox.clock.advance(1)
            sandbox.runtime.effects.add("x", {}, sandbox.clock.now().replace(year=2040))
            await asyncio.sleep(0.001)


async def test_the_file_is_not_written_without_changes(tmp_path: Path) -> None:
    path, sandbox = tmp_path / "sandbox.json", Sandbox(now=NOW)
    async with persist(path, sandbox, every=EVERY):
        await until_saved(path, '"accounts": []')
        before = path.stat().st_ino
        await asyncio.sleep(20 * EVERY)
        assert path.stat().st_ino == before


async def test_a_second_process_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    async with persist(path, Sandbox(now=NOW)):
        with pytest.raises(SandboxError, match="is in use by another sandbox"):
            await persist(path, Sandbox(now=NOW)).__aenter__()


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"version": 1}', '{"version": 9}', "[" * 100_000])
async def test_a_file_that_is_not_a_state_is_left_unchanged(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(content)
    with pytest.raises(SandboxError, match="is not the state of a sandbox"):
        await persist(path, Sandbox(now=NOW)).__aenter__()
    assert path.read_text() == content


@pytest.mark.parametrize("name", ["nowhere/sandbox.json", "folder"])
async def test_a_file_that_cannot_be_used_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SandboxError, match=r"cannot (read|write) "):
        await persist(tmp_path / name, Sandbox(now=NOW)).__aenter__()


async def test_a_full_disk_does_not_stop_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path, sandbox = tmp_path / "sandbox.json", Sandbox(now=NOW)
    replace, failures = Path.replace, iter([OSError(28, "No space left on device")])

    def full(self: Path, target: Path) -> Path:
        if error := next(failures, None):
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with caplog.at_level(logging.WARNING, "cronofy_async.sandbox"):
        async with persist(path, sandbox, every=EVERY):
            await until_saved(path, "accounts")
    assert "No space left on device. The sandbox tries again." in caplog.text
    assert names(tmp_path) == {"sandbox.json", "sandbox.json.lock"}


async def test_a_seed_is_used_only_for_a_new_file(tmp_path: Path) -> None:
    seed, path = tmp_path / "seed.json", tmp_path / "sandbox.json"
    seed.write_text('[{"action": "add_account", "email": "me@example.com"}]')
    for number in (1, 2):
        sandbox = Sandbox()
        async with set_up(sandbox, accounts=number, seed=str(seed), db=str(path)):
            assert len(sandbox.accounts) == number
