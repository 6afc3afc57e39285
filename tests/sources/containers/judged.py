"""Small engines about which each rule has something to say, with values as they are in a normal home."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from custom_components.home_server_monitor.guardian.contract import Finding
from custom_components.home_server_monitor.sources.containers.aftermath import After, Updated, WentBack
from custom_components.home_server_monitor.sources.containers.audit import Report
from custom_components.home_server_monitor.sources.containers.audit_case import Check, Grade
from custom_components.home_server_monitor.sources.containers.ladder import ladder
from custom_components.home_server_monitor.sources.containers.leak import Leak
from custom_components.home_server_monitor.sources.containers.link import Full, Talker
from custom_components.home_server_monitor.sources.containers.look import Look
from custom_components.home_server_monitor.sources.containers.model import (
    Container,
    Containers,
    DiskUse,
    Engine,
    HealthStatus,
    Image,
    Space,
    State,
    Usage,
    Volume,
)
from custom_components.home_server_monitor.sources.containers.quota import Breach, Measure
from custom_components.home_server_monitor.sources.containers.quotas import Over
from custom_components.home_server_monitor.sources.containers.rules import Case, judge

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOURCE = "engine-1"
INSTANCE = "0123abcd"
NAME = "sonarr"
GIB = 1024**3
ENGINE = Engine(id="e", name="media", version="28.5.2", api_version="1.51")


def container(**more: Any) -> Container:
    """Return a container that is well."""
    return Container(
        **{
            "id": "a" * 64,
            "name": NAME,
            "image": "lscr.io/linuxserver/sonarr:4",
            "image_id": "sha256:1",
            "state": State.RUNNING,
            "restart_policy": "unless-stopped",
            **more,
        }
    )


def engine(*containers: Container, **more: Any) -> Containers:
    """Return a snapshot of an engine with these containers."""
    return Containers(engine=ENGINE, containers={each.name: each for each in containers}, **more)


def look(at: float, **more: Any) -> Look:
    """Return a look at the container while it runs."""
    return Look(**{"at": at, "id": "a" * 64, "status": "running", "started": "2026-06-01T10:00:00Z", **more})


def findings(data: Containers, *looks: Look, **more: Any) -> list[Finding]:
    """Return what is found."""
    return judge(
        Case(
            source=SOURCE, data=data, now=NOW, instance=INSTANCE, looks={NAME: looks} if looks else {}, **more
        )
    )


ENDED = look(60.0, status="exited", exit_code=1)
LOOP = [
    look(60.0 * turn, restarts=turn, status="restarting", restarting=True, exit_code=1) for turn in range(5)
]
OOM = look(60.0, status="exited", exit_code=137, oom=True)
SICK = look(60.0, check=HealthStatus.UNHEALTHY, failing_streak=3, output="cannot open database")
FLAPS = [
    look(60.0 * turn, check=HealthStatus.HEALTHY if turn % 2 else HealthStatus.UNHEALTHY, output="timed out")
    for turn in range(8)
]
CHECK = Check("privileged", "5.5", Grade.CRITICAL)


def kept(days: int) -> Containers:
    """Return an engine that still has the old container of an update."""
    stamp = int((NOW - timedelta(days=days)).timestamp())
    old = container(id="b" * 64, name=f"{NAME}-hsm-{INSTANCE}-old-{stamp}", state=State.EXITED)
    return engine(container(), old)


def over(measure: Measure, value: float, limit: float, host: Mapping[str, Any] | None = None) -> Over:
    """Return a container that uses more than it may."""
    breach = Breach(measure, value, limit, 0.0)
    used = Usage(cpu_percent=value, memory=512 * 1024**2, pids=40)
    info = {"NCPU": 4, "MemTotal": 16 * GIB}
    return Over(breach, ladder(breach, {"HostConfig": dict(host or {})}, info, used))


UPDATED = Updated(name=NAME, at=NOW.timestamp() - 2400, container="a" * 64, wanted=NAME)
BACK = WentBack(name=NAME, at=NOW.timestamp() - 60, snapshot="hsm-0123abcd-update-1")
SINCE: Mapping[str, Any] = {"after": After(watched={NAME: UPDATED}), "kept": frozenset({NAME})}

EXAMPLES: Mapping[str, Callable[[], list[Finding]]] = {
    "container_loop": lambda: findings(engine(container(state=State.RESTARTING)), *LOOP),
    "container_fails_since_update": lambda: findings(engine(container()), *LOOP, **SINCE),
    "data_newer_than_container": lambda: findings(
        engine(container()), look(0.0), after=After(back={NAME: BACK})
    ),
    "container_ended": lambda: findings(engine(container(state=State.EXITED)), look(0.0), ENDED),
    "container_unhealthy": lambda: findings(engine(container()), look(0.0), SICK),
    "container_out_of_memory": lambda: findings(engine(container(state=State.EXITED)), look(0.0), OOM),
    "container_flapping": lambda: findings(engine(container()), *FLAPS),
    "old_container_kept": lambda: findings(kept(8)),
    "image_old": lambda: findings(
        engine(
            container(image="linuxserver/sonarr:4"),
            images={"sha256:1": Image(id="sha256:1", created=NOW - timedelta(days=500))},
        )
    ),
    "images_unused": lambda: findings(engine(disk=DiskUse(images=Space(20 * GIB, 12 * GIB)))),
    "volumes_orphaned": lambda: findings(
        engine(disk=DiskUse(), volumes={"v": Volume(name="v", anonymous=True, refs=0, size=11 * GIB)})
    ),
    "engine_audit": lambda: findings(
        engine(
            container(),
            audit=Report(name="", open=()),
            audits={NAME: Report(name=NAME, open=(CHECK,))},
            score=60,
        )
    ),
    "container_over_quota": lambda: findings(
        engine(container()), over={NAME: over(Measure.CPU, 187.0, 100.0)}
    ),
    "host_link_full": lambda: findings(
        engine(container()),
        link=Full("enp3s0", 125e6, 118e6, (Talker(NAME, 110e6),), NAME, holds=False),
    ),
    "container_leaks": lambda: findings(
        engine(container()), leaks={NAME: Leak(48.0 * 1024**2, 5.0, 200 * 1024**2, None)}
    ),
}
