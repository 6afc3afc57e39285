"""`smartctl --json` → Reading. A pure function of what was printed; a part that does not parse is left out."""

from collections.abc import Mapping
from datetime import UTC, datetime
import json
from typing import Any, Final

from .loosely import as_bool, as_count, as_int, as_list, as_map, as_percent, as_text
from .reading import (
    Attribute,
    Failing,
    Media,
    NvmeLog,
    Reading,
    ScsiCounters,
    SelfTest,
    Unread,
    trusted_serial,
)
from .vendors import LIFE_LEFT, LIFE_USED, decoded

_UNIT: Final = 512_000
_USB: Final = ("usb", "sat,auto", "snt")
_FAILING: Final = {
    "now": Failing.NOW,
    "failing_now": Failing.NOW,
    "past": Failing.PAST,
    "in_the_past": Failing.PAST,
}
_LARGEST: Final = 8 << 20
# percent of the rated writes: the most that can be told, and what an attribute has to say as well to be believed
_MOST_TOLD, _ALL_USED, _NEARLY_USED = 255, 100, 90


def parse_text(text: str | bytes, source: str) -> Reading | Unread:
    """Parse what smartctl printed, at most 8 MiB."""
    if len(text) > _LARGEST:
        return Unread.NOT_A_REPORT
    try:
        body = json.loads(text)
    except ValueError, RecursionError:
        return Unread.NOT_A_REPORT
    return parse(body, source)


def parse(body: object, source: str) -> Reading | Unread:
    """Return the reading in a parsed report. The exit status is not looked at: the JSON is valid whatever it is."""
    report = as_map(body)
    if not ("smartctl" in report or "device" in report):
        return Unread.NOT_A_REPORT
    if _asleep(report):
        return Unread.ASLEEP
    if "device" not in report or "devices" in report:
        return Unread.NO_DEVICE
    model = _model(report)
    attributes = _attributes(report, model)
    nvme, scsi = _nvme(report), _scsi(report)
    health = as_bool(as_map(report.get("smart_status")).get("passed"))
    if not attributes and nvme is None and scsi is None and health is None:
        return Unread.NOTHING_IN_IT
    media = _media(report, attributes)
    used, used_by = _used(report, attributes, nvme, media)
    return Reading(
        serial=trusted_serial(report.get("serial_number")),
        model=model,
        family=as_text(report.get("model_family")),
        media=media,
        source=source,
        taken=_taken(report),
        capacity=_capacity(report),
        usb=str(as_map(report["device"]).get("type", "")).lower().startswith(_USB),
        health=health,
        temperature=_temperature(report, attributes),
        hours=_hours(report, attributes),
        attributes=attributes,
        nvme=nvme,
        scsi=scsi,
        tests=tuple(_tests(report)),
        used=used,
        used_by=used_by,
    )


def _asleep(report: Mapping[str, Any]) -> bool:
    messages = as_list(as_map(report.get("smartctl")).get("messages"))
    said = " ".join(str(as_map(each).get("string", "")) for each in messages).upper()
    mode = str(as_map(report.get("power_mode")).get("name", "")).upper()
    return any(word in said for word in ("STANDBY MODE", "SLEEP MODE")) or mode.startswith(
        ("STANDBY", "SLEEP")
    )


def _model(report: Mapping[str, Any]) -> str:
    for key in ("model_name", "scsi_model_name", "product", "scsi_product"):
        if name := as_text(report.get(key)):
            return name
    return ""


def _taken(report: Mapping[str, Any]) -> datetime | None:
    seconds = as_int(as_map(report.get("local_time")).get("time_t"))
    if seconds is None or not 0 < seconds < 1 << 35:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _capacity(report: Mapping[str, Any]) -> int | None:
    size = as_count(as_map(report.get("user_capacity")).get("bytes"))
    return size or as_count(report.get("nvme_total_capacity"))


def _attributes(report: Mapping[str, Any], model: str) -> dict[int, Attribute]:
    found = {}
    for row in map(as_map, as_list(as_map(report.get("ata_smart_attributes")).get("table"))):
        number = as_int(row.get("id"))
        if number is None or not 0 < number < 256:
            continue
        raw = as_int(as_map(row.get("raw")).get("value"))
        found[number] = Attribute(
            number,
            as_text(row.get("name")) or f"Attribute_{number}",
            as_percent(row.get("value")),
            as_percent(row.get("worst")),
            as_percent(row.get("thresh")),
            raw,
            decoded(number, raw, model),
            _FAILING.get(str(row.get("when_failed", "")).lower()),
            as_bool(as_map(row.get("flags")).get("prefailure")),
        )
    return found


def _media(report: Mapping[str, Any], attributes: Mapping[int, Attribute]) -> Media:
    device = as_map(report["device"])
    protocol = str(device.get("protocol", "")).upper()
    rate = as_int(report.get("rotation_rate"))
    if protocol == "NVME" or "nvme_smart_health_information_log" in report:
        return Media.NVME
    if attributes or protocol == "ATA":
        if rate is not None:
            return Media.HDD if rate > 0 else Media.SSD
        if as_bool(as_map(report.get("trim")).get("supported")):
            return Media.SSD
        # only what spins has a time to spin up and errors of seeking
        return Media.HDD if {3, 7} <= attributes.keys() else Media.UNKNOWN
    if protocol == "SCSI" and rate is not None:
        return Media.SAS_HDD if rate > 0 else Media.SAS_SSD
    return Media.UNKNOWN


