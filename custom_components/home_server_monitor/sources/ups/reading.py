"""What a UPS says, made sure of: a dump of its variables becomes one Reading. Pure.

Drivers pass on what devices say, and devices say much that is not so: what stands here was learned from 716 public
dumps (nut-ddl). A value that cannot be is not known; it is never 0 and never a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from ...guardian.capabilities_power import Mains, mains_of
from .values import dated, identity, number, plain, test_result

MAX_TOKENS: Final = 40
# a charge, percent, and a runtime, seconds, that no battery has which is empty
HALF: Final = 50.0
MINUTES: Final = 300.0


class SelfTest(StrEnum):
    """How the last self-test of the battery ended."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    RUNNING = "running"
    ABORTED = "aborted"
    NONE = "none"


class Condition(StrEnum):
    """What a UPS is doing, in one word: what matters most."""

    ONLINE = "online"
    CHARGING = "charging"
    ON_BATTERY = "on_battery"
    LOW_BATTERY = "low_battery"
    FORCED_SHUTDOWN = "forced_shutdown"
    TESTING = "testing"
    OFF = "off"
    BYPASS = "bypass"
    OVERLOAD = "overload"
    WAITING = "waiting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One dump of a UPS; None is "not known".

    tokens: the words of `ups.status`. low, fsd, calibrating, waiting: the tokens LB, FSD, CAL or TEST, WAIT; LB counts
    only together with mains ABSENT. testing: it says that a self-test runs, by token or by the test's result.
    charge, load and the thresholds in %, runtime in s, power in W, voltages in V, temperature in °C.
    watts: measured, or of the load and the nominal power.
    """

    tokens: frozenset[str] = frozenset()
    mains: Mains = Mains.UNKNOWN
    charging: bool | None = None
    alarm: str | None = None
    charge: float | None = None
    charge_low: float | None = None
    runtime: float | None = None
    runtime_low: float | None = None
    load: float | None = None
    watts: float | None = None
    input_voltage: float | None = None
    output_voltage: float | None = None
    battery_voltage: float | None = None
    temperature: float | None = None
    transfer_reason: str | None = None
    test: SelfTest | None = None
    test_said: str | None = None
    test_date: date | None = None
    battery_date: date | None = None
    beeper: str | None = None
    delay_shutdown: float | None = None
    serial: str | None = None
    maker: str | None = None
    model: str | None = None
    firmware: str | None = None

    @property
    def low(self) -> bool:
        """Return whether the device calls its battery low; alone it means nothing (see `Mains`)."""
        return "LB" in self.tokens

    @property
    def fsd(self) -> bool:
        """Return whether the primary has announced that it will cut the power; stays until upsd restarts."""
        return "FSD" in self.tokens

    @property
    def calibrating(self) -> bool:
        """Return whether the device says that it runs on its battery on purpose."""
        return bool(self.tokens & {"CAL", "TEST"})

    @property
    def testing(self) -> bool:
        """Return whether a calibration or a self-test runs."""
        return self.calibrating or self.test is SelfTest.RUNNING

    @property
    def waiting(self) -> bool:
        """Return whether upsd has just started and knows nothing yet."""
        return "WAIT" in self.tokens

    @property
    def on_battery(self) -> bool:
        """Return whether mains is certainly absent."""
        return self.mains is Mains.ABSENT

    @property
    def off(self) -> bool:
        """Return whether it does not feed its outlets; devices show that for seconds when a calibration begins."""
        return "OFF" in self.tokens

    @property
    def replace_battery(self) -> bool:
        """Return whether the device wants a new battery."""
        return "RB" in self.tokens

    @property
    def overload(self) -> bool:
        """Return whether more is plugged in than it can carry."""
        return "OVER" in self.tokens

    @property
    def bypass(self) -> bool:
        """Return whether what hangs on it is fed past it, unprotected."""
        return "BYPASS" in self.tokens

    @property
    def economy(self) -> bool:
        """Return whether it passes mains on as it is, to save energy, and has to switch over when mains fails."""
        return bool(self.tokens & {"HE", "ECO"})

    @property
    def overcharged(self) -> bool:
        """Return whether its battery's voltage is too high: the charger boils it."""
        return "HB" in self.tokens

    @property
    def condition(self) -> Condition:
        """Return what it is doing, in one word."""
        battery = Condition.LOW_BATTERY if self.low else Condition.ON_BATTERY
        told = (
            (self.waiting, Condition.WAITING),
            (self.fsd, Condition.FORCED_SHUTDOWN),
            (self.testing and not (self.on_battery and self.low), Condition.TESTING),
            (self.on_battery, battery),
            (self.off, Condition.OFF),
            (self.bypass, Condition.BYPASS),
            (self.overload, Condition.OVERLOAD),
            (self.mains is Mains.UNKNOWN, Condition.UNKNOWN),
            (self.charging is True, Condition.CHARGING),
        )
        return next((condition for holds, condition in told if holds), Condition.ONLINE)


