"""What the sandbox is still missing, in one place."""

from __future__ import annotations

#: Operations that official SDKs send, and that the sandbox does not have yet. A test fails when it has one: then remove
#: the entry, and run ``python tests/docs/generated.py``. The tests of that operation are here already, and run from then on.
PENDING = {
    "availability.query",
    "availability.query_sequence",
    "availability_rules.delete",
    "availability_rules.list",
    "availability_rules.read",
    "availability_rules.upsert",
    "available_periods.bulk_delete",
    "available_periods.delete",
    "available_periods.list",
    "available_periods.upsert",
    "batch.execute",
    "channels.close",
    "channels.create",
    "channels.list",
}
