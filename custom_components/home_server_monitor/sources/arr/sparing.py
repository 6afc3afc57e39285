"""What a download is to others, before what was got of it is deleted: owed to a private tracker, or awaited elsewhere."""

from collections.abc import Iterator
from typing import Any, Protocol

from ...guardian.capabilities_media import Downloads, DownloadState, UsesDownloads
from ...guardian.contract import Refusal
from .queue import Item


class Others(Protocol):
    """Where all sources are known."""

    def capable(self, capability: Any) -> Iterator[Any]:
        """Yield those that have a capability."""
        ...


class Asking(Protocol):
    """The Arr that wants to delete it."""

    @property
    def house(self) -> Others:
        """Return where the others are."""
        ...

    @property
    def server(self) -> str:
        """Return the unique id of the server that it belongs to."""
        ...


async def spared(source: Asking, item: Item, *, ask: bool) -> Refusal | None:
    """Return why the data of a download is not to be deleted, None where nothing speaks against it.

    ask: whether its client is asked now, instead of what it showed last. Raises ClientError where it cannot be asked.
    """
    for other in source.house.capable(UsesDownloads):
        if other is not source and other.server == source.server and other.uses_download(item.key):
            return Refusal("used_elsewhere", {"target": item.title, "app": other.name})
    for client in source.house.capable(Downloads):
        if client.server != source.server:
            continue
        seen = next((each for key, each in client.downloads().items() if key.lower() == item.key), None)
        if seen is not None and ask:
            seen = await client.look_download(seen.id)
        # without its metadata nothing of it is there
        if seen is not None and seen.private is True and seen.state is not DownloadState.METADATA:
            return Refusal("owed_to_tracker", {"target": item.title})
    return None
