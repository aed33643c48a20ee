"""What the sandbox is still missing, in one place."""

from __future__ import annotations

#: Operations that official SDKs send, and that the sandbox does not have yet. A test fails when it has one: then remove
#: the entry, and run ``python tests/docs/generated.py``. The tests of that operation are here already, and run from then on.
PENDING: frozenset[str] = frozenset()
