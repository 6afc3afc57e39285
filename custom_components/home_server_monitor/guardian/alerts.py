"""What is told, when, and how often: judged at every look from what is true, so that nothing told late is lost."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
import contextlib
from typing import Any

from .contract import Severity
from .digest import Digest
from .finding import Register, State, Tracked
from .inhibition import Inhibition
from .notice import Bucket, Notice, NoticeKind, Settings
from .storms import Key, joined, swept
from .topology import Topology
from .waking import ALERT, HOST, STORAGE, UPS, waking_of

COLLECT = 30.0
START_GRACE = 90.0
BOOT_GRACE = 600.0
# clocks of servers differ: a host that booted a little in the future has just booted
SKEW = 60.0
LONGEST_SILENCE = 7200.0
REPEATS = (900.0, 3600.0, 14400.0)


class Alerts:
    """Turns the findings of a register into notices. `topology` and `settings` may be replaced at any time."""

    def __init__(self, register: Register, topology: Topology, settings: Settings) -> None:
        self.register = register
        self.topology = topology
        self.settings = settings
        self._inhibition = Inhibition(register)
        self._digest = Digest()
        self._bucket = Bucket()
        self._silences: dict[str, float] = {}
        # since when a finding wants to be told; those whose telling a start has held
        self._waiting: dict[str, float] = {}
        self._graced: set[str] = set()
        self._open: dict[str, list[Tracked]] = {}
        self._dues: list[float] = []

    def tick(self, now: float, *, started: float, booted: Mapping[str, float]) -> list[Notice]:
        """Return what is to be told now; the register's own `tick` comes first."""
        return [notice for part in self.ticking(now, started=started, booted=booted) for notice in part]

    def ticking(self, now: float, *, started: float, booted: Mapping[str, float]) -> Iterator[list[Notice]]:
        """Yield the same in parts, so that others get their turn between them; what was yielded is to be told.

        started: when Home Assistant was up; booted: when each host started, by node id.
        """
        self._dues = []
        known = self.register.tracked
        self._waiting = {key: min(at, now) for key, at in self._waiting.items() if key in known}
        self._graced &= known.keys()
        self._silences = {
            host: min(until, now + LONGEST_SILENCE) for host, until in self._silences.items() if until > now
        }
        self._inhibition.judge(self.topology, now, started)
        yield []
        self._dues += self._inhibition.dues
        starting = 0.0 <= now - started < START_GRACE
        if starting:
            self._dues.append(started + START_GRACE)
        calm = starting or self.settings.is_quiet(now)
        self._open = defaultdict(list)
        for tracked in self.register.firing():
            if tracked.told_severity is not None:
                self._open[tracked.told_as].append(tracked)
        yield self._ended(now, calm)
        groups = self._wanted(now, self._holder(now, starting, booted))
        yield []
        notices = self._told(groups, now, calm)
        told = {key for notice in notices for key in notice.ids}
        if digest := None if starting else self._digest.due(self.register, self.settings, now, told):
            notices.append(digest)
        self._dues.append(self.settings.next_at(now, self.settings.digest_minute))
        yield notices

    def next_due(self) -> float | None:
        """Return when `tick` of the register or of this has something to do next."""
        dues = [*self._dues, due] if (due := self.register.next_due()) is not None else self._dues
        return min(dues, default=None)

    def expect_silence(self, host: str, until: float) -> None:
        """Tell nothing of a host and what is on it until then: it reboots as planned. At most two hours."""
        self._silences[host] = until

    def digest(self, now: float) -> Notice:
        """Return what a digest would say now; the one of the morning still comes."""
        return self._digest.look(self.register, now)

    def dump(self) -> dict[str, Any]:
        """Return what must outlive a restart, as JSON can hold it."""
        return {"digest": self._digest.dump(), "silences": self._silences, "bucket": self._bucket.dump()}

    def load(self, stored: Mapping[str, Any]) -> None:
        """Take back what `dump` gave, without what is damaged."""
        damage = (KeyError, TypeError, ValueError, AttributeError)
        with contextlib.suppress(*damage):
            self._digest.load(stored["digest"])
        with contextlib.suppress(*damage):
            self._silences = {str(host): float(until) for host, until in stored["silences"].items()}
        with contextlib.suppress(*damage):
            self._bucket.load(stored["bucket"])

    def _ended(self, now: float, calm: bool) -> list[Notice]:
        """Tell the end of what was told; it replaces that notice."""
        ended: defaultdict[str, list[Tracked]] = defaultdict(list)
        for tracked in self.register.tracked.values():
            if tracked.state is not State.RESOLVED or tracked.told_severity is None or tracked.flapping:
                continue
            if self.register.silence(tracked) in (None, "acknowledged"):
                ended[tracked.told_as].append(tracked)
            else:
                tracked.untold()
        notices: list[Notice] = []
        for lead, members in ended.items():
            severity = max(tracked.told_severity or Severity.INFO for tracked in members)
            urgent = severity is Severity.CRITICAL
            if not urgent and not self._ready(members, now, calm):
                continue
            rest = tuple(tracked.id for tracked in self._open.get(lead, ()))
            if urgent or not rest or self._bucket.take(now):
                ids = tuple(tracked.id for tracked in sorted(members, key=_worst_first))
                notices.append(Notice(kind="resolved", ids=ids, severity=severity, lead=lead, rest=rest))
            for tracked in members:
                tracked.untold()
                self._waiting.pop(tracked.id, None)
        return notices

    def _wanted(self, now: float, held: Callable[[Tracked], bool]) -> dict[Key, list[Tracked]]:
        """Return what is not known yet, or not acknowledged, in groups that are told together."""
        groups: defaultdict[Key, list[Tracked]] = defaultdict(list)
        for tracked in self.register.tracked.values():
            if (kind := self._wants(tracked, now)) is None:
                if tracked.state is not State.RESOLVED or tracked.told_severity is None:
                    self._waiting.pop(tracked.id, None)
                self._graced.discard(tracked.id)
            elif held(tracked):
                self._waiting.setdefault(tracked.id, now)
                self._graced.add(tracked.id)
            else:
                groups[self._key(kind, tracked)].append(tracked)
        return groups

    def _told(self, groups: dict[Key, list[Tracked]], now: float, calm: bool) -> list[Notice]:
        """Tell these groups: critical at once, the rest collected and by day."""
        # somebody may have answered in between
        groups = {
            key: left
            for key, members in groups.items()
            if (left := [tracked for tracked in members if not self.register.silence(tracked)])
        }
        ready = {
            key: members
            for key, members in groups.items()
            if key[1] == "urgent" or self._ready(members, now, calm)
        }
        return [
            notice
            for key, members in joined(swept(groups, ready)).items()
            if (notice := self._tell(key, members, now)) is not None
        ]

    def _wants(self, tracked: Tracked, now: float) -> NoticeKind | None:
        """Return how a finding is to be told now, or None: it is known, or nobody is to hear of it."""
        if tracked.frozen or tracked.state is State.PENDING or self.register.silence(tracked):
            return None
        if tracked.inhibited_by:
            return None
        severity, told = tracked.severity, tracked.told_severity
        if tracked.flapping and not tracked.flap_told and severity >= Severity.HIGH:
            return "flapping"
        if tracked.state is not State.FIRING:
            return None
        known = max(-1 if told is None else told, -1 if tracked.passed is None else tracked.passed)
        if tracked.baseline and known < 0 and severity < Severity.CRITICAL:
            return "summary"
        if severity < Severity.HIGH or (tracked.flapping and severity <= known):
            return None
        if severity > known:
            return "raised" if told is None else "severer"
        if told is None:
            return None
        if tracked.told_at is None:
            return "repeated"
        if severity < Severity.CRITICAL:
            return None
        due = tracked.told_at + REPEATS[min(max(tracked.told_times, 1), len(REPEATS)) - 1]
        self._dues.append(due)
        return None if now < due else "escalated" if tracked.told_times == 1 else "repeated"

    def _key(self, kind: NoticeKind, tracked: Tracked) -> Key:
        """Return what a finding is told together with: kind, urgency, and the host and area or the earlier notice."""
        waking = waking_of(tracked.finding.rule)
        urgent = "urgent" if tracked.severity is Severity.CRITICAL or waking.at_once else ""
        if kind == "summary" or (not urgent and kind == "raised" and tracked.id in self._graced):
            return "summary", ""
        if kind in ("severer", "repeated", "escalated"):
            return kind, urgent, tracked.told_as
        hosts = self.topology.hosts(tracked.finding.object, tracked.finding.source)
        return kind, urgent, hosts[0] if hosts else tracked.finding.source, waking.area

    def _ready(self, members: Iterable[Tracked], now: float, calm: bool) -> bool:
        """Return whether these have been collected for long enough, and it is not night."""
        since = min(self._waiting.setdefault(tracked.id, now) for tracked in members)
        if calm:
            self._dues.append(self.settings.quiet_end(now))
            return False
        if now - since < COLLECT:
            self._dues.append(since + COLLECT)
            return False
        return True

    def _holder(self, now: float, starting: bool, booted: Mapping[str, float]) -> Callable[[Tracked], bool]:
        """Return what says whether a finding waits because something has just started, or reboots as planned."""
        hosts = {self.topology.canonical(host): until for host, until in self._silences.items()}
        for host, at in booted.items():
            if -SKEW <= now - at < BOOT_GRACE:
                node = self.topology.canonical(host)
                hosts[node] = max(hosts.get(node, now), at + BOOT_GRACE)
        self._dues += hosts.values()

        if not hosts and not starting:
            return lambda tracked: False

        def held(tracked: Tracked) -> bool:
            waking = waking_of(tracked.finding.rule)
            critical = tracked.severity is Severity.CRITICAL
            if waking.always or (critical and waking.area in (STORAGE, UPS)):
                return False
            if starting and not critical:
                return True
            return bool(hosts) and any(
                at in hosts for at in self.topology.above(tracked.finding.object, tracked.finding.source)
            )

        return held

    def _tell(self, key: Key, members: list[Tracked], now: float) -> Notice | None:
        """Return the notice of a group, and remember that it was told; None where it is left to the digest."""
        members.sort(key=_worst_first)
        kind: NoticeKind = key[0]  # type: ignore[assignment]
        severity = members[0].severity
        loud = [tracked for tracked in members if kind != "summary" or not tracked.baseline]
        for tracked in members:
            self._waiting.pop(tracked.id, None)
            self._graced.discard(tracked.id)
            if kind == "summary" and tracked.baseline:
                tracked.leave(now)
        if kind == "summary":
            if severity < Severity.WARNING:
                return None
        elif key[1] != "urgent" and not self._bucket.take(now):
            for tracked in members:
                tracked.leave(now)
            return None
        lead = self._lead(kind, loud) if loud else ""
        for tracked in loud:
            tracked.told(lead, now, severer=kind == "severer")
        ids = tuple(tracked.id for tracked in members)
        told = frozenset(ids)
        return Notice(
            kind=kind,
            ids=ids,
            severity=severity,
            critical=severity is Severity.CRITICAL,
            lead=lead,
            rest=tuple(other.id for other in self._open.get(lead, ()) if other.id not in told),
            instead=tuple(self._taken_over(told)),
        )

    def _taken_over(self, told: frozenset[str]) -> Iterator[str]:
        """Yield the leads under which nothing is told but what these explain; that is told again if it stays alone."""
        for lead, members in self._open.items():
            if members and all(self._is_the_same_story(each, told) for each in members):
                for each in members:
                    each.told_at = None
                yield lead

    def _is_the_same_story(self, tracked: Tracked, told: frozenset[str]) -> bool:
        """Return whether one of these explains it, other than by having silenced its host."""
        if tracked.inhibited_by not in told:
            return False
        area = waking_of(self.register.tracked[tracked.inhibited_by].finding.rule).area
        mine = waking_of(tracked.finding.rule).area
        return area == mine or (mine == ALERT and area not in (HOST, UPS))

    def _lead(self, kind: NoticeKind, members: list[Tracked]) -> str:
        """Return the tag: that of the earlier notice, unless others than these are told under it."""
        first = members[0]
        if not first.told_as or kind in ("raised", "summary"):
            return first.id
        if kind in ("repeated", "escalated"):
            return first.told_as
        alone = {other.id for other in self._open.get(first.told_as, ())} <= {other.id for other in members}
        return first.told_as if alone else first.id


def _worst_first(tracked: Tracked) -> tuple[int, float, str]:
    return -tracked.severity, tracked.since, tracked.id
