"""What a UPS says, in the shapes in which devices say it: each line here was met in a public dump, in other words."""

import contextlib
from datetime import date

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.guardian.capabilities_power import Mains
from custom_components.home_server_monitor.sources.errors import BadResponse
from custom_components.home_server_monitor.sources.ups.reading import (
    Condition,
    Reading,
    SelfTest,
    believed,
    read,
)
from custom_components.home_server_monitor.sources.ups.values import identity
from custom_components.home_server_monitor.sources.ups.wire import answer


def of(status: str, **values: str) -> Reading:
    """Return the reading of a status, with other variables (`battery_charge` is battery.charge)."""
    return read({"ups.status": status, **{key.replace("_", "."): value for key, value in values.items()}})


@pytest.mark.parametrize(
    ("status", "mains", "condition"),
    [
        ("OL", Mains.PRESENT, Condition.ONLINE),
        ("OL CHRG", Mains.PRESENT, Condition.CHARGING),
        ("CHRG OL", Mains.PRESENT, Condition.CHARGING),
        ("OL DISCHRG", Mains.PRESENT, Condition.ONLINE),
        ("OL LB", Mains.PRESENT, Condition.ONLINE),
        ("OL OB", Mains.PRESENT, Condition.ONLINE),
        ("OL OFF", Mains.PRESENT, Condition.OFF),
        ("OL HE", Mains.PRESENT, Condition.ONLINE),
        ("OL BYPASS", Mains.PRESENT, Condition.BYPASS),
        ("OL OVER", Mains.PRESENT, Condition.OVERLOAD),
        ("OL CAL DISCHRG", Mains.PRESENT, Condition.TESTING),
        ("OB DISCHRG CAL", Mains.ABSENT, Condition.TESTING),
        ("OB", Mains.ABSENT, Condition.ON_BATTERY),
        ("OB DISCHRG LB", Mains.ABSENT, Condition.LOW_BATTERY),
        # a calibration that empties the battery is not a harmless one
        ("OB CAL LB", Mains.ABSENT, Condition.LOW_BATTERY),
        ("FSD OB LB", Mains.ABSENT, Condition.FORCED_SHUTDOWN),
        ("ALARM OL FSD", Mains.PRESENT, Condition.FORCED_SHUTDOWN),
        ("FSD OL CHRG", Mains.PRESENT, Condition.FORCED_SHUTDOWN),
        ("TRIM", Mains.UNKNOWN, Condition.UNKNOWN),
        ("", Mains.UNKNOWN, Condition.UNKNOWN),
        ("WAIT", Mains.UNKNOWN, Condition.WAITING),
        ("OB WAIT", Mains.UNKNOWN, Condition.WAITING),
        ("  ol   chrg ", Mains.PRESENT, Condition.CHARGING),
        ("OL NEW-WORD", Mains.PRESENT, Condition.ONLINE),
    ],
)
def test_ol_says_that_mains_is_there_whatever_else_is_said(
    status: str, mains: Mains, condition: Condition
) -> None:
    found = of(status)
    assert (found.mains, found.condition) == (mains, condition)


def test_a_dump_without_a_status_says_nothing() -> None:
    assert read({}) == Reading()


@pytest.mark.parametrize(
    ("said", "charge"),
    [
        *[("100", 100.0), ("100.00", 100.0), (" 98 ", 98.0), ("97,5", 97.5), ("0", 0.0)],
        *[(bad, None) for bad in ("-1", "101", "255", "(null)", "", "N/A", "1e2", "100 %", "nan", "9" * 200)],
    ],
)
def test_a_charge_that_cannot_be_is_not_known(said: str, charge: float | None) -> None:
    assert of("OL", battery_charge=said).charge == charge


@pytest.mark.parametrize(
    ("status", "said", "runtime"),
    [
        ("OL", "1460", 1460.0),
        ("OL", "898.00", 898.0),
        *[("OL", bad, None) for bad in ("-60", "65535", "3932100", "4294967295", "0", "(null)")],
        # an empty battery is one, and only then
        ("OB LB", "0", 0.0),
    ],
)
def test_runtimes_that_mean_unknown(status: str, said: str, runtime: float | None) -> None:
    assert of(status, battery_runtime=said).runtime == runtime


@pytest.mark.parametrize(
    ("said", "load"), [("21", 21.0), ("104.5", 104.5), ("150", None), ("1" + "0" * 200, None), ("-1", None)]
)
def test_loads(said: str, load: float | None) -> None:
    assert of("OL", ups_load=said).load == load


def test_thresholds_that_would_call_every_battery_low_are_none() -> None:
    found = [of("OL", battery_charge_low=each).charge_low for each in ("100", "50", "0")]
    assert found == [None, 50.0, None]


@pytest.mark.parametrize(
    ("values", "watts"),
    [
        ({"ups.realpower": "76"}, 76.0),
        ({"output.realpower": "324.00"}, 324.0),
        ({"ups.load": "20", "ups.realpower.nominal": "540"}, 108.0),
        ({"ups.load": "20"}, None),
        # a device that never measures says 0 whatever hangs on it
        ({"ups.realpower": "0", "ups.load": "20", "ups.realpower.nominal": "500"}, 100.0),
        ({"ups.realpower": "0", "ups.load": "0", "ups.realpower.nominal": "500"}, 0.0),
        ({"ups.realpower": "-12", "ups.load": "150", "ups.realpower.nominal": "500"}, None),
    ],
)
def test_watts_are_measured_or_of_the_load(values: dict[str, str], watts: float | None) -> None:
    assert read({"ups.status": "OL", **values}).watts == watts


