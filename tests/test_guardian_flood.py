"""Ten thousand findings at the same moment, through all that the guardian does with them in Home Assistant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge.decisions import MOST
from custom_components.home_server_monitor.edge.proposals import MOST_PROPOSALS
from custom_components.home_server_monitor.guardian.contract import Finding, Node, Proposal, Severity
from custom_components.home_server_monitor.guardian.remediation import State

from .guardian.fake import FakeAction, FakeSource, World
from .holds import BESIDE_OTHERS, Holds
from .test_guardian_edge import Household, home

__all__ = ["home"]

MANY = 10_000
# seconds for which nothing may hold the event loop
HOLD = 0.05 * BESIDE_OTHERS
WRITE = Store._async_write_data


class Warehouse(FakeSource):
    """A server of ten thousand things, each with a remedy; all well until they fail."""

    name = "Warehouse"

    def __init__(self, world: World) -> None:
        super().__init__(FakeAction(world), id="warehouse")
        self.world = world
        self._findings: list[Finding] = []

        # made beforehand: what a source does to learn of them is not the guardian's time
        self._nodes = [
            Node(id=f"thing:{number}", kind="thing", label=f"Thing {number}") for number in range(MANY)
        ]
        self._wrong = [
            Finding(
                source=self.id,
                rule="nas_alert",
                object=f"thing:{number}",
                severity=Severity.HIGH,
                placeholders={"name": f"Thing {number}", "title": f"Thing {number} failed", "text": "Dust"},
                proposal=Proposal(action="mend", target=f"thing{number}"),
            )
            for number in range(MANY)
        ]

    @property
    def findings(self) -> list[Finding]:
        """Return what is wrong."""
        return self._findings

    @property
    def nodes(self) -> list[Node]:
        """Return the things."""
        return self._nodes

    def changes_since_last(self) -> tuple[Any, ...]:
        """Return nothing: nobody changed anything."""
        return ()

    def fail(self) -> None:
        """Let all of them fail."""
        self._findings = self._wrong

    def heal(self) -> None:
        """Let all be well again."""
        self._findings = []


@pytest.fixture
async def warehouse(home: Household, hass_admin_user: MockUser) -> Warehouse:
    """The warehouse, past its first look, and a phone that hears of it."""
    found = Warehouse(World())
    home.tell(home.phone("Ann", hass_admin_user))
    home.guardian.house.attach(found)
    home.guardian.house.updated(found)
    await home.settle(60)
    home.pushes.clear()
    return found


@pytest.fixture
def stored(home: Household, tmp_path: Path) -> Iterator[None]:
    """What is saved goes to the disk as in Home Assistant: what tests put in its place reads it back in the loop."""
    place = property(lambda store: str(tmp_path / "stored" / store.key))
    with patch.object(Store, "_async_write_data", WRITE), patch.object(Store, "path", place):
        yield


def _issues(home: Household) -> list[str]:
    ours = (issue for domain, issue in ir.async_get(home.hass).issues if domain == DOMAIN)
    return [issue for issue in ours if issue.startswith(("finding", "more"))]


async def _flood(home: Household, warehouse: Warehouse) -> float:
    """Let all fail and heal; returns for how many seconds the loop was held at most."""
    guardian = home.guardian
    calm = {each.id for each in guardian.open_findings()}
    home.pushes.clear()
    with Holds() as holds:
        warehouse.fail()
        guardian.house.updated(warehouse)
        # with what is collected before it is told, and what is saved
        await home.settle(60)
        assert len({each.id for each in guardian.open_findings()} - calm) == MANY
        assert [push["to"] for push in home.pushes] == ["Ann"]
        assert home.pushes[0]["title"].startswith(str(MANY))
        assert len(_issues(home)) == MOST + 1
        proposed = [each for each in guardian.desk.records.values() if each.state is State.PROPOSED]
        assert len(proposed) <= MOST_PROPOSALS
        warehouse.heal()
        guardian.house.updated(warehouse)
        await home.settle(120)
    assert not [each for each in guardian.open_findings() if each.finding.source == warehouse.id]
    # the same notification says that it is over
    assert len({push["data"]["tag"] for push in home.pushes}) == 1
    assert len(home.pushes) == 2
    return holds.longest


@pytest.mark.usefixtures("stored")
async def test_ten_thousand_at_once(home: Household, warehouse: Warehouse) -> None:
    # on a busy machine one measurement alone says little
    longest = [await _flood(home, warehouse)]
    while longest[-1] >= HOLD and len(longest) < 3:
        await home.settle(3600)
        longest.append(await _flood(home, warehouse))
    assert min(longest) < HOLD, longest
    assert not warehouse.world.writes
