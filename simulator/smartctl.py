"""`smartctl` in a container of the engine: what it prints of the world's disks, in the shape of the real one.

As with the real one, a disk that is not asked for its power mode first is woken by being read.
"""

from collections.abc import Callable
import json
from typing import Any

from .engine.model import Container
from .storage import Disk
from .truenas.methods.smart import attributes
from .world import World

type Row = dict[str, Any]
type Ran = tuple[int, str, str]

ABOUT: Row = {"json_format_version": [1, 0], "smartctl": {"version": [7, 4], "platform_info": "x86_64-linux"}}
SCAN = ("--json=c", "--scan")


def program(world: Callable[[], World]) -> Callable[[Container, tuple[str, ...]], Ran | None]:
    """The program; None in a container that has none."""

    def run(container: Container, arguments: tuple[str, ...]) -> Ran | None:
        if "/scrutiny:" not in container.reference or container.reference.endswith("-web"):
            return None
        return _run(world(), container, arguments)

    return run


def _run(world: World, container: Container, arguments: tuple[str, ...]) -> Ran:
    nodes = {str(each.get("PathInContainer")) for each in container.host.get("Devices") or ()}
    seen = {f"/dev/{disk.name}": disk for disk in world.present_disks() if f"/dev/{disk.name}" in nodes}
    if arguments == SCAN:
        rows = [{"name": path, "info_name": path, "type": _type(disk)} for path, disk in sorted(seen.items())]
        return 0, json.dumps({**ABOUT, "devices": rows}), ""
    disk = seen.get(arguments[-1]) if arguments else None
    if disk is None:
        path = arguments[-1] if arguments else ""
        failed = f"Smartctl open device: {path} failed: No such device"
        messages = [{"string": failed, "severity": "error"}]
        about = {**ABOUT["smartctl"], "messages": messages, "exit_status": 2}
        return 2, json.dumps({**ABOUT, "smartctl": about}), ""
    device = {"name": arguments[-1], "info_name": arguments[-1], "type": _type(disk)}
    if disk.asleep:
        mode = arguments[arguments.index("-n") + 1] if "-n" in arguments else "never"
        if mode.startswith("standby"):
            code = int(mode.split(",")[1]) if "," in mode else 2
            said = [{"string": f"Device is in STANDBY mode, exit({code})", "severity": "information"}]
            about = {**ABOUT["smartctl"], "messages": said, "exit_status": code}
            return code, json.dumps({**ABOUT, "smartctl": about, "device": device}), ""
        world.wake(disk)
    return 0, json.dumps({**ABOUT, "device": device, **_report(world, disk)}), ""


def _type(disk: Disk) -> str:
    return "nvme" if disk.bus == "NVME" else "scsi"


def _report(world: World, disk: Disk) -> Row:
    found = attributes(world, disk)
    nvme = disk.bus == "NVME"
    report: Row = {
        "local_time": {"time_t": int(world.clock.now())},
        "model_name": disk.model.replace("_", " "),
        "serial_number": disk.serial,
        "user_capacity": {"bytes": disk.size},
        "smart_status": {"passed": True},
        "power_on_time": {"hours": disk.hours},
        "temperature": {"current": round(world.disk_temperature(disk))},
    }
    if nvme:
        return {**report, "nvme_smart_health_information_log": found}
    return {**report, "rotation_rate": disk.rotation or 0, "ata_smart_attributes": {"table": found}}
