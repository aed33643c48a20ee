"""Attachments: files for events (beta).

Docs: https://docs.cronofy.com/developers/api/attachments/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.attachments import Attachment, UploadedAttachment, check_attachment
from ..models.event_parts import Subscription
from .base import Resource, post

__all__ = ["Attachments"]

CREATE: Final = post(
    "attachments.create",
    "/v1/attachments",
    UploadedAttachment,
    auth={"api_key"},
    envelope="attachment",
    check=check_attachment,
    stability="beta",
)


class Attachments(Resource):
    """Upload files for events."""

    __slots__ = ()

    @returns_call
    def create(
        self, *, attachment: Attachment | Json, subscriptions: Sequence[Subscription | Json] | Unset = UNSET
    ) -> Call[UploadedAttachment]:
        """Upload a file that events can refer to.

        Pass ``ref`` of the result in ``attachments`` of an event. The accounts need to have granted a scope for
        attachments. If the response is lost, the request is not retried, since that could upload the file twice.

        Args:
            attachment: The file.
            subscriptions: Webhooks for the result of the content check: interactions of the types
                ``attachment_approved`` and ``attachment_rejected``.

        Raises:
            ValueError: A member is missing, or the content is not Base64.
            PaymentRequired: The application's plan does not include attachments.
            ValidationFailed: Cronofy rejected a member, such as a file name whose extension does not match its content
                type.

        Example::

            uploaded = await client.attachments.create(
                attachment=Attachment.of(content, file_name="offer.pdf", content_type="application/pdf")
            )
            event = EventTemplate(event_id="intro-1", summary="Intro", attachments=[uploaded.ref])

        Docs: https://docs.cronofy.com/developers/api/attachments/create/
        """
        return self._call(CREATE, locals())
