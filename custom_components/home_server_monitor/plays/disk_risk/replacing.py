"""A disk that a person is replacing: what is seen of that, step by step. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

from ...guardian.capabilities import DiskPlace, PoolStand

# the rule of the finding that a disk is being replaced
REPLACING: Final = "disk_replacing"
DAY: Final = 86400.0
# stored instants end before 2200
LAST_YEAR: Final = 230 * 365.25 * DAY
# how long the loss of a disk is expected; one that is just being rebuilt is waited for once as long
EXPECTED: Final = 14 * DAY
# of the rebuild a new stage is told each time so many percent are done
MILESTONE: Final = 25
# what TrueNAS calls the pool that it starts from, today and on machines that once ran an older one
BOOT: Final = frozenset({"boot-pool", "freenas-boot"})


class Stage(StrEnum):
    """How far it is."""

    ANNOUNCED = "announced"
    OFFLINE = "offline"
    OUT = "out"
    INSERTED = "inserted"
    RESILVERING = "resilvering"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A disk that somebody is replacing.

    pool_id: the guid of its pool, None where it was in none; since, until: between these its loss is expected, seconds
    since 1970; tag: the id under whose notification it is told; members, known: the serials of the disks of its pool,
    and of its machine, when it began; heir: the serial of the disk that takes its place; percent, left (seconds),
    errors: of the rebuild.
    """

    serial: str
    label: str
    size: int | None
    where: str
    pool: str | None
    pool_id: str | None
    who: str
    since: float
    until: float
    tag: str
    slot: str | None = None
    members: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    stage: Stage = Stage.ANNOUNCED
    heir: str | None = None
    percent: float | None = None
    left: int | None = None
    errors: int | None = None

    @property
    def node(self) -> str:
        """Return the node id of the disk."""
        return f"disk:{self.serial}"

    @property
    def told(self) -> tuple[Stage, str | None, int]:
        """Return what is worth telling anew when it changes."""
        return self.stage, self.heir, int((self.percent or 0.0) // MILESTONE)

    def is_late(self, now: float) -> bool:
        """Return whether it took too long; a rebuild that runs is waited for, once as long."""
        return now >= self.until + (EXPECTED if self.stage is Stage.RESILVERING else 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self) | {"members": [*self.members], "known": [*self.known]}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Return what `to_json` gave. Raises KeyError, TypeError or ValueError on damage."""
        number = row.get("percent")
        return cls(
            serial=_word(row["serial"]),
            label=_word(row["label"]),
            size=_whole(row.get("size")),
            where=_word(row["where"]),
            pool=_word_or_none(row.get("pool")),
            pool_id=_word_or_none(row.get("pool_id")),
            who=_word(row["who"]),
            since=instant(row["since"]),
            until=instant(row["until"]),
            tag=_word(row["tag"]),
            slot=_word_or_none(row.get("slot")),
            members=tuple(str(each) for each in row.get("members", ())),
            known=tuple(str(each) for each in row.get("known", ())),
            stage=Stage(row["stage"]),
            heir=_word_or_none(row.get("heir")),
            percent=None if number is None else min(max(float(number), 0.0), 100.0),
            left=_whole(row.get("left")),
            errors=_whole(row.get("errors")),
        )


def instant(stored: Any) -> float:
    """Return seconds since 1970 that a calendar has. Raises TypeError or ValueError."""
    found = float(stored)
    if not 0 <= found < LAST_YEAR:
        raise ValueError("not an instant")
    return found


def _word(stored: Any) -> str:
    if not isinstance(stored, str):
        raise TypeError("not a text")
    return stored


def _word_or_none(stored: Any) -> str | None:
    return None if stored is None else _word(stored)


def _whole(stored: Any) -> int | None:
    return None if stored is None else int(stored)


def begun(
    place: DiskPlace | None, stand: PoolStand | None, places: Mapping[str, DiskPlace], found: Replacement
) -> Replacement:
    """Return one that begins now, with what is there now: a disk that takes its place already is none of it."""
    heirs = {stand.takes_over.get(found.node)} if stand else set()
    members = sorted((stand.members if stand else frozenset()) - heirs)
    beside = [place] if place else [places[serial] for serial in members if serial in places]
    here = {each.source for each in beside}
    known = sorted(serial for serial, each in places.items() if serial not in heirs and each.source in here)
    slot = place.slot if place else None
    return advanced(replace(found, members=tuple(members), known=tuple(known), slot=slot), places, stand)


def advanced(it: Replacement, places: Mapping[str, DiskPlace], stand: PoolStand | None) -> Replacement:
    """Return how far it is by what is seen now. stand: of its pool, None while nothing is known of that."""
    if it.pool_id is None:
        # its machine lists the others, so that it is really gone
        gone = not _is_in(it, places) and bool(_here(it, places))
        return replace(it, stage=Stage.DONE if gone else Stage.ANNOUNCED)
    if stand is None or not stand.members:
        return it
    heir = stand.takes_over.get(it.node)
    if heir is None and not _is_well(it, stand):
        # what joins a pool that has the old one is no heir
        known = it.heir if it.heir in stand.members else None
        heir = known or min(stand.members - {*it.members, it.serial}, default=None)
    if heir is not None:
        return _rebuilding(replace(it, heir=heir), stand)
    here = _here(it, places)
    fresh = [
        serial
        for serial, place in places.items()
        if serial not in it.known and place.pool is None and place.source in here
    ]
    if fresh:
        return replace(it, stage=Stage.INSERTED, heir=min(fresh), percent=None, left=None)
    return replace(it, stage=_without_heir(it, places, stand), heir=None, percent=None, left=None)


def _here(it: Replacement, places: Mapping[str, DiskPlace]) -> set[str]:
    """Return its machine, by the other disks that were there: it may be in another one by now."""
    others = {places[serial].source for serial in it.known if serial in places and serial != it.serial}
    own = places.get(it.serial) if len(it.known) < 2 else None
    return others | ({own.source} if own else set())


def _is_in(it: Replacement, places: Mapping[str, DiskPlace]) -> bool:
    place, here = places.get(it.serial), _here(it, places)
    return place is not None and (not here or place.source in here)


def _without_heir(it: Replacement, places: Mapping[str, DiskPlace], stand: PoolStand) -> Stage:
    if not _is_in(it, places):
        return Stage.OUT
    return Stage.ANNOUNCED if _is_well(it, stand) else Stage.OFFLINE


def _is_well(it: Replacement, stand: PoolStand) -> bool:
    return it.serial in stand.members and it.node not in stand.lost


def _rebuilding(it: Replacement, stand: PoolStand) -> Replacement:
    """Return it with another disk in its place: done once the old one has left the pool and nothing is rebuilt."""
    resilver = stand.resilver
    errors = resilver.errors if resilver else None
    if resilver is not None and resilver.running:
        return replace(
            it, stage=Stage.RESILVERING, percent=resilver.percent, left=resilver.left, errors=errors
        )
    still = it.node in stand.takes_over or it.node in stand.lost or it.serial in stand.members
    stage = Stage.RESILVERING if still else Stage.DONE
    return replace(it, stage=stage, percent=100.0, left=None, errors=errors)


def steps(place: DiskPlace | None, stand: PoolStand | None, node: str) -> tuple[str, ...]:
    """Return what to do for this layout, as keys of texts; those that begin with `warn` are no steps."""
    if place is not None and place.pool is None:
        return ("unused",)
    if place is not None and stand is not None and stand.name in BOOT:
        return ("boot", "wait", "pull_after")
    gone = place is None
    lost = frozenset() if stand is None else stand.lost
    if gone:
        return ("insert", "replace", "wait")
    assert place is not None
    bare = not place.loses and node not in lost
    if bare:
        warning = "warn_other" if lost - {node} else "warn_alone"
        way = ("replace_unused",) if place.spares else ("insert_beside", "replace_beside")
        return (warning, *way, "wait", "pull_after")
    if place.spares:
        return ("replace_unused", "wait", "pull_after")
    first = () if node in lost else ("offline",)
    return (*first, "pull", "insert", "replace", "wait")
