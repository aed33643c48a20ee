"""How times are written."""

from __future__ import annotations

from datetime import datetime

__all__ = ["written"]


def written(moment: datetime) -> str:
    """As Cronofy writes a Time in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
