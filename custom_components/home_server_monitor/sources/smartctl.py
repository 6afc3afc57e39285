"""What is asked of `smartctl` where it can be run, and what its end says. These are the only commands that there are.

None of them wakes a disk: it is asked for its power mode first, and where that is standby, sleep, or cannot be told
(many USB bridges), smartctl ends at once. It can do so since 7.3; an older one is not used.
"""

from dataclasses import dataclass, replace
import json
import re
from typing import Any, Final

from ..prediction.reading import Reading, Unread
from ..prediction.smartctl import parse_text
from .errors import NotSupported

OLDEST: Final = (7, 3)
# `--scan` lists device nodes; unlike `--scan-open` it opens none
SCAN: Final = ("smartctl", "--json=c", "--scan")
# what it is told to end with where the disk sleeps, and where it cannot tell; with the bit that says that the command
# line was wrong, so that no reading of a disk ends with them
ASLEEP, UNSURE = 3, 5
# bits of the exit status; the others say what is wrong with a disk, and the report says it better
WRONG_COMMAND, NOT_OPENED, FAILING = 1, 2, 8
# a shell's words for: it cannot be run, it is not there
NOT_RUN: Final = (126, 127)
_DISK: Final = re.compile(
    r"/dev/(?:sd[a-z]{1,3}|hd[a-z]|nvme\d{1,3}(?:n\d{1,3})?|sg\d{1,3}|bus/\d{1,3}|disk/by-id/[\w.:+-]{1,200})"
)
# of a disk that was pulled its node may stay in a container
_NOT_THERE: Final = re.compile(r"open device: .{1,300} failed: No such (?:device|file)")
_TYPE: Final = re.compile(r"[a-z0-9]+(?:[+,/][a-z0-9]+)*")
# what smartctl finds out better by itself: behind a SCSI name there is mostly a SATA disk
_GUESSED: Final = frozenset({"", "scsi", "ata", "auto", "test"})
_MOST: Final = 1024


@dataclass(frozen=True, slots=True, order=True)
class Device:
    """A disk as smartctl names it: its path, and its type where that has to be told (`megaraid,4`)."""

    path: str
    type: str = ""


def read_command(device: Device) -> tuple[str, ...]:
    """Return the command that reads one disk, unless it sleeps. Raises ValueError for what is no disk."""
    if not _DISK.fullmatch(device.path) or (device.type and not _TYPE.fullmatch(device.type)):
        raise ValueError("not a disk")
    typed = () if device.type in _GUESSED else ("-d", device.type)
    return ("smartctl", "--json=c", "-n", f"standby,{ASLEEP},{UNSURE}", "-x", *typed, device.path)


def scanned(code: int | None, text: str) -> tuple[Device, ...]:
    """Return the disks that SCAN found, in order. Raises NotSupported where there is no smartctl that can be used."""
    report = _json(text)
    if not isinstance(report.get("smartctl"), dict):
        there = code not in NOT_RUN
        raise NotSupported("a smartctl that knows JSON" if there else "smartctl in this container")
    version = report["smartctl"].get("version")
    if not isinstance(version, list) or not all(isinstance(part, int) for part in version):
        raise NotSupported("a smartctl that says its version")
    if tuple(version) < OLDEST:
        raise NotSupported("a smartctl of 7.3 or newer: an older one may wake disks")
    listed = report.get("devices")
    found = [_device(row) for row in (listed if isinstance(listed, list) else ())[:_MOST]]
    return tuple(sorted({each for each in found if each is not None}))


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError, RecursionError:
        return {}
    return found if isinstance(found, dict) else {}


def _device(row: Any) -> Device | None:
    path, kind = (row.get("name"), row.get("type")) if isinstance(row, dict) else (None, None)
    if not isinstance(path, str) or not _DISK.fullmatch(path):
        return None
    told = isinstance(kind, str) and len(kind) <= 40 and _TYPE.fullmatch(kind)
    return Device(path, str(kind) if told and kind not in _GUESSED else "")


def outcome(code: int | None, text: str, source: str) -> Reading | Unread:
    """Return what came of `read_command`. The report counts whatever the disk's own bits of the exit status are."""
    if code in (ASLEEP, UNSURE):
        # which of them it was is the same to us: it is left alone
        return Unread.ASLEEP
    found = parse_text(text, source)
    if not isinstance(found, Reading):
        return Unread.GONE if code is not None and code & NOT_OPENED and _is_gone(text) else found
    if code is not None and code & WRONG_COMMAND:
        return Unread.NOT_A_REPORT
    if code is not None and code & FAILING and found.health is None:
        # it says so of itself, in the exit status only
        return replace(found, health=False)
    return found


def _is_gone(text: str) -> bool:
    """Return whether smartctl says that there is no such disk, and not only that it could not open it."""
    about = _json(text).get("smartctl")
    messages = about.get("messages") if isinstance(about, dict) else None
    said = (
        [row.get("string") for row in messages if isinstance(row, dict)] if isinstance(messages, list) else []
    )
    return any(isinstance(each, str) and _NOT_THERE.search(each) for each in said)
