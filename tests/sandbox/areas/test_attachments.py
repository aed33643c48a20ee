"""Attachments: tests can read back an uploaded file."""

from __future__ import annotations

import base64
import hashlib

import attrs
import pytest

from cronofy_async.sandbox import Sandbox, SandboxError

from ..support import NOW, Json, call

PATH = "/v1/attachments"
CONTENT = bytes(range(256))


def upload(**changes: str) -> Json:
    attachment = {
        "file_name": "offer.pdf",
        "content_type": "application/pdf",
        "base64_content": base64.b64encode(CONTENT).decode(),
        **changes,
    }
    return {"attachment": attachment}


async def test_a_file_is_stored() -> None:
    sandbox = Sandbox(now=NOW, strict=True)
    hook = {"type": "webhook", "uri": "https://app.example.com/", "interactions": [{"type": "attachment_approved"}]}

    reply = await call(sandbox, "POST", PATH, upload() | {"subscriptions": [hook]})

    (stored,) = sandbox.attachments.all()
    assert reply.json == {
        "attachment": {
            "attachment_id": stored.id,
            "file_name": "offer.pdf",
            "content_type": "application/pdf",
            "md5": hashlib.md5(CONTENT).hexdigest(),
        }
    }
    assert stored.id.startswith("att_")
    assert (stored.content, stored.subscriptions) == (CONTENT, [hook])
    assert sandbox.deliveries == []


async def test_an_attachment_is_found_by_id_or_model() -> None:
    @attrs.frozen
    class OfTheSdk:
        attachment_id: str

    sandbox = Sandbox(now=NOW)
    for _ in range(2):
        await call(sandbox, "POST", PATH, upload())
    first, second = sandbox.attachments.all()

    assert sandbox.attachments.find(first.id) is first
    assert sandbox.attachments.find(OfTheSdk(second.id)) is second
    for nothing in ("att_0", None, OfTheSdk("att_0")):
        with pytest.raises(SandboxError, match="no such attachment"):
            sandbox.attachments.find(nothing)


@pytest.mark.parametrize(
    ("file_name", "content_type"),
    [
        ("PHOTO.JPEG", "image/jpeg"),
        ("notes.txt", "text/plain; charset=utf-8"),
        ("anything.xyz", "application/x-of-our-own"),
    ],
)
async def test_matching_file_extensions_are_accepted(file_name: str, content_type: str) -> None:
    reply = await call(Sandbox(now=NOW), "POST", PATH, upload(file_name=file_name, content_type=content_type))

    assert reply.status == 200


async def test_any_extension_is_accepted_without_the_assumption() -> None:
    sandbox = Sandbox(now=NOW, assume={"extension_fits_content_type": False})

    assert (await call(sandbox, "POST", PATH, upload(file_name="offer.exe"))).status == 200


async def test_an_upload_requires_the_client_secret() -> None:
    sandbox = Sandbox(now=NOW)
    ada = sandbox.add_account("ada@example.com")

    assert (await call(sandbox, "POST", PATH, upload(), token=ada.access_token)).status == 403
