"""Real-Time Sequencing: links on which people pick the times of a sequence of events (beta).

Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-sequencing/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from .._json import Json, is_object
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.event_parts import EventTemplate
from ..models.real_time_scheduling import Formatting, OAuth, RedirectUrls, TargetCalendar, check_display_message
from ..models.real_time_sequencing import (
    CreatedSequencingLink,
    SequencingAvailability,
    SequencingLink,
    check_new_sequence,
)
from ..times import AnyDuration, AnyTimeZone
from ._event_checks import check_event_details
from .base import Resource, post

__all__ = ["RealTimeSequencing"]

_LINKS: Final = "/v1/real_time_sequencing"
_ENVELOPE: Final = "real_time_sequencing"


def _check_sequence(link: Json) -> None:
    check_new_sequence(link)
    check_event_details(link["event"], within="event.")
    for index, step in enumerate(link["availability"]["sequence"]):
        if is_object(event := step.get("event")):
            check_event_details(event, within=f"availability.sequence[{index}].event.")


CREATE: Final = post(
    "real_time_sequencing.create",
    _LINKS,
    CreatedSequencingLink,
    auth={"api_key"},
    envelope=_ENVELOPE,
    check=_check_sequence,
    stability="beta",
)
DISABLE: Final = post(
    "real_time_sequencing.disable",
    f"{_LINKS}/{{real_time_sequencing_id}}/disable",
    SequencingLink,
    auth={"api_key"},
    envelope=_ENVELOPE,
    names={"link": "real_time_sequencing_id"},
    idempotent=True,
    check=check_display_message,
    stability="alpha",
)


class RealTimeSequencing(Resource):
    """Create and disable links for a sequence of events."""

    __slots__ = ()

    @returns_call
    def create(
        self,
        *,
        oauth: OAuth | Json,
        event: EventTemplate | Json,
        availability: SequencingAvailability | Json,
        target_calendars: Sequence[TargetCalendar | Json] | Unset = UNSET,
        callback_url: str | Unset = UNSET,
        redirect_urls: RedirectUrls | Json | Unset = UNSET,
        selection_mode: Literal["no_confirm", "confirm"] | str | Unset = UNSET,
        minimum_notice: AnyDuration | Unset = UNSET,
        formatting: Formatting | Json | Unset = UNSET,
        tzid: AnyTimeZone | Unset = UNSET,
    ) -> Call[CreatedSequencingLink]:
        """Create a link on which someone picks the times of several events, such as the interviews of a day.

        Cronofy has no endpoint for the status of such a link. If the response is lost, the request is not retried,
        since that could create a second link.

        Args:
            oauth: Where the user is redirected after booking.
            event: The overall event, without ``start`` and ``end``.
            availability: The steps, each with its own event, and the times to offer.
            target_calendars: The calendars that the events are written to.
            callback_url: The URL that Cronofy calls when a sequence is chosen. The docs do not show the body.
            redirect_urls: Where the browser is redirected once a sequence is chosen.
            selection_mode: ``no_confirm`` books immediately, ``confirm`` asks first.
            minimum_notice: The minimum time from now to the first slot offered, for example a timedelta.
            formatting: How the page shows times.
            tzid: Undocumented, sent by official SDKs.

        Returns:
            A call for the new link: its ID and its URL.

        Raises:
            ValueError: A documented rule is broken or a time is naive; the message names the member.
            PaymentRequired: The application's plan does not include Real-Time Sequencing.
            ValidationFailed: Cronofy rejected a member.

        Example::

            link = await client.real_time_sequencing.create(
                oauth=OAuth("https://app.example.com/done"),
                event=EventTemplate(event_id="loop-9", summary="Interviews", tzid="Europe/Berlin"),
                availability=SequencingAvailability(
                    sequence=[
                        SequencingStep(
                            sequence_id="screen",
                            ordinal=1,
                            participants=[ParticipantGroup([Member("acc_1")])],
                            required_duration=timedelta(minutes=30),
                            event=EventTemplate(event_id="loop-9-a", summary="Screen"),
                        ),
                        SequencingStep(
                            sequence_id="panel",
                            ordinal=2,
                            participants=[ParticipantGroup([Member("acc_2"), Member("acc_3")])],
                            required_duration=timedelta(minutes=60),
                            event=EventTemplate(event_id="loop-9-b", summary="Panel"),
                        ),
                    ],
                    query_periods=[(start, end)],
                ),
                target_calendars=[TargetCalendar(sub="acc_1", calendar_id="cal_1")],
            )

        Docs: https://docs.cronofy.com/developers/api/scheduling/real-time-sequencing/
        """
        return self._call(CREATE, locals())

    @returns_call
    def disable(self, link: str | CreatedSequencingLink, *, display_message: str) -> Call[SequencingLink]:
        """Disable a link that is not completed (alpha).

        Args:
            link: The link, or its ID.
            display_message: The text that visitors see from then on: up to 500 characters, no HTML.

        Returns:
            A call for the link, now ``disabled``.

        Raises:
            ValueError: The message is empty or too long.
            NotFound: There is no such link.
            ValidationFailed: The link is already completed.

        Example::

            await client.real_time_sequencing.disable(link, display_message="We filled this role.")

        Docs: https://docs.cronofy.com/developers/api-alpha/sequenced-scheduling/real-time-sequencing/disable/
        """
        return self._call(DISABLE, locals())
