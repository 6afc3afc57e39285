"""Whether the link of the engine's machine is full, and who fills it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...guardian.capabilities import Link
from .model import Containers

# of its speed, in one direction: what is left is no room for anybody else
FULL, CLEARS = 0.85, 0.7
MOST_TALKERS = 3
# who moves less than this part of the traffic does not fill the link
MAIN_SHARE = 0.5
MBIT = 125_000


@dataclass(frozen=True, slots=True)
class Talker:
    """A container and what it moves, in bytes a second of both directions."""

    name: str
    rate: float


@dataclass(frozen=True, slots=True)
class Full:
    """A full link: which, its speed and its busier direction in bytes a second, and the busiest containers.

    main: the one that moves most of it, None where none does. holds: it is below what makes it full, but not well.
    """

    link: str
    speed: float
    rate: float
    talkers: tuple[Talker, ...]
    main: str | None
    holds: bool


def full(data: Containers, links: Sequence[Link], mbit: float) -> Full | None:
    """Return the fullest link, where one is full; links: of the machine, as another source measures them.

    mbit: the speed that a person told, for a machine that nobody measures; 0 is not told. Then what the containers
    move is all that is known.
    """
    if "usage" in data.stale:
        return None
    known = list(_known(links)) or list(_told(data, mbit))
    busiest = max(known, key=lambda each: each[2] / each[1], default=None)
    if busiest is None or busiest[2] < busiest[1] * CLEARS:
        return None
    name, speed, rate = busiest
    talkers = _talkers(data)
    main = talkers[0].name if talkers and talkers[0].rate >= rate * MAIN_SHARE else None
    return Full(name, speed, rate, talkers, main, rate < speed * FULL)


def _known(links: Sequence[Link]) -> Iterator[tuple[str, float, float]]:
    for each in links:
        if each.speed and each.received is not None and each.sent is not None:
            yield each.name, each.speed, max(each.received, each.sent)


def _told(data: Containers, mbit: float) -> Iterator[tuple[str, float, float]]:
    received = [each.rx_rate for each in data.usage.values() if each.rx_rate is not None]
    sent = [each.tx_rate for each in data.usage.values() if each.tx_rate is not None]
    if mbit and received and sent:
        yield "", mbit * MBIT, max(sum(received), sum(sent))


def _talkers(data: Containers) -> tuple[Talker, ...]:
    found = [
        Talker(name, each.rx_rate + each.tx_rate)
        for name, each in data.usage.items()
        if each.rx_rate is not None and each.tx_rate is not None
    ]
    found.sort(key=lambda each: -each.rate)
    return tuple(each for each in found[:MOST_TALKERS] if each.rate > 0)
