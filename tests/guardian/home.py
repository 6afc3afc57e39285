"""A household in which time passes as its timer would make it pass."""

from collections.abc import Iterable, Mapping
import json
from typing import Any

from custom_components.home_server_monitor.guardian.alerts import Alerts
from custom_components.home_server_monitor.guardian.contract import Finding, Node, Proposal, Severity
from custom_components.home_server_monitor.guardian.finding import Change, Register, Tracked, finding_id
from custom_components.home_server_monitor.guardian.notice import Notice, Settings
from custom_components.home_server_monitor.guardian.topology import Topology, dump, load

DAY = 86400.0
# noon of a day, and the clock on the wall is UTC
NOON = 20000 * DAY + DAY / 2
INFO, WARNING, HIGH, CRITICAL = Severity


def local(now: float) -> tuple[int, int]:
    """Return the day and its minute."""
    return int(now // DAY), int(now % DAY // 60)


def at(hour: int, minute: int = 0, day: int = 0) -> float:
    """Return an instant of the day of NOON, or of days later."""
    return NOON - DAY / 2 + day * DAY + hour * 3600 + minute * 60


def found(
    rule: str, severity: Severity = HIGH, node: str = "pool:tank", source: str = "nas", **more: Any
) -> Finding:
    """Return a finding."""
    return Finding(source=source, rule=rule, object=node, severity=severity, **more)


def key(finding: Finding) -> str:
    """Return the id of a finding."""
    return finding_id(finding.source, finding.rule, finding.object)


NODES = (
    Node(id="ups:one", kind="ups"),
    Node(id="host:nas", kind="host", runs_on="ups:one", label="nas.lan"),
    Node(
        id="pool:tank", kind="pool", runs_on="host:nas", needs=frozenset({"disk:a", "disk:b"}), label="tank"
    ),
    Node(id="disk:a", kind="disk", runs_on="host:nas"),
    Node(id="disk:b", kind="disk", runs_on="host:nas"),
    Node(
        id="app:plex",
        kind="app",
        runs_on="host:nas",
        needs=frozenset({"pool:tank"}),
        aliases=frozenset({"container:1"}),
    ),
    Node(id="host:pi", kind="host"),
    Node(id="app:dns", kind="app", runs_on="host:pi"),
)
SCRUB = Proposal(action="start_scrub", target="tank")


class Home:
    """A register and its alerts, long after their start, at noon, after each source's first look."""

    def __init__(
        self,
        *known: str,
        now: float = NOON,
        nodes: Iterable[Node] = NODES,
        quiet: tuple[int, int] | None = (22 * 60 + 30, 7 * 60 + 30),
    ) -> None:
        self.register = Register()
        self.alerts = Alerts(self.register, Topology(nodes), Settings(local=local, quiet=quiet))
        self.now = now
        self.started = now - DAY
        self.booted: dict[str, float] = {}
        self.changes: list[Change] = []
        for source in known or ("nas", "pi"):
            self.register.observe(source, (), now)
        self.look()

    def look(self) -> list[Notice]:
        """Let the guardian's timer fire."""
        self.changes += self.register.tick(self.now)
        return self.alerts.tick(self.now, started=self.started, booted=self.booted)

    def sees(self, *findings: Finding, source: str = "nas") -> list[Notice]:
        """Take in a complete snapshot of a source."""
        changes = self.register.observe(source, findings, self.now)
        self.changes += changes
        return self.alerts.tick(self.now, started=self.started, booted=self.booted)

    def wait(self, seconds: float) -> list[Notice]:
        """Let time pass as the guardian's own timer does: from due to due, each at least a second on."""
        end, told = self.now + seconds, []
        while (due := self.alerts.next_due()) is not None and max(due, self.now + 1) <= end:
            self.now = max(due, self.now + 1)
            told += self.look()
        self.now = end
        return told + self.look()

    def until(self, instant: float) -> list[Notice]:
        """Let time pass until then."""
        return self.wait(instant - self.now)

    def of(self, finding: Finding) -> Tracked:
        """Return what is known of a finding."""
        return self.register.tracked[key(finding)]

    def restart(self, down: float = 30.0) -> None:
        """Stop, store, and start again from what was stored."""
        register, alerts = json.loads(json.dumps([self.register.dump(), self.alerts.dump()]))
        topology = Topology(load(json.loads(json.dumps(dump(self.alerts.topology.nodes)))))
        self.register = Register()
        self.register.load(register)
        self.alerts = Alerts(self.register, topology, self.alerts.settings)
        self.alerts.load(alerts)
        self.now += down
        self.started = self.now


def kinds(notices: Iterable[Notice]) -> list[str]:
    """Return what sort of notices these are."""
    return [notice.kind for notice in notices]


def pushes(notices: Iterable[Notice]) -> list[Notice]:
    """Return the notices other than digests."""
    return [notice for notice in notices if notice.kind != "digest"]


def by_kind(changes: Iterable[Change]) -> Mapping[str, int]:
    """Return how many changes there were of each kind."""
    counted: dict[str, int] = {}
    for change in changes:
        counted[change.kind] = counted.get(change.kind, 0) + 1
    return counted
