"""Examples of attachments."""

from __future__ import annotations

from typing import Any

import pytest

from cronofy_async.models import Attachment, AttachmentRef, Interaction, Subscription, UploadedAttachment

from .example import EXTRA, Example, ModelExample, answering

FILE = Attachment(file_name="offer.pdf", content_type="application/pdf", base64_content="aGVsbG8=")
FILE_JSON: dict[str, Any] = {
    "file_name": "offer.pdf",
    "content_type": "application/pdf",
    "base64_content": "aGVsbG8=",
}
UPLOADED = UploadedAttachment(
    attachment_id="att_1",
    file_name="offer.pdf",
    content_type="application/pdf",
    md5="5d41402abc4b2a76b9719d911017c592",
)
UPLOADED_JSON: dict[str, Any] = {
    "attachment_id": "att_1",
    "file_name": "offer.pdf",
    "content_type": "application/pdf",
    "md5": "5d41402abc4b2a76b9719d911017c592",
}

EXAMPLES = [
    Example(
        endpoint="attachments.create",
        call=lambda client: client.attachments.create(
            attachment=FILE,
            subscriptions=[
                Subscription(
                    uri="https://app.example.com/hooks",
                    interactions=[Interaction("attachment_approved"), Interaction("attachment_rejected")],
                )
            ],
        ),
        request="POST /v1/attachments",
        json={
            "attachment": FILE_JSON,
            "subscriptions": [
                {
                    "type": "webhook",
                    "uri": "https://app.example.com/hooks",
                    "interactions": [{"type": "attachment_approved"}, {"type": "attachment_rejected"}],
                }
            ],
        },
        response={"attachment": UPLOADED_JSON},
        result=UPLOADED,
    ),
    Example(
        endpoint="attachments.create",
        title="a mapping",
        call=lambda client: client.attachments.create(attachment=FILE_JSON),
        request="POST /v1/attachments",
        json={"attachment": FILE_JSON},
        response={"attachment": UPLOADED_JSON},
        result=UPLOADED,
    ),
]

MODELS: list[ModelExample] = [
    (FILE, FILE_JSON),
    (
        UploadedAttachment(attachment_id="att_1", file_name="a", content_type="b/c", md5="d", extra=EXTRA),
        {"attachment_id": "att_1", "file_name": "a", "content_type": "b/c", "md5": "d", **EXTRA},
    ),
]


def test_an_attachment_of_bytes() -> None:
    assert Attachment.of(b"hello", file_name="offer.pdf", content_type="application/pdf") == FILE
    assert "aGVsbG8=" not in repr(FILE)


def test_an_event_refers_to_an_uploaded_file() -> None:
    assert UPLOADED.id == "att_1"
    assert UPLOADED.ref == AttachmentRef("att_1")


@pytest.mark.parametrize(
    ("attachment", "message"),
    [
        ("offer.pdf", "attachment: must be an object"),
        (FILE_JSON | {"file_name": ""}, r"attachment\.file_name: is required"),
        ({"file_name": "a.pdf", "base64_content": "aGVsbG8="}, r"attachment\.content_type: is required"),
        (FILE_JSON | {"base64_content": None}, r"attachment\.base64_content: is required"),
        (FILE_JSON | {"base64_content": "_-8="}, r"attachment\.base64_content: must be standard Base64"),
        (FILE_JSON | {"base64_content": "é"}, r"attachment\.base64_content: must be standard Base64"),
        (FILE_JSON | {"base64_content": 7}, r"attachment\.base64_content: must be standard Base64"),
    ],
)
def test_an_invalid_argument_raises_before_a_request_is_sent(attachment: Any, message: str) -> None:
    client, transport = answering({})

    with pytest.raises(ValueError, match=message):
        _ = client.attachments.create(attachment=attachment)

    assert transport.requests == []
