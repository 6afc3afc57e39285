"""Whatever happens in whatever order: no alert is lost, none told that must not be, and there are not too many."""

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from custom_components.home_server_monitor.guardian.contract import Finding, Node, Severity
from custom_components.home_server_monitor.guardian.finding import State
from custom_components.home_server_monitor.guardian.notice import Notice
from custom_components.home_server_monitor.guardian.waking import STORAGE, waking_of

from .home import CRITICAL, DAY, HIGH, NODES, Home, found, pushes

RINGS = (
    *(node for node in NODES if node.id != "host:pi"),
    Node(id="engine:nas", kind="engine", aliases=frozenset({"host:nas"})),
    Node(id="host:pi", kind="host", runs_on="host:vm"),
    Node(id="host:vm", kind="host", runs_on="host:pi"),
)
LOST = [("source_lost", node) for node in ("host:nas", "engine:nas", "app:plex", "host:pi", "host:vm")]
ON_NAS = [
    ("pool_degraded", "pool:tank"),
    ("pool_errors", "pool:tank"),
    ("pool_unavailable", "pool:tank"),
    ("self_test_failed", "disk:a"),
    ("self_test_failed", "disk:b"),
    ("disk_hot", "disk:a"),
    ("pool_full", "pool:tank"),
    ("app_crashed", "container:1"),
    ("task_failed", "task:nas:1"),
    ("key_too_powerful", "host:nas"),
]
ON_PI = [("app_crashed", "app:dns"), ("ups_low", "ups:one"), ("ups_on_battery", "ups:one")]
OF = {"nas": ON_NAS, "pi": ON_PI, "guardian:home": LOST}
WAITS = st.sampled_from([1.0, 29.0, 31.0, 61.0, 301.0, 901.0, 3601.0, 5 * 3600.0])
JUMPS = st.sampled_from([-300 * DAY, -5000.0, -61.0, 61.0, 5000.0, 300 * DAY])
NEWS = ("raised", "severer", "repeated", "escalated", "flapping", "summary")


@st.composite
def snapshots(draw: st.DrawFn) -> tuple[str, list[Finding]]:
    """Return what a source says is wrong."""
    source = draw(st.sampled_from(sorted(OF)))
    findings = [
        found(name, draw(st.sampled_from(Severity)), node, source, holds=draw(st.integers(0, 9)) == 0)
        for name, node in draw(st.lists(st.sampled_from(OF[source]), unique=True))
    ]
    return source, findings


