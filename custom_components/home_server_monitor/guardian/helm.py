"""What a household set: mode, hold, standing approvals, and which rules are manual after failures."""

from collections.abc import Callable, Mapping
from dataclasses import replace
import logging
from typing import Any

from .contract import SYSTEM, Actor, Refusal, Refused
from .first_week import FirstWeek
from .journal import Journal, JournalFailed
from .journal_files import Entry, Replay
from .packing import pack_actor, unpack_actor
from .policy import Mode, Policy, Standing, looser
from .remediation import OUTAGE, new_id

_LOGGER = logging.getLogger(__name__)


class Helm:
    """Tightening is so at once, whatever the journal says; loosening is so once it is written."""

    def __init__(self, journal: Journal, policy: Policy, clock: Callable[[], float]) -> None:
        self.hold = False
        self.stopping = False
        # the power has failed: nothing is begun but the plan for that
        self.outage = False
        # mains is there just now: no machine is switched off for want of it
        self.fed = False
        # whether somebody took the guardian away while what it began still runs
        self.closed: Callable[[], bool] = lambda: False
        self.installed = clock()
        self.first_week = FirstWeek(journal)
        self.standings: dict[str, Standing] = {}
        self.on_change: Callable[[], None] = lambda: None
        self._journal = journal
        self._policy = policy
        self._clock = clock
        self._mode = Mode.ASK
        self._failures: dict[str, int] = {}
        self._unsaved: dict[tuple[str, str], Mapping[str, Any]] = {}

    @property
    def mode(self) -> Mode:
        """Return the mode, never above the ceiling of the options."""
        ceiling = self._policy.settings.ceiling
        return ceiling if looser(self._mode, ceiling) else self._mode

    @property
    def held(self) -> bool:
        """Return whether no forward step is begun."""
        return self.hold or self.stopping or self.closed()

    def why_held(self, rule: str = "") -> str | None:
        """Return why no forward step of a rule is begun, as a key of `exceptions`; None where one is."""
        if self.held:
            return "no_guardian" if self.closed() else "hold_is_on"
        return "on_battery" if self.outage and rule != OUTAGE else None

    @property
    def open_breakers(self) -> frozenset[str]:
        """Return the rules that are manual until an admin says otherwise or an approved action succeeds."""
        most = self._policy.settings.breaker
        return frozenset(rule for rule, count in self._failures.items() if count >= most)

    def failures(self, rule: str) -> int:
        """Return how often in a row what was done for a rule failed."""
        return self._failures.get(rule, 0)

    async def load(self, replay: Replay, *, expected: bool) -> None:
        """Take what the journal says; one that is missing though expected, or damaged, means Watch only."""
        for entry in replay.of("mode"):
            # what was said while the journal could not be read is newer
            if ("mode", "mode") not in self._unsaved:
                self._mode = _mode(entry.value)
        self.first_week.load(replay)
        for entry in replay.of("hold"):
            self.hold = self.hold or entry.value.get("on") is not False
        for entry in replay.of("breaker"):
            count = entry.value.get("failures")
            self._failures[entry.id] = count if isinstance(count, int) else self._policy.settings.breaker
        for entry in replay.of("standing"):
            try:
                self.standings[entry.id] = _unpack(entry.id, entry.value)
            except KeyError, TypeError, ValueError:
                _LOGGER.warning("A standing approval in the journal is not readable and does not count")
        installed = next((_instant(entry) for entry in replay.of("installed")), None)
        if installed is not None:
            self.installed = installed
        else:
            await self._later("installed", "installed", {})
        if replay.damaged:
            # a line that is lost may have revoked or tightened
            for standing in tuple(self.standings.values()):
                await self.lapse(standing.id, "journal_damaged")
        if replay.damaged or (replay.fresh and expected):
            self._mode = Mode.WATCH
            await self._later("mode", "mode", {"mode": self._mode.value, "by": pack_actor(SYSTEM)})

    async def set_hold(self, on: bool, actor: Actor) -> None:
        """Stop all actions, or let them go on; the latter is an admin's. Raises Refused and JournalFailed."""
        value = {"on": on, "by": pack_actor(actor)}
        if on:
            self.hold = True
            await self._later("hold", "hold", value)
        else:
            _admin(actor)
            await self._now("hold", "hold", value)
            self.hold = False
        self.on_change()

    async def set_mode(self, mode: Mode, actor: Actor) -> None:
        """Set the mode; looser is an admin's, and at most the ceiling. Raises Refused and JournalFailed."""
        value = {"mode": mode.value, "by": pack_actor(actor)}
        if looser(mode, self.mode):
            _admin(actor)
            if looser(mode, self._policy.settings.ceiling):
                raise Refused(Refusal("above_ceiling"))
            await self._now("mode", "mode", value)
            self._mode = mode
        else:
            self._mode = mode
            await self._later("mode", "mode", value)
        self.on_change()

    async def grant(self, standing: Standing) -> Standing:
        """Take a standing approval from an admin; without an id it gets one. Raises Refused and JournalFailed."""
        _admin(standing.by)
        if not standing.id:
            standing = replace(standing, id=new_id(self._clock()))
        await self._now("standing", standing.id, _pack(standing))
        self.standings[standing.id] = standing
        self.on_change()
        return standing

    async def revoke(self, standing_id: str, actor: Actor) -> None:
        """End a standing approval at once. Raises Refused."""
        if standing_id not in self.standings:
            raise Refused(Refusal("no_such_standing"))
        await self._end(replace(self.standings[standing_id], revoked=actor.id))

    async def lapse(self, standing_id: str, why: str) -> None:
        """End a standing approval that no longer means what was approved."""
        if (standing := self.standings.get(standing_id)) and not standing.over:
            await self._end(replace(standing, lapsed=why))

    def is_granted_again(self, ended: Standing) -> bool:
        """Return whether an approval in force says what one that ended said."""
        return any(
            not each.over
            and (each.action, each.selector, each.source) == (ended.action, ended.selector, ended.source)
            for each in self.standings.values()
        )

    async def _end(self, standing: Standing) -> None:
        self.standings[standing.id] = standing
        await self._later("standing", standing.id, _pack(standing))
        self.on_change()

    async def count(self, rule: str, *, failed: bool) -> None:
        """Count how an action for a rule ended; a plan for when the power fails never becomes a manual one."""
        if rule == OUTAGE:
            return
        before = self._failures.get(rule, 0)
        now = before + 1 if failed else 0
        if rule and now != before:
            self._failures[rule] = now
            await self._later("breaker", rule, {"failures": now, "over": not now})
            self.on_change()

    async def reset(self, rule: str, actor: Actor) -> None:
        """Let a rule act again after failures. Raises Refused and JournalFailed."""
        _admin(actor)
        if rule not in self.open_breakers:
            raise Refused(Refusal("no_such_breaker"))
        await self._now("breaker", rule, {"failures": 0, "over": True, "by": pack_actor(actor)})
        self._failures.pop(rule, None)
        self.on_change()

    async def jumped(self, by: float) -> None:
        """The clock went `by` seconds too far: the time for looking only is not over sooner."""
        if by > 0:
            self.installed += by
            await self._later("installed", "installed", {"at": self.installed})

    async def save(self) -> None:
        """Write what is so but not written, as far as the journal works."""
        for (kind, name), value in tuple(self._unsaved.items()):
            await self._later(kind, name, value)

    async def _now(self, kind: str, name: str, value: Mapping[str, Any]) -> None:
        await self._journal.append(kind, name, value)
        self._unsaved.pop((kind, name), None)

    async def _later(self, kind: str, name: str, value: Mapping[str, Any]) -> None:
        self._unsaved[kind, name] = value
        try:
            await self._journal.append(kind, name, value)
        except JournalFailed:
            return
        if self._unsaved.get((kind, name)) is value:
            del self._unsaved[kind, name]


