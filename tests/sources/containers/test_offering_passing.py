"""What keeps a container from being offered only for now is looked at again, without a newer image having to come."""

from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Refusal
from custom_components.home_server_monitor.sources.containers.leftovers import kept_of
from custom_components.home_server_monitor.sources.containers.offering import Offering
from custom_components.home_server_monitor.sources.containers.policies import Written

from .test_policies import NOW, engine, names, watched


class Yard:
    """Refuses with what is set; nobody approved anything in advance."""

    def __init__(self) -> None:
        self.key, self.looks = "", 0
        self.workshop = self.around = self

    async def look(self, name: str) -> Any:
        self.looks += 1
        return {"Name": name}

    async def refusal(self, inspect: Any) -> Refusal | None:
        return Refusal(self.key) if self.key else None

    async def permitted(self, written: Any) -> bool:
        return False

    def touched(self, name: str) -> frozenset[str]:
        return frozenset()

    def spared(self, name: str, touches: Any) -> None:
        return None


@pytest.mark.parametrize(("why", "passes"), [("container_unsettled", True), ("image_pinned", False)])
async def test_what_was_paused_when_it_was_looked_at_is_offered_later(why: str, passes: bool) -> None:
    yard = Yard()
    source: Any = SimpleNamespace(
        id="s", data=engine(watched("a")), yard=yard, written=Written(), skipped=lambda name, version: False
    )
    offering = Offering(source, clock=NOW.timestamp)
    yard.key = why
    assert names((await offering.look()).asked) == []
    yard.key = ""
    assert names((await offering.look()).asked) == (["a"] if passes else [])
    before = yard.looks
    await offering.look()
    # what is settled asks the engine nothing more
    assert yard.looks == before


def test_a_name_with_a_time_that_is_none_is_not_what_an_update_kept() -> None:
    """Whoever may name a container does not keep the others from being judged."""
    start = "plex-hsm-0badcafe-old-"
    names_there = [f"{start}1796000000", *(f"{start}{'9' * digits}" for digits in (13, 400, 5000))]
    assert kept_of("plex", names_there, "0badcafe") == f"{start}1796000000"
    assert kept_of("plex", names_there[1:], "0badcafe") is None
