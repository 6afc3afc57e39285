"""The HTTP interface of Scrutiny: a summary of all drives, and the readings of one.

Its collector runs once a day. As in the real one, each reading is kept for a week, then one a week, then one a month.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
import uuid

from simulator.ageing import Chance, healthy
from simulator.serving import Face
from simulator.serving.asked import Asked
from simulator.serving.replies import Json, Reply
from simulator.serving.routes import Route, Routes
from simulator.storage import Disk
from simulator.truenas.methods.smart import attributes
from simulator.world import World

type Row = dict[str, Any]

DAY = 86400.0
KEPT = {"week": 7, "month": 31, "year": 365, "forever": 3650}


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ScrutinyFace(Face):
    """A disk that sleeps is not read; one that was read stays in the list also when it is gone."""

    def __init__(self, world: World, *, latency: float = 0.0, version: str = "0.9.3") -> None:
        super().__init__(world.clock.now, latency=latency)
        self.version = version
        self.history_days = 400
        # a fork that was told to want one
        self.token: str | None = None
        self.attach(world)
        self.routes = Routes(
            Route("GET", "/api/health", self._health),
            Route("GET", "/api/summary", self._summary),
            Route("GET", "/api/settings", self._settings),
            Route("GET", "/api/device/{key}/details", self._details),
        )

    def attach(self, world: World) -> None:
        """Belong to another world, whose disks were well until now."""
        self.world, self.now = world, world.clock.now
        # before anything happened to them
        self._young = {disk.serial: replace(disk) for disk in world.disks}
        # the readings of each disk, the oldest first: when, and the disk as it was
        self._read: dict[str, list[tuple[float, Disk]]] = {}
        # when the collector ran last; 0.0: never. Whether it runs by itself
        self._ran, self._runs = 0.0, True
        # what fails its own test as a whole
        self.failed: set[str] = set()

    def forget(self, disk: Disk) -> None:
        """Drop what was read of a disk: it has had another past."""
        self._read.pop(disk.serial, None)

    # The collector

    def read_last(self, days_ago: float) -> None:
        """Let the collector have run so long ago; unless that is now, it runs again only when this is called."""
        self._runs = not days_ago
        self._run(self.now() - days_ago * DAY)

    def _run(self, at: float) -> None:
        self._ran = at
        for disk in self.world.present_disks():
            read = self._of(disk)
            if not disk.asleep and (not read or read[-1][0] < at):
                read.append((at, self._grown(disk, at)))

    def _catch_up(self) -> None:
        if not self._ran:
            self._run(self.now())
        while self._runs and self.now() - self._ran >= DAY:
            self._run(self._ran + DAY)

    def _grown(self, disk: Disk, at: float) -> Disk:
        """The disk as it is at a time: what it is in the world, or what its ageing makes of it."""
        aged = self.world.aged.get(disk.serial)
        return replace(disk) if aged is None else aged.on(at)

    def _of(self, disk: Disk) -> list[tuple[float, Disk]]:
        if disk.serial not in self._read:
            today = self._ran or self.now()
            aged = self.world.aged.get(disk.serial)
            young, chance = self._young.get(disk.serial, disk), Chance(self.world.seed, disk.serial)
            days = [(day, today + day * DAY) for day in range(-self.history_days, 0)]
            self._read[disk.serial] = [
                (at, healthy(day, young, chance) if aged is None else aged.on(at)) for day, at in days
            ]
        return self._read[disk.serial]

    def _listed(self) -> list[Disk]:
        """Whatever was ever read, and what is there now."""
        return [disk for disk in self.world.disks if disk.present or disk.serial in self._read]

    def _kept(self, disk: Disk, days: int) -> list[tuple[float, Disk]]:
        """What is left of the readings, the newest first: all of a week, one a week of a month, then one a month."""
        kept: list[tuple[float, Disk]] = []
        for at, then in reversed(self._of(disk)):
            age = (self.now() - at) / DAY
            gap = 0.5 if age <= 7 else 7 if age <= 31 else 30
            if age <= days and (not kept or (kept[-1][0] - at) / DAY >= gap):
                kept.append((at, then))
        return kept

    # The calls

    async def handle(self, route: Route, asked: Asked) -> Reply:
        """Refuse whoever has no token, where one is wanted."""
        if self.token is not None and asked.headers.get("Authorization") != f"Bearer {self.token}":
            return self.refuse(401, "")
        return await super().handle(route, asked)

    def refuse(self, status: int, message: str) -> Reply:
        """An error as Scrutiny writes them."""
        return Json({"success": False}, status)

    def _health(self, _: Asked) -> Reply:
        return Json({"success": True})

    def _settings(self, _: Asked) -> Reply:
        settings = {"theme": "system", "temperature_unit": "celsius"}
        return Json({"success": True, "settings": settings, "server_version": self.version})

    def _summary(self, _: Asked) -> Reply:
        self._catch_up()
        summary: Row = {}
        for disk in self._listed():
            row: Row = {"device": self._device(disk)}
            if read := self._of(disk):
                at, then = read[-1]
                row["smart"] = {
                    "collector_date": _stamp(at),
                    "temp": round(self.world.disk_temperature(then)),
                    "power_on_hours": then.hours,
                }
            summary[self.key(disk)] = row
        return Json({"success": True, "data": {"summary": summary or None}})

    def _details(self, asked: Asked, key: str) -> Reply:
        self._catch_up()
        disk = next((one for one in self._listed() if self.key(one) == key), None)
        if disk is None:
            return self.refuse(500, "")
        days = KEPT.get(asked.query.get("duration_key", "forever"), 3650)
        results = [self._result(at, then) for at, then in self._kept(disk, days)]
        data = {"device": self._device(disk), "smart_results": results}
        return Json({"success": True, "data": data, "metadata": {}})

    def key(self, disk: Disk) -> str:
        """What Scrutiny knows a disk by."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{disk.model}{disk.serial}"))

    def _device(self, disk: Disk) -> Row:
        nvme = disk.bus == "NVME"
        return {
            "archived": False,
            "CreatedAt": _stamp(self.now() - self.history_days * DAY),
            "UpdatedAt": _stamp(self.now()),
            "DeletedAt": None,
            "wwn": "" if nvme else f"0x{disk.lunid}",
            "device_name": disk.name,
            "device_uuid": "",
            "device_serial_id": "",
            "device_label": "",
            "manufacturer": "" if nvme else "ATA",
            "model_name": disk.model,
            "interface_type": "" if nvme else "SCSI",
            "interface_speed": "",
            "serial_number": disk.serial,
            "firmware": "",
            "rotational_speed": disk.rotation or 0,
            "capacity": disk.size,
            "form_factor": "",
            "smart_support": False,
            "device_protocol": "NVMe" if nvme else "ATA",
            "device_type": "nvme" if nvme else "sat",
            "label": "",
            "host_id": "",
            "device_status": 1 if disk.serial in self.failed else 0,
            "scrutiny_uuid": self.key(disk),
        }

    def _result(self, at: float, disk: Disk) -> Row:
        nvme = disk.bus == "NVME"
        found = attributes(self.world, disk)
        return {
            "date": _stamp(at),
            "device_wwn": "",
            "scrutiny_uuid": self.key(disk),
            "device_protocol": "NVMe" if nvme else "ATA",
            "temp": round(self.world.disk_temperature(disk)),
            "power_on_hours": disk.hours,
            "power_cycle_count": 88,
            "attrs": _nvme(found) if nvme else {str(row["id"]): _ata(row) for row in found},
            "Status": 0,
        }


def _judged(value: int) -> Row:
    return {"transformed_value": value, "status": 0}


def _ata(row: Row) -> Row:
    return {
        "attribute_id": row["id"],
        "value": row["value"],
        "thresh": row["thresh"],
        "worst": row["worst"],
        "raw_value": row["raw"]["value"],
        "raw_string": row["raw"]["string"],
        "when_failed": row["when_failed"],
        **_judged(0),
    }


def _nvme(log: Row) -> Row:
    limits = {"available_spare": log["available_spare_threshold"], "percentage_used": 100, "media_errors": 0}
    return {
        key: {"attribute_id": key, "value": value, "thresh": limits.get(key, -1), **_judged(0)}
        for key, value in log.items()
        if key != "available_spare_threshold"
    }
