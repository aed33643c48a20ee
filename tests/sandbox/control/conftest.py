"""Fixtures of the tests of the control API."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from .support import Control, serve_control


@pytest.fixture
async def control() -> AsyncGenerator[Control]:
    async with serve_control() as control:
        yield control
