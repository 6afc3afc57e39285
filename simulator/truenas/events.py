"""Subscriptions: which collections exist where, who may hear them, and what is sent when."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import json
from typing import TYPE_CHECKING, Any
import uuid

from simulator.world import Change

from .errors import EACCES, EINVAL, CallError, InvalidError
from .realtime import app_stats, realtime
from .releases import ANY_USER, FULL, Release, role
from .roles import allowed
from .session import Session, Subscription

if TYPE_CHECKING:
    from .face import TrueNAS


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection. `kind` is the world's change behind it, `method` the listing that has its rows."""

    name: str
    roles: frozenset[str]
    kind: str | None = None
    method: str | None = None
    since: Release = Release.V24_04
    until: Release = Release.V27


COLLECTIONS = (
    Collection("alert.list", role("ALERT_LIST_READ"), "alert", "alert.list"),
    Collection("core.get_jobs", ANY_USER, "job", "core.get_jobs"),
    Collection("pool.query", role("POOL_READ"), "pool", "pool.query"),
    Collection("zpool.query", role("POOL_READ"), "pool", "zpool.query", since=Release.V26),
    Collection("pool.dataset.query", role("DATASET_READ"), "dataset", "pool.dataset.query"),
    Collection("replication.query", role("REPLICATION_TASK_READ"), "replication", "replication.query"),
    Collection("pool.snapshottask.query", role("SNAPSHOT_TASK_READ"), "snapshot_task", "pool.snapshottask.query"),
    Collection("disk.query", role("READONLY_ADMIN"), "disk", "disk.query"),
    Collection("service.query", role("SERVICE_READ"), "service", "service.query"),
    Collection("vm.query", role("VM_READ"), "vm", "vm.query"),
    Collection("zfs.pool.scan", role("POOL_SCRUB_READ"), "scan", until=Release.V25_10),
    Collection("pool.scan", role("POOL_SCRUB_READ"), "scan", since=Release.V26),
    Collection("app.query", role("APPS_READ"), "app", "app.query", since=Release.V24_10),
    Collection("chart.release.query", role("APPS_READ"), "app", "chart.release.query", until=Release.V24_04),
    Collection("docker.state", role("DOCKER_READ"), since=Release.V24_10),
    Collection("virt.instance.query", role("VIRT_INSTANCE_READ"), "container", "virt.instance.query", since=Release.V25_04, until=Release.V25_10),
    Collection("container.query", role("CONTAINER_READ"), "container", "container.query", since=Release.V26),
    Collection("smart.test.progress", role("REPORTING_READ"), until=Release.V25_04),
    Collection("system.health", ANY_USER, until=Release.V24_10),
    Collection("update.status", role("SYSTEM_UPDATE_READ"), "update", since=Release.V25_10),
    Collection("system.ready", role("SYSTEM_GENERAL_READ")),
    Collection("system.reboot", role("SYSTEM_GENERAL_READ")),
    Collection("system.shutdown", role("SYSTEM_GENERAL_READ")),
    Collection("system.reboot.info", role("SYSTEM_GENERAL_READ"), since=Release.V25_04),
    Collection("auth.sessions", FULL),
    Collection("reporting.realtime", role("REPORTING_READ")),
    Collection("app.stats", role("APPS_READ"), since=Release.V24_10),
    Collection("chart.release.statistics", role("APPS_READ"), until=Release.V24_04),
)  # fmt: skip

_REPEATING = {"reporting.realtime": 2.0, "app.stats": 2.0, "chart.release.statistics": 2.0}


def _split(text: str) -> tuple[str, dict[str, Any]]:
    name, _, argument = text.partition(":")
    if not argument:
        return name, {}
    try:
        found = json.loads(argument)
    except ValueError as error:
        raise CallError(f"{text}: not JSON", EINVAL) from error
    if not isinstance(found, dict):
        raise InvalidError([(name, "Input should be a valid dictionary", EINVAL)])
    return name, found


class Events:
    """All subscriptions of one server."""

    def __init__(self, face: TrueNAS) -> None:
        self._face = face

    def collection(self, name: str) -> Collection | None:
        """The collection of that name on this release."""
        for one in COLLECTIONS:
            if one.name == name and one.since <= self._face.release <= one.until:
                return one
        return None

    def subscribe(self, session: Session, text: str, ident: str | None = None) -> str:
        """Begin; raises CallError EACCES for what does not exist or is not theirs."""
        name, argument = _split(text)
        one = self.collection(name)
        if one is None or not self._may(session, one):
            raise CallError("Not authorized", EACCES)
        subscription = Subscription(ident or str(uuid.uuid4()), text, name)
        if name in _REPEATING:
            self._check_argument(name, argument)
            subscription.interval = max(2.0, float(argument.get("interval", _REPEATING[name])))
            subscription.task = asyncio.ensure_future(self._repeat(session, subscription))
        session.subscriptions[subscription.ident] = subscription
        return subscription.ident

    def _check_argument(self, name: str, argument: dict[str, Any]) -> None:
        for key in argument.keys() - {"interval"}:
            raise InvalidError([(f"{name}.{key}", "Extra inputs are not permitted", EINVAL)])
        interval = argument.get("interval", 2)
        if isinstance(interval, bool) or not isinstance(interval, int) or interval < 2:
            raise InvalidError([(f"{name}.interval", "Input should be greater than or equal to 2", EINVAL)])

    def _may(self, session: Session, one: Collection) -> bool:
        if session.key is None:
            return False
        if not self._face.release.rpc or one.roles == ANY_USER:
            return True
        return allowed(session.roles, one.roles)

    def unsubscribe(self, session: Session, ident: str) -> None:
        """End."""
        subscription = session.subscriptions.pop(ident, None)
        if subscription and subscription.task:
            subscription.task.cancel()

    async def _repeat(self, session: Session, subscription: Subscription) -> None:
        while True:
            self.send_repeating(session, subscription)
            assert subscription.interval is not None
            await asyncio.sleep(subscription.interval * self._face.event_pace)

    def send_repeating(self, session: Session, subscription: Subscription) -> None:
        """Send one round of numbers; nothing while nobody is logged in."""
        if session.key is None:
            return
        fields: Any
        if subscription.name == "reporting.realtime":
            fields = realtime(self._face.world, session.endpoint)
        else:
            fields = app_stats(self._face.world, session.endpoint)
        session.send(session.frames.event("added", subscription.text, None, fields, None))

    def advanced(self) -> None:
        """Time jumped: everybody who gets numbers gets some now."""
        for session in self._face.sessions.values():
            for subscription in list(session.subscriptions.values()):
                if subscription.interval is not None:
                    self.send_repeating(session, subscription)

    def push(
        self,
        name: str,
        verb: str,
        ident: Any = None,
        fields: Any = None,
        *,
        only: Callable[[Session], bool] | None = None,
        build: Callable[[Session], Any] | None = None,
        extra: Callable[[Session], dict[str, Any]] | None = None,
    ) -> None:
        """Send an event to everybody who subscribed to the collection."""
        for session in list(self._face.sessions.values()):
            for subscription in list(session.subscriptions.values()):
                if subscription.name not in (name, "*") or session.key is None:
                    continue
                if only is not None and not only(session):
                    continue
                body = build(session) if build is not None else fields
                more = extra(session) if extra is not None else None
                session.send(session.frames.event(verb, name, ident, body, more))

    def on_change(self, change: Change) -> None:
        """Translate a change of the world."""
        for one in COLLECTIONS:
            if one.kind == change.kind and one.since <= self._face.release <= one.until:
                self._face.announce(one, change)
