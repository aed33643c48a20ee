"""Scheduling requests of Cronofy's Scheduler (beta).

Docs: https://docs.cronofy.com/developers/api/scheduling-requests/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.scheduling_requests import (
    Host,
    NewRecipient,
    RequestedEvent,
    SchedulingGroup,
    SchedulingRequest,
    SchedulingRequestList,
    SchedulingTemplate,
)
from .base import Resource, StabilityOptions, check_array, post

__all__ = ["SchedulingRequests"]

_REQUESTS: Final = "/v1/scheduling_requests"
_BETA: Final[StabilityOptions] = {"stability": "beta", "plan": "Scheduler"}

CREATE: Final = post(
    "scheduling_requests.create",
    _REQUESTS,
    SchedulingRequest,
    auth={"api_key", "account"},
    envelope="scheduling_request",
    **_BETA,
)
QUERY: Final = post(
    "scheduling_requests.query",
    f"{_REQUESTS}/query",
    SchedulingRequestList,
    auth={"api_key", "account"},
    idempotent=True,
    check=check_array("scheduling_request_ids"),
    **_BETA,
)
CANCEL: Final = post(
    "scheduling_requests.cancel",
    f"{_REQUESTS}/cancel",
    None,
    auth={"api_key", "account"},
    idempotent=True,
    **_BETA,
)


class SchedulingRequests(Resource):
    """Invite people to pick a time with members of an organizational unit.

    The calls take the secret of an internal application of the unit, or the access token of the unit; see
    ``oauth.organization_connect_url``. On an account, ``client.account(..., impersonate=sub)`` acts for a member. On the
    client, add the header: ``call.with_options(headers={"Cronofy-Impersonate": sub})``.
    """

    __slots__ = ()

    @returns_call
    def create(
        self,
        *,
        recipients: Sequence[NewRecipient | Json],
        event: RequestedEvent | Json | Unset = UNSET,
        host: Host | Json | Unset = UNSET,
        host_group: SchedulingGroup | Json | Unset = UNSET,
        template: SchedulingTemplate | Json | Unset = UNSET,
        collaborator_groups: Sequence[SchedulingGroup | Json] | Unset = UNSET,
        availability_mode: str | Unset = UNSET,
    ) -> Call[SchedulingRequest]:
        """Create a scheduling request (beta). With a template, only the recipients are needed.

        If the response is lost, the request is not retried, since it would send another one to the recipients.

        Args:
            recipients: The people to send it to. At least one of them selects the slot.
            event: The event to find a time for. It may be left out with a template.
            host: The host, if there is no group, template, or impersonated member.
            host_group: The accounts of which some are hosts, or a selection rule.
            template: A template of the organization.
            collaborator_groups: Further members to find, by group.
            availability_mode: The availability that counts. The docs list no values; by default, the host's preferences
                count.

        Raises:
            PaymentRequired: The application's plan does not include the Scheduler.
            Forbidden: The credential is not that of an organizational unit.
            ValidationFailed: Cronofy rejected a member, such as a host outside the organizational unit.

        Example::

            request = await client.scheduling_requests.create(
                host=Host("acc_…"),
                recipients=[NewRecipient("kim@example.com", display_name="Kim", slot_selector=True)],
                event=RequestedEvent(summary="Interview"),
            )
            print(request.primary_select_url)

            from_template = await client.scheduling_requests.create(
                template=SchedulingTemplate("sgr_…"), recipients=[NewRecipient("kim@example.com", slot_selector=True)]
            )

        Docs: https://docs.cronofy.com/developers/api/scheduling-requests/create/
        """
        return self._call(CREATE, locals())

    @returns_call
    def query(self, scheduling_request_ids: Sequence[str]) -> Call[SchedulingRequestList]:
        """Return the state of several scheduling requests (beta).

        Args:
            scheduling_request_ids: The IDs (``srq_…``). The maximum number is not documented.

        Returns:
            A call for the requests that exist. Unknown IDs are presumably left out.

        Raises:
            ValueError: ``scheduling_request_ids`` is a string.
            PaymentRequired: The application's plan does not include the Scheduler.

        Example::

            requests = await client.scheduling_requests.query([request.id])
            state = requests.get(request.id)
            print(state and state.slot_selection)

        Docs: https://docs.cronofy.com/developers/api/scheduling-requests/query/
        """
        return self._call(QUERY, locals())

    @returns_call
    def cancel(self, scheduling_request_id: str) -> Call[None]:
        """Cancel a scheduling request (beta). This takes effect later.

        Args:
            scheduling_request_id: The ID (``srq_…``).

        Raises:
            PaymentRequired: The application's plan does not include the Scheduler.
            NotFound: There is no such request. (Cronofy does not document the status.)

        Example::

            await client.scheduling_requests.cancel(request.id)

        Docs: https://docs.cronofy.com/developers/api/scheduling-requests/cancel/
        """
        return self._call(CANCEL, locals())