def _admin(actor: Actor) -> None:
    if not (actor.kind == "user" and actor.admin and actor.id):
        raise Refused(Refusal("admin_only"))


def _instant(entry: Entry) -> float:
    at = entry.value.get("at", entry.at)
    return float(at) if isinstance(at, int | float) else entry.at


def _mode(value: Mapping[str, Any]) -> Mode:
    try:
        return Mode(value.get("mode", ""))
    except ValueError:
        return Mode.WATCH


def _pack(standing: Standing) -> dict[str, Any]:
    return {
        "action": standing.action,
        "selector": standing.selector,
        "by": pack_actor(standing.by),
        "at": standing.at,
        "rule": standing.rule,
        "source": standing.source,
        "params": None if standing.params is None else dict(standing.params),
        "windows_only": standing.windows_only,
        "revoked": standing.revoked,
        "lapsed": standing.lapsed,
        "over": standing.over,
    }


def _unpack(standing_id: str, raw: Mapping[str, Any]) -> Standing:
    return Standing(
        id=standing_id,
        action=raw["action"],
        selector=raw["selector"],
        by=unpack_actor(raw["by"]),
        at=float(raw["at"]),
        rule=raw["rule"],
        source=raw["source"],
        params=raw["params"],
        windows_only=bool(raw["windows_only"]),
        revoked=raw["revoked"],
        lapsed=raw["lapsed"],
    )