def _temperature(report: Mapping[str, Any], attributes: Mapping[int, Attribute]) -> int | None:
    log = as_map(report.get("nvme_smart_health_information_log"))
    found = as_int(as_map(report.get("temperature")).get("current"))
    found = as_int(log.get("temperature")) if found is None else found
    for number in (194, 190):
        if found is None and number in attributes and (low := attributes[number].count) is not None:
            found = int(low)
    # some drives report 0 or 255 for “no sensor”
    return found if found is not None and -40 <= found <= 125 and found != 0 else None


def _hours(report: Mapping[str, Any], attributes: Mapping[int, Attribute]) -> int | None:
    hours = as_int(as_map(report.get("power_on_time")).get("hours"))
    if hours is None:
        hours = as_int(as_map(report.get("nvme_smart_health_information_log")).get("power_on_hours"))
    if hours is None and 9 in attributes and (low := attributes[9].count) is not None:
        hours = int(low)
    # more than 60 years is another unit
    return hours if hours is not None and 0 <= hours < 525_960 else None


def _nvme(report: Mapping[str, Any]) -> NvmeLog | None:
    log = as_map(report.get("nvme_smart_health_information_log"))
    if not log:
        return None
    units = as_count(log.get("data_units_written"))
    return NvmeLog(
        as_percent(log.get("critical_warning")),
        as_percent(log.get("available_spare")),
        as_percent(log.get("available_spare_threshold")),
        as_percent(log.get("percentage_used")),
        as_count(log.get("media_errors")),
        None if units is None else units * _UNIT,
        as_count(log.get("unsafe_shutdowns")),
    )


def _scsi(report: Mapping[str, Any]) -> ScsiCounters | None:
    log = as_map(report.get("scsi_error_counter_log"))
    defects = as_count(report.get("scsi_grown_defect_list"))
    errors = [
        as_count(as_map(log.get(way)).get("total_uncorrected_errors")) for way in ("read", "write", "verify")
    ]
    known = [each for each in errors if each is not None]
    if defects is None and not known:
        return None
    other = as_count(as_map(report.get("scsi_error_counter_log")).get("non_medium_errors"))
    return ScsiCounters(defects, sum(known) if known else None, other)


def _used(
    report: Mapping[str, Any], attributes: Mapping[int, Attribute], nvme: NvmeLog | None, media: Media
) -> tuple[float | None, str | None]:
    """Return the used share of a solid-state drive's rated life in percent, and the value that said so."""
    if nvme is not None:
        return (None, None) if nvme.used is None else (float(nvme.used), "percentage_used")
    if (value := as_percent(report.get("scsi_percentage_used_endurance_indicator"))) is not None:
        return float(value), "scsi_percentage_used_endurance_indicator"
    own = _used_by_attribute(attributes) if media is Media.SSD else (None, None)
    told, by = _used_by_statistics(report)
    return own if told is None or _is_junk(told, own[0]) else (told, by)


def _used_by_statistics(report: Mapping[str, Any]) -> tuple[float | None, str | None]:
    if (value := as_percent(as_map(report.get("endurance_used")).get("current_percent"))) is not None:
        return float(value), "endurance_used"
    for page in map(as_map, as_list(as_map(report.get("ata_device_statistics")).get("pages"))):
        for row in map(as_map, as_list(page.get("table"))):
            value = as_percent(row.get("value"))
            if row.get("name") == "Percentage Used Endurance Indicator" and value is not None:
                return float(value), "ata_device_statistics"
    return None, None


def _is_junk(told: float, own: float | None) -> bool:
    """Return whether statistics say what a drive's own attribute denies: 255 % for an all but new SandForce drive."""
    return told >= _MOST_TOLD if own is None else told >= _ALL_USED and own < _NEARLY_USED


def _used_by_attribute(attributes: Mapping[int, Attribute]) -> tuple[float | None, str | None]:
    named = {attribute.name: attribute for attribute in attributes.values()}
    for name in LIFE_USED:
        if name in named and (raw := named[name].raw) is not None and 0 <= raw <= 255:
            return float(raw), name
    for name in LIFE_LEFT:
        if name in named and (left := named[name].value) is not None and 0 < left <= 100:
            return float(100 - left), name
    return None, None


def _tests(report: Mapping[str, Any]) -> list[SelfTest]:
    log = as_map(report.get("ata_smart_self_test_log"))
    rows = as_list(as_map(log.get("extended")).get("table")) or as_list(
        as_map(log.get("standard")).get("table")
    )
    found = [
        _test(
            row.get("type"),
            row.get("status"),
            row.get("lifetime_hours"),
            as_map(row.get("status")).get("passed"),
        )
        for row in map(as_map, rows)
    ]
    for row in map(as_map, as_list(as_map(report.get("nvme_self_test_log")).get("table"))):
        result = as_map(row.get("self_test_result"))
        found.append(
            _test(row.get("self_test_code"), result, row.get("power_on_hours"), _coded(result, 0, (5, 6, 7)))
        )
    for number in range(20):
        if row := as_map(report.get(f"scsi_self_test_{number}")):
            result = as_map(row.get("result"))
            hours = as_map(row.get("power_on_time")).get("hours")
            found.append(_test(row.get("code"), result, hours, _coded(result, 0, (3, 4, 5, 6, 7))))
    return found


def _test(kind: object, status: object, hours: object, passed: object) -> SelfTest:
    return SelfTest(
        as_text(as_map(kind).get("string")) or "",
        as_bool(passed),
        as_int(hours),
        as_text(as_map(status).get("string")) or "",
    )


def _coded(result: Mapping[str, Any], good: int, bad: tuple[int, ...]) -> bool | None:
    value = as_int(result.get("value"))
    return True if value == good else False if value in bad else None
