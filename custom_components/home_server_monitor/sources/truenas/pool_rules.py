"""What is wrong with pools: their state, their errors, their scrubs, their space."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from ...guardian.contract import Finding, Proposal, Severity
from .case import Case, Rule
from .disk_rules import in_doubt
from .nodes import pool_node
from .redundancy import HOLDS_DATA, WELL, keeper, lost, next_fault_is_fatal, redundant, spare, vital
from .storage import Pool, Vdev

SCRUB_DUE_DAYS = 40
FULL = ((95.0, Severity.HIGH), (90.0, Severity.WARNING), (80.0, Severity.INFO))
# a pool breathes: it is cleared only below these
FULL_CLEARS = 78.0
SOON_FULL_DAYS = 30
SOON_FULL_CLEARS = 40
ERRORS = ("read", "write", "checksum")
JUST = timedelta(days=1)


def state(case: Case) -> Iterator[Finding]:
    """A pool that is not online: critical once the next fault would lose data."""
    for pool in case.data.pools.values():
        if pool.status in ("online", "unknown"):
            if pool.status == "online" and pool.healthy is False and not pool.counted():
                yield case.make(
                    rule="pool_unhealthy",
                    object=pool_node(pool.guid),
                    severity=Severity.HIGH,
                    placeholders={"pool": pool.name, "detail": pool.detail or "The NAS gives no reason."},
                )
            continue
        away = [leaf for leaf in pool.leaves() if leaf.status not in WELL]
        gone = [case.name_of(leaf) for leaf in away]
        shown = {"pool": pool.name, "devices": ", ".join(gone) or "?"}
        if pool.status != "degraded":
            rule, severity, shown["status"] = "pool_unavailable", Severity.CRITICAL, pool.status
        elif next_fault_is_fatal(pool):
            rule, severity = "pool_unprotected", Severity.CRITICAL
        else:
            rule, severity = "pool_degraded", Severity.HIGH
        yield case.make(
            rule=rule,
            object=pool_node(pool.guid),
            severity=severity,
            placeholders=shown,
            evidence={
                "status": pool.status,
                "devices": gone,
                "nodes": [case.node_of(leaf) for leaf in away],
            },
        )


def errors(case: Case) -> Iterator[Finding]:
    """Read, write or checksum errors: repaired ones, such as may have lost data, and old ones (only noted)."""
    for pool in case.data.pools.values():
        if pool.counted():
            yield from _errors_of(case, pool)


def _errors_of(case: Case, pool: Pool) -> Iterator[Finding]:
    total = pool.counted()
    worst = max(pool.leaves(), key=lambda leaf: leaf.errors)
    by_kind = {kind: pool.counted(kind) for kind in ERRORS}
    shown = {"pool": pool.name, "errors": _in_words(by_kind), "device": case.name_of(worst)}
    failing = [case.node_of(leaf) for leaf in pool.leaves() if leaf.errors]
    evidence = {**by_kind, "before": pool.errors_before, "nodes": failing or [pool_node(pool.guid)]}
    rising = pool.errors_before is None or total > pool.errors_before
    bare = any(_failing(vdev) and _bare(vdev) for vdev in pool.vdevs)
    found = partial(case.make, object=pool_node(pool.guid), placeholders=shown, evidence=evidence)
    if not rising:
        yield found(rule="pool_errors_standing", severity=Severity.INFO)
    if any(_lost_data(vdev) for vdev in pool.vdevs):
        # what is lost stays lost, however long ago
        yield found(rule="pool_errors_lost", severity=Severity.CRITICAL, holds=not rising)
    elif bare and rising:
        yield found(rule="pool_errors_unprotected", severity=Severity.HIGH)
    elif rising:
        repairer = next((keeper(vdev) for vdev in pool.vdevs if _failing(vdev)), "pool")
        yield found(
            rule="pool_errors",
            severity=Severity.HIGH,
            placeholders={**shown, "repairer": repairer},
            evidence={**evidence, "errors": total},
            proposal=None if _just_read(case, pool) else Proposal(action="start_scrub", target=pool.guid),
        )


def _in_words(by_kind: dict[str, int]) -> str:
    """Return `14 checksum errors`, or all kinds with their sum."""
    kinds = [kind for kind, count in by_kind.items() if count]
    total = sum(by_kind.values())
    return f"{total} {'/'.join(kinds)} error{'s' if total != 1 else ''}"


def _failing(vdev: Vdev) -> bool:
    return bool(vdev.errors or any(leaf.errors for leaf in vdev.leaves()))


def _bare(vdev: Vdev) -> bool:
    """Return whether nothing in the vdev can repair what a device gets wrong; a cache need not."""
    return vdev.role in HOLDS_DATA and spare(vdev) <= 0


def _lost_data(vdev: Vdev) -> bool:
    """Return whether wrong data could not be repaired: nothing else holds it, or all copies were wrong."""
    if vdev.role in HOLDS_DATA and vdev.children and vdev.checksum_errors:
        return True
    # what a device got wrong that is gone now was repaired while there was something to repair it with
    return _bare(vdev) and any(leaf.checksum_errors for leaf in vdev.leaves() if leaf.status in WELL)


def _scanning(pool: Pool) -> bool:
    return bool(pool.scan and pool.scan.state == "scanning")


def _just_read(case: Case, pool: Pool) -> bool:
    """Return whether everything is being read, or was within a day: to read it once more would only strain the disks."""
    scan = pool.scan
    done = scan.ended if scan is not None and scan.state == "finished" else None
    return _scanning(pool) or (done is not None and case.now - done < JUST)


def scan_errors(case: Case) -> Iterator[Finding]:
    """The newest scrub ended with errors that it could not repair."""
    for pool in case.data.pools.values():
        if (scan := pool.scan) and scan.state == "finished" and scan.errors:
            yield case.make(
                rule="scan_errors",
                object=pool_node(pool.guid),
                severity=Severity.CRITICAL,
                placeholders={"pool": pool.name, "count": str(scan.errors)},
            )


def scrub_at_risk(case: Case) -> Iterator[Finding]:
    """A scrub that strains a vdev in which a disk is in doubt and another one is, too, or none is to spare."""
    for pool in case.data.pools.values():
        if pool.scan is None or pool.scan.kind != "scrub" or not pool.scan.running:
            continue
        for vdev in vital(pool):
            doubtful = [leaf for leaf in vdev.leaves() if in_doubt(case, leaf)]
            if len(doubtful) > 1 or (doubtful and spare(vdev) <= 0):
                shown = ", ".join(case.name_of(leaf) for leaf in doubtful)
                yield case.make(
                    rule="scrub_at_risk",
                    object=pool_node(pool.guid),
                    severity=Severity.HIGH,
                    placeholders={"pool": pool.name, "devices": shown},
                    evidence={"lost": lost(vdev), "spare": spare(vdev)},
                    proposal=Proposal(action="pause_scrub", target=pool.guid),
                )
                break


def scrub_overdue(case: Case) -> Iterator[Finding]:
    """No good scrub for 40 days; not judged for a pool of which none is known."""
    for pool in case.data.pools.values():
        if pool.last_scrub is None:
            continue
        days = (case.now - pool.last_scrub).days
        if days >= SCRUB_DUE_DAYS:
            yield case.make(
                rule="scrub_overdue",
                object=pool_node(pool.guid),
                severity=Severity.WARNING,
                placeholders={"pool": pool.name, "days": str(days)},
                proposal=None if _scanning(pool) else Proposal(action="start_scrub", target=pool.guid),
                # one that is under way may still end badly
                holds=_scanning(pool),
            )


def capacity(case: Case) -> Iterator[Finding]:
    """A pool that is full, or will be within a month."""
    for pool in case.data.pools.values():
        if (percent := pool.used_percent) is None:
            continue
        severity = next((level for mark, level in FULL if percent >= mark), None)
        if percent >= FULL_CLEARS:
            yield case.make(
                rule="pool_full",
                object=pool_node(pool.guid),
                severity=Severity.INFO if severity is None else severity,
                placeholders={"pool": pool.name, "percent": f"{percent:.0f}"},
                holds=severity is None,
            )
        days = pool.days_to.get(90)
        if severity is None and days is not None and days <= SOON_FULL_CLEARS:
            yield case.make(
                rule="pool_filling",
                object=pool_node(pool.guid),
                severity=Severity.INFO,
                placeholders={"pool": pool.name, "days": f"{days:.0f}"},
                holds=days > SOON_FULL_DAYS,
            )


def single_disk_pool(case: Case) -> Iterator[Finding]:
    """A pool in which one failing disk loses everything."""
    for pool in case.data.pools.values():
        data = [vdev for vdev in pool.vdevs if vdev.role == "data"]
        if data and not redundant(pool):
            yield case.make(
                rule="single_disk_pool",
                object=pool_node(pool.guid),
                severity=Severity.INFO,
                placeholders={"pool": pool.name},
            )


# each with the feeds without which it is not judged
POOL_RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("pools",), state),
    (("pools",), errors),
    (("pools",), scan_errors),
    (("pools",), scrub_at_risk),
    (("pools",), scrub_overdue),
    (("pools", "datasets"), capacity),
    (("pools",), single_disk_pool),
)
