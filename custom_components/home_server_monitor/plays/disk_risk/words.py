"""What is said of a disk: why, what to do, and by when. Nothing here promises; the texts are Home Assistant's."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from homeassistant.util import dt as dt_util

from ...guardian.capabilities import DiskPlace, PoolStand
from ...prediction.outlook import Blind, Confidence, Prediction, Reason, shown
from ...prediction.rules import Hit
from ...prediction.tiers import Tier
from ...prediction.vendors import vendor_of
from .assessing import Assessment
from .merge import Contradiction

# how many healthy disks of how many ever reached the tier in the 11 months of the test
RARE: Final = {Tier.CRITICAL: (1, 1000), Tier.HIGH: (5, 1000), Tier.ELEVATED: (1, 100)}
# by when to act, in days
BY: Final = {Tier.CRITICAL: 1, Tier.HIGH: 14, Tier.ELEVATED: 30}
# how many of 10 failures gave no warning in the test
SILENT, SILENT_OF_WD = 4, 8

# Units (TB, min, %), the names of a RAID level (mirror, raidz2) and dates (2026-05-01) are not among the texts to translate:
# they are what the drive's label, `zpool status` and the journal show, the same in every language, and are looked up there.


class Say(Protocol):
    """Returns a text by its key."""

    def __call__(self, key: str, placeholders: Mapping[str, Any] | None = None, default: str = "?") -> str:
        """Return a text, filled."""
        ...


def percent(chance: float) -> str:
    """Return a chance as people are told it."""
    value = 100 * shown(chance)
    return f"{value:.0f} %" if value >= 1 else f"{value:.2g} %"


def by_when(tier: Tier, today: date) -> str:
    """Return until when to act."""
    return (today + timedelta(days=BY.get(tier, 30))).isoformat()


def silent(found: Assessment) -> int:
    """Return how many of 10 failures of such drives gave no warning in the test."""
    return SILENT_OF_WD if vendor_of(found.reading.model) == "WD" else SILENT


class Words:
    """Puts what is known of disks into words. say: returns the texts, by their keys below `common`."""

    def __init__(self, say: Say) -> None:
        self.say = say

    def counter(self, attribute: int) -> str:
        """Return what an attribute counts."""
        return self.say(f"disk_counter_{attribute}")

    def hit(self, hit: Hit) -> str:
        """Return what a rule saw."""
        value = "?" if hit.value is None else f"{hit.value:.0f}"
        return self.say(
            f"disk_hit_{hit.rule}", {"value": value, "about": "?" if hit.about is None else hit.about}
        )

    def reason(self, reason: Reason) -> str:
        """Return what a counter adds, in numbers that a person can look up."""
        named = {
            "name": self.counter(reason.attribute),
            "grew": f"{reason.grew:.0f}",
            "before": f"{reason.level - reason.grew:.0f}",
            "level": f"{reason.level:.0f}",
        }
        if reason.grew > reason.level:
            # some of them were replaced, or written anew, since
            return self.say("disk_reason_new", named)
        return self.say("disk_reason_rose" if reason.grew > 0 else "disk_reason_stands", named)

    def reasons(self, found: Assessment, without: frozenset[str] = frozenset()) -> list[str]:
        """Return why, the strongest first: what the drive says of itself, then what the model saw."""
        said = [self.hit(hit) for hit in found.hits if hit.tier >= Tier.ELEVATED and hit.rule not in without]
        if isinstance(found.outlook, Prediction):
            parts = sorted(found.outlook.reasons, key=lambda each: -each.share)
            said += [self.reason(each) for each in parts[:3] if each.share >= 0.05]
        return said

    def of_hundred(self, chance: float) -> str:
        """Return how many of a hundred such disks a chance is, as it stands before “fail”."""
        value = 100 * shown(chance)
        return (
            self.say("disk_below_one") if value < 0.95 else self.say("disk_about", {"count": f"{value:.0f}"})
        )

    def outlook(self, outlook: Prediction) -> str:
        """Return both chances as a sentence."""
        named = {"soon": self.of_hundred(outlook.p30), "later": self.of_hundred(outlook.p90)}
        return self.say("disk_outlook", named)

    def rare(self, tier: Tier) -> str | None:
        """Return how rarely a disk that does not fail is in a tier of the model; None where that says nothing."""
        if tier not in RARE:
            return None
        some, many = RARE[tier]
        return self.say("disk_rare", {"some": some, "many": f"{many:,}"})

    def size(self, size: int | None) -> str:
        """Return a size as it is printed on the drive."""
        if not size:
            return self.say("disk_size_unknown")
        return f"{size / 1e12:.3g} TB" if size >= 1e12 else f"{size / 1e9:.0f} GB"

    def place(self, place: DiskPlace | None) -> str:
        """Return where a disk is, for people."""
        if place is None or place.pool is None:
            where = self.say("disk_in_no_pool")
        elif place.vdev == "disk":
            where = self.say("disk_in_pool_alone", {"pool": place.pool})
        else:
            where = self.pool(place.pool)
            where += f", {place.vdev}" if place.vdev else ""
        return f"{where}, {place.slot}" if place is not None and place.slot else where

    def pool(self, name: str) -> str:
        """Return a pool, as a place."""
        return self.say("disk_in_pool", {"pool": name})

    def protection(self, place: DiskPlace | None) -> str:
        """Return what its pool can lose."""
        if place is None or place.loses is None:
            return self.say("disk_protection_unknown")
        key = {0: "none", 1: "one"}.get(place.loses, "more")
        return self.say(f"disk_protection_{key}", {"count": place.loses})

    def spare(self, place: DiskPlace | None) -> str:
        """Return whether another disk is at hand."""
        if place is None or not place.spares:
            return self.say("disk_no_spare") if place and place.pool else ""
        return self.say("disk_spare")

    def backup(self, stand: PoolStand | None, today: date) -> str:
        """Return when its pool was last copied elsewhere, as far as its machine's own tasks tell."""
        if stand is None:
            return ""
        if not stand.backups:
            return self.say("disk_no_backup")
        copied = ", ".join(
            f"{self.say(f'disk_task_{each.kind}', default=each.kind)} {self._day(each.last, today)}"
            for each in stand.backups
        )
        key = "disk_backup_part" if stand.bare else "disk_backup"
        return self.say(key, {"copied": copied, "count": len(stand.bare)})

    def _day(self, at: datetime | None, today: date) -> str:
        if at is None:
            return self.say("disk_day_unknown")
        days = (today - dt_util.as_local(at).date()).days
        key = "disk_days_ago" if days > 1 else "disk_yesterday" if days == 1 else "disk_today"
        return self.say(key, {"count": days})

    def span(self, seconds: int | None) -> str:
        """Return about how long something takes."""
        if seconds is None:
            return self.say("disk_span_unknown")
        if seconds < 1200:
            return self.say("disk_span", {"span": f"{max(round(seconds / 60), 1)} min"})
        span = f"{10 * round(seconds / 600)} min" if seconds < 5400 else f"{round(seconds / 3600)} h"
        return self.say("disk_span", {"span": span})

    def silent(self, found: Assessment) -> str:
        """Return how many failures of such drives gave no warning in the test."""
        return self.say("disk_in_ten", {"count": silent(found)})

    def unseen(self, found: Assessment) -> str:
        """Return what cannot be seen, and for whom this holds."""
        if found.outlook is Blind.NO_COUNTERS:
            return self.say("disk_unseen_counters")
        if not isinstance(found.outlook, Prediction):
            return self.say("disk_unseen_rules")
        said = self.say("disk_unseen", {"silent": self.silent(found)})
        if found.outlook.confidence is Confidence.FULL:
            return said
        key = f"disk_unseen_{found.outlook.confidence.value}"
        return f"{said} {self.say(key, {'days': found.days})}"

    def differs(self, differs: Contradiction) -> str:
        """Return what two sources do not agree on."""
        return self.say(f"disk_differs_{differs.what}")
