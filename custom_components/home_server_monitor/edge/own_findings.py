"""What the guardian itself finds: silent sources, its journal, what was approved in advance, whom its options name."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..guardian.contract import Finding, Proposal, Severity
from ..guardian.own_path import named_node
from ..guardian.plain import plain
from ..guardian.policy import Mode
from .choices import Named, async_people
from .naming import rule_name
from .settings import APPROVERS, LOW_APPROVERS, PHONES, phones

if TYPE_CHECKING:
    from .guardian import Guardian

BREAKER = "breaker_open"
LOST_AFTER = 60.0
LOST_CRITICAL = 600.0
DAY = 86400.0


def source_node(source: str) -> str:
    """Return the node id of what a source is about as a whole: what stands on it is silent with it."""
    return f"host:{source}"


async def own_findings(of: Guardian, now: float) -> list[Finding]:
    """Return all of them."""
    people = await async_people(of.hass)
    found = [*_silent(of, now), *_disabled(of), *_of_the_desk(of), *_lent(of), *_clock(of, now)]
    return [*found, *_watching_itself(of), *_gone(of, people), *_alike(of), *_practice(of, now)]


def _wrong(of: Guardian, rule: str, about: str, severity: Severity, **named: str) -> Finding:
    return Finding(source=of.own, rule=rule, object=about, severity=severity, placeholders=named)


def _silent(of: Guardian, now: float) -> Iterator[Finding]:
    for stand in of.watch.lost(now, LOST_AFTER):
        severity = Severity.CRITICAL if now - stand.since >= LOST_CRITICAL else Severity.WARNING
        since = dt_util.as_local(dt_util.utc_from_timestamp(stand.since)).strftime("%H:%M")
        yield _wrong(of, "source_lost", source_node(stand.id), severity, name=stand.name, since=since)


def _disabled(of: Guardian) -> Iterator[Finding]:
    """What somebody disabled is silent, and that is no problem; but nobody should think that it is watched."""
    for stand in of.watch.stands.values():
        if stand.state == "disabled":
            yield _wrong(of, "source_disabled", source_node(stand.id), Severity.INFO, name=stand.name)


def _of_the_desk(of: Guardian) -> Iterator[Finding]:
    if of.desk.journal.broken:
        yield _wrong(of, "journal_failed", f"journal:{of.id}", Severity.HIGH)
    if of.id in of.house.journals_lost:
        if of.desk.helm.mode is Mode.WATCH:
            yield _wrong(of, "journal_missing", f"journal:{of.id}", Severity.HIGH)
        else:
            # a person has set the mode since
            of.house.journals_lost.discard(of.id)
    for rule in of.desk.helm.open_breakers:
        yield _wrong(of, BREAKER, f"rule:{rule}", Severity.HIGH, verb=rule_name(of, rule))
    for standing in of.desk.helm.standings.values():
        # until somebody ends it or grants it again
        if standing.lapsed and not standing.revoked and not of.desk.helm.is_granted_again(standing):
            verb = of.texts.common(f"verb_{standing.action}", default=standing.action)
            named = {"verb": verb, "reason": of.texts.refusal(standing.lapsed, {"who": standing.by.name})}
            yield _wrong(of, "standing_lapsed", f"standing:{standing.id}", Severity.HIGH, **named)


def _lent(of: Guardian) -> Iterator[Finding]:
    """What was changed for a while and did not go back by us."""
    leases = of.desk.leases
    for change, _ in leases.foreign.values():
        about = f"lease:{change.source}:{change.kind}:{change.target}"
        stand = of.watch.stands.get(change.source)
        named = {"target": change.name, "what": of.wording.lent(change), "name": stand.name if stand else "?"}
        yield _wrong(of, "lease_foreign", about, Severity.WARNING, **named)
    for late in leases.overdue:
        change = late.change
        about = f"lease:{change.source}:{change.kind}:{change.target}"
        since = dt_util.as_local(dt_util.utc_from_timestamp(late.since)).strftime("%H:%M")
        why = late.why or of.texts.common("lease_away")
        named = {"target": change.name, "what": of.wording.lent(change), "since": since, "reason": why}
        yield _wrong(of, "lease_overdue", about, Severity.WARNING, **named)


def _clock(of: Guardian, now: float) -> Iterator[Finding]:
    """For a day after the clock jumped: what was told and approved meanwhile has times that are off."""
    if of.ticks.jumped is None:
        return
    at, by = of.ticks.jumped
    if now - min(at, now) < DAY:
        way = of.texts.common("clock_forward" if by > 0 else "clock_back")
        minutes = str(round(abs(by) / 60))
        yield _wrong(of, "clock_jumped", f"clock:{of.id}", Severity.WARNING, way=way, minutes=minutes)


def _watching_itself(of: Guardian) -> Iterator[Finding]:
    """Where Home Assistant runs on what it watches, its death is silent, unless somebody else would miss it."""
    if of.settings.dead_man:
        return
    home = of.house.own_path.home
    # an app of 24.04 is known by its name alone
    apps = {
        node.id
        for node in of.topology.nodes
        if node.kind == "app" and named_node(node.id.rpartition(":")[2]) in home
    }
    hosts = {host for node in home | apps for host in of.topology.hosts(node)}
    for host in sorted(hosts):
        yield _wrong(of, "watching_itself", host, Severity.INFO, name=of.topology.label(host) or host)


def _gone(of: Guardian, people: Mapping[str, Named]) -> Iterator[Finding]:
    """Whom the options name and who is not there: nothing reaches them, and nobody takes their place by himself."""
    chosen = {
        PHONES: of.settings.phones,
        APPROVERS: of.settings.approvers,
        LOW_APPROVERS: of.settings.low_approvers,
    }
    gone = {key: [each for each in ids if each not in people[key]] for key, ids in chosen.items()}
    about = f"options:{of.id}"
    if gone[APPROVERS] and len(gone[APPROVERS]) == len(of.settings.approvers):
        yield _wrong(of, "nobody_approves", about, Severity.HIGH, names=_called(of, gone.pop(APPROVERS)))
    if names := _called(of, [each for ids in gone.values() for each in ids]):
        yield _wrong(of, "options_gone", about, Severity.WARNING, names=names)


def _alike(of: Guardian) -> Iterator[Finding]:
    """Phones that are told and have the name of another one: no push with buttons can be sent to the one alone."""
    told = [phone for phone in phones(of.hass).values() if phone.entry_id in of.settings.phones]
    if alike := sorted({plain(phone.name) for phone in told if not phone.action}):
        yield _wrong(of, "phones_alike", f"phones:{of.id}", Severity.WARNING, names=", ".join(alike))


def _called(of: Guardian, ids: Iterable[str]) -> str:
    return ", ".join(sorted({of.settings.names.get(each, each) for each in ids}))


def _practice(of: Guardian, now: float) -> Iterator[Finding]:
    if of.practising > now:
        about = f"practice:{int(of.practising * 1000)}"
        yield Finding(
            source=of.own,
            rule="practice",
            object=about,
            severity=Severity.HIGH,
            proposal=Proposal(action="practise", target=about),
        )
