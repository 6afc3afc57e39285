"""A coordinator that is fed by feeds, each of which may fail alone."""

from abc import ABC
from typing import Protocol, override

from ..coordinator import ServiceCoordinator
from .feeds import Feeds


class Fed(Protocol):
    """A snapshot that says of which feeds it is: the keys of those that are out of date, and of those that are whole."""

    @property
    def stale(self) -> frozenset[str]:
        """Return the feeds whose values may not be shown."""
        ...

    @property
    def complete(self) -> frozenset[str]:
        """Return the feeds whose newest listing was whole."""
        ...


class FedCoordinator[DataT: Fed](ServiceCoordinator[DataT], ABC):
    """Answers of each feed by itself."""

    feeds: Feeds

    @override
    def fresh(self, feed: str) -> bool:
        return feed not in self.data.stale

    @override
    def complete(self, feed: str) -> bool:
        return feed in self.data.complete

    @override
    def listed(self, feed: str) -> float | None:
        return self.feeds.fetched(feed)

    @override
    def supported(self, feed: str) -> bool:
        return feed not in self.feeds.unsupported
