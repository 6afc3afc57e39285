"""What helps to find a fault of a guardian: counts and states, nothing that says what is watched."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from ..guardian.capabilities import ExplainsDisks

if TYPE_CHECKING:
    from .guardian import Guardian


def diagnosed(of: Guardian) -> dict[str, Any]:
    """Return it as JSON can hold it."""
    helm = of.desk.helm
    return {
        "findings": Counter(
            f"{each.finding.rule} {each.state.value}" for each in of.register.tracked.values()
        ),
        "records": Counter(record.state.value for record in of.desk.records.values()),
        "mode": helm.mode.value,
        "hold": helm.hold,
        "journal_broken": of.desk.journal.broken,
        "standing_approvals": sum(not each.over for each in helm.standings.values()),
        "phones": len(of.settings.phones),
        "quiet": of.settings.quiet,
        "sources": Counter(f"{stand.kind} {stand.state}" for stand in of.watch.stands.values()),
        "nodes": len(of.topology.nodes),
        "disks": [each.count_disks() for each in of.house.sources(of.id) if isinstance(each, ExplainsDisks)],
    }
