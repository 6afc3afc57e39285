"""Proposals of one guardian: made for findings, bound to buttons, and run by themselves where that was allowed."""

from collections.abc import Collection, Sequence
import logging
from typing import TYPE_CHECKING

from ..guardian.approval import binding
from ..guardian.contract import SYSTEM, Actor, NotDone, Refusal, Refused, Severity
from ..guardian.finding import Tracked
from ..guardian.journal import JournalFailed
from ..guardian.policy import Mode
from ..guardian.remediation import Record, State
from ..guardian.tracked import State as Life
from ..sources.errors import ClientError
from . import clock
from .naming import target_name, target_node

if TYPE_CHECKING:
    from .guardian import Guardian

_LOGGER = logging.getLogger(__name__)

# proposals that are open at the same time
MOST_PROPOSALS = 50
# a button that decides nothing works for this long, in seconds
TOKEN_LIFE = 7 * 86400.0
# why an offer was taken back whose finding, which is still there, offers nothing now
NOT_OFFERED = "not_offered_now"
# these from the severity high on: a disk that is only to be watched is touched by nobody's work
DISKS = frozenset({"disk_failing", "disk_reports_failure"})
# while one of these is open, nothing automatic touches what stands on its object
TROUBLE = frozenset(
    {
        "pool_degraded",
        "pool_unprotected",
        "pool_unavailable",
        "pool_errors_lost",
        *DISKS,
        "ups_on_battery",
    }
)