class AlwaysAlerts(RuleBasedStateMachine):
    """A household in which anything may happen."""

    @initialize(hour=st.integers(0, 23))
    def begin(self, hour: int) -> None:
        self.home = Home("pi", now=20000 * DAY + hour * 3600, nodes=RINGS)
        self.known_as_raised: set[str] = set()

    def hear(self, notices: list[Notice]) -> None:
        """Check each notice at the moment at which it is told."""
        home = self.home
        for notice in notices:
            assert notice.ids
            assert len(set(notice.ids)) == len(notice.ids)
            if notice.kind == "digest":
                continue
            if notice.kind == "resolved":
                assert all(home.register.tracked[one].state is State.RESOLVED for one in notice.ids)
                assert self.known_as_raised >= set(notice.ids), "the end of what nobody heard of"
                self.known_as_raised -= set(notice.ids)
                continue
            assert notice.kind in NEWS
            for one in notice.ids:
                tracked = home.register.tracked[one]
                assert tracked.inhibited_by is None
                assert home.register.silence(tracked) is None
                assert not tracked.frozen
                assert tracked.state is State.FIRING or notice.kind == "flapping"
                assert tracked.severity >= HIGH or notice.kind == "summary"
                if notice.kind in ("raised", "severer", "repeated", "escalated"):
                    assert (notice.kind != "raised") == (one in self.known_as_raised)
                if tracked.told_severity is not None:
                    self.known_as_raised.add(one)
            assert notice.critical == (
                max(home.register.tracked[one].severity for one in notice.ids) is CRITICAL
            )
            if home.alerts.settings.is_quiet(home.now):
                assert notice.critical, "only what is critical makes a sound at night"
        for tracked in home.register.tracked.values():
            if tracked.told_severity is None:
                self.known_as_raised.discard(tracked.id)

    @rule(said=snapshots())
    def say(self, said: tuple[str, list[Finding]]) -> None:
        source, findings = said
        self.hear(self.home.sees(*findings, source=source))

    @rule(said=snapshots())
    def say_without_a_look(self, said: tuple[str, list[Finding]]) -> None:
        source, findings = said
        self.home.register.observe(source, findings, self.home.now)
        self.home.register.observe(source, findings[::2], self.home.now)
        self.hear(self.home.sees(*findings, source=source))

    @rule(seconds=WAITS)
    def wait(self, seconds: float) -> None:
        home, end, steps = self.home, self.home.now + seconds, 0
        while (due := home.alerts.next_due()) is not None and max(due, home.now + 1) <= end:
            home.now = max(due, home.now + 1)
            self.hear(home.look())
            steps += 1
            assert steps < 400, "the timer never rests"
        home.now = end
        self.hear(home.look())

    @rule(seconds=JUMPS)
    def jump(self, seconds: float) -> None:
        self.home.now += seconds
        self.hear(self.home.look())

    @rule(down=st.sampled_from([1.0, 600.0, DAY]))
    def restart(self, down: float) -> None:
        self.home.restart(down)
        self.hear(self.home.look())

    @rule(source=st.sampled_from(sorted(OF)), removed=st.booleans())
    def lose(self, source: str, removed: bool) -> None:
        if removed:
            self.home.register.drop(source, self.home.now)
        else:
            self.home.register.freeze(source)
        self.hear(self.home.look())

    @rule(minutes=st.sampled_from([5, 15, 600]))
    def reboot(self, minutes: int) -> None:
        self.home.alerts.expect_silence("host:nas", self.home.now + minutes * 60)

    @rule(ago=st.sampled_from([0.0, 300.0, 700.0]))
    def boot(self, ago: float) -> None:
        self.home.booted = {"host:nas": self.home.now - ago}

    @precondition(lambda self: self.home.register.tracked)
    @rule(data=st.data(), verb=st.sampled_from(["acknowledge", "snooze", "dismiss", "reopen", "accept"]))
    def silence(self, data: st.DataObject, verb: str) -> None:
        register, now = self.home.register, self.home.now
        one = data.draw(st.sampled_from(sorted(register.tracked)))
        match verb:
            case "acknowledge":
                register.acknowledge(one, "Ann", now)
            case "snooze":
                register.snooze(one, now + 3000, "Ann", now)
            case "dismiss":
                register.dismiss(one, "Ann", "", now)
            case "reopen":
                register.reopen(one)
            case "accept":
                register.accept(register.tracked[one].finding.rule, "Ann", now)
        self.hear(self.home.look())

    @invariant()
    def no_critical_alert_is_lost(self) -> None:
        for tracked in self.home.register.firing():
            quiet = tracked.frozen or tracked.inhibited_by or self.home.register.silence(tracked)
            waking = waking_of(tracked.finding.rule)
            held = waking.area != STORAGE and not waking.always
            if tracked.severity is CRITICAL and not quiet and not held:
                assert tracked.told_severity is CRITICAL

    @invariant()
    def what_is_explained_is_explained_by_something_that_fires(self) -> None:
        known = self.home.register.tracked
        for tracked in self.home.register.firing():
            at, seen = tracked, {tracked.id}
            while at.inhibited_by is not None:
                at = known[at.inhibited_by]
                assert at.state is State.FIRING
                assert at.id not in seen, "they explain each other, and nobody is told"
                seen.add(at.id)

    @invariant()
    def it_can_be_stored(self) -> None:
        dumped = self.home.register.dump()
        assert len(dumped["tracked"]) == len(self.home.register.tracked)

    def teardown(self) -> None:
        """In the end all is quiet: of what stays, only repeats; of what ends, one end."""
        if not hasattr(self, "home"):
            return
        home = self.home
        home.booted, home.started = {}, home.now - DAY
        for source, rules in OF.items():
            home.register.observe(
                source, [found(name, CRITICAL, node, source) for name, node in rules[:3]], home.now
            )
        home.wait(2 * DAY)
        told = pushes(home.wait(DAY))
        leads = {notice.lead for notice in told}
        assert len(told) <= 7 * max(len(leads), 1)
        assert {notice.kind for notice in told} <= {"repeated", "escalated"}
        for source in OF:
            home.register.observe(source, (), home.now)
        home.wait(2 * DAY)
        assert not pushes(home.wait(DAY))
        assert all(tracked.told_severity is None for tracked in home.register.tracked.values())
        assert home.register.next_due() is None


TestAlways = AlwaysAlerts.TestCase
TestAlways.settings = settings(
    derandomize=True,
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
