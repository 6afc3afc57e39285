"""Which downloads wait for their import, and what of the space of their disk they would give back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from ...guardian.capabilities_media import DownloadState, Item
from ...sources.errors import ClientError

# what was completed before that was not held by us, unless it was known to wait then: the window comes every night
RECENT: Final = timedelta(hours=60)


@dataclass(frozen=True, slots=True)
class Held:
    """One download that waits. frees: whether its import moves it, so that its place becomes free."""

    client: str
    arr: str
    size: int
    frees: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """All that waits, by id; `known` says whether every Arr could be asked."""

    items: Mapping[str, Held] = field(default_factory=lambda: MappingProxyType({}))
    known: bool = True

    @property
    def size(self) -> int:
        """Return the bytes that wait."""
        return sum(each.size for each in self.items.values())

    def frees(self, clients: Collection[str], arr: str | None = None) -> int:
        """Return the bytes that imports would free where these clients download to; arr: of one Arr alone."""
        return sum(
            each.size
            for each in self.items.values()
            if each.frees and each.client in clients and arr in (None, each.arr)
        )


def completed(clients: Collection[Any], now: datetime, known: Collection[str]) -> dict[str, tuple[Any, Item]]:
    """Return what was completed lately in these clients, or is known, by id, each with its client."""
    return {
        key: (client, item)
        for client in clients
        if client.judged
        for key, item in client.downloads().items()
        if item.state.has_all and (item.finished is None or now - item.finished < RECENT or key in known)
    }


async def read_backlog(
    clients: Collection[Any], arrs: Collection[Any], before: Backlog, now: datetime
) -> Backlog:
    """Ask each Arr which of what was completed waits; one that does not answer keeps what was known of it."""
    there = completed(clients, now, before.items.keys())
    found: dict[str, Held] = {}
    known = True
    for arr in arrs:
        try:
            waiting = await arr.waiting_imports({key: item for key, (_, item) in there.items()})
        except ClientError, TimeoutError:
            known = False
            found |= {key: each for key, each in before.items.items() if each.arr == arr.id and key in there}
            continue
        for key in waiting:
            client, item = there[key]
            found[key] = Held(client.id, arr.id, item.size, is_moved(item))
    return Backlog(found, known)


def is_moved(item: Item) -> bool:
    """Return whether an import takes it from its place: what seeds is copied, and stays until it is removed."""
    return item.protocol == "usenet" or item.state is DownloadState.COMPLETED
