"""What runs on a NAS and could be taken away while the power is out: apps, machines, scrubs, copies."""

from collections.abc import Collection, Iterator

from ...guardian.capabilities_load import Workload
from ..database_names import names_a_database
from .model import TrueNas
from .nodes import app_node, guest_node, pool_node, task_node
from .pausing import MOST_HOURS
from .tasks import ABORT
from .work_orders import app_touches, machine_touches

# what a NAS gives an app, and a machine, to end before it is killed, in seconds
APP_WITHIN, MACHINE_WITHIN = 60.0, 120.0
RUNNING = "running"


def workloads(nas: str, data: TrueNas, host: str) -> Iterator[Workload]:
    """Yield what runs. host: the name or address under which the NAS is reached."""
    for key, app in data.apps.items():
        if app.state == RUNNING:
            yield Workload(
                action="stop_app",
                target=key,
                name=app.title,
                node=app_node(nas, key),
                nodes=app_touches(nas, data, app, host),
                # the first is its name in the catalogue
                last=any(names_a_database(image) for image in app.images[:1]),
                seconds=APP_WITHIN,
            )
    for key, machine in data.machines.items():
        if machine.state == RUNNING:
            yield Workload(
                action="stop_machine",
                target=key,
                name=machine.name,
                node=guest_node(nas, key),
                nodes=machine_touches(nas, data, machine, host),
                seconds=MACHINE_WITHIN,
            )


def jobs(nas: str, data: TrueNas) -> Iterator[Workload]:
    """Yield what is under way and can rest: scrubs and copies into a cloud. A resilver is never touched.

    TrueNAS stops no replication and no rsync that runs (their jobs are not abortable); both go on from where they were.
    """
    for key, task in data.tasks.items():
        if task.running and task.kind in ABORT:
            node = task_node(nas, key)
            yield Workload(action="stop_task", target=key, name=task.name, node=node, nodes=frozenset({node}))
    for guid, pool in data.pools.items():
        scan = pool.scan
        if scan and scan.kind == "scrub" and scan.running and not scan.paused:
            yield Workload(
                action="pause_scrub",
                target=guid,
                name=pool.name,
                params={"hours": MOST_HOURS},
                node=pool_node(guid),
                nodes=frozenset({pool_node(guid)}),
            )


def feeds_of(targets: Collection[str]) -> tuple[str, ...]:
    """Return the feeds that show these."""
    found = (
        "vms" if each.startswith("vm_") else "instances" if each.startswith("container_") else "apps"
        for each in targets
    )
    return tuple(dict.fromkeys(found))


def well(data: TrueNas, targets: Collection[str]) -> dict[str, bool]:
    """Return whether apps and machines run; what is not there is left out."""
    apps = {
        key: app.state == RUNNING and not app.unhealthy for key, app in data.apps.items() if key in targets
    }
    return apps | {key: each.state == RUNNING for key, each in data.machines.items() if key in targets}
