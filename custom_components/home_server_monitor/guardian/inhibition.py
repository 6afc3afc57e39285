"""Which finding explains which: what is explained is not told, but still watched, listed and resolved."""

from collections.abc import Mapping, Sequence

from .contract import Severity
from .finding import Register, Tracked
from .topology import Topology
from .waking import AREAS, RANK, waking_of

# a source that says nothing for so long explains nothing any more: its host's own finding does
FROZEN_CAUSE_COUNTS = 900.0

type Weight = tuple[int, int, str]
type Causes = dict[str, dict[str, list[str]]]


class Inhibition:
    """Sets `inhibited_by` of all that fires. Safe against rings: of those, the worst is told."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._topology = Topology()
        # when time alone changes the picture
        self.dues: list[float] = []
        self._weights: dict[str, Weight] = {}
        self._causes: Causes = {}
        # by rule and node: what fires, of the rules that tell what others only repeat
        self._tellers: dict[tuple[str, str], str] = {}
        # by node: the finding that expects its loss
        self._expecting: dict[str, str] = {}
        # at which severity, and in which occurrence, each finding was judged against these causes
        self._judged: dict[str, tuple[Severity, int]] = {}

    def judge(self, topology: Topology, now: float, started: float) -> None:
        """Judge what is new, or all again where the causes or the topology have changed."""
        self.dues = []
        firing = list(self._register.firing())
        found = [tracked for tracked in firing if self._explains(tracked, now, started)]
        self._expecting = {
            topology.canonical(tracked.finding.object): tracked.id
            for tracked in found
            if waking_of(tracked.finding.rule).expects
        }
        # what is not told because it is expected must not keep others from being told
        found = [tracked for tracked in found if self._expecter(tracked, topology) is None]
        weights = {tracked.id: _weight(tracked) for tracked in found}
        if weights != self._weights or topology is not self._topology:
            self._weights, self._topology, self._judged = weights, topology, {}
            self._causes = _sorted_by_place(sorted(found, key=_weight, reverse=True), topology)
        # few only repeat what a rule judges, and of many thousand findings most are judged already
        repeating = {tracked.id for tracked in firing if "told_by" in tracked.finding.evidence}
        self._tellers = self._found_tellers(firing) if repeating else {}
        judged = {tracked.id: (tracked.severity, tracked.count) for tracked in firing}
        # what they are about may become more without getting worse
        about = firing if self._expecting else []
        growing = {tracked.id for tracked in about if "nodes" in tracked.finding.evidence}
        fresh = [
            tracked
            for tracked in firing
            if self._judged.get(tracked.id) != judged[tracked.id] or tracked.id in repeating | growing
        ]
        for tracked in fresh:
            tracked.inhibited_by = self._cause(tracked)
        for tracked in fresh:
            if tracked.id in weights:
                _open_ring(tracked.id, self._register.tracked)
        self._judged = judged

    def _explains(self, tracked: Tracked, now: float, started: float) -> bool:
        waking = waking_of(tracked.finding.rule)
        if not waking.cause_of and not waking.covers and not waking.expects:
            return False
        if tracked.frozen:
            ends = max(tracked.last_seen, min(started, now)) + FROZEN_CAUSE_COUNTS
            if ends <= now:
                return False
            self.dues.append(ends)
        # who dismissed "pool has errors" has not heard of the disk that fails next
        return waking.cause or self._register.silence(tracked) != "dismissed"

    def _expecter(self, tracked: Tracked, topology: Topology) -> str | None:
        """Return the finding by which all that this one is about is expected to go."""
        if not self._expecting:
            return None
        about = tracked.finding.evidence.get("nodes", (tracked.finding.object,))
        nodes = (
            {topology.canonical(str(node)) for node in about} if isinstance(about, list | tuple) else set()
        )
        if len(nodes) != 1 or (key := self._expecting.get(*nodes)) is None or key == tracked.id:
            return None
        cause = self._register.tracked[key]
        return key if tracked.finding.rule in waking_of(cause.finding.rule).expects else None

    def _found_tellers(self, firing: Sequence[Tracked]) -> dict[tuple[str, str], str]:
        wanted = {rule for tracked in firing for rule in _told_by(tracked)}
        return {
            (each.finding.rule, self._topology.canonical(each.finding.object)): each.id
            for each in firing
            if each.finding.rule in wanted
        }

    def _teller(self, tracked: Tracked) -> str | None:
        """Return the finding that says the same in our words: about what it names, or about anything of its source.

        Not one that is left to the digest while this one would be pushed.
        """
        if not (rules := _told_by(tracked)):
            return None
        known = self._register.tracked
        least = min(tracked.severity, Severity.HIGH)
        named = self._topology.within_host(tracked.finding.object, tracked.finding.source)
        if len(named) > 1:
            found = (self._tellers.get((rule, node)) for rule in rules for node in sorted(named))
            return next((key for key in found if key is not None and known[key].severity >= least), None)
        source = tracked.finding.source
        mine = (key for (rule, _), key in self._tellers.items() if rule in rules)
        return next(
            (key for key in mine if known[key].finding.source == source and known[key].severity >= least),
            None,
        )

    def _cause(self, tracked: Tracked) -> str | None:
        if (teller := self._expecter(tracked, self._topology) or self._teller(tracked)) is not None:
            return teller
        waking, rule = waking_of(tracked.finding.rule), tracked.finding.rule
        causes = self._causes[waking.area]
        if waking.security or not causes:
            return None
        node = self._topology.canonical(tracked.finding.object)

        def counts(key: str) -> bool:
            cause = self._register.tracked[key]
            row = waking_of(cause.finding.rule)
            if key == tracked.id:
                return False
            if row.cause and waking.area in row.cause_of:
                return True
            if cause.severity < tracked.severity or waking.beside:
                return False
            same = self._topology.canonical(cause.finding.object) == node
            return rule in row.covers if same else waking.area in row.cause_of

        return self._topology.alive_cause(
            tracked.finding.object, causes, counts, source=tracked.finding.source
        )


def _told_by(tracked: Tracked) -> Sequence[str]:
    """Return the rules that tell the same, where it only repeats what a rule judges."""
    found = tracked.finding.evidence.get("told_by")
    return found if isinstance(found, list | tuple) else ()


def _sorted_by_place(found: list[Tracked], topology: Topology) -> Causes:
    """Return per area, per node, the findings that explain others, in the order given."""
    causes: Causes = {area: {} for area in AREAS}
    for tracked in found:
        waking = waking_of(tracked.finding.rule)
        node = topology.canonical(tracked.finding.object)
        for area in waking.cause_of | ({waking.area} if waking.covers else frozenset()):
            causes[area].setdefault(node, []).append(tracked.id)
    return causes


def _open_ring(key: str, tracked: Mapping[str, Tracked]) -> None:
    """Follow what explains a finding; if that comes back to where it was, tell the worst of the ring."""
    path: list[str] = []
    at: str | None = key
    while at is not None and at not in path:
        path.append(at)
        at = tracked[at].inhibited_by
    if at is not None:
        ring = (tracked[one] for one in path[path.index(at) :])
        max(ring, key=_weight).inhibited_by = None


def _weight(tracked: Tracked) -> Weight:
    return tracked.severity, -RANK.get(tracked.finding.rule, len(RANK)), tracked.id
