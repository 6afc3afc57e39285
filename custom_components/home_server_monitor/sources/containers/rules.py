"""What is wrong with containers and their engine, judged on one snapshot and the looks before it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ...guardian.contract import Finding, Proposal, Severity
from .aftermath import After
from .aftermath_rules import fails_since_update, newer_data
from .audit_case import Check, Grade
from .causes import Trouble, trouble
from .ladder import Rung
from .leak import Leak
from .leftovers import kept_of, leftover
from .link import Full
from .look import Look
from .model import Container, Containers
from .nodes import engine_node, member_node
from .quota import Measure
from .quotas import Over

# what lies about and could be tidied is worth a note from here on
WORTH_TIDYING = 5 * 1024**3
OLD_IMAGE_DAYS = 365
DAY = 86400
# for how long who fills a link is paused, where somebody approves it
THROTTLE_MINUTES = 60
# how long the old container of an update is kept to go back to
KEPT_DAYS = 7
# containers that are not meant to stay up are nobody's trouble when they end
_STAYS_UP = ("always", "unless-stopped", "on-failure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is judged. looks: by container, the oldest first; after: what came after updates from here.

    kept: names of the containers whose old one is still there to go back to; instance: our eight hex digits;
    over, leaks: by container.
    """

    source: str
    data: Containers
    now: datetime
    instance: str = ""
    looks: Mapping[str, Sequence[Look]] = field(default_factory=dict)
    after: After = field(default_factory=After)
    kept: frozenset[str] = frozenset()
    over: Mapping[str, Over] = field(default_factory=dict)
    leaks: Mapping[str, Leak] = field(default_factory=dict)
    link: Full | None = None

    def about(self, rule: str, name: str, severity: Severity, found: Trouble, **more: object) -> Finding:
        """Return a finding about a container in trouble, with its cause."""
        proposal = more.get("proposal")
        return Finding(
            source=self.source,
            rule=rule,
            object=member_node(self.source, name),
            severity=severity,
            placeholders={"name": name, "count": str(found.count), **found.cause.placeholders},
            evidence={"cause": found.cause.key},
            proposal=proposal if isinstance(proposal, Proposal) else None,
        )


def judge(case: Case) -> list[Finding]:
    """Return all findings of an engine."""
    if "containers" in case.data.stale:
        return []
    mine = [each for name, each in case.data.containers.items() if leftover(name) is None]
    found = [finding for each in mine for finding in _container(case, each)]
    found += newer_data(case.source, case.after, case.data.containers, case.now)
    return [
        *found,
        *_kept(case, mine),
        *_tidying(case),
        *_audited(case),
        *_over(case),
        *_leaking(case),
        *_link(case),
    ]


# what else than going back would help; stopping a loop only gives it a rest
_REMEDIES = {
    "loop": "stop_container",
    "ended": "start_container",
    "unhealthy": "restart_container",
    "silent": "restart_container",
}


def _container(case: Case, container: Container) -> Iterator[Finding]:
    name, looks = container.name, case.looks.get(container.name, ())
    stays_up = container.restart_policy in _STAYS_UP

    def remedy(found: Trouble) -> Proposal | None:
        action = _REMEDIES.get(found.kind)
        return Proposal(action=action, target=name) if action else None

    if (updated := case.after.watched.get(name)) is not None and (
        blamed := fails_since_update(
            case.source,
            updated,
            looks,
            silent=name in case.after.silent,
            stays_up=stays_up,
            kept=updated.wanted in case.kept,
            now=case.now,
            remedy=remedy,
        )
    ):
        yield blamed
        return
    if (found := trouble(looks)) is None:
        return
    match found.kind:
        case "loop":
            yield case.about("container_loop", name, Severity.HIGH, found, proposal=remedy(found))
        case "out_of_memory":
            yield case.about("container_out_of_memory", name, Severity.WARNING, found)
        case "ended" if stays_up:
            yield case.about("container_ended", name, Severity.HIGH, found, proposal=remedy(found))
        case "flapping":
            yield case.about("container_flapping", name, Severity.WARNING, found)
        case "unhealthy":
            yield case.about("container_unhealthy", name, Severity.HIGH, found, proposal=remedy(found))


def _kept(case: Case, mine: Sequence[Container]) -> Iterator[Finding]:
    """Old containers that were kept long enough to go back to."""
    beside = [name for name in case.data.containers if leftover(name)]
    for each in mine:
        kept = kept_of(each.name, beside, case.instance)
        if kept is None:
            continue
        days = (case.now.timestamp() - int(kept.rpartition("-")[2])) / 86400
        if days >= KEPT_DAYS:
            yield Finding(
                source=case.source,
                rule="old_container_kept",
                object=member_node(case.source, each.name),
                severity=Severity.INFO,
                placeholders={"name": each.name, "days": str(int(days))},
                proposal=Proposal(action="remove_kept_container", target=each.name),
            )


