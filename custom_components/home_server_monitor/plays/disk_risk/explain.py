"""All that is known of one disk, as the answer of an action: in words and as plain values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ...prediction.forest import Model
from ...prediction.outlook import Prediction, shown
from ...prediction.tiers import Tier
from .findings import Known, at_hand
from .words import Words, by_when

# from this chance within 30 days on, it is said of a disk whose errors do not rise that it is riskier than others
_NOTABLE: Final = 0.01


def explained(disk: Known, model: Model | None, now: datetime, words: Words) -> Mapping[str, Any]:
    """Return why, what to do, by when, and what cannot be seen."""
    found, reading = disk.found, disk.found.reading
    return {
        "disk": disk.label,
        "serial": disk.serial,
        "model": reading.model,
        "kind": reading.media.value,
        "size": words.size(disk.size),
        "where": words.place(disk.place),
        "read_by": reading.source,
        "read_at": reading.taken.isoformat(timespec="seconds") if reading.taken else None,
        "power_on_hours": reading.hours,
        "tier": None if found.judged is None else found.judged.key,
        "judged_by": "model" if isinstance(found.outlook, Prediction) else "rules",
        "health_passed": reading.health,
        **_chances(disk, words),
        "rules": [{"rule": hit.rule, "tier": hit.tier.key, "text": words.hit(hit)} for hit in found.hits],
        "wear": _wear(disk),
        **at_hand(disk),
        "what_to_do": _what_to_do(disk, now, words),
        "by": by_when(found.tier, now.date()) if found.tier >= Tier.ELEVATED else None,
        "not_seen": words.unseen(found),
        "days_of_readings": found.days + 1,
        "model_off": model is None,
    }


def _chances(disk: Known, words: Words) -> dict[str, Any]:
    outlook = disk.found.outlook
    if not isinstance(outlook, Prediction):
        return {}
    return {
        "chance_30_days": round(shown(outlook.p30), 4),
        "chance_90_days": round(shown(outlook.p90), 4),
        "in_words": words.outlook(outlook),
        "how_rare": words.rare(disk.found.by_model),
        "confidence": outlook.confidence.value,
        "reasons": [
            {
                "attribute": each.attribute,
                "name": words.counter(each.attribute),
                "level": each.level,
                "rose_in_30_days": each.grew,
                "share": round(each.share, 3),
                "text": words.reason(each),
            }
            for each in outlook.reasons
        ],
        "not_reported": [words.counter(attribute) for attribute in outlook.unseen],
    }


def _wear(disk: Known) -> dict[str, Any] | None:
    found = disk.found
    if not found.wears:
        return None
    wear = found.wear
    return {
        "used_percent": found.reading.used,
        "told_by": found.reading.used_by,
        "percent_per_year": round(wear.per_year, 2) if wear else None,
        "used_up": wear.when.isoformat() if wear and wear.when else None,
        "rate_of": wear.basis.value if wear else None,
    }


def _what_to_do(disk: Known, now: datetime, words: Words) -> str:
    tier, by = disk.found.tier, by_when(disk.found.tier, now.date())
    about = " ".join(
        filter(
            None,
            (
                words.protection(disk.place),
                words.backup(disk.stand, now.date()),
                words.spare(disk.place),
            ),
        )
    )
    key, outlook = tier.key, disk.found.outlook
    if tier is Tier.WATCH and isinstance(outlook, Prediction) and outlook.p30 >= _NOTABLE:
        key = "watch_risky"
    todo = words.say(f"disk_todo_{key}", {"by": by, "size": words.size(disk.size)})
    return f"{todo} {about}" if tier >= Tier.ELEVATED else todo
