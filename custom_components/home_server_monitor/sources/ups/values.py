"""The single values of a UPS: numbers, dates, identities and spellings as devices write them. Pure."""

from collections.abc import Mapping
from datetime import date
import math
import re
from typing import Final

from ..records import text

_NUMBER: Final = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{1,12})?")
_DATE: Final = re.compile(r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})")
# what a firmware writes where nobody has set a date
_DEFAULT_DATES: Final = frozenset({date(2001, 9, 25), date(2001, 1, 1), date(2000, 1, 1), date(1980, 1, 1)})
_FIRST_YEAR, _LAST_YEAR = 1995, 2080
_NO_IDENTITY: Final = frozenset(
    {"blank", "unknown", "none", "null", "na", "notavailable", "serialnumber", "default", "empty", "unset"}
)
_EMPTY: Final = frozenset({"(null)", "null", "n/a", "unknown", "none", "-", "?"})
SHORTEST_IDENTITY: Final = 6


def number(dump: Mapping[str, str], name: str, least: float, most: float) -> float | None:
    """Return a number within its bounds, both included; None where there is none, or where it cannot be."""
    found = (dump.get(name) or "").strip()
    if not _NUMBER.fullmatch(found):
        return None
    value = float(found.replace(",", "."))
    return value if math.isfinite(value) and least <= value <= most else None


def plain(value: str | None, limit: int = 80) -> str | None:
    """Return a text for people; None where it only says that there is none."""
    found = text(value, limit)
    return None if found is None or found.lower() in _EMPTY else found


def identity(value: str | None) -> str | None:
    """Return a serial number that tells one device from all others; None for zeros, `Blank`, masks and the like."""
    found = text(value, 60)
    if found is None:
        return None
    bare = re.sub(r"[^0-9A-Za-z]", "", found).lower()
    if "*" in found or len(bare) < SHORTEST_IDENTITY or bare in _NO_IDENTITY:
        return None
    digits = [character for character in bare if character.isdigit()]
    if len(set(bare)) < 3 or not digits or not any(digit != "0" for digit in digits):
        return None
    # `0123456789` and what begins like it is a maker's placeholder
    return None if bare in "0123456789" * 2 or bare in "1234567890" * 2 else found


def dated(value: str | None) -> date | None:
    """Return a day: `2022/12/13`, `2013-04-19`, `09/18/13` (month first, as APC writes); None for what is none."""
    match = _DATE.search((value or "").strip())
    if match is None:
        return None
    first, second, third = (int(part) for part in match.groups())
    year, month, day = (first, second, third) if len(match[1]) == 4 else (third, first, second)
    if year < 100:
        year += 2000 if year < 80 else 1900
    if month > 12 >= day:
        # day first, as in most of Europe
        month, day = day, month
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if _FIRST_YEAR <= year <= _LAST_YEAR and found not in _DEFAULT_DATES else None


def test_result(value: str | None) -> str | None:
    """Return how a self-test ended: passed, warning, failed, running, aborted or none; None where nobody can say."""
    found = re.sub(r"[\s_]+", "", (value or "").lower())
    spelled = (
        # `TestInProgress` is the one that TrueNAS looks for
        ("inprogress", "running"),
        ("testing", "running"),
        ("noninitiated", "none"),
        ("notestinitiated", "none"),
        ("nottested", "none"),
        ("notest", "none"),
        ("abort", "aborted"),
        ("warning", "warning"),
        ("fail", "failed"),
        ("bad", "failed"),
        ("error", "failed"),
        ("replace", "failed"),
        ("nogood", "failed"),
        ("pass", "passed"),
        ("good", "passed"),
    )
    if not found:
        return None
    for part, meaning in spelled:
        if part in found:
            return meaning
    # `NO` is the sheet's second most frequent way to say that there was none
    return {"no": "none", "none": "none", "ok": "passed", "good": "passed"}.get(found)
