"""All models by a star import, as a user writes it. Type checkers read this; it is never run."""

from __future__ import annotations

from typing import assert_type

from cronofy_async.models import *  # noqa: F403 - the subject
from cronofy_async.sandbox import Booking


def notified(notification: NoTimesSuitable | NoTimesDisplayed | TimeChosen) -> None:  # noqa: F405
    assert_type(notification.type, str)


def booked(booking: Booking) -> None:
    assert_type(booking.delivery.status, int | None)
