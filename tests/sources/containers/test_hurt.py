"""Updates that are hurt at a random moment on a real engine: a fixed sample of what `script/soak --updates` does."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
import dataclasses
from pathlib import Path
import random

import pytest

from tests.engine import Dockerd, Engine

from .household import hurry
from .injuries import NEEDS_OWN_ENGINE, Injury, Kind, injuries
from .operation import operate
from .patient import Told

# what the engine fails at without any other trace: the name that keeps the old image, its restart policy, the stop
WITHOUT_A_TRACE = (
    Injury("good", Kind.REFUSED, 1, writes=True),
    Injury("good, unchecked", Kind.REFUSED, 3, writes=True, policy="unless-stopped"),
    Injury("good", Kind.REFUSED, 3, writes=True, networks=True),
    Injury("good", Kind.CUT, 4, writes=True),
)
# Home Assistant is killed as the newer container of a roll-back is removed, or right before: the old one serves by then
AS_IT_IS_REMOVED = tuple(
    Injury("good", Kind.KILLED, 6, when, writes=True, back=True) for when in ("before", "after")
)
AROUND = [kind for kind in Kind if kind not in NEEDS_OWN_ENGINE]
GROUP = 7


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the gate look often."""
    hurry(monkeypatch)


def go_through(
    engine: Engine, folder: Path, chosen: Sequence[Injury], own: Dockerd | None = None
) -> list[Told]:
    """Go through injuries one after the other; raises where one does not hold."""
    ends: list[Told] = []
    for number, injury in enumerate(chosen):
        mine = dataclasses.replace(engine, prefix=f"{engine.prefix}{injury.at}-{number}-")
        operate(mine, folder / str(number), injury, own, ends.append)
    return ends


@pytest.mark.parametrize("group", range(2))
def test_hurt_at_a_random_moment(engine: Engine, tmp_path: Path, group: int) -> None:
    """Cut off, killed, refused, with good and bad images: one container serves, and nothing is lost."""
    chosen = [
        *WITHOUT_A_TRACE,
        *AS_IT_IS_REMOVED,
        *[one for one in injuries(random.Random(1000), 12, AROUND) if not one.back][:8],
    ]
    with ThreadPoolExecutor(GROUP) as pool:
        under_way = [
            pool.submit(
                go_through,
                dataclasses.replace(engine, prefix=f"{engine.prefix}{number}-"),
                tmp_path / str(number),
                [one],
            )
            for number, one in enumerate(chosen[group * GROUP : (group + 1) * GROUP])
        ]
        assert sum(len(each.result()) for each in under_way) == GROUP


# the engine is gone before anything was stopped: nothing but the way back brings the container up again
DOWN_WITH_IT = (
    Injury("never healthy", Kind.BOTH_KILLED, 0, "after", writes=True, policy="unless-stopped"),
    Injury("good", Kind.ENGINE_KILLED, 3, "after", writes=True, policy="no", lasts=0.0),
)


def test_hurt_with_its_engine(tmp_path: Path, engine: Engine, engines: Callable[..., Dockerd]) -> None:
    """The engine is killed, started anew, without a byte of disk left, and dies together with Home Assistant."""
    chosen = [*injuries(random.Random(2000), 6, NEEDS_OWN_ENGINE)]
    down, down_too = DOWN_WITH_IT
    # of every second engine the containers live on while it is away
    groups = ([down, chosen[0]], chosen[1:3], [down_too, chosen[3]], chosen[4:])
    with ThreadPoolExecutor(len(groups)) as pool:
        under_way = []
        for number, group in enumerate(groups):
            keeps = {"live-restore": number % 2 == 1, "max-download-attempts": 1}
            own = engines(size=128, options=keeps)
            mine = Engine(f"unix://{own.socket}", None, own.api, engine.registry, engine.prefix)
            under_way.append(pool.submit(go_through, mine, tmp_path / str(number), group, own))
        assert sum(len(each.result()) for each in under_way) == 8
