"""Holds the parser to real reports: smartctl's JSON, and texts of `smartctl -x`, brought into the same shape first.

`python -m training reports FOLDER` prints how many drives give which values. The texts are those of bsd-hardware.info.
"""

from collections import Counter
from collections.abc import Iterator
import json
from pathlib import Path
import re
import tarfile
from typing import Any

from custom_components.home_server_monitor.prediction.counters import COUNTERS
from custom_components.home_server_monitor.prediction.reading import Media, Reading, Unread
from custom_components.home_server_monitor.prediction.rules import Case, judge
from custom_components.home_server_monitor.prediction.smartctl import parse, parse_text

_FIELD = re.compile(r"^([A-Z][\w /.%()-]+?(?: is)?): +(.*)$", re.MULTILINE)
_ROW = re.compile(
    r"^ *(\d{1,3}) (\S+) +(\S+) +(\d{3}) +(\d{3}) +(\d{3}|---) +(?:(?:Pre-fail|Old_age) +\S+ +)?(\S+) +(.*)$",
    re.MULTILINE,
)
_TEST = re.compile(r"^# *\d+ +(\S+(?: \S+)*?) {2,}(\S+(?: \S+)*?) {2,}(\d+)% +(\d+)", re.MULTILINE)
_ENDURANCE = re.compile(r"^0x07 +0x008 +\d +(\d+) .*Percentage Used Endurance Indicator", re.MULTILINE)
_NVME = {
    "critical_warning": "Critical Warning",
    "temperature": "Temperature",
    "available_spare": "Available Spare",
    "available_spare_threshold": "Available Spare Threshold",
    "percentage_used": "Percentage Used",
    "data_units_written": "Data Units Written",
    "power_on_hours": "Power On Hours",
    "unsafe_shutdowns": "Unsafe Shutdowns",
    "media_errors": "Media and Data Integrity Errors",
}
_WHEN = {"NOW": "now", "FAILING_NOW": "now", "Past": "past", "In_the_past": "past"}


def _number(text: str) -> int | None:
    """Return the number that a text begins with; thousands may be set apart, as smartctl does in NVMe's log."""
    found = re.match(r"0x[0-9a-fA-F]+|\d{1,3}(?:[,.'\u00a0\u202f]\d{3})+|\d+", text)
    if found is None:
        return None
    digits = found.group()
    return int(digits, 16) if digits.startswith("0x") else int(re.sub(r"\D", "", digits))


def as_json(text: str) -> dict[str, Any]:
    """Return a text report in the shape of smartctl's JSON, as far as the parser looks at it.

    A raw value that is printed in words (“1 1 1”, “32 (Min/Max 17/42)”) gives its first number: what is packed above it
    is lost in the text, and is covered by the JSON reports instead.
    """
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        fields.setdefault(name, value.strip())
    nvme = "NVMe Log 0x02" in text
    kind = "nvme" if nvme or "NVMe Version" in fields else "sat"
    report: dict[str, Any] = {
        "smartctl": {"version": [7, 0], "exit_status": 0},
        "device": {"name": "/dev/x", "type": kind, "protocol": "NVMe" if kind == "nvme" else "ATA"},
        "model_name": fields.get("Device Model") or fields.get("Model Number") or "",
        "model_family": fields.get("Model Family"),
        "serial_number": fields.get("Serial Number", ""),
    }
    health = fields.get("SMART overall-health self-assessment test result")
    if health:
        report["smart_status"] = {"passed": health.startswith("PASSED")}
    if rate := fields.get("Rotation Rate"):
        report["rotation_rate"] = 0 if "Solid State" in rate else _number(rate)
    if nvme:
        log = {key: _number(fields[name]) for key, name in _NVME.items() if name in fields}
        report["nvme_smart_health_information_log"] = log
    return report | _ata(text)


def _ata(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    table = [
        {
            "id": int(number),
            "name": name,
            "value": int(value),
            "worst": int(worst),
            "thresh": _number(limit),
            "when_failed": _WHEN.get(failed, ""),
            "flags": {
                "prefailure": int(flags, 16) & 1 == 1 if flags.startswith("0x") else flags.startswith("P")
            },
            "raw": {"value": _number(raw), "string": raw.strip()},
        }
        for number, name, flags, value, worst, limit, failed, raw in _ROW.findall(text)
    ]
    if table:
        found["ata_smart_attributes"] = {"table": table}
    if used := _ENDURANCE.search(text):
        row = {"name": "Percentage Used Endurance Indicator", "value": int(used.group(1))}
        found["ata_device_statistics"] = {"pages": [{"number": 7, "table": [row]}]}
    tests = [
        {
            "type": {"string": kind},
            "status": {"string": status} | _passed(status),
            "lifetime_hours": int(hours),
        }
        for kind, status, _, hours in _TEST.findall(text)
    ]
    if tests:
        found["ata_smart_self_test_log"] = {"standard": {"table": tests}}
    return found


def _passed(status: str) -> dict[str, bool]:
    """Return what smartctl's JSON says of a result: nothing for tests that were aborted or interrupted."""
    low = status.lower()
    if low.startswith("completed without"):
        return {"passed": True}
    return {} if low.startswith(("aborted", "interrupted", "self-test routine in")) else {"passed": False}


def _texts(archive: Path) -> Iterator[str]:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and (file := tar.extractfile(member)) is not None:
                yield file.read().decode(errors="replace")


def _features(reading: Reading) -> Iterator[str]:
    yield "drives"
    if reading.serial is not None:
        yield "serial"
    for name in ("health", "temperature", "hours", "used"):
        if getattr(reading, name) is not None:
            yield name
    if reading.tests:
        yield "self-tests"
    for attribute, level in zip(COUNTERS, reading.counts, strict=True):
        if level is not None:
            yield f"counter {attribute:3}"
    if reading.nvme is not None:
        yield "NVMe health log"
    if reading.scsi is not None:
        yield "SCSI error counters"
    for hit in {hit.rule for hit in judge(Case(reading, {}))}:
        yield f"rule {hit}"
    if reading.media is Media.HDD and any(level is not None for level in reading.counts):
        yield "predicted by the model"


def count_features(folder: Path) -> str:
    """Return a table: rows are values, columns what a drive is, of everything in a folder."""
    tally: Counter[tuple[str, str]] = Counter()
    unread: Counter[str] = Counter()
    for file in sorted(folder.rglob("*.json")):
        _tally(parse_text(file.read_bytes(), "file"), "JSON ", tally, unread)
    for archive in sorted(folder.glob("*.tar.xz")):
        for text in _texts(archive):
            _tally(parse(as_json(text), "file"), "home ", tally, unread)
    columns = sorted({column for _, column in tally})
    names = sorted(
        {name for name, _ in tally}, key=lambda name: (name != "drives", name.startswith("rule"), name)
    )
    lines = [f"| | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    lines += [f"| {name} | {' | '.join(str(tally[name, column]) for column in columns)} |" for name in names]
    return "\n".join(lines) + f"\n\nNot a reading: {json.dumps(dict(sorted(unread.items())))}\n"


def _tally(
    reading: Reading | Unread, prefix: str, tally: Counter[tuple[str, str]], unread: Counter[str]
) -> None:
    if isinstance(reading, Unread):
        unread[prefix + reading.value] += 1
        return
    for name in _features(reading):
        tally[name, prefix + reading.media.value] += 1