def test_a_sensor_that_is_not_there_is_not_freezing() -> None:
    assert of("OL", ups_temperature="0.00").temperature is None
    assert of("OL", ups_temperature="0.00", battery_temperature="37.30").temperature == 37.3
    assert of("OL", ups_temperature="2982").temperature is None


@pytest.mark.parametrize(
    ("said", "result"),
    [
        *[
            (text, SelfTest.PASSED)
            for text in ("Done and passed", "Ok", "Passed, Source: Internal", "OK - Battery GOOD")
        ],
        *[(text, SelfTest.NONE) for text in ("No test initiated", "NO", "None", "no test")],
        *[(text, SelfTest.RUNNING) for text in ("In progress", "TestInProgress", "IN_PROGRESS")],
        *[(text, SelfTest.ABORTED) for text in ("Aborted", "aborted")],
        *[(text, SelfTest.FAILED) for text in ("Done and error", "Battery failed", "Bad battery pack")],
        ("Done and warning", SelfTest.WARNING),
        *[(text, None) for text in ("", "(null)", "9 July")],
    ],
)
def test_results_of_a_self_test_in_all_spellings(said: str, result: SelfTest | None) -> None:
    assert of("OL", ups_test_result=said).test is result


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ({"battery.date": "2001/09/25", "battery.mfr.date": "2022/12/13"}, date(2022, 12, 13)),
        ({"battery.date": "2001/09/25", "ups.mfr.date": "2016/08/17"}, None),
        ({"battery.date": "09/18/13"}, date(2013, 9, 18)),
        ({"battery.date": "2021-04-15", "ups.mfr.date": "2016/08/17"}, date(2021, 4, 15)),
        ({"battery.date": "25/12/2019"}, date(2019, 12, 25)),
        # older than the device that it is in
        ({"battery.date": "2012/01/05", "ups.mfr.date": "2016/08/17"}, None),
        ({"battery.date": "2020/13/40"}, None),
        ({"battery.mfr.date": "CPS", "battery.date": ""}, None),
    ],
)
def test_dates_of_a_battery_and_lies(values: dict[str, str], since: date | None) -> None:
    assert read({"ups.status": "OL", **values}).battery_date == since


@pytest.mark.parametrize(
    ("said", "serial"),
    [
        ("5B2228T01467  ", "5B2228T01467"),
        ("MW21A004711", "MW21A004711"),
        *[
            (bad, None)
            for bad in ("000000000000", "Blank", "unknown", "CPS", "....", "", "(null)", "AB0427******", "0")
        ],
        *[(bad, None) for bad in ("1234567890", "0123456789", "XXXXXXXXXX", "A00000000", "Serial Number")],
    ],
)
def test_what_is_no_identity(said: str, serial: str | None) -> None:
    assert identity(said) == serial


def test_the_second_place_of_a_serial_number() -> None:
    assert of("OL", ups_serial="000000000000", device_serial="MW21A004711").serial == "MW21A004711"


@pytest.mark.parametrize(
    ("status", "charger", "charging"),
    [
        ("OL CHRG", "", True),
        ("OL", "charging", True),
        ("OL CHRG", "resting", False),
        ("OL", "", False),
        ("", "", None),
        ("TRIM", "(null)", None),
    ],
)
def test_charging(status: str, charger: str, charging: bool | None) -> None:
    assert of(status, battery_charger_status=charger).charging is charging


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *(
                    "ups.status",
                    "battery.charge",
                    "battery.runtime",
                    "ups.load",
                    "ups.realpower",
                    "ups.test.date",
                ),
                *(
                    "ups.serial",
                    "battery.date",
                    "ups.test.result",
                    "ups.alarm",
                    "ups.temperature",
                    "device.model",
                ),
            ]
        ),
        st.text(max_size=30) | st.integers().map(str) | st.floats().map(str),
    ),
    st.text(max_size=60),
)
@settings(max_examples=80, deadline=None)
def test_whatever_is_said_is_a_value_or_not_known(dump: dict[str, str], line: str) -> None:
    found = read(dump)
    assert found.charge is None or 0 <= found.charge <= 100
    assert found.runtime is None or 0 <= found.runtime < 65_535
    assert found.load is None or 0 <= found.load < 150
    assert (found.mains is Mains.PRESENT) is ("OL" in found.tokens and "WAIT" not in found.tokens)
    with contextlib.suppress(BadResponse):
        answer(line)


def test_texts_are_cleaned() -> None:
    found = of("OL", ups_alarm="Replace\x1b[31m battery!\n", device_mfr="(null)", ups_mfr=" Maker ")
    assert (found.alarm, found.maker) == ("Replace [31m battery!", "Maker")
    assert of("OL", ups_beeper_status="Muted").beeper == "muted"
    assert of("OL", ups_beeper_status="9").beeper is None


def test_zeros_that_were_never_counted_are_not_known() -> None:
    """Some devices say 0 for what they do not know: that is no reason to switch a NAS off in seconds."""

    def said(status: str, charge: str, runtime: str) -> Reading:
        return read({"ups.status": status, "battery.charge": charge, "battery.runtime": runtime})

    mains, battery = said("OL", "100", "0"), said("OB", "100", "0")
    assert believed(battery, believed(mains, None)).runtime is None
    assert believed(battery, believed(battery, mains)).runtime is None
    # nothing was read before: the charge decides
    assert believed(battery, None).runtime is None
    assert believed(said("OB", "7", "0"), None).runtime == 0
    # it was counted down
    assert believed(said("OB", "60", "0"), said("OB", "60", "4")).runtime == 0
    assert believed(said("OB", "0", "0"), said("OB", "1", "4")).charge == 0
    assert believed(said("OB", "0", "1500"), said("OL", "0", "1500")).charge is None
    assert believed(said("OB", "0", "40"), said("OB", "1", "60")).charge == 0
