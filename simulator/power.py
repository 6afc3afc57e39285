"""The UPS of the house: mains, battery and load, and what its server says of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .clock import Clock

HOUR = 3600.0
# Wh that its battery holds, and how fast it fills, as a share of that an hour
CAPACITY, FILLS = 34.0, 0.25
NOMINAL = 540.0
EFFICIENCY = 0.85
LOW = 15.0
TEST_LASTS = 10.0


@dataclass(slots=True)
class Settings:
    """How the NAS deals with it, as `ups.config` says it. remote: whether its server answers others."""

    identifier: str = "ups"
    remote: bool = True
    port: int = 3493
    shutdown: str = "BATT"
    timer: int = 30
    hostsync: int = 15
    user: str = "upsmon"
    password: str = "kept-by-the-nas"  # noqa: S105 - of a simulation
    extra: dict[str, str] = field(default_factory=lambda: {"ha": "pause first"})


class Ups:
    """One UPS. Everything is public: tests and scenarios may change it, the face only reads and calls it.

    heard: whether the driver speaks ("live"), is silent ("stale") or dead ("gone"). said: variables that say something
    else than they should. tokens: words of the status besides those of mains and battery. switch_off, switch_on: what
    happens to the machines that hang on it, once their server has announced it and nobody is waited for, and once mains
    is back after that.
    """

    def __init__(self, clock: Clock, watts: Callable[[], float]) -> None:
        self.clock = clock
        self._draws = watts
        self.settings = Settings()
        self.mains = True
        self.charge = 100.0
        self.heard = "live"
        self.said: dict[str, str] = {}
        self.tokens: set[str] = set()
        self.beeper = "enabled"
        self.test_result = "No test initiated"
        self.test_ends: float | None = None
        self.off = False
        self.announced: float | None = None
        self.logins: set[object] = set()
        self.orders: list[str] = []
        # whether the NAS itself shuts down, as its settings say; else only what clients do is seen
        self.primary_acts = False
        self.switch_off: Callable[[], None] = lambda: None
        self.switch_on: Callable[[], None] = lambda: None
        self.failed_at: float | None = None
        self._then = clock.now()

    # Motion

    def tick(self) -> None:
        """Bring it up to the present."""
        now, then = self.clock.now(), self._then
        hours, self._then = max(0.0, now - then) / HOUR, now
        if self.mains:
            self.charge = min(100.0, self.charge + 100 * FILLS * hours)
        elif not self.off:
            self.charge = max(0.0, self.charge - 100 * hours * self.watts() / EFFICIENCY / CAPACITY)
        if not self.mains and self.charge <= 0:
            self.off = True
        if self.test_ends is not None and now >= self.test_ends:
            self.test_ends, self.test_result = None, "Done and passed"
        if self.primary_acts:
            self._act(now)

    def _act(self, now: float) -> None:
        """Do what the NAS's own upsmon does."""
        if self.announced is None and self.failed_at is not None and not self.mains:
            waited = self.settings.shutdown == "BATT" and now - self.failed_at >= self.settings.timer
            if waited or self.charge <= LOW:
                self.announced = now
        if self.announced is None or self.off:
            return
        if not self.logins or now - self.announced >= self.settings.hostsync:
            self.off = True
            self.switch_off()

    def fail(self, charge: float | None = None) -> None:
        """Mains fails."""
        self.tick()
        self.mains, self.failed_at = False, self.clock.now()
        self.test_ends = None
        if charge is not None:
            self.charge = charge

    def come_back(self) -> None:
        """Mains is back, and with it what was off; an announcement stands until the server starts again."""
        self.tick()
        self.mains, self.failed_at = True, None
        if self.off:
            self.off, self.announced = False, None
            self.tokens.discard("OFF")
            self.switch_on()

    def watts(self) -> float:
        """What is drawn from it."""
        return 0.0 if self.off else self._draws()

    # What it says

    @property
    def runtime(self) -> float:
        """Seconds that the battery lasts at this load."""
        return self.charge / 100 * CAPACITY * EFFICIENCY / max(self.watts(), 1.0) * HOUR

    @property
    def status(self) -> str:
        """The words of `ups.status`."""
        words = ["OL" if self.mains else "OB"]
        if not self.mains:
            words += ["DISCHRG", *(["LB"] if self.charge <= LOW else [])]
        elif self.test_ends is not None:
            words += ["DISCHRG", "CAL"]
        elif self.charge < 99.5:
            words.append("CHRG")
        if self.announced is not None:
            words.insert(0, "FSD")
        return " ".join([*words, *sorted(self.tokens)])

    def variables(self) -> Mapping[str, str]:
        """Everything that its driver tells."""
        watts = self.watts()
        return {
            "battery.charge": f"{self.charge:.0f}",
            "battery.charge.low": f"{LOW:.0f}",
            "battery.date": "2023/04/12",
            "battery.runtime": f"{self.runtime:.0f}",
            "battery.runtime.low": "120",
            "battery.type": "PbAc",
            "battery.voltage": f"{11.2 + 0.022 * self.charge:.1f}",
            "battery.voltage.nominal": "12.0",
            "device.mfr": "Steady Current",
            "device.model": "Keeper 900",
            "device.serial": "SC2304K00917",
            "device.type": "ups",
            "driver.name": "usbhid-ups",
            "driver.version": "2.8.1",
            "input.voltage": "230.0" if self.mains else "0.0",
            "output.voltage": "230.0",
            "ups.beeper.status": self.beeper,
            "ups.delay.shutdown": "120",
            "ups.firmware": "4.11",
            "ups.load": f"{watts / NOMINAL * 100:.0f}",
            "ups.mfr": "Steady Current",
            "ups.model": "Keeper 900",
            "ups.realpower": f"{watts:.0f}",
            "ups.realpower.nominal": f"{NOMINAL:.0f}",
            "ups.serial": "SC2304K00917",
            "ups.status": self.status,
            "ups.test.result": "In progress" if self.test_ends is not None else self.test_result,
        } | self.said

    # What it is told

    COMMANDS = (
        "beeper.disable",
        "beeper.enable",
        "beeper.mute",
        "load.off",
        "shutdown.return",
        "test.battery.start.quick",
        "test.battery.stop",
    )

    def order(self, command: str) -> bool:
        """Do what an instant command says; returns whether there is one of that name."""
        if command not in self.COMMANDS:
            return False
        self.orders.append(command)
        match command.split("."):
            case ["beeper", what]:
                self.beeper = {"mute": "muted", "enable": "enabled", "disable": "disabled"}[what]
            case ["test", "battery", "stop"]:
                self.test_ends, self.test_result = None, "Aborted"
            case ["test", *_]:
                self.test_ends = self.clock.now() + TEST_LASTS
            case _:
                self.off = True
                self.tokens.add("OFF")
                self.switch_off()
        return True
