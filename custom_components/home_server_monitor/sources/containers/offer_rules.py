"""What is offered of newer images, as findings: none of them is ever pushed."""

from collections.abc import Iterable, Iterator

from ...guardian.contract import Finding, Proposal, Severity
from .nodes import engine_node
from .offers import Candidate, Offer
from .policies import Written

UPDATE_ALL, APPROVE = "update_containers", "approve_update_policy"
NAMED = 8


def offered(source: str, engine: str, offer: Offer, written: Written, *, weekly: bool) -> Iterator[Finding]:
    """Yield what is offered of an engine; weekly: whether this week's offer is open."""

    def found(rule: str, action: str, **params: object) -> Finding:
        names = offer.unapproved if rule == "updates_unapproved" else _names(chosen)
        return Finding(
            source=source,
            rule=rule,
            object=engine_node(source),
            severity=Severity.INFO,
            placeholders={
                "name": engine,
                "count": str(len(chosen)),
                "names": _short(names),
                "left": str(len(offer.left)),
            },
            proposal=Proposal(action=action, target="", params=params),
        )

    chosen = offer.safe
    if weekly and offer.asked:
        yield found("updates_ready", UPDATE_ALL)
    if offer.unapproved:
        yield found("updates_unapproved", APPROVE)
    chosen = offer.due
    if chosen:
        yield found("updates_due", UPDATE_ALL, policy=written.pack())


def _names(found: Iterable[Candidate]) -> tuple[str, ...]:
    return tuple(f"{each.name} {each.before} → {each.after}" for each in found)


def _short(names: tuple[str, ...]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" (+{more})" if more > 0 else "")
