"""What is wrong with a UPS: pure functions of a snapshot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
import re
from typing import Any, Final

from ...guardian.capabilities_power import UpsService
from ...guardian.contract import Finding, Severity
from .model import Contact, Mains, Power, Reading, SelfTest
from .nodes import unit_node

# what a battery of lead gets, in years, and how often it should be tested, in days
OLD: Final = 5.0
UNTESTED: Final = 190
# a calibration that empties the battery further than this is no harmless one
FLOOR: Final = 20.0
OFTEN: Final = 3
# CyberPower, by what its devices say in `device.mfr` (some say their model there); they count delays in whole minutes
_MINUTES: Final = re.compile(r"cyber|cps\b|cp\d{3}", re.IGNORECASE)
MINUTE: Final = 60.0
_LOST: Final = {
    Contact.STALE: "ups_stale",
    Contact.DRIVER_GONE: "ups_driver_gone",
    Contact.UNKNOWN_UPS: "ups_unknown",
    Contact.WAITING: "ups_waiting",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is judged, and what a finding needs."""

    source: str
    name: str
    data: Power
    today: date
    factory_password: bool = False
    service: UpsService | None = None

    @property
    def now(self) -> Reading:
        """Return the reading, where it is of now."""
        return self.data.unit.now

    def make(
        self, rule: str, severity: Severity, evidence: Mapping[str, Any] | None = None, **placeholders: str
    ) -> Finding:
        """Return a finding about the UPS."""
        return Finding(
            source=self.source,
            rule=rule,
            object=unit_node(self.source),
            severity=severity,
            placeholders={"name": self.name, **placeholders},
            evidence=evidence or {},
        )


def judge(
    source: str,
    name: str,
    data: Power,
    today: date,
    *,
    factory_password: bool = False,
    service: UpsService | None = None,
) -> list[Finding]:
    """Return what is wrong; what is not heard now is not judged, but that it is not heard.

    factory_password: whether its server lets the primary in with the password that it came with; service: how the
    server that hangs on it is set, where that is known.
    """
    case = Case(
        source=source,
        name=name,
        data=data,
        today=today,
        factory_password=factory_password,
        service=service,
    )
    return [finding for rule in RULES for finding in rule(case)]


def runs_out(now: Reading) -> bool:
    """Return whether the battery is nearly empty, mains being absent.

    LB counts where a number agrees or none is known: some devices say it the moment mains fails (nut #3087). Others
    never say it (nut #2619): then the numbers alone count.
    """
    if now.mains is not Mains.ABSENT:
        return False
    charge, runtime = now.charge, now.runtime
    if now.low and charge is None and runtime is None:
        return True
    doubled = 2.0 if now.low else 1.0
    empty = charge is not None and charge <= (now.charge_low or 15.0) * doubled
    return empty or (runtime is not None and runtime <= (now.runtime_low or 120.0) * doubled)


def left(now: Reading) -> dict[str, str]:
    """Return how much is left, in words, as placeholders."""
    charge = "?" if now.charge is None else f"{now.charge:.0f} %"
    minutes = "?" if now.runtime is None else f"{max(now.runtime, 0) / 60:.0f}"
    return {"charge": charge, "minutes": minutes}


def _on_battery(case: Case) -> Iterator[Finding]:
    """Mains is absent; also where that was the last that was heard."""
    unit, last = case.data.unit, case.data.unit.reading
    if last is None or unit.last_mains is not Mains.ABSENT:
        return
    harmless = last.testing and not (last.charge is not None and last.charge < FLOOR)
    if harmless and not runs_out(last):
        return
    evidence = {
        "charge": last.charge,
        "runtime": last.runtime,
        "load": last.load,
        "tokens": sorted(last.tokens),
    }
    then, timer = _then(case.service)
    yield case.make("ups_on_battery", Severity.HIGH, evidence | {"advice": then}, timer=timer, **left(last))
    if unit.live and runs_out(last):
        yield case.make("ups_low", Severity.CRITICAL, evidence, **left(last))


def _then(service: UpsService | None) -> tuple[str, str]:
    """Return what its server does by itself, as the key of a text, and after how many seconds."""
    if service is None or not service.running or service.at_once_on_battery is None:
        return "ups_wait", "?"
    if service.at_once_on_battery and service.timer is not None:
        return "ups_after_timer", f"{service.timer:.0f}"
    return "ups_once_low", "?"


def _shutdown(case: Case) -> Iterator[Finding]:
    """The primary has announced that it cuts the power; or that flag is stuck."""
    if case.data.unit.fsd_rose or (case.now.fsd and case.now.mains is Mains.ABSENT):
        yield case.make("ups_shutdown", Severity.CRITICAL)
    elif case.now.fsd:
        yield case.make("ups_shutdown_stuck", Severity.WARNING)


def _lost(case: Case) -> Iterator[Finding]:
    """Nothing is heard of it; worse where it was on battery when it was heard last."""
    unit = case.data.unit
    if (cause := _LOST.get(unit.contact)) is None:
        return
    evidence = {"cause": cause, "advice": cause, "contact": unit.contact.value}
    if unit.last_mains is Mains.ABSENT:
        yield case.make("ups_lost_on_battery", Severity.CRITICAL, evidence)
    else:
        yield case.make("ups_lost", Severity.WARNING, evidence)


