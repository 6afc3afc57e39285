"""The whole server: its state, how that state moves, and who hears of changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import motion
from .accounts import ApiKey, AuditEntry, User
from .alerts import Alert, Level
from .clock import DAY, Clock
from .hardware import Hardware
from .jobs import Jobs
from .media import MediaWorld
from .network import Certificate, Interface
from .noise import digest, number
from .power import Ups
from .storage import Dataset, Disk, Pool, Snapshot, Vdev
from .tasks import CloudBackup, CloudSync, Cron, Replication, Rsync, SnapshotTask, Task
from .workloads import App, Machine, Service, SystemContainer

if TYPE_CHECKING:
    from .ageing import Aged
    from .household import Household


@dataclass(frozen=True, slots=True)
class Change:
    """Something that listeners may want to know: `kind` is ours, faces translate it."""

    kind: str
    verb: str
    key: int | str
    extra: object = None


@dataclass(slots=True)
class Update:
    """A newer release on offer, and how far its download is."""

    version: str | None = None
    downloaded: bool = False
    percent: float | None = None
    installed: bool = False


class World(Hardware):
    """One home server. Everything is public: tests may change it, faces only read and call it."""

    def __init__(self, clock: Clock, seed: int) -> None:
        super().__init__(clock, seed)
        self.hostname = "truenas"
        self.version_suffix: str | None = None
        self.update = Update()
        self.disks: list[Disk] = []
        # those that age, by serial
        self.aged: dict[str, Aged] = {}
        self.pools: list[Pool] = []
        self.boot_pool: Pool
        self.datasets: dict[str, Dataset] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.apps: dict[str, App] = {}
        # of the catalogue: whether it asks for no disks, and versions that do not run once they are installed
        self.catalogue_hides_disks = False
        self.broken_installs: set[str] = set()
        self.services: dict[str, Service] = {}
        self.machines: dict[int, Machine] = {}
        self.containers: dict[int, SystemContainer] = {}
        self.snapshot_tasks: dict[int, SnapshotTask] = {}
        self.replications: dict[int, Replication] = {}
        self.cloud_syncs: dict[int, CloudSync] = {}
        self.rsyncs: dict[int, Rsync] = {}
        self.cloud_backups: dict[int, CloudBackup] = {}
        self.crons: dict[int, Cron] = {}
        self.alerts: dict[str, Alert] = {}
        self.interfaces: list[Interface] = []
        self.certificates: list[Certificate] = []
        self.users: list[User] = []
        self.keys: dict[int, ApiKey] = {}
        self.audit: list[AuditEntry] = []
        self.listeners: list[Callable[[Change], None]] = []
        self.jobs = Jobs(clock.now, lambda job, verb: self.changed("job", verb, job.number))
        self._txg = 9_200_000
        self.filled_at = clock.now()
        # what runs on the engine, where there is one
        self.household: Household | None = None
        # what feeds all of it
        self.ups = Ups(clock, lambda: 96.0 + 6.0 * self.wobble("watts", 30.0))
        # what is downloaded and watched; empty until somebody furnishes it
        self.media = MediaWorld(clock, seed)

    # Time

    def tick(self) -> None:
        """Bring everything up to the present."""
        motion.tick(self)
        self.ups.tick()
        if self.household is not None:
            self.household.engine.tick()
        self.media.tick()

    def tasks(self) -> list[Task]:
        """Every scheduled task."""
        groups: list[dict[int, Task]] = [
            {**self.snapshot_tasks},
            {**self.replications},
            {**self.cloud_syncs},
            {**self.rsyncs},
            {**self.cloud_backups},
        ]
        return [task for group in groups for task in group.values()]

    def changed(self, kind: str, verb: str, key: int | str, extra: object = None) -> None:
        """Tell every listener."""
        change = Change(kind, verb, key, extra)
        for listener in list(self.listeners):
            listener(change)

    def restart(self) -> None:
        """A new boot: no job is remembered, counters begin again."""
        now = self.clock.now()
        self.booted = self.started = now
        self.boot_count += 1
        self.jobs.forget()
        for task in self.tasks():
            if not isinstance(task, SnapshotTask | Replication):
                task.last = None
        for pool in self.pools:
            if pool.scan and pool.scan.state == "SCANNING" and pool.scan.paused_at is None:
                motion.move_scan(self, pool, now)
        self.reset_counters()
        self.changed("boot", "changed", self.boot_id)

    def reset_counters(self) -> None:
        """Byte counters of disks and apps begin again at nothing."""
        mark = self.clock.motion()
        for disk in self.disks:
            disk.read_base = disk.write_base = 0
            disk.counters_since = mark
        for app in self.apps.values():
            app.counters_since = mark

    # Storage

    def disk(self, name: str) -> Disk | None:
        """The disk that has this kernel name now."""
        return next((disk for disk in self.present_disks() if disk.name == name), None)

    def present_disks(self) -> list[Disk]:
        """Every disk that is plugged in, in the order of their names."""
        return [disk for disk in self.disks if disk.present]

    @property
    def wakeups(self) -> int:
        """How often somebody woke a sleeping disk."""
        return sum(disk.wakeups for disk in self.disks)

    def wake(self, disk: Disk) -> None:
        """Reading SMART spins a sleeping disk up."""
        if disk.asleep:
            disk.asleep = False
            disk.wakeups += 1

    def pool(self, name: str) -> Pool | None:
        """A pool by name; the boot pool counts too."""
        return next((pool for pool in [*self.pools, self.boot_pool] if pool.name == name), None)

    def pool_of(self, disk: Disk) -> Pool | None:
        """The pool that stands on this disk."""
        for pool in [*self.pools, self.boot_pool]:
            if not pool.exported and any(leaf.disk is disk for leaf in pool.leaves()):
                return pool
        return None

    def leaf_of(self, disk: Disk) -> Vdev | None:
        """The leaf that is this disk."""
        for pool in [*self.pools, self.boot_pool]:
            for leaf in pool.leaves():
                if leaf.disk is disk:
                    return leaf
        return None

    def root(self, pool: Pool) -> Dataset:
        """A pool's root dataset."""
        return self.datasets[pool.name]

    def own_bytes(self, dataset: Dataset) -> int:
        """What a dataset holds itself, with its slow growth."""
        return dataset.own + int(dataset.growth_per_day * self.clock.motion() / DAY)

    def snapshot_bytes(self, name: str) -> int:
        """What a dataset's snapshots hold."""
        return sum(snap.used for snap in self.snapshots.values() if snap.dataset == name)

    def children(self, name: str) -> list[Dataset]:
        """Direct children."""
        return [dataset for dataset in self.datasets.values() if dataset.parent == name]

    def used(self, dataset: Dataset) -> int:
        """With children and snapshots."""
        below = sum(self.used(child) for child in self.children(dataset.name))
        return self.own_bytes(dataset) + self.snapshot_bytes(dataset.name) + below

    def allocated(self, pool: Pool) -> int:
        """Raw bytes in use, parity included."""
        used = self.used(self.root(pool)) if pool.name in self.datasets else 9 << 30
        return min(pool.size, int(used / pool.usable_share))

    def available(self, pool: Pool) -> int:
        """What data can still be written; ZFS keeps a share back."""
        return max(0, int((pool.size * 0.97 - self.allocated(pool)) * pool.usable_share))

    def add_snapshot(self, dataset: str, name: str, at: float, referenced: int | None = None) -> Snapshot:
        """Take a snapshot; its transaction group is always newer than all before."""
        self._txg += 11
        size = self.own_bytes(self.datasets[dataset]) if referenced is None else referenced
        snap = Snapshot(dataset, name, at, self._txg, size, used=int(size * 0.0004) + 12288)
        self.snapshots[snap.ident] = snap
        return snap

    # Alerts

    def raise_alert(
        self, klass: str, level: Level, text: str, args: object = None, *, one_shot: bool = False
    ) -> Alert:
        """Raise an alert, or find the same one that is there already."""
        key = "null" if args is None else str(args)
        ident = digest(self.seed, "alert", klass, key)
        uuid = f"{ident[:8]}-{ident[8:12]}-4{ident[13:16]}-9{ident[17:20]}-{ident[20:32]}"
        now = self.clock.now()
        verb = "changed" if uuid in self.alerts else "added"
        alert = self.alerts.get(uuid)
        if alert is None:
            alert = Alert(uuid, klass, level, text, key, now, args, klass, one_shot)
            self.alerts[uuid] = alert
        alert.text, alert.last_at = text, now
        self.changed("alert", verb, uuid)
        return alert

    def clear_alerts(self, klass: str) -> None:
        """End every alert of a class."""
        for alert in [alert for alert in self.alerts.values() if alert.klass == klass]:
            del self.alerts[alert.uuid]
            self.changed("alert", "removed", alert.uuid)

    # Accounts

    def log(self, username: str, event: str, *, success: bool, **data: object) -> None:
        """Write a line of the audit log."""
        self.audit.append(AuditEntry(len(self.audit) + 1, self.clock.now(), username, event, success, data))
        del self.audit[:-20_000]

    def guid(self, *parts: object) -> int:
        """A ZFS guid that never changes for the same thing."""
        return number(self.seed, "guid", *parts)
