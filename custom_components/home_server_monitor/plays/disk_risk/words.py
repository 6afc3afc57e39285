"""What is said of a disk: why, what to do, and by when. Nothing here promises."""

from datetime import date, datetime, timedelta
from typing import Final

from homeassistant.util import dt as dt_util

from ...guardian.capabilities import DiskPlace, PoolStand
from ...prediction.outlook import Blind, Confidence, Prediction, Reason, shown
from ...prediction.rules import Hit
from ...prediction.tiers import Tier
from ...prediction.vendors import vendor_of
from .assessing import Assessment

COUNTED: Final = {
    5: "reallocated sectors",
    10: "spin-up retries",
    187: "uncorrectable errors",
    188: "command time-outs",
    196: "reallocations",
    197: "pending sectors",
    198: "sectors that cannot be read",
}
_HITS: Final = {
    "health_failed": "the drive's own health check says FAILED",
    "attribute_failing": "attribute {about} is below its maker's limit",
    "self_test_failed": "its newest self-test failed",
    "cable": "errors on the way to the drive are rising ({value})",
    "end_to_end": "data was damaged inside the drive {value} times",
    "nvme_spare_low": "its spare blocks are used up",
    "nvme_temperature": "it says that it is too hot",
    "nvme_reliability": "it says that it is no longer reliable",
    "nvme_read_only": "it has made itself read-only",
    "nvme_backup": "its protection against power loss failed",
    "nvme_memory_region": "its persistent memory is not reliable",
    "media_errors": "{value} data errors",
    "ssd_uncorrectable": "{value} errors that it could not correct",
    "grown_defects": "{value} grown defects",
    "uncorrected_errors": "{value} errors that it could not correct",
    "worn_out": "{value} % of its rated writes are used",
    "wearing_out": "{value} % of its rated writes are used",
}
# how many healthy disks ever reached the tier in the 11 months of the test
RARE: Final = {Tier.CRITICAL: "1 in 1,000", Tier.HIGH: "5 in 1,000", Tier.ELEVATED: "1 in 100"}
# by when to act, in days
BY: Final = {Tier.CRITICAL: 1, Tier.HIGH: 14, Tier.ELEVATED: 30}


def hit_words(hit: Hit) -> str:
    """Return what a rule saw."""
    return _HITS[hit.rule].format(
        value="?" if hit.value is None else f"{hit.value:.0f}", about="?" if hit.about is None else hit.about
    )


def reason_words(reason: Reason) -> str:
    """Return what a counter adds, in numbers that a person can look up."""
    name = COUNTED[reason.attribute]
    if reason.grew > reason.level:
        # some of them were replaced, or written anew, since
        return f"{reason.grew:.0f} new {name} in 30 days, {reason.level:.0f} now"
    if reason.grew > 0:
        return f"{name} rose from {reason.level - reason.grew:.0f} to {reason.level:.0f} in 30 days"
    return f"{reason.level:.0f} {name}, not rising"


def reasons(found: Assessment, without: frozenset[str] = frozenset()) -> list[str]:
    """Return why, the strongest first: what the drive says of itself, then what the model saw."""
    said = [hit_words(hit) for hit in found.hits if hit.tier >= Tier.ELEVATED and hit.rule not in without]
    if isinstance(found.outlook, Prediction):
        parts = sorted(found.outlook.reasons, key=lambda each: -each.share)
        said += [reason_words(each) for each in parts[:3] if each.share >= 0.05]
    return said


def percent(chance: float) -> str:
    """Return a chance as people are told it."""
    value = 100 * shown(chance)
    return f"{value:.0f} %" if value >= 1 else f"{value:.2g} %"


def of_hundred(chance: float) -> str:
    """Return how many of a hundred such disks a chance is, as it stands before “fail”."""
    value = 100 * shown(chance)
    return "fewer than one" if value < 0.95 else f"about {value:.0f}"


def outlook_words(outlook: Prediction) -> str:
    """Return both chances as a sentence."""
    soon, later = of_hundred(outlook.p30), of_hundred(outlook.p90)
    return f"Of 100 disks like this, {soon} fail within 30 days and {later} within 90."


