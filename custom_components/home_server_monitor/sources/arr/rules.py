"""What is wrong with an Arr and its queue: pure functions of a snapshot and of the strikes before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ...guardian.contract import Finding, Proposal, Severity
from ..places import host_node
from .model import Arr
from .nodes import check_node, download_node
from .queue import Item
from .reasons import Remedy
from .signals import Kind, Signal
from .strikes import Record

# so much of a queue at once says more of the house than of its downloads
STORM_LEAST: Final = 5
STORM_SHARE: Final = 0.5
BACKUP_OLD: Final = timedelta(days=15)
# what is told with words of others, which are not known while it cannot be judged
_SAYS: Final = frozenset({Kind.IMPORT, Kind.FAILED, Kind.UNREGISTERED})
# what is shown elsewhere: newer releases at their entity
_SHOWN_ELSEWHERE: Final = frozenset({"UpdateCheck"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One snapshot under judgement. out: downloads with all their strikes; signals: what is wrong with them now.

    offers: whether a remedy is offered.
    """

    source: str
    data: Arr
    now: datetime
    signals: Mapping[str, Signal] = field(default_factory=dict)
    out: Mapping[str, Record] = field(default_factory=dict)
    offers: bool = True

    @property
    def app(self) -> str:
        """Return what people call it."""
        return self.data.about.app


def judge(case: Case) -> list[Finding]:
    """Return what is wrong; what cannot be seen now is not judged."""
    found: list[Finding] = []
    if "queue" not in case.data.stale:
        found += queue(case)
    if "health" not in case.data.stale:
        found += complaints(case)
    if "backup" not in case.data.stale:
        found += backup(case)
    return found


def queue(case: Case) -> Iterator[Finding]:
    """Downloads that do not go on by themselves; very many at once are one finding, and nothing is offered."""
    items = case.data.queue.items
    out = {key: each for key, each in case.out.items() if key in items}
    real = sum(not each.planned for each in items.values())
    if len(out) >= STORM_LEAST and len(out) >= STORM_SHARE * real:
        yield Finding(
            source=case.source,
            rule="queue_storm",
            object=host_node(case.source),
            severity=Severity.WARNING,
            placeholders={"app": case.app, "count": str(len(out)), "all": str(real)},
        )
        return
    for key, record in out.items():
        signal = case.signals.get(key)
        # one that cannot be judged now, as in an outage, stays as it was, and nothing is offered for it
        yield _stuck(case, key, items[key], record, signal)


def _stuck(case: Case, key: str, item: Item, record: Record, signal: Signal | None) -> Finding:
    kind = Kind(record.kind)
    cause = f"stuck_{kind.value}"
    if kind is Kind.IMPORT:
        cause = f"import_{signal.reason.value}" if signal and signal.reason else "import_other"
    if signal is None and kind in _SAYS:
        cause = "import_away" if kind is Kind.IMPORT else "stuck_away"
    return Finding(
        source=case.source,
        rule="import_failed" if kind is Kind.IMPORT else "download_stuck",
        object=download_node(case.source, key),
        severity=Severity.WARNING,
        placeholders={
            "title": item.title,
            "app": case.app,
            "client": item.client or "?",
            "indexer": item.indexer or "?",
            "said": (signal.said if signal else "") or "-",
        },
        evidence={
            "cause": cause,
            "advice": "held" if item.held else advice_of(signal),
            "strikes": record.count,
            "since": record.since,
            "indexer": item.indexer,
        },
        proposal=proposal_of(key, item, signal) if case.offers and not item.held else None,
        holds=signal is None,
    )


def advice_of(signal: Signal | None) -> str:
    """Return the key of what a person is told to do: what is offered, or why nothing is."""
    if signal is None:
        return "outage"
    if signal.kept:
        return "kept"
    return signal.remedy.value


def proposal_of(key: str, item: Item, signal: Signal | None) -> Proposal | None:
    """Return what would mend it. What somebody protected, and what a person has to mend, is left alone."""
    if signal is None or signal.kept or signal.remedy in (Remedy.MEND, Remedy.WAIT):
        return None
    action = "queue_replace" if signal.remedy is Remedy.REPLACE and item.things else "queue_remove"
    if stays_in_client(item, signal):
        action += "_keep"
    return Proposal(action=action, target=key)


def stays_in_client(item: Item, signal: Signal) -> bool:
    """Return whether the download is left in its client, with its data.

    What is taken from a private tracker has to be given back, and one may be private as long as nobody knows; what nobody
    has asked for may be somebody else's; a client that does not have it can delete nothing.
    """
    if signal.kind in (Kind.ORPHANED, Kind.CLIENT_GONE):
        return True
    # without its metadata nothing of it is there
    return item.protocol == "torrent" and signal.private is not False and signal.kind is not Kind.METADATA


def complaints(case: Case) -> Iterator[Finding]:
    """What the Arr says is wrong with itself."""
    for key, each in case.data.checks.items():
        if each.key in _SHOWN_ELSEWHERE or each.level not in ("warning", "error"):
            continue
        yield Finding(
            source=case.source,
            rule="arr_complains",
            object=check_node(case.source, key),
            severity=Severity.WARNING if each.level == "error" else Severity.INFO,
            placeholders={"app": case.app, "said": each.message},
            evidence={"check": each.key},
        )


def backup(case: Case) -> Iterator[Finding]:
    """No backup for long: its database is what it knows of a library."""
    newest = case.data.backup
    if newest is None or case.now - newest.made < BACKUP_OLD:
        return
    yield Finding(
        source=case.source,
        rule="arr_backup_old",
        object=host_node(case.source),
        severity=Severity.INFO,
        placeholders={"app": case.app, "days": str((case.now - newest.made).days)},
        proposal=Proposal(action="arr_backup", target=""),
    )
