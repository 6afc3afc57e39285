"""What an update can meet with: what the newer image is like, what is done to it meanwhile, and at which request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
import random

HEALTHY = 'HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["/bin/true"]'
SICK = 'HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["/bin/false"]'
# its first check is not over before the gate is
SILENT = 'HEALTHCHECK --interval=1s --timeout=5s --retries=9 CMD ["/bin/sleep", "60"]'
UNCHECKED = "HEALTHCHECK NONE"
RUNS = 'CMD ["/bin/sleep", "100000"]'
ENDS = 'CMD ["/bin/sh", "-c", "echo I cannot; exit 3"]'
# while the gate, which asks for three seconds of steadiness here, still looks
ENDS_LATER = 'CMD ["/bin/sh", "-c", "sleep 1; exit 7"]'
NO_COMMAND = 'CMD ["/bin/not-there"]'

# of the newer image: what becomes of it
IMAGES = {
    "good": (HEALTHY, RUNS),
    "good, unchecked": (UNCHECKED, RUNS),
    "unhealthy": (SICK, RUNS),
    "never healthy": (SILENT, RUNS),
    "ends": (HEALTHY, ENDS),
    "ends later": (UNCHECKED, ENDS_LATER),
    "does not start": (HEALTHY, NO_COMMAND),
}
GOOD = ("good", "good, unchecked")
# half of all are "always", which an engine's restart is worst for
OTHER_POLICIES = ("unless-stopped", "no", "on-failure")
# how many requests, and how many of them that change something, an update and its way back have
REQUESTS, WRITES = 60, 14


class Kind(StrEnum):
    """What is done."""

    NOTHING = "nothing else"
    CUT = "connection cut"
    REFUSED = "engine fails at it"
    SAYS_FULL = "engine says disk full"
    CREATE_REFUSED = "create refused"
    PULL_CUT = "pull broken mid-stream"
    PORT_TAKEN = "port taken"
    KILLED = "Home Assistant killed"
    # what follows is done to an engine of the test's own only
    DISK_FULL = "disk full"
    ENGINE_KILLED = "engine killed"
    ENGINE_RESTARTED = "engine restarted"
    BOTH_KILLED = "both killed"


NEEDS_OWN_ENGINE = (Kind.DISK_FULL, Kind.ENGINE_KILLED, Kind.ENGINE_RESTARTED, Kind.BOTH_KILLED)
# what can be done to the way back as well, which pulls and creates nothing
ON_THE_WAY_BACK = [
    kind for kind in Kind if kind not in (Kind.CREATE_REFUSED, Kind.PULL_CUT, Kind.PORT_TAKEN, Kind.NOTHING)
]


@dataclass(frozen=True, slots=True)
class Injury:
    """One of them.

    at: the number of the request that is hurt, of all or, where `writes`, of those that change something; when:
    before it reaches the engine, during it, or after it and before its answer; policy: the container's restart
    policy; again: at which request of its next life Home Assistant is killed once more; lasts: for how many seconds
    what is taken stays away; networks: whether the container is in a second network, which an old engine connects by
    an order of its own; back: whether it is the way back from an update that went through that is hurt.
    """

    image: str
    kind: Kind
    at: int
    when: str = "before"
    writes: bool = False
    policy: str = "always"
    again: int | None = None
    lasts: float = 1.0
    networks: bool = False
    back: bool = False


def any_injury(dice: random.Random, kind: Kind, policy: str | None = None) -> Injury:
    """Return any injury of a kind; half of them hurt a good image, which is what has a way to go."""
    writes, back = dice.random() < 0.6, kind in ON_THE_WAY_BACK and dice.random() < 0.25
    return Injury(
        image=dice.choice(GOOD if back or dice.random() < 0.5 else [*IMAGES]),
        kind=kind,
        at=dice.randrange(WRITES if writes else REQUESTS),
        when=dice.choice(("before", "during", "after")),
        writes=writes,
        policy=policy or dice.choice(OTHER_POLICIES),
        again=dice.randrange(12) if dice.random() < 0.3 else None,
        lasts=dice.choice((0.0, 1.0, 3.0)),
        networks=dice.random() < 0.3,
        back=back,
    )


def injuries(dice: random.Random, runs: int, kinds: Sequence[Kind]) -> Iterator[Injury]:
    """Yield that many: each of the kinds as often as every other, every second one with the policy `always`."""
    dealt: list[Kind] = []
    for run in range(runs):
        if not dealt:
            dealt = dice.sample(kinds, len(kinds))
        yield any_injury(dice, dealt.pop(), "always" if run % 2 == 0 else None)
