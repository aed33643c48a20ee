"""Attachments: files that the application uploads for events (beta).

The results of Cronofy's content check are not sent, since the body of that callback is not documented.

Docs: https://docs.cronofy.com/developers/api/attachments/
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from collections.abc import Sequence
from typing import Final

import attrs

from ..kernel.area import (
    AreaActions,
    Context,
    Field,
    Json,
    Problem,
    Problems,
    SandboxResponse,
    action,
    ok,
    operation,
    rule,
    stored,
)

__all__ = ["Attachment", "Attachments"]

DOCS: Final = "https://docs.cronofy.com/developers/api/attachments/create/"
#: The media types that Python knows, without those of the operating system.
MEDIA_TYPES: Final = mimetypes.MimeTypes()


@stored
@attrs.define(eq=False, kw_only=True)
class Attachment:
    """A stored attachment, with its content in Base64 and the webhooks for its content check."""

    attachment_id: str
    file_name: str
    content_type: str
    base64_content: str = attrs.field(repr=False)
    subscriptions: Sequence[Json] = ()

    @property
    def id(self) -> str:
        return self.attachment_id

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.base64_content)


@operation("attachments.create")
def create(context: Context) -> SandboxResponse:
    """Store a file."""
    attachment = Attachment(
        attachment_id=context.state.new_id("att"),
        **{name: context.body["attachment"][name] for name in ("file_name", "content_type", "base64_content")},
        subscriptions=list(context.body.get("subscriptions", ())),
    )
    context.state.table(Attachment)[attachment.id] = attachment
    rendered = {
        "attachment_id": attachment.id,
        "file_name": attachment.file_name,
        "content_type": attachment.content_type,
        "md5": hashlib.md5(attachment.content, usedforsecurity=False).hexdigest(),
    }
    return ok({"attachment": rendered})


@rule("NewAttachment", docs=DOCS)
def content_is_base64(attachment: Json, field: Field, context: Context) -> Problems:
    """The content of an attachment is standard Base64."""
    try:
        base64.b64decode(attachment["base64_content"], validate=True)
    except ValueError:
        yield Problem(field / "base64_content", "errors.invalid", "must be standard Base64")


@rule("NewAttachment", docs=DOCS, fidelity="assumed")
def extension_fits_content_type(attachment: Json, field: Field, context: Context) -> Problems:
    """The extension of a file name matches its content type in the registry of media types. Cronofy's list is unknown."""
    known = MEDIA_TYPES.guess_all_extensions(attachment["content_type"].partition(";")[0].strip().lower(), strict=False)
    if known and not attachment["file_name"].lower().endswith(tuple(known)):
        yield Problem(field / "file_name", "errors.invalid", "must have an extension that fits its content type")


class Attachments(AreaActions):
    """Actions for tests: ``sandbox.attachments``."""

    @action
    def all(self) -> list[Attachment]:
        """Return all attachments, oldest first."""
        return list(self.state.table(Attachment).values())

    @action
    def find(self, attachment: object) -> Attachment:
        """Return an attachment by its ID, or by the object that the SDK returned.

        Raises:
            SandboxError: There is no such attachment.
        """
        return self._record(Attachment, getattr(attachment, "attachment_id", attachment), "attachment")
