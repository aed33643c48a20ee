"""Loading the contract: from the parts of a checkout, with a cache, or from the JSON of a wheel."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from cronofy_async.sandbox.kernel.contract import loading, merging
from cronofy_async.sandbox.kernel.contract.contract import contract, openapi

from .small import SANDBOX


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the parts, and set up a separate cache."""
    contract()  # so that its entry is not written to the new cache
    folder = tmp_path / "sandbox"
    for path in [SANDBOX / "kernel" / "contract" / "openapi.yaml", *(SANDBOX / "areas").glob("*.yaml")]:
        target = folder / path.relative_to(SANDBOX)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def test_a_checkout_merges_its_parts_and_caches_the_result(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = loading.document(checkout)
    assert first == contract().document
    assert len(list((tmp_path / "cache" / "cronofy_async").iterdir())) == 1

    def merge_again(_: Path) -> str:
        pytest.fail("merged again")

    monkeypatch.setattr(loading, "merged_json", merge_again)
    assert loading.document(checkout) == first


def test_a_part_that_has_changed_is_merged_again(checkout: Path) -> None:
    loading.document(checkout)
    part = checkout / "areas" / "calendars.yaml"
    part.write_text(part.read_text("utf-8").replace("/v1/calendars", "/v1/calenders"), "utf-8")
    os.utime(part, ns=(1, 1))

    assert "/v1/calenders" in loading.document(checkout)["paths"]


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"stamps": 1}'])
def test_a_broken_cache_is_ignored(checkout: Path, tmp_path: Path, record: str) -> None:
    first = loading.document(checkout)
    (file,) = (tmp_path / "cache" / "cronofy_async").iterdir()
    file.write_text(record, "utf-8")

    assert loading.document(checkout) == first


def test_an_unwritable_cache_is_ignored(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    assert loading.document(checkout) == contract().document


def test_a_wheel_has_json(tmp_path: Path) -> None:
    (tmp_path / "contract.json").write_text(merging.merged_json(SANDBOX), "utf-8")

    assert loading.document(tmp_path) == contract().document


def test_examples_are_only_in_the_openapi_document() -> None:
    for document, keys in ((contract().document, {"schema"}), (openapi(), {"schema", "examples"})):
        response = document["paths"]["/v1/calendars"]["get"]["responses"]["200"]
        assert response["content"]["application/json"].keys() == keys


def test_the_merge_adds_common_responses_and_parameters() -> None:
    paths = json.loads(merging.merged_json(SANDBOX))["paths"]
    read = paths["/v1/scheduling_conversations/{scheduling_conversation_id}"]["get"]

    assert list(read["responses"]) == ["200", "401", "402", "403", "404", "422", "423", "429"]
    assert [parameter["name"] for parameter in read["parameters"]] == ["scheduling_conversation_id"]
    assert list(paths["/oauth/token"]["post"]["responses"]) == ["200", "400", "429"]
    assert "404" not in paths["/v1/calendars"]["get"]["responses"]
