"""What is wrong with a UPS, and what is kept of it: the horror stories of others, and clocks that jump. Pure."""

from dataclasses import replace
from datetime import UTC, date, datetime
import json
from types import SimpleNamespace

import pytest

from custom_components.home_server_monitor.guardian.capabilities_power import Mains
from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.sources.ups.keeping import hold_off
from custom_components.home_server_monitor.sources.ups.ledger import DAY, HOLD_OFF, Ledger
from custom_components.home_server_monitor.sources.ups.model import Contact, Power, Unit
from custom_components.home_server_monitor.sources.ups.reading import Reading, SelfTest, read
from custom_components.home_server_monitor.sources.ups.rules import judge, left, runs_out

TODAY = date(2026, 11, 30)
COMMANDS = frozenset({"test.battery.start.quick"})


def unit(status: str, contact: Contact = Contact.LIVE, **values: str) -> Unit:
    """Return a UPS with a status and other variables (`battery_charge` is battery.charge)."""
    dump = {"ups.status": status, **{key.replace("_", "."): value for key, value in values.items()}}
    return Unit("rack", contact, read(dump), COMMANDS)


def found(power: Power | Unit) -> dict[str, Severity]:
    """Return what is wrong, as rules."""
    data = power if isinstance(power, Power) else Power(power)
    return {each.rule: each.severity for each in judge("s", "Rack", data, TODAY)}


