"""What changed on a NAS between two snapshots, whoever changed it: pure, and never judged on what is stale."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...guardian.contract import Change
from .memory import SAME_BOOT
from .model import TrueNas
from .nodes import (
    app_node,
    certificate_node,
    disk_node,
    guest_node,
    host_node,
    pool_node,
    service_node,
    task_node,
)
from .reading import FEED_OF_TASK, MACHINE_FEEDS, TASK_FEEDS
from .storage import Pool

# what is a listing, and the feeds that it comes from
_LISTS: Mapping[str, tuple[str, ...]] = {
    **{key: (key,) for key in ("apps", "services", "disks", "pools", "certificates")},
    "tasks": TASK_FEEDS,
    "machines": MACHINE_FEEDS,
}
# what comes as one value
_VALUES = ("system", "ups", "roles")


def changes(source: str, old: TrueNas, new: TrueNas) -> list[Change]:
    """Return what is different in `new`, for what both snapshots know."""
    return [
        *_of_the_host(host_node(source), old, new),
        *_of_pools(old, new),
        *_of_disks(old, new),
        *_of_apps(source, old, new),
        *_of_services(source, old, new),
        *_of_tasks(source, old, new),
        *_of_the_rest(source, old, new),
    ]


def carried(old: TrueNas, new: TrueNas) -> TrueNas:
    """Return `new` with what it does not know for certain as it was: a change is then told once it is certain."""
    kept: dict[str, Any] = {
        key: getattr(old, key) for key in _VALUES if key in new.stale or not getattr(new, key)
    }
    for key, feeds in _LISTS.items():
        if not new.complete.issuperset(feeds):
            kept[key] = {**getattr(old, key), **getattr(new, key)}
    # a listing that was whole still is, with what was added to it
    return replace(new, **kept, complete=new.complete | old.complete)


def _change(object_: str, key: str, **placeholders: str) -> Change:
    return Change(object=object_, key=key, placeholders=placeholders)


def _known(new: TrueNas, feed: str) -> bool:
    return feed not in new.stale


def _both[T](old: Mapping[str, T], new: Mapping[str, T]) -> Iterator[tuple[str, T, T]]:
    return ((key, old[key], item) for key, item in new.items() if key in old and old[key] != item)


def _come_and_gone(key: str, old: TrueNas, new: TrueNas) -> tuple[list[str], list[str]]:
    """Return the keys of what is new and of what is gone, where both listings were whole."""
    if key not in old.complete or key not in new.complete:
        return [], []
    before, now = getattr(old, key), getattr(new, key)
    return [each for each in now if each not in before], [each for each in before if each not in now]


def _of_the_host(host: str, old: TrueNas, new: TrueNas) -> Iterator[Change]:
    if old.system and new.system and _known(new, "system"):
        if old.system.version != new.system.version:
            yield _change(host, "nas_version", old=old.system.version, new=new.system.version)
        was, booted = old.system.booted, new.system.booted
        if was and booted and (booted - was).total_seconds() > SAME_BOOT:
            yield _change(host, "nas_rebooted")
    if _known(new, "ups") and old.ups and new.ups:
        for key in ("rmonitor", "monuser", "mode", "shutdown", "shutdowntimer"):
            if old.ups.get(key) != new.ups.get(key):
                yield _change(host, "ups_setting", setting=key)
    if _known(new, "roles") and old.roles and new.roles and old.roles != new.roles:
        yield _change(host, "key_rights")


def _of_pools(old: TrueNas, new: TrueNas) -> Iterator[Change]:
    come, gone = _come_and_gone("pools", old, new)
    for key in come:
        yield _change(pool_node(key), "pool_added", pool=new.pools[key].name)
    for key in gone:
        yield _change(pool_node(key), "pool_removed", pool=old.pools[key].name)
    if not _known(new, "pools"):
        return
    for key, was, now in _both(old.pools, new.pools):
        if was.name != now.name:
            yield _change(pool_node(key), "pool_renamed", old=was.name, new=now.name)
        # an exported pool shows no devices
        if was.size is not None and now.size is not None and _devices(was) != _devices(now):
            yield _change(pool_node(key), "pool_devices", pool=now.name)


def _devices(pool: Pool) -> frozenset[str]:
    return frozenset(leaf.guid for leaf in pool.leaves() if leaf.guid)


def _of_disks(old: TrueNas, new: TrueNas) -> Iterator[Change]:
    come, gone = _come_and_gone("disks", old, new)
    for key in come:
        yield _change(disk_node(key), "disk_added", disk=new.disks[key].title)
    for key in gone:
        yield _change(disk_node(key), "disk_removed", disk=old.disks[key].title)


def _of_apps(source: str, old: TrueNas, new: TrueNas) -> Iterator[Change]:
    come, gone = _come_and_gone("apps", old, new)
    for key in come:
        yield _change(app_node(source, key), "app_added", app=new.apps[key].title)
    for key in gone:
        yield _change(app_node(source, key), "app_removed", app=old.apps[key].title)
    if not _known(new, "apps"):
        return
    for key, was, now in _both(old.apps, new.apps):
        node = app_node(source, key)
        if was.version and now.version and was.version != now.version:
            yield _change(node, "app_version", app=now.title, old=was.version, new=now.version)
        elif was.containers and now.containers and set(was.containers) != set(now.containers):
            yield _change(node, "app_recreated", app=now.title)
        if was.state != now.state and now.state in ("running", "stopped") and was.state is not None:
            yield _change(node, f"app_{'started' if now.state == 'running' else 'stopped'}", app=now.title)


def _of_services(source: str, old: TrueNas, new: TrueNas) -> Iterator[Change]:
    if not _known(new, "services"):
        return
    for key, was, now in _both(old.services, new.services):
        node = service_node(source, key)
        if was.running is not None and now.running is not None and was.running != now.running:
            yield _change(node, "service_started" if now.running else "service_stopped", service=now.title)
        if was.enabled != now.enabled:
            yield _change(
                node, "service_autostart_on" if now.enabled else "service_autostart_off", service=now.title
            )


def _of_tasks(source: str, old: TrueNas, new: TrueNas) -> Iterator[Change]:
    for key, was, now in _both(old.tasks, new.tasks):
        if not _known(new, FEED_OF_TASK[now.kind]):
            continue
        node = task_node(source, key)
        if was.enabled != now.enabled:
            yield _change(node, "task_switched_on" if now.enabled else "task_switched_off", task=now.name)
        if was.schedule != now.schedule:
            yield _change(node, "task_schedule", task=now.name)


def _of_the_rest(source: str, old: TrueNas, new: TrueNas) -> Iterator[Change]:
    for key, machine, now in _both(old.machines, new.machines):
        feed = "vms" if now.kind == "vm" else "instances"
        toggled = machine.state and machine.state != now.state and now.state in ("running", "stopped")
        if toggled and _known(new, feed):
            verb = "started" if now.state == "running" else "stopped"
            yield _change(guest_node(source, key), f"guest_{verb}", guest=now.name)
    if _known(new, "certificates"):
        for key, certificate, again in _both(old.certificates, new.certificates):
            if certificate.expires and again.expires and again.expires > certificate.expires:
                yield _change(certificate_node(source, key), "certificate_renewed", certificate=key)
