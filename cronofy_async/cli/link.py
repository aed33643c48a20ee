"""A link, as somebody names it."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import attrs

from ..call import Call
from ..client import CronofyClient
from ..models.real_time_scheduling import SchedulingLink

__all__ = ["NO_LINK", "By", "NamedLink", "is_url"]

By: TypeAlias = Literal["id", "token"]

NO_LINK: Final = "neither an id, a token nor the URL of a link"


@attrs.frozen
class NamedLink:
    """A link by its id or its token. A token is not for terminals and logs: whoever reads it can book."""

    by: By
    name: str = attrs.field(repr=False)

    @classmethod
    def read(cls, text: str, by: By) -> NamedLink:
        """An id or token as it is, or the token of a URL. The name is empty if there is none."""
        if not is_url(text):
            return cls(by, text)
        try:
            return cls("token", urlsplit(text).path.rstrip("/").rpartition("/")[2])
        except ValueError:
            return cls("token", "")

    @property
    def id(self) -> str | None:
        """Its id, if that is how it was named."""
        return self.name if self.by == "id" else None

    def call(self, cronofy: CronofyClient) -> Call[SchedulingLink]:
        """Ask what became of it.

        Raises:
            ValueError: this names no link.
        """
        if not self.name:
            raise ValueError(NO_LINK)
        links = cronofy.real_time_scheduling
        return links.status(self.name) if self.by == "id" else links.status_by_token(self.name)


def is_url(text: str) -> bool:
    """Whether it is a URL, of a link if of anything."""
    return text.startswith(("http://", "https://"))
