"""What a simulated Prowlarr knows: its indexers, and which of them fail."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Indexer:
    """An indexer. until: seconds since 1970 until which it is not asked, 0 while it is well."""

    id: int
    name: str
    protocol: str = "torrent"
    enabled: bool = True
    until: float = 0.0
    since: float = 0.0


@dataclass(slots=True)
class Prowlarr:
    """All indexers by id."""

    indexers: dict[int, Indexer] = field(default_factory=dict)
