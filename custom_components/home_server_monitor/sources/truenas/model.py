"""The snapshot of one NAS: everything that is known at one moment, immutable and comparable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from .app import App
from .disk import Disk
from .realtime import Realtime
from .storage import Dataset, Pool, Snapshots
from .system import Alert, Certificate, Interface, Service, Share, System, Update
from .work import Machine, Task


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueNas:
    """One snapshot.

    `stale` holds the keys of feeds whose values are too old to be shown; `skipped` counts records that could not
    be read, by feed; `complete` holds the feeds that were listed in full; `left` is what Home Assistants left here.
    """

    release: tuple[int, int] = (0, 0)
    system: System | None = None
    boot_pool: Pool | None = None
    realtime: Realtime | None = None
    reboot_reasons: tuple[str, ...] | None = None
    update: Update | None = None
    pools: Mapping[str, Pool] = field(default_factory=_none)
    disks: Mapping[str, Disk] = field(default_factory=_none)
    datasets: Mapping[str, Dataset] = field(default_factory=_none)
    snapshots: Mapping[str, Snapshots] = field(default_factory=_none)
    snapshot_count: int | None = None
    left: Mapping[str, datetime | None] = field(default_factory=_none)
    tasks: Mapping[str, Task] = field(default_factory=_none)
    services: Mapping[str, Service] = field(default_factory=_none)
    apps: Mapping[str, App] = field(default_factory=_none)
    machines: Mapping[str, Machine] = field(default_factory=_none)
    interfaces: Mapping[str, Interface] = field(default_factory=_none)
    certificates: Mapping[str, Certificate] = field(default_factory=_none)
    alerts: Mapping[str, Alert] = field(default_factory=_none)
    shares: Mapping[str, Share] = field(default_factory=_none)
    ups: Mapping[str, Any] = field(default_factory=_none)
    roles: frozenset[str] = frozenset()
    stale: frozenset[str] = frozenset()
    complete: frozenset[str] = frozenset()
    skipped: Mapping[str, int] = field(default_factory=_none)
