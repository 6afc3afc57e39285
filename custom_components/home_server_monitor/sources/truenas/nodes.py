"""What depends on what inside a NAS: host, pools, vdevs, disks, datasets, shares, services, tasks, apps, guests."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...guardian.contract import Node
from ...guardian.own_path import address_node, container_node, endpoint_node, is_loopback, machine_node
from .alert_objects import disks_of, pools_of
from .model import TrueNas
from .storage import Pool
from .ups_service import feeds

_NONE: Mapping[str, Any] = {}
_SERVICE_OF_SHARE = {"smb": "cifs", "nfs": "nfs"}
_APPS = ("ix-apps", "ix-applications")


def host_node(source: str) -> str:
    """Return the node id of the NAS."""
    return f"host:{source}"


def pool_node(guid: str) -> str:
    """Return the node id of a pool."""
    return f"pool:{guid}"


def vdev_node(pool: str, guid: str) -> str:
    """Return the node id of a vdev."""
    return f"vdev:{pool}:{guid}"


def disk_node(identity: str) -> str:
    """Return the node id of a disk."""
    return f"disk:{identity}"


def dataset_node(source: str, name: str) -> str:
    """Return the node id of a dataset or zvol."""
    return f"dataset:{source}:{name}"


def share_node(source: str, key: str) -> str:
    """Return the node id of a share."""
    return f"share:{source}:{key}"


def app_node(source: str, name: str) -> str:
    """Return the node id of an app."""
    return f"app:{source}:{name}"


def task_node(source: str, key: str) -> str:
    """Return the node id of a scheduled task."""
    return f"task:{source}:{key}"


def guest_node(source: str, key: str) -> str:
    """Return the node id of a virtual machine or container."""
    return f"machine:{source}:{key}"


def service_node(source: str, name: str) -> str:
    """Return the node id of a service of the NAS."""
    return f"service:{source}:{name}"


def certificate_node(source: str, key: str) -> str:
    """Return the node id of a certificate."""
    return f"certificate:{source}:{key}"


def alert_node(source: str, uuid: str) -> str:
    """Return the node id of an alert of the NAS."""
    return f"alert:{source}:{uuid}"


def nodes_of(
    source: str,
    data: TrueNas | None,
    address: tuple[str, int] | None = None,
    remembered: Mapping[str, str] = _NONE,
) -> tuple[Node, ...]:
    """Return the topology of one NAS.

    address: host and port that it is reached at; remembered: disks that may be gone, identity to a name for people.
    """
    if data is None:
        return ()
    return tuple(_Topology(source, data, address, remembered).nodes())


def names_of(data: TrueNas, address: tuple[str, int] | None) -> frozenset[str]:
    """Return every name and address under which a NAS may be known."""
    spoken = [address[0]] if address else []
    return frozenset([*spoken, *(name for each in data.interfaces.values() for name in each.addresses)])


class _Topology:
    """The nodes of one snapshot."""

    def __init__(
        self, source: str, data: TrueNas, address: tuple[str, int] | None, remembered: Mapping[str, str]
    ) -> None:
        self._source, self._data, self._address = source, data, address
        self._host = host_node(source)
        self._disks = {key: disk.title for key, disk in data.disks.items()}
        self._disks |= {key: shown for key, shown in remembered.items() if key not in self._disks}
        self._by_device = {disk.device: key for key, disk in data.disks.items()}
        self._pools = {pool.name: pool_node(guid) for guid, pool in data.pools.items()}
        self._names = names_of(data, address)

    def nodes(self) -> Iterator[Node]:
        """Yield them all; what others stand on comes first."""
        system = self._data.system
        yield Node(
            id=self._host,
            kind="host",
            aliases=self._aliases(),
            label=system.hostname if system else "",
            booted=system.booted.timestamp() if system and system.booted else None,
            needs=feeds(self._data, self._names),
        )
        for key, shown in self._disks.items():
            yield Node(id=disk_node(key), kind="disk", runs_on=self._host, label=shown)
        for guid, pool in self._data.pools.items():
            yield from self._pool(guid, pool)
        for name, dataset in self._data.datasets.items():
            yield self._node("dataset", dataset_node(self._source, name), name, self._pools.get(dataset.pool))
        yield from self._services()
        yield from self._work()

    def _aliases(self) -> frozenset[str]:
        """Return what else the NAS is: its address and port, and where it is reached, unless that only means "here".

        Its other addresses may be those of a bridge, which two machines have alike.
        """
        if self._address is None:
            return frozenset()
        host, port = self._address
        named = frozenset() if is_loopback(host) else frozenset({address_node(host)})
        return self._endpoints(port) | named

    def _endpoints(self, port: int) -> frozenset[str]:
        return frozenset(endpoint_node(name, port) for name in self._names)

    def _node(self, kind: str, key: str, label: str, runs_on: str | None = None, **more: Any) -> Node:
        return Node(id=key, kind=kind, label=label, runs_on=runs_on or self._host, **more)

    def _pool(self, guid: str, pool: Pool) -> Iterator[Node]:
        parts: set[str] = set()
        for index, vdev in enumerate(pool.vdevs):
            disks = {
                disk_node(key)
                for leaf in vdev.leaves()
                if (key := self._by_device.get(leaf.disk or "") or leaf.missing) in self._disks
            }
            key = vdev_node(guid, vdev.guid or str(index))
            parts |= {key, *disks}
            label = f"{pool.name} {vdev.kind}-{index}"
            yield self._node("vdev", key, label, needs=frozenset(disks))
        yield self._node("pool", pool_node(guid), pool.name, needs=frozenset(parts))

    def _stands_on(self, where: str) -> str | None:
        """Return the dataset or pool that holds a dataset's name or a path below /mnt."""
        if where.startswith("/") and not where.startswith("/mnt/"):
            return None
        path = where.removeprefix("/mnt/").strip("/")
        while path:
            if path in self._data.datasets:
                return dataset_node(self._source, path)
            if path in self._pools:
                return self._pools[path]
            path = path.rpartition("/")[0]
        return None

    def _services(self) -> Iterator[Node]:
        for key, service in self._data.services.items():
            yield self._node("service", service_node(self._source, key), service.title)
        for key, share in self._data.shares.items():
            served_by = _SERVICE_OF_SHARE.get(share.kind, "")
            needs = {service_node(self._source, served_by)} if served_by in self._data.services else set()
            yield self._node(
                "share",
                share_node(self._source, key),
                share.name,
                self._stands_on(share.path),
                needs=frozenset(needs),
            )
        for key in self._data.certificates:
            yield self._node("certificate", certificate_node(self._source, key), key)
        for uuid, alert in self._data.alerts.items():
            about = {pool_node(guid) for guid in pools_of(self._data, alert)}
            about |= {disk_node(key) for key in disks_of(self._data, self._disks, alert)}
            key = alert_node(self._source, uuid)
            yield self._node("alert", key, alert.title, needs=frozenset(about))

    def _work(self) -> Iterator[Node]:
        for key, task in self._data.tasks.items():
            needs = frozenset(where for name in task.datasets if (where := self._stands_on(name)))
            yield self._node("task", task_node(self._source, key), task.name, needs=needs)
        home = self._home_of_apps()
        for key, app in self._data.apps.items():
            aliases = {container_node(container) for container in app.containers}
            for port in app.ports:
                aliases |= self._endpoints(port)
            yield self._node(
                "app", app_node(self._source, key), app.title, aliases=frozenset(aliases), needs=home
            )
        for key, machine in self._data.machines.items():
            uuid = frozenset({machine_node(machine.uuid)} if machine.uuid else ())
            yield self._node("machine", guest_node(self._source, key), machine.name, aliases=uuid)

    def _home_of_apps(self) -> frozenset[str]:
        """Return the pool that the apps live on: where their dataset is seen, or there is only one pool."""
        seen = {
            name.split("/", 1)[0] for name in self._data.datasets if name.rpartition("/")[2] in _APPS
        } & self._pools.keys()
        if len(seen) != 1:
            seen = set(self._pools) if len(self._pools) == 1 else set()
        return frozenset(self._pools[name] for name in seen)