def _tidying(case: Case) -> Iterator[Finding]:
    """What takes space and serves nobody."""
    data = case.data
    if "disk" not in data.stale and data.disk is not None:
        images = data.disk.images.reclaimable
        if images is not None and images >= WORTH_TIDYING:
            yield _of_engine(case, "images_unused", size=_gib(images))
        orphans = [each for each in data.volumes.values() if each.anonymous and each.refs == 0]
        size = sum(each.size or 0 for each in orphans)
        if size >= WORTH_TIDYING:
            yield _of_engine(case, "volumes_orphaned", size=_gib(size), count=str(len(orphans)))
    if "images" in data.stale:
        return
    for name, each in data.containers.items():
        image = data.images.get(each.image_id or "")
        if image is None or image.created is None or not each.running:
            continue
        if (age := (case.now - image.created).days) >= OLD_IMAGE_DAYS:
            yield Finding(
                source=case.source,
                rule="image_old",
                object=member_node(case.source, name),
                severity=Severity.INFO,
                placeholders={"name": name, "days": str(age), "image": each.image},
            )


def _over(case: Case) -> Iterator[Finding]:
    """What uses more than it may, for long: the gentlest step that makes sense is proposed."""
    for name, found in case.over.items():
        breach, remedy = found.breach, found.next
        proposal = None
        if breach.measure is Measure.LOG:
            # neither a limit nor a restart makes a log smaller: the lines do
            remedy = None
        if remedy is not None and remedy.rung is Rung.LIMIT:
            params = {"measure": breach.measure.value, "limit": breach.limit}
            proposal = Proposal(action="limit_container", target=name, params=params)
        elif remedy is not None and remedy.rung is Rung.PAUSE:
            proposal = _pause(name)
        elif remedy is not None and remedy.rung in (Rung.RESTART, Rung.STOP):
            proposal = Proposal(action=f"{remedy.rung}_container", target=name)
        lines = (remedy.lines if remedy else ()) or found.remedies[0].lines
        yield Finding(
            source=case.source,
            rule="container_over_quota",
            object=member_node(case.source, name),
            severity=Severity.WARNING,
            placeholders={
                "name": name,
                "value": _amount(breach.measure, breach.value),
                "limit": _amount(breach.measure, breach.limit),
                "lines": ", ".join(line.strip() for line in lines) or "-",
            },
            evidence={"cause": f"over_{breach.measure}"},
            proposal=proposal,
            holds=breach.holds,
        )


def _leaking(case: Case) -> Iterator[Finding]:
    """Memory that grows day by day."""
    for name, found in case.leaks.items():
        yield Finding(
            source=case.source,
            rule="container_leaks",
            object=member_node(case.source, name),
            severity=Severity.WARNING,
            placeholders={
                "name": name,
                "rate": f"{found.per_day / 1024**2:.0f} MiB",
                "days": str(int(found.days)),
            },
            proposal=Proposal(action="restart_container", target=name),
        )


def _link(case: Case) -> Iterator[Finding]:
    """A link that has no room left: who fills it may be paused for a while."""
    if (found := case.link) is None:
        return
    talkers = ", ".join(f"{each.name} {_rate(each.rate)}" for each in found.talkers)
    engine = case.data.engine
    yield Finding(
        source=case.source,
        rule="host_link_full",
        object=engine_node(case.source),
        severity=Severity.WARNING,
        placeholders={
            "name": found.link or (engine.name if engine else "?"),
            "rate": _rate(found.rate),
            "speed": _rate(found.speed),
            "talkers": talkers or "-",
        },
        evidence={"talkers": {each.name: round(each.rate) for each in found.talkers}},
        proposal=_pause(found.main) if found.main else None,
        holds=found.holds,
    )


def _pause(name: str) -> Proposal:
    return Proposal(action="pause_container", target=name, params={"minutes": THROTTLE_MINUTES})


def _rate(value: float) -> str:
    return f"{value / 10**6:.1f} MB/s"


def _amount(measure: Measure, value: float) -> str:
    match measure:
        case Measure.CPU:
            return f"{value:.0f} %"
        case Measure.MEMORY:
            return _gib(int(value))
        case Measure.NETWORK:
            return _rate(value)
        case Measure.LOG:
            return f"{value * DAY / 10**6:.0f} MB"
    return f"{value:.0f}"


def _audited(case: Case) -> Iterator[Finding]:
    """What could be safer, as one note for the engine with everything on it."""
    data = case.data
    if data.audit is None or data.score is None:
        return
    checks: list[Check] = [check for each in (data.audit, *data.audits.values()) for check in each.open]
    worth = [check for check in checks if check.grade >= Grade.MEDIUM]
    if worth:
        serious = sum(check.grade >= Grade.HIGH for check in worth)
        yield _of_engine(
            case, "engine_audit", score=str(data.score), count=str(len(worth)), serious=str(serious)
        )


def _of_engine(case: Case, rule: str, **placeholders: str) -> Finding:
    return Finding(
        source=case.source,
        rule=rule,
        object=engine_node(case.source),
        severity=Severity.INFO,
        placeholders={"name": case.data.engine.name if case.data.engine else "?", **placeholders},
    )


def _gib(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB"
