"""Fixtures of the tests of the control API."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from .support import Control, controlled


@pytest.fixture
async def control() -> AsyncGenerator[Control]:
    async with controlled() as control:
        yield control
