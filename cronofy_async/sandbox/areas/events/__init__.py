"""Events of accounts: reading, writing, rules, webhooks, and the actions of their users.

Docs: https://docs.cronofy.com/developers/api/events/
"""

from __future__ import annotations

from . import reading, rules, webhooks, writing
from .actions import Events

__all__ = ["Events", "reading", "rules", "webhooks", "writing"]
