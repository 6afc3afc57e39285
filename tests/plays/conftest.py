"""What plays ask of Arrs and of Plex is held against the vendors' descriptions."""

from collections.abc import Iterator

import pytest

from tests.vendors import watched


@pytest.fixture(autouse=True)
def vendors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every request is one that was held against the vendor's description."""
    with watched(monkeypatch):
        yield
