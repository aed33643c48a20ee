"""Clients that well-known generators create from the document work with a served sandbox."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cronofy_async.sandbox import RunningSandbox, Sandbox

from ..sandbox.support import NOW, at, link_body
from .conftest import TOOLS, Run

HERE = Path(__file__).parent


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with Sandbox.running(now=NOW, strict=True) as sandbox:
        yield sandbox


def test_the_typescript_client_works(document: Path, tmp_path: Path, run: Run, sandbox: RunningSandbox) -> None:
    ada = sandbox.add_account("ada@example.com")
    shutil.copy(HERE / "client.ts", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    (tmp_path / "node_modules").symlink_to(Path(TOOLS or "") / "node_modules")
    run("openapi-typescript", str(document), "--output", str(tmp_path / "schema.d.ts"))
    options = ("--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--allowImportingTsExtensions")
    run("tsc", *options, "--types", "node", "client.ts", folder=tmp_path)

    printed = run(
        "node",
        "client.ts",
        folder=tmp_path,
        SANDBOX_URL=sandbox.url,
        API_KEY=sandbox.client_secret,
        ACCESS_TOKEN=ada.access_token,
        SUB=ada.sub,
    )

    expected = {"status": "open", "calendar_id": ada.calendar_id, "written": 202, "refused": ["display_message"]}
    assert json.loads(printed) == expected
    assert [event.event_id for event in ada.events] == ["order-77"]


def test_the_python_client_works(
    document: Path,
    tmp_path: Path,
    run: Run,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = sandbox.add_account("ada@example.com")
    config = tmp_path / "config.json"
    config.write_text('{"package_name_override": "generated_cronofy", "post_hooks": []}', "utf-8")
    # A warning means that a part of the client is missing.
    options = (f"--path={document}", f"--config={config}", "--meta=none", "--fail-on-warning")
    run("openapi-python-client", "generate", *options, f"--output-path={tmp_path / 'generated_cronofy'}")
    monkeypatch.syspath_prepend(tmp_path)  # pyright: ignore[reportUnknownMemberType]
    package, models = import_module("generated_cronofy"), import_module("generated_cronofy.models")

    def operation(area: str, name: str) -> Any:
        return import_module(f"generated_cronofy.api.{area}.{area}_{name}")

    application = package.AuthenticatedClient(base_url=sandbox.url, token=sandbox.client_secret)
    account = package.AuthenticatedClient(base_url=sandbox.url, token=ada.access_token)

    with application, account:
        link = operation("real_time_scheduling", "create").sync(
            client=application, body=models.NewLink.from_dict(link_body(ada))
        )
        ident = link.real_time_scheduling.real_time_scheduling_id
        status = operation("real_time_scheduling", "status").sync(ident, client=application)
        assert status.real_time_scheduling.status == "open"

        (calendar,) = operation("calendars", "list").sync(client=account).calendars
        assert calendar.calendar_id == ada.calendar_id

        event = models.NewEvent(event_id="order-77", summary="Fitting", start=at(13), end=at(14))
        response = operation("events", "edit_external_or_upsert").sync_detailed(
            calendar.calendar_id, client=account, body=event
        )
        assert response.status_code == 202

        (read,) = operation("events", "read").sync(client=account, tzid="Etc/UTC", include_managed=True).events
        assert (read.summary, datetime.fromisoformat(read.start)) == ("Fitting", at(13))

        rejection = operation("real_time_scheduling", "disable").sync(
            ident, client=application, body=models.RealTimeSchedulingDisableRequest(display_message="x" * 501)
        )
        assert [field_error.key for field_error in rejection.errors["display_message"]] == ["errors.invalid"]
