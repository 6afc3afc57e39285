"""Every guardian that a test started is stopped after it."""

from collections.abc import AsyncIterator

import pytest

from .fake import Guardian


@pytest.fixture(autouse=True)
async def _all_end() -> AsyncIterator[None]:
    Guardian.running.clear()
    yield
    for guardian in Guardian.running:
        await guardian.end()
