"""What streams that leave the house need of its upload, and what is left for others: pure functions and a patience."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# shares of the line: what may be planned with, what is left free before it counts as full and once it does, and what
# uploads always keep, so that a client is slowed and not cut off
PLANNED: Final = 0.85
FREE: Final = 0.10
FREE_AGAIN: Final = 0.20
KEPT: Final = 0.05
# limits are set in steps of this share, so that a stream that wants a little more changes nothing
STEP: Final = 0.05
# share of the line that streams must need before containers are paused: what they upload is not known
PAUSED_FROM: Final = 0.5
# kbit a second that Plex offers as the most of a stream that leaves the house, and bytes a second in one
QUALITIES: Final = (20_000, 12_000, 10_000, 8_000, 4_000, 3_000, 2_000, 1_500, 720, 320)
KBIT: Final = 125.0
# seconds for which less must be wanted before a limit is loosened or taken back
HOLD = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What goes up, bytes a second.

    line: what it can carry; streams: what is reserved for each that plays and leaves the house; uploads: what each
    download client uploads now, by name.
    """

    line: float
    streams: tuple[float, ...] = ()
    uploads: Mapping[str, float] = field(default_factory=dict)

    @property
    def wanted(self) -> float:
        """Return what all of the streams need."""
        return sum(self.streams)

    @property
    def used(self) -> float:
        """Return what streams and uploads need together."""
        return self.wanted + sum(self.uploads.values())

    def is_full(self, *, was: bool) -> bool:
        """Return whether streams do not get what they need. was: whether it was so before, which takes more to end."""
        free = FREE_AGAIN if was else FREE
        return bool(self.streams) and self.used > self.line * (1 - free)

    @property
    def is_full_of_streams(self) -> bool:
        """Return whether no upload is to blame, but the streams alone."""
        return self.wanted > self.line * (1 - FREE)


def allowance(load: Load) -> float:
    """Return what all uploads together may take while these streams play, bytes a second, in steps of the line."""
    left = max(load.line * PLANNED - load.wanted, load.line * KEPT)
    steps = int(left / (load.line * STEP) + 1e-9)
    return max(steps, 1) * STEP * load.line


def must_pause(load: Load) -> bool:
    """Return whether streams need so much that containers whose uploads nobody can limit are to rest."""
    return load.wanted > load.line * PAUSED_FROM


def quality(load: Load) -> int | None:
    """Return to which of Plex's steps each stream is to be held so that all fit, kbit a second; None where none does."""
    if not load.streams:
        return None
    each = load.line * PLANNED / len(load.streams) / KBIT
    return next((step for step in QUALITIES if step <= each), None)


class Patience:
    """Follows what is wanted: stricter at once, looser only once it was so for a while. hold: seconds, else the usual."""

    def __init__(self, hold: float | None = None) -> None:
        self._hold = HOLD if hold is None else hold
        self._looser_since: float | None = None
        self.level: float | None = None

    def follow(self, wanted: float | None, now: float) -> float | None:
        """Return the limit to be held now, None for none. wanted: of this moment; now: seconds that only grow."""
        if wanted == self.level:
            self._looser_since = None
        elif wanted is not None and (self.level is None or wanted < self.level):
            self.level, self._looser_since = wanted, None
        elif self._looser_since is None:
            self._looser_since = now
        elif now - self._looser_since >= self._hold:
            self.level, self._looser_since = wanted, None
        return self.level
