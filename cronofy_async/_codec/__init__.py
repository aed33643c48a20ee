"""JSON to models and back.

Reading is strict about primitives and open about everything else: unknown members are kept in ``extra``, unknown values
of open sets stay plain strings. Writing depends on the type of a value, not on a declared type, so a mapping can be
passed wherever a model can.
"""

from __future__ import annotations

from .parsing import parse_json
from .reading import decode, from_dict
from .wire import json_name, local, wire_name
from .writing import encode, join_names, query_items, query_string, to_dict

__all__ = [
    "decode",
    "encode",
    "from_dict",
    "join_names",
    "json_name",
    "local",
    "parse_json",
    "query_items",
    "query_string",
    "to_dict",
    "wire_name",
]
