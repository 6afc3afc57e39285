"""A small container that carries a `smartctl` of ours: it prints reports in the real one's shape, and notes what it was asked.

A disk sleeps where `/data/NAME.asleep` is; whoever then does not ask for its power mode first has woken it.
"""

import json
from typing import Any

from tests.engine import Engine
from tests.prediction.drives import ata, attribute

SCRIPT = r"""#!/bin/sh
echo "$*" >> /tmp/asked
about='"json_format_version":[1,0],"smartctl":{"version":[7,4],"exit_status":0}'
if [ "$*" = "--json=c --scan" ]; then
  found=
  for disk in /dev/sd?; do
    [ -e "$disk" ] && found="$found${found:+,}{\"name\":\"$disk\",\"info_name\":\"$disk\",\"type\":\"scsi\",\"protocol\":\"SCSI\"}"
  done
  echo "{$about,\"devices\":[$found]}"
  exit 0
fi
for last in "$@"; do true; done
name="${last#/dev/}"
if [ -e "/data/$name.asleep" ]; then
  if [ "$3 $4" = "standby,3,5 -x" ]; then
    echo "{$about,\"device\":{\"name\":\"$last\",\"type\":\"sat\",\"protocol\":\"ATA\"}}"
    exit 3
  fi
  echo "$name" >> /tmp/woken
fi
[ -e "/data/$name.hangs" ] && sleep 20
cat "/data/$name.json"
exit "$(cat "/data/$name.code")"
"""


def report(serial: str, *, now: int, **more: Any) -> str:
    """Return what it prints for a hard disk."""
    table = [attribute(5, "Reallocated_Sector_Ct", 8), attribute(197, "Current_Pending_Sector", 0)]
    body = ata(*table, **more) | {"serial_number": serial, "local_time": {"time_t": now}}
    return json.dumps(body, separators=(",", ":"))


def carry(engine: Engine, suffix: str, disks: dict[str, tuple[str, int]]) -> str:
    """Run the container with these disks (kernel name: report and exit status); returns its name.

    The nodes lead to /dev/null: nothing of the machine's own disks is in it.
    """
    files = {"bin/smartctl": SCRIPT}
    for name, (text, code) in disks.items():
        files |= {f"data/{name}.json": text, f"data/{name}.code": str(code)}
    image = engine.image(suffix, "1", 'CMD ["/bin/sleep", "100000"]', files=files)
    devices = [
        {"PathOnHost": "/dev/null", "PathInContainer": f"/dev/{name}", "CgroupPermissions": "r"}
        for name in disks
    ]
    engine.run(suffix, image, HostConfig={"Devices": devices})
    return engine.name(suffix)


def shell(engine: Engine, container: str, command: str) -> str:
    """Run a command in it."""
    body = {"AttachStdout": True, "Tty": True, "Cmd": ["/bin/sh", "-c", command]}
    made = engine.api.must("POST", f"/containers/{container}/exec", body)["Id"]
    return str(engine.api.call("POST", f"/exec/{made}/start", {"Detach": False, "Tty": True})[1] or "")


def asked(engine: Engine, container: str) -> list[str]:
    """Return the command lines that smartctl was called with, without its own name."""
    return [
        line.strip() for line in shell(engine, container, "cat /tmp/asked; true").splitlines() if line.strip()
    ]