def read(dump: Mapping[str, str]) -> Reading:
    """Return what a dump says; total: any text is either a value or not known."""
    tokens = frozenset(dump.get("ups.status", "").upper().split()[:MAX_TOKENS])
    mains, load = mains_of(tokens), number(dump, "ups.load", 0, 149.9)
    return Reading(
        tokens=tokens,
        mains=mains,
        charging=_charging(tokens, dump.get("battery.charger.status", "")),
        alarm=plain(dump.get("ups.alarm")),
        charge=number(dump, "battery.charge", 0, 100),
        charge_low=_threshold(dump, "battery.charge.low"),
        runtime=_runtime(dump, "battery.runtime", mains),
        runtime_low=_runtime(dump, "battery.runtime.low", Mains.PRESENT),
        load=load,
        watts=_watts(dump, load),
        input_voltage=number(dump, "input.voltage", 0, 1000),
        output_voltage=number(dump, "output.voltage", 0, 1000),
        battery_voltage=number(dump, "battery.voltage", 1, 1000),
        temperature=_temperature(dump),
        transfer_reason=plain(dump.get("input.transfer.reason")),
        test=_test(dump),
        test_said=plain(dump.get("ups.test.result")),
        test_date=dated(dump.get("ups.test.date")),
        battery_date=_battery_date(dump),
        beeper=_beeper(dump.get("ups.beeper.status")),
        delay_shutdown=number(dump, "ups.delay.shutdown", 0, 86_400),
        serial=identity(dump.get("ups.serial")) or identity(dump.get("device.serial")),
        maker=plain(dump.get("device.mfr")) or plain(dump.get("ups.mfr")),
        model=plain(dump.get("device.model")) or plain(dump.get("ups.model")),
        firmware=plain(dump.get("ups.firmware")),
    )


def believed(found: Reading, before: Reading | None) -> Reading:
    """Return a reading without the zeros that only say "not known".

    before: the reading before it, None where there was none. A runtime of 0 that follows none at all, and a charge of
    0 beside minutes of runtime, were never counted: an empty battery gets there from above.
    """
    if found.runtime == 0:
        full = found.charge is not None and found.charge > HALF
        if full if before is None else before.runtime is None:
            found = replace(found, runtime=None)
    if found.charge == 0 and (found.runtime or 0) >= MINUTES:
        found = replace(found, charge=None)
    return found


def _charging(tokens: frozenset[str], charger: str) -> bool | None:
    """Return whether the battery is charged; newer drivers say it in `battery.charger.status`."""
    match charger.strip().lower():
        case "charging":
            return True
        case "discharging" | "floating" | "resting":
            return False
    if "CHRG" in tokens:
        return True
    return False if tokens & {"DISCHRG", "OL", "OB"} else None


def _threshold(dump: Mapping[str, str], name: str) -> float | None:
    """Return a threshold in %; 0 is "none", and one of (nearly) 100 would call every battery low (nut #2652)."""
    return number(dump, name, 1, 95)


def _runtime(dump: Mapping[str, str], name: str, mains: Mains) -> float | None:
    """Return seconds. -60, 65535 and 3932100 (65535 min) are "not known"; so is 0 while mains is there."""
    found = number(dump, name, 0, 65_534)
    return None if found == 0 and mains is not Mains.ABSENT else found


def _watts(dump: Mapping[str, str], load: float | None) -> float | None:
    """Return the power that is drawn, measured or of the load; a device that measures 0 W under a load does not measure."""
    measured = number(dump, "ups.realpower", 0, 100_000)
    if measured is None:
        measured = number(dump, "output.realpower", 0, 100_000)
    if measured is not None and (measured > 0 or not load):
        return measured
    nominal = number(dump, "ups.realpower.nominal", 1, 100_000)
    return None if load is None or nominal is None else round(load * nominal / 100, 1)


def _temperature(dump: Mapping[str, str]) -> float | None:
    """Return °C; exactly 0 is a sensor that is not there."""
    for name in ("ups.temperature", "battery.temperature"):
        if found := number(dump, name, -20, 100):
            return found
    return None


def _test(dump: Mapping[str, str]) -> SelfTest | None:
    found = test_result(dump.get("ups.test.result"))
    return None if found is None else SelfTest(found)


def _beeper(value: str | None) -> str | None:
    found = (value or "").strip().lower()
    return found if found in ("enabled", "disabled", "muted") else None


def _battery_date(dump: Mapping[str, str]) -> date | None:
    """Return when the battery was put in, or made.

    APC ships 2001/09/25 in every device; a battery that is older than its UPS is such a lie as well.
    """
    made = dated(dump.get("ups.mfr.date"))
    for name in ("battery.date", "battery.mfr.date"):
        found = dated(dump.get(name))
        if found is not None and (made is None or found >= made):
            return found
    return None
