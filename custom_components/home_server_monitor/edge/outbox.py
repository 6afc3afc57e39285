"""What is on its way to people: kept over a reload or restart, so that nothing counts as told that nobody got."""

from collections.abc import Iterator, Mapping
import contextlib
from dataclasses import dataclass, field
from typing import Any

from ..guardian.contract import Severity
from ..guardian.notice import Notice

# what is older is no news: the digest has it
KEPT_FOR = 86400.0
MOST = 200
_IDS = ("ids", "rest", "instead", "new", "resolved", "open")


@dataclass(slots=True, eq=False)
class Letter:
    """A notice on its way.

    at: when it was handed over, seconds since 1970; fired: whether the bus has it; taken: the entry ids of the phones
    that have it; tries: how often no phone took it; again: whether it comes out of the time before a restart.
    """

    notice: Notice
    at: float
    fired: bool = False
    taken: set[str] = field(default_factory=set)
    tries: int = 0
    again: bool = False


class Outbox:
    """The letters of one guardian that are not with anybody yet, or not with everybody."""

    def __init__(self) -> None:
        self._letters: list[Letter] = []

    def __iter__(self) -> Iterator[Letter]:
        """Yield them in the order in which they were handed over."""
        return iter(tuple(self._letters))

    def __contains__(self, letter: Letter) -> bool:
        """Return whether a letter is still to be told."""
        return letter in self._letters

    def add(self, notice: Notice, now: float) -> Letter:
        """Take a notice in."""
        letter = Letter(notice, now)
        self._letters.append(letter)
        del self._letters[:-MOST]
        return letter

    def done(self, letter: Letter) -> None:
        """Drop a letter that is told, or that is no news any more."""
        if letter in self._letters:
            self._letters.remove(letter)

    def dump(self) -> list[dict[str, Any]]:
        """Return them as JSON can hold them."""
        return [_pack(letter) for letter in self._letters]

    def load(self, stored: Any, now: float) -> None:
        """Take back what `dump` gave, without what is damaged or old."""
        for row in stored if isinstance(stored, list) else ():
            with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
                letter = _unpack(row, now)
                if now - letter.at < KEPT_FOR:
                    self._letters.append(letter)


def _pack(letter: Letter) -> dict[str, Any]:
    notice = letter.notice
    return {
        "kind": notice.kind,
        "severity": int(notice.severity),
        "critical": notice.critical,
        "lead": notice.lead,
        **{name: list(getattr(notice, name)) for name in _IDS},
        "at": letter.at,
        "fired": letter.fired,
        "taken": sorted(letter.taken),
    }


def _unpack(row: Mapping[str, Any], now: float) -> Letter:
    notice = Notice(
        kind=row["kind"],
        severity=Severity(row["severity"]),
        critical=bool(row["critical"]),
        lead=str(row["lead"]),
        **{name: tuple(map(str, row[name])) for name in _IDS},
    )
    taken = {str(phone) for phone in row["taken"]}
    # a clock that was ahead makes nothing last longer
    return Letter(notice, min(float(row["at"]), now), bool(row["fired"]), taken, again=True)
