"""Who may let an action happen, and when one may happen by itself. Decides; does nothing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .contract import Actor, Plan, Refusal, Risk
from .plain import plain
from .reach import Reach, reach_of
from .remediation import DAY, HOUR, MINUTE, OUTAGE, Record
from .topology import Topology

OBSERVE_FIRST = 7 * DAY


class Mode(StrEnum):
    """Watch only, Ask me, Act for me."""

    WATCH = "watch"
    ASK = "ask"
    ACT = "act"


_LOOSENESS = tuple(Mode)


def looser(mode: Mode, than: Mode) -> bool:
    """Return whether one mode allows more than another."""
    return _LOOSENESS.index(mode) > _LOOSENESS.index(than)


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window. days: 0 is Monday, of its start; start, end: minutes of the local day; may pass midnight."""

    days: frozenset[int]
    start: int
    end: int

    def holds(self, day: int, minute: int) -> bool:
        """Return whether a minute of a weekday is inside."""
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        return (day in self.days and minute >= self.start) or (
            (day - 1) % 7 in self.days and minute < self.end
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An approval in advance: of one action, for one target or every one ("*"), for one rule or any ("").

    params: the exact parameters, or None for none in particular; by: the admin; revoked, lapsed: why it ended.
    What is of high risk is covered only as one exact plan: a target and parameters, nothing in general.
    """

    id: str
    action: str
    selector: str
    by: Actor
    at: float
    rule: str = ""
    source: str = "*"
    params: Mapping[str, Any] | None = None
    windows_only: bool = False
    revoked: str = ""
    lapsed: str = ""

    @property
    def over(self) -> bool:
        """Return whether it has ended."""
        return bool(self.revoked or self.lapsed)

    def covers(self, record: Record) -> bool:
        """Return whether this is what was approved."""
        return (
            not self.over
            and self.action == record.action
            and self.selector in ("*", record.target)
            and self.source in ("*", record.source)
            and self.rule in ("", record.rule)
            and (self.params is None or dict(self.params) == dict(record.params))
            and (
                record.risk is not Risk.HIGH
                or (self.params is not None and "*" not in (self.selector, self.source))
            )
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server's options say.

    ceiling: the loosest mode; approvers: ids of admin users, None for all of them; low_approvers: users who may
    approve low risk without being admin; telegram: `user:chat` pairs that an admin tied; automatic: rules whose
    low-risk action may be automatic; protected: node ids that nothing touches, whoever asks; per_target: a day;
    per_hour: in all; cool_down: seconds, doubled per failure; breaker: failures of a rule in a row.
    """

    ceiling: Mode = Mode.ACT
    approvers: frozenset[str] | None = None
    low_approvers: frozenset[str] = frozenset()
    telegram: frozenset[str] = frozenset()
    automatic: frozenset[str] = frozenset()
    protected: frozenset[str] = frozenset()
    per_target: int = 3
    per_hour: int = 5
    cool_down: float = HOUR
    breaker: int = 2
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """That something was begun: what budgets count."""

    at: float
    target: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Affairs:
    """How things stand. acts: of the last day; open_breakers: rules that are manual now; obstacle: why not now."""

    now: float
    mode: Mode
    hold: bool
    installed: float
    acts: Collection[Act] = ()
    open_breakers: Collection[str] = ()
    standings: Collection[Standing] = ()
    obstacle: str | None = None


def _utc(now: float) -> tuple[int, int]:
    days, seconds = divmod(int(now), 86400)
    return (days + 3) % 7, seconds // 60


@dataclass(slots=True)
class Policy:
    """Decisions.

    local: an instant as (weekday, minute of the day) where the household lives; topology: what stands on what, now.
    """

    settings: Settings = field(default_factory=Settings)
    local: Callable[[float], tuple[int, int]] = _utc
    topology: Callable[[], Topology] = Topology

    def in_window(self, now: float) -> bool:
        """Return whether a maintenance window is open."""
        return any(window.holds(*self.local(now)) for window in self.settings.windows)

    def next_window(self, now: float) -> float | None:
        """Return when a maintenance window opens next, now if one is open; None where none is set."""
        if self.in_window(now):
            return now
        midnight = now - now % MINUTE - self.local(now)[1] * MINUTE
        opens = (
            # the clock change moves it by an hour
            midnight + day * DAY + window.start * MINUTE + shift
            for window in self.settings.windows
            for day in range(9)
            for shift in (0.0, -HOUR, HOUR)
        )
        return next((at for at in sorted(opens) if at > now and self.in_window(at)), None)

    def reach(self, source: str, plan: Plan) -> Reach:
        """Return what a plan of a source reaches."""
        return reach_of(self.topology(), source, plan)

    def spare(self, source: str, plan: Plan) -> Refusal | None:
        """Return why a plan is refused, whoever approves it: it reaches what is protected.

        Nothing is done to what is protected. Nothing that takes something away, or is of high risk, is done to what
        a protected object stands on, or, for a dataset, is a part of.
        """
        if not self.settings.protected:
            return None
        topology, reach = self.topology(), self.reach(source, plan)
        protected = {topology.canonical(node): node for node in sorted(self.settings.protected)}
        key, found = "protected", protected.keys() & reach.itself
        if not found and (plan.takes_away or plan.risk is Risk.HIGH):
            key, found = "protected_near", protected.keys() & reach.around
        if not found:
            return None
        node = min(found)
        return Refusal(key, {"target": plain(topology.label(node) or protected[node])})

    def is_trusted(self, actor: Actor) -> bool:
        """Return whether this is an administrator, or an account that one has tied."""
        return actor.admin or (actor.kind == "telegram" and actor.id in self.settings.telegram)

    def may_decide(self, record: Record, actor: Actor) -> Refusal | None:
        """Return why this person has no say in a record."""
        settings = self.settings
        if actor.kind == "telegram":
            allowed = actor.id in settings.telegram and record.risk < Risk.HIGH
        elif actor.kind == "user" and actor.id:
            chosen = settings.approvers is None or actor.id in settings.approvers
            allowed = (actor.admin and chosen) or (
                record.risk is Risk.LOW and actor.id in settings.low_approvers
            )
        else:
            allowed = False
        return None if allowed else Refusal("not_an_approver")

    @staticmethod
    def is_named(record: Record, typed: str | None) -> bool:
        """Return whether what somebody typed is the name of what a record is about, to the letter."""
        return bool(record.name) and (typed or "").strip() == record.name

    def may_approve(
        self, record: Record, actor: Actor, mode: Mode, *, hold: bool, typed: str | None = None
    ) -> Refusal | None:
        """Return why this person's approval does not start it."""
        if refusal := self.may_decide(record, actor):
            return refusal
        if hold:
            return Refusal("hold_is_on")
        if mode is Mode.WATCH:
            return Refusal("watch_only")
        if record.risk is Risk.HIGH:
            if actor.via != "repairs":
                return Refusal("high_risk_needs_repairs")
            if not self.is_named(record, typed):
                return Refusal("name_not_typed", {"target": record.name})
        return None

    def standing_for(self, record: Record, standings: Collection[Standing]) -> Standing | None:
        """Return the approval in advance that covers a record."""
        return next((each for each in standings if each.covers(record)), None)

    def may_run_automatically(self, record: Record, affairs: Affairs) -> Refusal | None:
        """Return why it does not happen by itself."""
        if affairs.hold:
            return Refusal("hold_is_on")
        standing = self.standing_for(record, affairs.standings)
        if standing is None and (refusal := self._not_allowed(record, affairs)):
            return refusal
        if standing is not None and record.rule == OUTAGE:
            # a second outage within the hour is no reason to let the battery run empty
            return self.may_go_on(record, affairs, standing)
        if standing is not None and affairs.mode is Mode.WATCH:
            return Refusal("watch_only")
        if affairs.obstacle:
            return Refusal(affairs.obstacle)
        if refusal := self.spare(record.source, record.plan):
            return refusal
        if record.rule and record.rule in affairs.open_breakers:
            return Refusal("breaker_open", {"rule": record.rule})
        if standing is not None and standing.windows_only and not self.in_window(affairs.now):
            return Refusal("not_in_window")
        return self._over_budget(record, affairs)

    def may_go_on(self, record: Record, affairs: Affairs, standing: Standing | None) -> Refusal | None:
        """Return why a part of what runs under an approval in advance does not begin; budgets counted the whole."""
        if affairs.hold:
            return Refusal("hold_is_on")
        if standing is None or standing.over:
            return Refusal("standing_over")
        if affairs.mode is Mode.WATCH:
            return Refusal("watch_only")
        if affairs.obstacle and record.rule != OUTAGE:
            return Refusal(affairs.obstacle)
        if refusal := self.spare(record.source, record.plan):
            return refusal
        if standing.windows_only and not self.in_window(affairs.now):
            return Refusal("not_in_window")
        return None

    def _not_allowed(self, record: Record, affairs: Affairs) -> Refusal | None:
        if affairs.mode is not Mode.ACT:
            return Refusal("asks_first")
        if record.risk is not Risk.LOW or not record.rule or record.rule not in self.settings.automatic:
            return Refusal("not_automatic")
        # an instant of installation in the future counts as now
        if affairs.now - min(affairs.installed, affairs.now) < OBSERVE_FIRST:
            return Refusal("observing_first")
        return None

    def _over_budget(self, record: Record, affairs: Affairs) -> Refusal | None:
        target = f"{record.source} {record.target}"
        acts = [Act(min(act.at, affairs.now), act.target, act.failed) for act in affairs.acts]
        if sum(affairs.now - act.at < HOUR for act in acts) >= self.settings.per_hour:
            return Refusal("budget_spent")
        mine = sorted(
            (act for act in acts if act.target == target and affairs.now - act.at < DAY),
            key=lambda act: act.at,
        )
        if len(mine) >= self.settings.per_target:
            return Refusal("budget_spent")
        failures = 0
        for act in reversed(mine):
            if not act.failed:
                break
            failures += 1
        if mine and affairs.now - mine[-1].at < self.settings.cool_down * 2**failures:
            return Refusal("cooling_down")
        return None
