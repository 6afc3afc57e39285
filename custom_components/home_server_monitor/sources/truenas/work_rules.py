"""What is wrong with what runs on a NAS, and with how it is set up."""

from collections.abc import Iterator
from datetime import timedelta

from ...guardian.contract import Finding, Proposal, Severity
from .app import App
from .case import Case, Rule
from .nodes import app_node, certificate_node, host_node, service_node, task_node
from .reading import FEED_OF_TASK
from .releases import V25_10
from .work import Task

# seconds for which it is known that an action met another Home Assistant's work
MET = 86400.0
# what another Home Assistant left since then says that it works here
WORKS_HERE = timedelta(days=7)

CERTIFICATE_DAYS = ((0, Severity.HIGH), (7, Severity.WARNING), (21, Severity.INFO))
OVERDUE_DAYS = 2
# for how long what goes wrong with an app is put down to its upgrade from here
WATCHED = timedelta(days=1)
A_DAY = WATCHED.total_seconds()


def tasks(case: Case) -> Iterator[Finding]:
    """A task whose newest run failed, or that has not succeeded for long after it should have."""
    for key, task in case.data.tasks.items():
        if not task.enabled or FEED_OF_TASK[task.kind] in case.data.stale:
            continue
        shown = {"task": task.name, "kind": task.kind.replace("_", " ")}
        # a run that is under way takes nothing back: its end will
        again = task.running and task.result is None
        if task.result == "failed" or again:
            yield case.make(
                rule="task_failed",
                object=task_node(case.source, key),
                severity=Severity.WARNING,
                placeholders={**shown, "error": task.error or "TrueNAS gives no reason"},
                proposal=None if task.running else Proposal(action="run_task", target=key),
                holds=again,
            )
        if task.result != "failed":
            yield from _overdue(case, key, task, shown)


def _overdue(case: Case, key: str, task: Task, shown: dict[str, str]) -> Iterator[Finding]:
    late = (case.now - task.due).days if task.due else 0
    if task.last_success and late >= OVERDUE_DAYS:
        yield case.make(
            rule="task_overdue",
            object=task_node(case.source, key),
            severity=Severity.WARNING,
            placeholders={**shown, "days": str((case.now - task.last_success).days)},
            proposal=None if task.running else Proposal(action="run_task", target=key),
            holds=task.running,
        )


def certificates(case: Case) -> Iterator[Finding]:
    """A certificate that ends soon or has ended."""
    for key, certificate in case.data.certificates.items():
        if certificate.expires is None:
            continue
        days = (certificate.expires - case.now).days
        if (severity := next((level for mark, level in CERTIFICATE_DAYS if days < mark), None)) is not None:
            yield case.make(
                rule="certificate_expiring",
                object=certificate_node(case.source, key),
                severity=severity,
                placeholders={"certificate": key, "days": str(max(days, 0))},
            )


def apps(case: Case) -> Iterator[Finding]:
    """An app that crashed; one that only starts anew is not mended yet. And data that an upgrade left newer than it."""
    for key, app in case.data.apps.items():
        if app.snapshot is not None:
            yield case.make(
                rule="data_newer_than_app",
                object=app_node(case.source, key),
                severity=Severity.INFO,
                placeholders={"app": app.title},
                proposal=Proposal(action="roll_back_app_data", target=key),
            )
        since = case.now - app.upgraded if app.upgraded else None
        if since is not None and since < WATCHED and app.before:
            yield from _since_its_upgrade(case, key, app, since)
        elif app.state == "crashed" and case.now.timestamp() - case.memory.installed.get(key, 0.0) < A_DAY:
            # it never ran: a restart mends nothing, and taking it away costs nothing
            yield case.make(
                rule="installed_app_fails",
                object=app_node(case.source, key),
                severity=Severity.WARNING,
                placeholders={"app": app.title},
                proposal=Proposal(action="remove_app", target=key),
            )
        elif app.state in ("crashed", "deploying"):
            crashed = app.state == "crashed"
            yield case.make(
                rule="app_crashed",
                object=app_node(case.source, key),
                severity=Severity.WARNING,
                placeholders={"app": app.title},
                proposal=Proposal(action="restart_app", target=key) if crashed else None,
                holds=not crashed,
            )


def _since_its_upgrade(case: Case, key: str, app: App, since: timedelta) -> Iterator[Finding]:
    """An app that does not run, or not as a whole, while its upgrade is watched: it can be gone back."""
    if app.state in ("crashed", "deploying") or (app.state == "running" and app.unhealthy):
        hours, minutes = divmod(int(since.total_seconds()) // 60, 60)
        yield case.make(
            rule="app_fails_since_upgrade",
            object=app_node(case.source, key),
            severity=Severity.HIGH,
            placeholders={
                "app": app.title,
                # in steps, so that its text does not change with each look
                "ago": f"{hours} h"
                if hours
                else f"{minutes // 10 * 10} min"
                if minutes >= 10
                else "a few min",
                "old": app.before or "?",
            },
            proposal=Proposal(action="rollback_app", target=key) if app.state != "deploying" else None,
            holds=app.state == "deploying",
        )


def services(case: Case) -> Iterator[Finding]:
    """A service that starts by itself and does not run."""
    for key, service in case.data.services.items():
        if service.enabled and service.running is False:
            yield case.make(
                rule="service_stopped",
                object=service_node(case.source, key),
                severity=Severity.WARNING,
                placeholders={"service": service.title},
                proposal=Proposal(action="start_service", target=key),
            )


def default_ups_password(case: Case) -> Iterator[Finding]:
    """The UPS monitor user has its factory name and is open to the network."""
    ups = case.data.ups
    if ups.get("rmonitor") is True and ups.get("monuser") == "upsmon":
        yield case.make(rule="default_ups_password", object=host_node(case.source), severity=Severity.INFO)


def key_too_powerful(case: Case) -> Iterator[Finding]:
    """The key may do everything; only reboot and shutdown need that (on 25.04 SMART does, too)."""
    if "FULL_ADMIN" in case.data.roles and case.data.release >= V25_10:
        yield case.make(rule="key_too_powerful", object=host_node(case.source), severity=Severity.INFO)


def foreign_guardian(case: Case) -> Iterator[Finding]:
    """Another Home Assistant left something here: lately, so that it works here, or long ago."""
    seen = dict(case.data.left) if "snapshots" not in case.data.stale else {}
    for instance, met in case.memory.met.items():
        if instance not in seen and case.now.timestamp() - met < MET:
            seen[instance] = None
    seen.pop(case.instance, None)
    if not seen:
        return
    # of some nobody knows when it was: then it is lately
    instance = max(seen, key=lambda each: seen[each] or case.now)
    lately = case.now - (seen[instance] or case.now) < WORKS_HERE
    system = case.data.system
    yield case.make(
        rule="foreign_guardian",
        object=host_node(case.source),
        severity=Severity.HIGH if lately else Severity.WARNING,
        placeholders={"name": (system and system.hostname) or "the NAS", "instance": instance},
    )


# each with the feeds without which it is not judged
WORK_RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    ((), tasks),
    (("certificates",), certificates),
    (("apps",), apps),
    (("services",), services),
    (("ups",), default_ups_password),
    (("roles",), key_too_powerful),
    ((), foreign_guardian),
)
