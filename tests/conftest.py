"""Settings of all tests."""

from __future__ import annotations

from types import FunctionType

import pytest
from hypothesis import settings

# The duration of an example shows only how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name errors by their type; name URLs and lambdas by their parameter, as a test id must not hold an address."""
    if isinstance(val, BaseException):
        return type(val).__name__
    if (isinstance(val, str) and "//" in val) or (isinstance(val, FunctionType) and val.__name__ == "<lambda>"):
        return argname
    return None
