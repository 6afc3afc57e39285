"""What is offered of newer images, as findings: none of them is ever pushed."""

from collections.abc import Iterable, Mapping

from ...guardian.contract import Finding, Proposal, Severity
from .nodes import engine_node
from .offers import Candidate, Offer
from .policies import Written

UPDATE_ALL, APPROVE = "update_containers", "approve_update_policy"
NAMED = 8

# what is said of an offer, by rule
type Said = Mapping[str, Mapping[str, str]]


def said_of(engine: str, offer: Offer, *, weekly: bool) -> Said:
    """Return what fills the texts of what is offered of an engine; weekly: whether this week's offer is open."""
    found: dict[str, Mapping[str, str]] = {}
    left = str(len(offer.left))

    def say(rule: str, names: tuple[str, ...]) -> None:
        count = str(len(names))
        found[rule] = {"name": engine, "count": count, "names": _short(names), "left": left}

    if weekly and offer.asked:
        say("updates_ready", _names(offer.safe))
    if offer.unapproved:
        say("updates_unapproved", offer.unapproved)
    if offer.due:
        say("updates_due", _names(offer.due))
    return found


def offered(source: str, said: Said, written: Written, *, holds: bool = False) -> list[Finding]:
    """Return the findings. holds: that it is not known yet whether it is still so."""
    proposals = {
        "updates_ready": Proposal(action=UPDATE_ALL, target=""),
        "updates_unapproved": Proposal(action=APPROVE, target=""),
        "updates_due": Proposal(action=UPDATE_ALL, target="", params={"policy": written.pack()}),
    }
    return [
        Finding(
            source=source,
            rule=rule,
            object=engine_node(source),
            severity=Severity.INFO,
            placeholders=said[rule],
            proposal=proposal,
            holds=holds,
        )
        for rule, proposal in proposals.items()
        if rule in said
    ]


def _names(found: Iterable[Candidate]) -> tuple[str, ...]:
    return tuple(f"{each.name} {each.before} → {each.after}" for each in found)


def _short(names: tuple[str, ...]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" (+{more})" if more > 0 else "")