@pytest.mark.parametrize(
    ("said", "empty"),
    [
        (unit("OB DISCHRG", battery_charge="80", battery_runtime="900"), False),
        (unit("OB DISCHRG LB", battery_charge="9", battery_runtime="110"), True),
        # nut #3087: it calls its battery low the moment mains fails
        (unit("OB LB", battery_charge="97", battery_runtime="1300"), False),
        # nothing but the word is known
        (unit("OB LB"), True),
        # nut #2619: it never says it
        (unit("OB DISCHRG", battery_charge="12"), True),
        (unit("OB DISCHRG", battery_runtime="90"), True),
        (unit("OB DISCHRG", battery_runtime="200", battery_runtime_low="300"), True),
        # nut #2652: a threshold of 100 would call every battery low
        (unit("OB", battery_charge="97", battery_charge_low="100"), False),
        # on mains nothing runs out
        (unit("OL LB", battery_charge="5", battery_runtime="30"), False),
        (unit("LB"), False),
        (unit("WAIT OB LB"), False),
    ],
)
def test_low_is_believed_where_a_number_agrees(said: Unit, empty: bool) -> None:
    assert runs_out(said.now) is empty
    assert ("ups_low" in found(said)) is empty


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (unit("OL"), {}),
        # firmware that discharges on mains (nut #2794), and devices that say both
        (unit("OL DISCHRG"), {}),
        (unit("OL OB"), {}),
        (unit("OL LB"), {}),
        (unit("TRIM"), {}),
        (unit(""), {}),
        # a calibration on battery is no power cut, until it goes too far
        (unit("OB DISCHRG CAL", battery_charge="60"), {}),
        (unit("OB", ups_test_result="In progress", battery_charge="60"), {}),
        (unit("OB DISCHRG CAL", battery_charge="19"), {"ups_on_battery": Severity.HIGH}),
        (unit("OB DISCHRG"), {"ups_on_battery": Severity.HIGH}),
        # the UPS that went silent during its calibration, and was taken for dead
        (unit("OL CAL", Contact.STALE), {"ups_lost": Severity.WARNING}),
        (unit("OL", Contact.DRIVER_GONE), {"ups_lost": Severity.WARNING}),
        (unit("OL", Contact.UNKNOWN_UPS), {"ups_lost": Severity.WARNING}),
        (
            unit("OB DISCHRG", Contact.STALE),
            {"ups_on_battery": Severity.HIGH, "ups_lost_on_battery": Severity.CRITICAL},
        ),
        (Unit("rack", Contact.STALE), {"ups_lost": Severity.WARNING}),
        # upsd itself is away: that is told of the source
        (unit("OL", Contact.SILENT), {}),
        (unit("OL FSD"), {"ups_shutdown": Severity.CRITICAL}),
        (replace(unit("ALARM OL FSD"), fsd_since_first=True), {"ups_shutdown_stuck": Severity.WARNING}),
        (
            replace(unit("OB FSD"), fsd_since_first=True),
            {"ups_on_battery": Severity.HIGH, "ups_shutdown": Severity.CRITICAL},
        ),
        (unit("OL OVER"), {"ups_overload": Severity.HIGH}),
        (unit("OL", ups_load="104"), {"ups_overload": Severity.HIGH}),
        (unit("OL OFF"), {"ups_unprotected": Severity.WARNING}),
        (unit("OL BYPASS"), {"ups_unprotected": Severity.WARNING}),
        (unit("OL HE"), {"ups_economy": Severity.INFO}),
        (unit("OL ECO OFF"), {"ups_unprotected": Severity.WARNING}),
        (unit("OL TRIM", input_voltage="251"), {"ups_mains_corrected": Severity.INFO}),
        (unit("OL BOOST"), {"ups_mains_corrected": Severity.INFO}),
        (unit("OL HB"), {"ups_overcharged": Severity.WARNING}),
        (unit("OL RB", ups_alarm="Replace battery!"), {"ups_replace_battery": Severity.WARNING}),
        (unit("OL", ups_test_result="Done and error"), {"ups_weak": Severity.WARNING}),
        (unit("ALARM OL", ups_alarm="Fan failure"), {"ups_alarm": Severity.WARNING}),
        (unit("OL", battery_date="2019/03/01"), {"ups_battery_old": Severity.INFO}),
        (unit("OL", battery_date="2030/03/01"), {}),
        (Power(unit("OL"), watched_days=200), {"ups_untested": Severity.INFO}),
        (Power(replace(unit("OL"), commands=frozenset()), watched_days=200), {}),
        (
            Power(unit("OL"), watched_days=200, tested=datetime(2026, 10, 1, tzinfo=UTC).timestamp()),
            {},
        ),
        (
            Power(unit("OL", ups_test_result="Done and passed", ups_test_date="03/01/2026")),
            {"ups_untested": Severity.INFO},
        ),
        # CyberPower makes 0 minutes of it; others mean seconds
        (unit("OL", ups_delay_shutdown="20", device_mfr="CPS"), {"ups_off_delay": Severity.INFO}),
        (unit("OL", ups_delay_shutdown="20", ups_mfr="CP1500EPFCLCD"), {"ups_off_delay": Severity.INFO}),
        (unit("OL", ups_delay_shutdown="60", device_mfr="CyberPower"), {}),
        (unit("OL", device_mfr="CPS"), {}),
        (unit("OL", ups_delay_shutdown="20", device_mfr="EATON"), {}),
        (Power(unit("OL"), brief=1, cuts_week=2), {"ups_brief_cuts": Severity.WARNING}),
        (Power(unit("OL"), cuts_week=3), {"ups_unsteady_mains": Severity.WARNING}),
    ],
)
def test_what_is_wrong(said: Power | Unit, wrong: dict[str, Severity]) -> None:
    assert found(said) == wrong


def test_what_is_left_is_said_as_far_as_it_is_known() -> None:
    assert left(Reading(charge=81.6, runtime=905)) == {"charge": "82 %", "minutes": "15"}
    assert left(Reading()) == {"charge": "?", "minutes": "?"}


def watched(*steps: tuple[float, Unit]) -> Ledger:
    """Return the ledger of what was seen, each at seconds of the loop's clock."""
    ledger = Ledger()
    for at, seen in steps:
        ledger.see(seen, 1_000_000 + at, at)
    return ledger


OL, OB = unit("OL"), unit("OB DISCHRG")


