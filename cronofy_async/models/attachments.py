"""Attachments: files for events (beta).

Docs: https://docs.cronofy.com/developers/api/attachments/
"""

from __future__ import annotations

from base64 import b64decode, b64encode

import attrs

from .._json import Json, is_object
from .._redaction import hide
from .base import RequestModel, ResponseModel
from .event_parts import AttachmentRef

__all__ = ["Attachment", "UploadedAttachment"]


@attrs.frozen(kw_only=True)
class Attachment(RequestModel):
    """A file to upload.

    Args:
        file_name: The name. Its extension must match the content type.
        content_type: The MIME type of the file, such as ``application/pdf``.
        base64_content: The content in standard Base64; see ``of``.
    """

    file_name: str
    content_type: str
    base64_content: str = attrs.field(repr=hide)

    @classmethod
    def of(cls, content: bytes, *, file_name: str, content_type: str) -> Attachment:
        """Return an attachment from the content of a file.

        Args:
            content: The bytes of the file.
            file_name: The name. Its extension must match the content type.
            content_type: The MIME type of the file.
        """
        return cls(file_name=file_name, content_type=content_type, base64_content=b64encode(content).decode())


@attrs.frozen(kw_only=True)
class UploadedAttachment(ResponseModel):
    """An uploaded file.

    Attributes:
        attachment_id: Cronofy's ID of the attachment.
        file_name: The name.
        content_type: The MIME type.
        md5: The MD5 of the content, in hexadecimal digits.
    """

    attachment_id: str
    file_name: str | None = None
    content_type: str | None = None
    md5: str | None = None

    @property
    def id(self) -> str:
        """The same as ``attachment_id``."""
        return self.attachment_id

    @property
    def ref(self) -> AttachmentRef:
        """An item for ``attachments`` of an event."""
        return AttachmentRef(self.attachment_id)


# Documented rules.


def check_attachment(upload: Json) -> None:
    """Check the request that uploads a file against the documented rules.

    Args:
        upload: The body of the request, as plain JSON values.

    Raises:
        ValueError: A rule is broken. The message starts with the member.
    """
    attachment: object = upload["attachment"]
    if not is_object(attachment):
        raise ValueError("attachment: must be an object")
    for name in ("file_name", "content_type", "base64_content"):
        if not attachment.get(name):
            raise ValueError(f"attachment.{name}: is required")
    try:
        b64decode(attachment["base64_content"], validate=True)
    except (TypeError, ValueError):
        raise ValueError(
            "attachment.base64_content: must be standard Base64. Use Attachment.of(content, ...)."
        ) from None