def rare_words(tier: Tier) -> str | None:
    """Return how rarely a disk that does not fail is in a tier of the model; None where that says nothing."""
    return (
        f"Of healthy disks, {RARE[tier]} ever looked like this in the 11 months of our test."
        if tier in RARE
        else None
    )


def size_words(size: int | None) -> str:
    """Return a size as it is printed on the drive."""
    if not size:
        return "unknown size"
    return f"{size / 1e12:.3g} TB" if size >= 1e12 else f"{size / 1e9:.0f} GB"


def place_words(place: DiskPlace | None) -> str:
    """Return where a disk is, for people."""
    slot = f", {place.slot}" if place is not None and place.slot else ""
    if place is None or place.pool is None:
        return f"no pool that is known{slot}"
    group = {None: "", "disk": ", alone"}.get(place.vdev, f", {place.vdev}")
    return f"pool {place.pool}{group}{slot}"


def protection_words(place: DiskPlace | None) -> str:
    """Return what its pool can lose."""
    if place is None or place.loses is None:
        return "Copy what is on it first."
    if place.loses == 0:
        return "Nothing in its pool protects its data: bring the backup up to date first."
    more = "one disk" if place.loses == 1 else f"{place.loses} disks"
    return f"Its pool can lose {more} without losing data."


def spare_words(place: DiskPlace | None) -> str:
    """Return whether another disk is at hand."""
    if place is None or not place.spares:
        return "No unused disk in the machine is large enough." if place and place.pool else ""
    return "An unused disk that is large enough is in the same machine."


_TASKS: Final = {
    "replication": "replication",
    "cloud_sync": "cloud sync",
    "rsync": "rsync",
    "cloud_backup": "cloud backup",
}


def backup_words(stand: PoolStand | None, today: date) -> str:
    """Return when its pool was last copied elsewhere, as far as its machine's own tasks tell."""
    if stand is None:
        return ""
    if not stand.backups:
        return "No task of its machine copies its pool elsewhere: make a backup first."
    copied = ", ".join(
        f"{_TASKS.get(each.kind, each.kind)} {_day(each.last, today)}" for each in stand.backups
    )
    if not stand.bare:
        return f"Last copied: {copied}."
    return f"Last copied: {copied}; {len(stand.bare)} of its datasets by no task."


def _day(at: datetime | None, today: date) -> str:
    if at is None:
        return "at no time that is known"
    days = (today - dt_util.as_local(at).date()).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago" if days > 0 else "today")


def span_words(seconds: int | None) -> str:
    """Return about how long something takes."""
    if seconds is None:
        return "nobody knows how long"
    if seconds < 1200:
        return f"about {max(round(seconds / 60), 1)} min"
    if seconds < 5400:
        return f"about {10 * round(seconds / 600)} min"
    return f"about {round(seconds / 3600)} h"


def by_when(tier: Tier, today: date) -> str:
    """Return until when to act."""
    return (today + timedelta(days=BY.get(tier, 30))).isoformat()


def silent(found: Assessment) -> str:
    """Return how many failures of such drives gave no warning in the test."""
    return "8 in 10" if vendor_of(found.reading.model) == "WD" else "4 in 10"


def unseen(found: Assessment) -> str:
    """Return what cannot be seen, and for whom this holds."""
    if found.outlook is Blind.NO_COUNTERS:
        return "It reports none of the counters that the model reads: nothing is predicted, which does not mean that it is well."
    if not isinstance(found.outlook, Prediction):
        return "Judged by fixed rules, not by the trained model, which is for hard disks only."
    learning = {
        Confidence.LEVEL_ONLY: " Only one reading so far: how its counters change is not known yet.",
        Confidence.LEARNING: f" Readings of {found.days} days so far; all that the model looks at needs 30.",
        Confidence.FULL: "",
    }[found.outlook.confidence]
    return f"About {silent(found)} failures of such drives give no warning. No alarm is no guarantee: keep backups.{learning}"