class Proposals:
    """What one guardian proposes, and what its buttons stand for."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        # how many are being planned
        self._making = 0
        # records that were taken back, and are offered again by now: asked once, for a plan may be refused for long
        self._offered_again: set[str] = set()

    async def act_automatically(self) -> None:
        """Run what was allowed to run by itself, or was approved in advance; the policy says no to all else."""
        for record in tuple(self._of.desk.records.values()):
            tracked = self._of.tracked(record.finding)
            if record.state is not State.PROPOSED or tracked is None or tracked.state is not Life.FIRING:
                continue
            try:
                await self._of.desk.run_automatically(record.id)
            except Refused, ClientError, NotDone, TimeoutError, JournalFailed:
                continue
            except Exception:
                # it keeps no other from running
                _LOGGER.exception("%s could not be run", record.action)

    async def follow(self) -> None:
        """Take back what its finding offers no more, as in an outage, and offer it again once it does."""
        if not self._of.desk.ready:
            return
        await self._of.desk.withdraw(self._not_offered)
        newest = {each.finding: each for each in self._of.desk.records.values() if each.finding}
        for key, record in newest.items():
            tracked = self._of.tracked(key)
            if record.reason != NOT_OFFERED or record.id in self._offered_again:
                continue
            if tracked is not None and tracked.finding.proposal is not None and not tracked.frozen:
                self._offered_again.add(record.id)
                self._of.speaker.propose(key)

    def _not_offered(self, record: Record) -> Refusal | None:
        tracked = self._of.tracked(record.finding) if record.finding else None
        if record.state is not State.PROPOSED or tracked is None or tracked.state is not Life.FIRING:
            return None
        if record.proposed_by is not None and record.proposed_by.kind == "user":
            # what a person proposed stands until a person decides
            return None
        # what is only missing for a moment may come back at once, with its offer
        gone = tracked.finding.proposal is None and tracked.missing_since is None
        return Refusal(NOT_OFFERED, {"target": record.name}) if gone else None

    def refusal(self) -> str | None:
        """Return why nothing is begun now, also not for an admin, as a key of `exceptions`."""
        if why := self._of.desk.helm.why_held():
            return why
        return "watch_only" if self._of.desk.helm.mode is Mode.WATCH else None

    def not_now(self, record: Record) -> str | None:
        """Return why nothing automatic may touch what a record touches: its storage is in trouble."""
        return "storage_in_trouble" if self.trouble(record) else None

    def trouble(self, record: Record) -> Tracked | None:
        """Return what is wrong with the storage, or the power, that what a record touches stands on."""
        about = {target_node(self._of, record.source, record.target), *record.plan.touches}
        return self.trouble_at(about, besides=record.finding)

    def trouble_at(self, nodes: Collection[str], *, besides: str = "") -> Tracked | None:
        """Return what is wrong with the storage, or the power, that these stand on. besides: a finding's id."""
        near: set[str] = set()
        for node in nodes:
            near |= set(self._of.topology.above(node))
        for tracked in self._of.open_findings():
            if (
                tracked.finding.rule in TROUBLE
                and (tracked.severity >= Severity.HIGH or tracked.finding.rule not in DISKS)
                and tracked.id != besides
                and self._of.topology.canonical(tracked.finding.object) in near
            ):
                return tracked
        return None

    def bound(self, about: str) -> str | None:
        """Return what buttons are bound to: the state of a proposal, or an occurrence of a finding."""
        if record := self._of.desk.records.get(about):
            return binding(record)
        tracked = self._of.tracked(about)
        return f"occurrence {tracked.count}" if tracked is not None else None

    async def mint(
        self, about: str, verbs: Sequence[str], where: str, people: Sequence[Actor]
    ) -> dict[str, str]:
        """Return the tokens of a message's buttons, by verb; none where they cannot be written down."""
        record = self._of.desk.records.get(about)
        now = clock.now()
        expires = record.expires if record else now + TOKEN_LIFE
        try:
            return await self._of.tokens.mint(about, verbs, where, [each.id for each in people], expires, now)
        except JournalFailed:
            return {}

    def proposal_of(self, tracked: Tracked) -> Record | None:
        """Return the open proposal that would mend a finding."""
        return next(
            (
                record
                for record in self._of.desk.records.values()
                if record.finding == tracked.id and record.state is State.PROPOSED
            ),
            None,
        )

    def decided(self, tracked: Tracked) -> Record | None:
        """Return the newest proposal on which somebody decided since a finding came, for it or for the same act."""
        wanted = tracked.finding.proposal

        def same(record: Record) -> bool:
            act = (record.source, record.action, record.target)
            return record.finding == tracked.id or (
                wanted is not None and act == (_whose(tracked), wanted.action, wanted.target)
            )

        decided = (each for each in self._of.desk.records.values() if each.actor is not None and same(each))
        newest = max(decided, key=lambda each: each.changed, default=None)
        return newest if newest is not None and newest.changed >= tracked.since else None

    async def propose_for(self, tracked: Tracked, actor: Actor = SYSTEM) -> Record | None:
        """Make, or find, the open proposal of a finding; None where there is none to make now."""
        wanted = tracked.finding.proposal
        if wanted is None or tracked.state is not Life.FIRING or self._of.desk.helm.mode is Mode.WATCH:
            return None
        if (record := self.proposal_of(tracked)) is not None:
            return record
        there = sum(record.state is State.PROPOSED for record in self._of.desk.records.values())
        if there + self._making >= MOST_PROPOSALS:
            return None
        self._making += 1
        try:
            made = await self._of.desk.propose(
                _whose(tracked),
                wanted.action,
                wanted.target,
                wanted.params,
                rule=tracked.finding.rule,
                finding=tracked.id,
                since=tracked.since,
                actor=actor,
                name=target_name(self._of, _whose(tracked), wanted.target),
            )
        except Refused, ClientError, NotDone, TimeoutError, JournalFailed:
            # not now: it is asked for again when somebody looks
            return None
        except Exception:
            # a remedy that cannot be planned keeps no problem from being told
            _LOGGER.exception("The remedy of %s could not be planned", tracked.finding.rule)
            return None
        finally:
            self._making -= 1
        # what is decided already, and under way, is no offer
        return made if made.state is State.PROPOSED else None


def _whose(tracked: Tracked) -> str:
    """Return the source that does what a finding offers: a play may find what a system of it can mend."""
    wanted = tracked.finding.proposal
    return (wanted.source if wanted is not None else "") or tracked.finding.source
