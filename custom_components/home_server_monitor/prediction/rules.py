"""What a drive says of itself, judged by fixed rules. They are rules, not the trained model, and are named as such."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from .reading import Failing, Media, Reading
from .tiers import Tier
from .vendors import vendor_of
from .wear import WearOut

WORN: Final = 100
WORN_SOON: Final = 90
_SOON: Final = 180
# Temperature attributes say “failing” for a hot afternoon years ago.
_NO_FAULT: Final = frozenset({190, 194, 231})


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that applies. `value` is what it saw, `about` an attribute id or bit; `by` a date where there is one."""

    rule: str
    tier: Tier
    value: float | None = None
    about: int | None = None
    by: date | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A reading, by how much its error counters rose within 30 days (None: not known), and its wear."""

    reading: Reading
    grew: Mapping[str, float | None]
    wear: WearOut | None = None

    def error(self, rule: str, value: float | None) -> Iterator[Hit]:
        """Yield a hit for a counter of errors: a level that stays is to be watched, one that rises is worse."""
        if value:
            yield Hit(rule, Tier.ELEVATED if (self.grew.get(rule) or 0) > 0 else Tier.WATCH, value)


def _says_it_fails(case: Case) -> Iterator[Hit]:
    if case.reading.health is False:
        yield Hit("health_failed", Tier.CRITICAL)
    for attribute in case.reading.attributes.values():
        if (
            attribute.failing is Failing.NOW
            and attribute.prefail is not False
            and attribute.id not in _NO_FAULT
        ):
            yield Hit("attribute_failing", Tier.CRITICAL, attribute.value, attribute.id)


def _self_test(case: Case) -> Iterator[Hit]:
    """Yield the newest self-test that came to an end, where it failed."""
    ended = next((test for test in case.reading.tests if test.passed is not None), None)
    if ended is not None and ended.passed is False:
        yield Hit("self_test_failed", Tier.HIGH, ended.hours)


def _cable(case: Case) -> Iterator[Hit]:
    """Errors between drive and host: a cable, a backplane, a connector; no sign of a failing disk."""
    if (case.grew.get("cable") or 0) > 0:
        yield Hit("cable", Tier.WATCH, case.reading.count(199), 199)


def _end_to_end(case: Case) -> Iterator[Hit]:
    if vendor_of(case.reading.model) == "Seagate" and (value := case.reading.count(184)):
        yield Hit("end_to_end", Tier.HIGH, value, 184)


def _nvme_warning(case: Case) -> Iterator[Hit]:
    warning = case.reading.nvme.critical_warning if case.reading.nvme else None
    for bit, (rule, tier) in _WARNINGS.items():
        if warning and warning & 1 << bit:
            yield Hit(rule, tier, warning, bit)


_WARNINGS: Final = {
    0: ("nvme_spare_low", Tier.CRITICAL),
    1: ("nvme_temperature", Tier.ELEVATED),
    2: ("nvme_reliability", Tier.CRITICAL),
    3: ("nvme_read_only", Tier.CRITICAL),
    4: ("nvme_backup", Tier.HIGH),
    5: ("nvme_memory_region", Tier.HIGH),
}


def _nvme_errors(case: Case) -> Iterator[Hit]:
    log = case.reading.nvme
    if log is None:
        return
    spare, least = log.spare, log.spare_threshold
    # a drive whose threshold is 0 or 100 was never told a sensible one
    if spare is not None and least is not None and 0 < least < 100 and spare <= least:
        yield Hit("nvme_spare_low", Tier.CRITICAL, spare)
    yield from case.error("media_errors", log.media_errors)


def _ssd_errors(case: Case) -> Iterator[Hit]:
    if case.reading.media is Media.SSD:
        yield from case.error("ssd_uncorrectable", case.reading.count(187))


def _sas_errors(case: Case) -> Iterator[Hit]:
    if case.reading.scsi is not None:
        yield from case.error("grown_defects", case.reading.scsi.grown_defects)
        yield from case.error("uncorrected_errors", case.reading.scsi.uncorrected)


def _worn(case: Case) -> Iterator[Hit]:
    """A drive past its rated writes still works, but nobody vouches for it."""
    used = case.reading.used
    if used is None or case.reading.media in (Media.HDD, Media.SAS_HDD):
        return
    by = case.wear.when if case.wear else None
    taken = case.reading.taken.date() if case.reading.taken else None
    soon = by is not None and taken is not None and (by - taken).days <= _SOON
    if used >= WORN:
        yield Hit("worn_out", Tier.ELEVATED, used)
    elif used >= WORN_SOON or soon:
        yield Hit("wearing_out", Tier.WATCH, used, None, by)


RULES: Final[tuple[Callable[[Case], Iterator[Hit]], ...]] = (
    _says_it_fails,
    _self_test,
    _cable,
    _end_to_end,
    _nvme_warning,
    _nvme_errors,
    _ssd_errors,
    _sas_errors,
    _worn,
)


def judge(case: Case) -> tuple[Hit, ...]:
    """Return every rule that applies to a drive, the worst first; each rule once for what it is about."""
    hits = {
        (hit.rule, hit.about if hit.rule == "attribute_failing" else None): hit
        for rule in RULES
        for hit in rule(case)
    }
    return tuple(sorted(hits.values(), key=lambda hit: -hit.tier))


def errors_of(reading: Reading) -> dict[str, float | None]:
    """Return the counters whose growth the rules ask for, by the name in `Case.grew`."""
    nvme, scsi = reading.nvme, reading.scsi
    return {
        "cable": reading.count(199),
        "media_errors": None if nvme is None else nvme.media_errors,
        "ssd_uncorrectable": reading.count(187) if reading.media is Media.SSD else None,
        "grown_defects": None if scsi is None else scsi.grown_defects,
        "uncorrected_errors": None if scsi is None else scsi.uncorrected,
    }
