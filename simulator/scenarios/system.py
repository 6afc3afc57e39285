"""Apps, tasks, services, keys and the server itself."""

from typing import Any, override

from simulator.accounts import ApiKey
from simulator.alerts import Level
from simulator.motion import start_task, take_task_snapshot
from simulator.tasks import Task
from simulator.workloads import App, Service

from .base import Scenario


class _OnApp(Scenario):
    target: App

    def take(self, name: str) -> App:
        """An app that must exist."""
        self.target = self.world.apps[name]
        return self.target

    def tell(self) -> None:
        """The app's row changed."""
        self.world.changed("app", "changed", self.target.name)


class AppCrashed(_OnApp):
    """An app's containers die again and again."""

    name = "app_crashed"
    about = "An app crashes"

    @override
    async def on(self, app: str = "sonarr", **_: Any) -> None:
        self.take(app).set_state("CRASHED")
        self.tell()

    @override
    async def off(self) -> None:
        self.target.set_state("RUNNING")
        self.tell()


class AppUpdate(_OnApp):
    """A newer version of an app is in the catalogue."""

    name = "app_update"
    about = "An app has an update"

    @override
    async def on(
        self,
        app: str = "sonarr",
        version: str = "1.3.5",
        software: str = "4.0.16.2944",
        broken: bool = False,
        **_: Any,
    ) -> None:
        self.take(app).latest = (version, software)
        if broken:
            self.target.broken.add(version)
        self.tell()

    @override
    async def off(self) -> None:
        self.target.latest = None
        self.tell()


class TaskFailing(Scenario):
    """A task's next runs fail, and the last one did."""

    name = "task_failing"
    about = "A backup task fails"
    task: Task
    klass: str

    @override
    async def on(
        self, kind: str = "cloudsync", task: int = 1, error: str = "directory not found", **_: Any
    ) -> None:
        world = self.world
        groups: dict[str, tuple[dict[int, Any], str, Level]] = {
            "replication": (world.replications, "ReplicationFailed", "CRITICAL"),
            "cloudsync": (world.cloud_syncs, "CloudSyncTaskFailed", "ERROR"),
            "rsync": (world.rsyncs, "RsyncFailed", "CRITICAL"),
            "cloud_backup": (world.cloud_backups, "CloudBackupTaskFailed", "ERROR"),
            "snapshot": (world.snapshot_tasks, "SnapshotFailed", "CRITICAL"),
        }
        tasks, self.klass, level = groups[kind]
        self.task = tasks[task]
        self.task.failing = error
        if kind == "snapshot":
            take_task_snapshot(world, tasks[task], world.clock.now())
        else:
            job = start_task(world, self.task, owner=None)
            job.seconds = 0.0
            world.tick()
        world.raise_alert(self.klass, level, f'Task "{self.task.description}" failed: {error}', {"id": task})

    @override
    async def off(self) -> None:
        self.task.failing = None
        self.world.clear_alerts(self.klass)


class UpdateAvailable(Scenario):
    """The vendor has a newer version."""

    name = "update_available"
    about = "A newer TrueNAS is out"

    @override
    async def on(self, version: str | None = None, **_: Any) -> None:
        current = self.world.version_suffix or self.sim.truenas.release.version
        self.world.update.version = version or next_version(current)
        self.world.changed("update", "changed", "update")
        self.world.raise_alert(
            "HasUpdate", "INFO", "A system update is available. Go to System > Update.", None
        )

    @override
    async def off(self) -> None:
        self.world.update.version = None
        self.world.clear_alerts("HasUpdate")
        self.world.changed("update", "changed", "update")


def next_version(current: str) -> str:
    """One patch further: …-25.10.6 → …-25.10.7."""
    head, _, last = current.rpartition(".")
    return f"{head}.{int(last) + 1}"


class RaiseAlert(Scenario):
    """Any alert."""

    name = "alert"
    about = "The server raises an alert"
    klass: str

    @override
    async def on(
        self,
        klass: str = "NTPHealthCheck",
        level: Level = "WARNING",
        text: str = "NTP health check failed - No Active NTP peers",
        args: object = None,
        **_: Any,
    ) -> None:
        self.klass = klass
        self.world.raise_alert(klass, level, text, args)

    @override
    async def off(self) -> None:
        self.world.clear_alerts(self.klass)


class ServiceDown(Scenario):
    """A service that should run does not."""

    name = "service_down"
    about = "SMB stops"
    service: Service

    @override
    async def on(self, service: str = "cifs", **_: Any) -> None:
        self.service = self.world.services[service]
        self._set(False)

    def _set(self, running: bool) -> None:
        self.service.running = running
        self.service.pids = [2418] if running else []
        self.world.changed("service", "changed", self.service.number)

    @override
    async def off(self) -> None:
        self._set(True)


class RevokedKey(Scenario):
    """The key is revoked; sessions that use it end."""

    name = "revoked_key"
    about = "The API key is revoked"
    key: ApiKey

    @override
    async def on(self, key: int = 1, **_: Any) -> None:
        self.key = self.world.keys[key]
        self.key.revoked, self.key.revoked_reason = True, "Revoked by an administrator"
        for session in self.sim.truenas.sessions.values():
            if session.key is self.key:
                session.logout()
        self.world.raise_alert(
            "ApiKeyRevoked", "WARNING", f"{self.key.name}: API key has been revoked.", self.key.name
        )

    @override
    async def off(self) -> None:
        self.key.revoked, self.key.revoked_reason = False, None
        self.world.clear_alerts("ApiKeyRevoked")


class Busy(Scenario):
    """All cores work."""

    name = "busy"
    about = "The CPU is busy"
    before: float

    @override
    async def on(self, percent: float = 80.0, **_: Any) -> None:
        self.before = self.world.cpu_percent
        self.world.cpu_percent = percent

    @override
    async def off(self) -> None:
        self.world.cpu_percent = self.before


class CountersReset(Scenario):
    """Byte counters start again."""

    name = "counters_reset"
    about = "All byte counters start again at zero"

    @override
    async def on(self, **_: Any) -> None:
        self.world.reset_counters()


class Reboot(Scenario):
    """The server boots anew."""

    name = "reboot"
    about = "The server reboots"

    @override
    async def on(self, downtime: float | None = None, **_: Any) -> None:
        await self.sim.reboot(self.sim.downtime if downtime is None else downtime)


SYSTEM: tuple[type[Scenario], ...] = (
    AppCrashed,
    AppUpdate,
    TaskFailing,
    UpdateAvailable,
    RaiseAlert,
    ServiceDown,
    RevokedKey,
    Busy,
    CountersReset,
    Reboot,
)
