"""The result for an assumption or a response."""

from __future__ import annotations

from typing import Literal

import attrs

__all__ = ["Finding"]


@attrs.frozen(kw_only=True)
class Finding:
    """The result for an assumption or a response.

    Attributes:
        name: The assumption, or the operation whose response was read.
        verdict: ``confirmed`` and ``refuted`` are about assumptions, ``as documented`` and ``different`` about responses.
        reason: Why it is not testable, or where a response differs.
    """

    name: str
    verdict: Literal["confirmed", "refuted", "as documented", "different", "not testable"]
    reason: str = ""