def _overload(case: Case) -> Iterator[Finding]:
    load = case.now.load
    if case.now.overload or (load is not None and load >= 100):
        shown = "?" if load is None else f"{load:.0f} %"
        yield case.make("ups_overload", Severity.HIGH, {"load": load}, load=shown)


def _unprotected(case: Case) -> Iterator[Finding]:
    """What hangs on it is fed past it, or not at all."""
    if case.now.bypass or case.now.off:
        yield case.make(
            "ups_unprotected",
            Severity.WARNING,
            {"cause": "ups_bypass" if case.now.bypass else "ups_off", "tokens": sorted(case.now.tokens)},
        )


def _mains(case: Case) -> Iterator[Finding]:
    """How mains is passed on: as it is, or corrected, since it is too high or too low."""
    now = case.now
    if now.economy and not (now.bypass or now.off):
        yield case.make("ups_economy", Severity.INFO)
    if now.mains is not Mains.PRESENT:
        return
    cause = "ups_trim" if "TRIM" in now.tokens else "ups_boost" if "BOOST" in now.tokens else ""
    if cause:
        volts = "?" if now.input_voltage is None else f"{now.input_voltage:.0f} V"
        yield case.make("ups_mains_corrected", Severity.INFO, {"cause": cause}, volts=volts)


def _battery(case: Case) -> Iterator[Finding]:
    now = case.now
    if now.replace_battery:
        yield case.make("ups_replace_battery", Severity.WARNING)
    if now.overcharged:
        yield case.make("ups_overcharged", Severity.WARNING)
    if now.test is SelfTest.FAILED:
        yield case.make("ups_weak", Severity.WARNING, {"said": now.test_said}, said=now.test_said or "?")
    years = age(now, case.today)
    if years is not None and years >= OLD and not now.replace_battery:
        yield case.make("ups_battery_old", Severity.INFO, years=f"{years:.0f}")


def _alarm(case: Case) -> Iterator[Finding]:
    """What the device itself complains of, where no other rule tells it."""
    now = case.now
    told = now.replace_battery or now.overload or now.on_battery or now.testing
    if now.alarm and not told:
        yield case.make("ups_alarm", Severity.WARNING, alarm=now.alarm)


def _untested(case: Case) -> Iterator[Finding]:
    """Nobody knows whether its battery holds: no test passed for half a year, as far as it is known."""
    can = any(command.startswith("test.battery.start") for command in case.data.unit.commands)
    if not can or not case.data.unit.live:
        return
    tested = last_test(case.data)
    since = case.data.watched_days if tested is None else (case.today - tested.date()).days
    if since > UNTESTED:
        yield case.make("ups_untested", Severity.INFO, days=str(since))


def _off_delay(case: Case) -> Iterator[Finding]:
    """At the end of a shutdown it cuts the power at once: what is less than a minute is none to it."""
    delay = case.now.delay_shutdown
    if delay is not None and delay < MINUTE and _MINUTES.match(case.now.maker or ""):
        yield case.make("ups_off_delay", Severity.INFO, {"delay": delay}, seconds=f"{delay:.0f}")


def _cuts(case: Case) -> Iterator[Finding]:
    """Power cuts that were over before anybody was told: counted for the morning, and one warning where they are many."""
    if case.data.cuts_week >= OFTEN:
        yield case.make(
            "ups_unsteady_mains",
            Severity.WARNING,
            {"cuts": case.data.cuts_week},
            cuts=str(case.data.cuts_week),
            seconds=f"{case.data.hold_off:.0f}",
        )
    if case.data.brief:
        yield case.make(
            "ups_brief_cuts",
            Severity.WARNING,
            {"cuts": case.data.brief},
            cuts=str(case.data.brief),
            seconds=f"{case.data.hold_off:.0f}",
        )


def _open(case: Case) -> Iterator[Finding]:
    if case.factory_password:
        yield case.make("ups_factory_password", Severity.WARNING, {"security": True})


RULES: Final = (
    _on_battery,
    _shutdown,
    _lost,
    _overload,
    _unprotected,
    _mains,
    _battery,
    _alarm,
    _untested,
    _off_delay,
    _cuts,
    _open,
)


def age(now: Reading, today: date) -> float | None:
    """Return how old the battery is, in years; None where no date is known, or it lies in the future."""
    if now.battery_date is None or now.battery_date > today:
        return None
    return round((today - now.battery_date).days / 365.25, 1)


def last_test(data: Power) -> datetime | None:
    """Return when a self-test passed last: as the device says, or as was seen from here."""
    said = data.unit.now.test_date if data.unit.now.test is SelfTest.PASSED else None
    known = [datetime(said.year, said.month, said.day, 12, tzinfo=UTC)] if said else []
    known += [datetime.fromtimestamp(data.tested, UTC)] if data.tested else []
    return max(known, default=None)