def test_cuts_are_counted_by_the_clock_that_does_not_jump() -> None:
    ledger = watched((0, OL), (5, OB), (6, OB))
    # meanwhile somebody set the time back by a day
    ledger.see(OL, 1_000_010 - DAY, 17.5)
    assert [lasted for _, lasted in ledger.cuts] == [12.5]
    long = watched((0, OB), (HOLD_OFF + 1, OL))
    told = long.snapshot(OL, 1_000_100)
    assert (told.brief, told.cuts_week, told.cut_at, told.cut_for) == (0, 0, 1_000_000, 31)
    # where the options of the home wait for longer, nobody was told of it either
    patient = long.snapshot(OL, 1_000_100, hold_off=60.0)
    assert (patient.brief, patient.cuts_week) == (1, 1)
    assert long.snapshot(OL, 1_000_100, hold_off=10.0).brief == 0
    assert [each.placeholders["seconds"] for each in judge("s", "Rack", patient, TODAY)] == ["60"]
    now = watched((0, OL), (5, OB)).snapshot(OB, 1_000_006)
    assert (now.cut_at, now.cut_for) == (1_000_005, None)


def test_what_a_short_cut_is_stands_in_the_options_of_the_home() -> None:
    def of(**options: object) -> float:
        return hold_off(SimpleNamespace(entry=SimpleNamespace(options=options)))

    assert (of(power_hold_off=60), of(), of(power_hold_off="long"), of(power_hold_off=True)) == (
        60,
        30,
        30,
        30,
    )
    assert hold_off(None) == 30


def test_neither_tests_nor_silence_are_cuts() -> None:
    silent = replace(OB, contact=Contact.STALE)
    testing = unit("OB CAL")
    assert (
        watched((0, OL), (1, testing), (9, OL), (10, unit("")), (11, OL), (12, silent), (13, OL)).cuts == []
    )
    # a device that tests itself every two weeks, and says so afterwards (nut #2104)
    tested = unit("OL", input_transfer_reason="selfTest")
    assert watched((0, OL), (5, OB), (12, tested)).cuts == []
    assert len(watched((0, OL), (5, OB), (90, tested)).cuts) == 1
    # silence in the middle does not end one
    assert [lasted for _, lasted in watched((0, OB), (9, silent), (40, OB), (60, OL)).cuts] == [60]


def test_energy_is_what_flowed_between_two_readings_and_never_goes_back() -> None:
    kilowatt = unit("OL", ups_realpower="1000")
    ledger = watched(*((at * 5.0, kilowatt) for at in range(721)))
    assert ledger.shown == 1.0
    # nobody knows what flowed in an hour of silence
    ledger.see(kilowatt, 1_100_000, 7200)
    assert ledger.shown == 1.0
    again = Ledger()
    again.load(json.loads(json.dumps(ledger.dump())), 1_100_000)
    assert (again.shown, again.since) == (1.0, 1_000_000)
    assert watched((0, OL)).shown is None
    assert not ledger.see(kilowatt, 1_100_005, 7205)


def test_a_test_counts_from_when_it_is_seen_to_pass() -> None:
    passed, running = (
        replace(OL, reading=Reading(mains=Mains.PRESENT, test=each))
        for each in (SelfTest.PASSED, SelfTest.RUNNING)
    )
    # what stood there when we began may be years old
    assert watched((0, passed), (5, passed)).tested is None
    assert watched((0, passed), (5, running), (15, passed)).tested == 1_000_015


@pytest.mark.parametrize(
    "stored",
    [
        {"energy": "much", "cuts": "many", "began": [], "tested": None, "since": True},
        {"energy": -1, "cuts": [[1], ["a", 2], [5, -1], None], "began": float("nan")},
        {},
    ],
)
def test_what_is_damaged_is_left_out(stored: dict[str, object]) -> None:
    ledger = Ledger()
    ledger.load(stored, 1000.0)
    assert (ledger.energy, ledger.cuts, ledger.began, ledger.since) == (None, [], None, None)


def test_nothing_that_is_kept_is_in_the_future() -> None:
    ledger = Ledger()
    ledger.load({"since": 5000.0, "cuts": [[9000, 5]], "began": 7000}, 1000.0)
    assert (ledger.since, ledger.began, ledger.cuts) == (1000.0, 1000.0, [(1000.0, 5.0)])
    # a cut that a restart cut in two is measured by the wall clock, and is never negative
    ledger.see(OL, 900.0, 3.0)
    assert ledger.cuts[-1] == (1000.0, 0.0)
