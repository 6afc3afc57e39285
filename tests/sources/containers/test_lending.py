"""What is changed of a container for a while, on a real engine: it goes back by itself, over restarts, and as it was."""

from collections.abc import AsyncIterator
import time
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.edge import clock
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.sources.containers import limit_action
from tests.engine import Engine
from tests.seen import device_of

from .conftest import engine_entry

SUBNET = "10.211.37.0/28"
ADDRESS = "10.211.37.9"
BUSY = ["/bin/sh", "-c", "while :; do :; done"]


class Loan:
    """A Home Assistant and one container on a real engine."""

    def __init__(
        self, hass: HomeAssistant, engine: Engine, entry: MockConfigEntry, server: MockConfigEntry, user: str
    ) -> None:
        self.hass, self.engine, self.entry, self.server, self.user = hass, engine, entry, server, user
        self.name = engine.name("app")

    @property
    def leases(self) -> Any:
        """The changes for a while."""
        return next(iter(self.hass.data[HOUSE].desks.values()))[0].leases

    def look(self) -> Any:
        """Inspect the container."""
        return self.engine.api.must("GET", f"/containers/{self.name}/json")

    async def order(self, action: str, **data: Any) -> Any:
        """Order something of it, as an admin does by action."""
        device = device_of(self.hass, self.entry, f"container_{self.name}")
        assert device is not None
        return await self.ask(action, device_id=device.id, **data)

    async def ask(self, action: str, **data: Any) -> Any:
        """Call an action as an admin."""
        return await self.hass.services.async_call(
            DOMAIN,
            action,
            data,
            blocking=True,
            return_response=True,
            context=Context(user_id=self.user),
        )

    async def restart(self) -> None:
        """Home Assistant is killed and started again: only what is on the disk is left."""
        for entry in (self.entry, self.server):
            assert await self.hass.config_entries.async_unload(entry.entry_id)
        self.hass.data[HOUSE].desks.clear()
        for entry in (self.server, self.entry):
            assert await self.hass.config_entries.async_setup(entry.entry_id)
        await self.hass.async_block_till_done()


@pytest.fixture
async def loan(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    server_entry: MockConfigEntry,
    engine: Engine,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Loan]:
    """All is set up; the container has an address and an alias of its own in one of two networks."""
    hass.loop.set_debug(False)
    monkeypatch.setattr(limit_action, "BETWEEN", 1.2)
    image = engine.image()
    first, second = engine.network("first", SUBNET), engine.network("second")
    ends = {first: {"IPAMConfig": {"IPv4Address": ADDRESS}, "Aliases": ["shop"]}}
    engine.run(
        "app",
        image,
        Cmd=BUSY,
        StopTimeout=1,
        HostConfig={"NetworkMode": first},
        NetworkingConfig={"EndpointsConfig": ends},
    )
    engine.api.must("POST", f"/networks/{second}/connect", {"Container": engine.name("app")})
    entry = engine_entry(engine.url)
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    await entry.runtime_data.first_look
    await hass.async_block_till_done()
    yield Loan(hass, engine, entry, server_entry, hass_admin_user.id)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_unload(server_entry.entry_id)
    await hass.async_block_till_done()


def later(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """Let so many minutes pass on the wall."""
    monkeypatch.setattr(clock, "now", lambda: time.time() + minutes * 60)


async def test_it_is_off_its_networks_for_a_while_and_comes_back_as_it_was(
    loan: Loan, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = loan.look()
    found = await loan.order("disconnect_container", minutes=5)
    assert found["outcome"] == "succeeded"
    away = loan.look()
    assert away["NetworkSettings"]["Networks"] == {}
    assert away["State"]["StartedAt"] == before["State"]["StartedAt"]
    assert len((await loan.ask("list_leases"))["leases"]) == 2

    await loan.restart()
    assert loan.look()["NetworkSettings"]["Networks"] == {}
    # it ends while Home Assistant is down
    later(monkeypatch, 6)
    await loan.restart()
    await loan.leases.tick()
    ends, was = (each["NetworkSettings"]["Networks"] for each in (loan.look(), before))
    assert ends.keys() == was.keys()
    first = loan.engine.name("first")
    assert ends[first]["IPAddress"] == ADDRESS
    assert "shop" in ends[first]["Aliases"]
    assert (await loan.ask("list_leases"))["leases"] == []


async def test_it_goes_on_by_itself_unless_somebody_saw_to_it(
    loan: Loan, monkeypatch: pytest.MonkeyPatch
) -> None:
    await loan.order("pause_container", minutes=5)
    assert loan.look()["State"]["Paused"] is True
    later(monkeypatch, 6)
    await loan.restart()
    await loan.leases.tick()
    assert loan.look()["State"]["Paused"] is False

    await loan.order("pause_container", minutes=5)
    # made anew meanwhile: that one is not ours to touch
    loan.engine.api.must("DELETE", f"/containers/{loan.name}", query={"force": "true"})
    loan.engine.run("app", loan.engine.image(), StopTimeout=1)
    loan.engine.api.must("POST", f"/containers/{loan.name}/pause")
    later(monkeypatch, 12)
    await loan.restart()
    await loan.leases.tick()
    assert loan.look()["State"]["Paused"] is True
    assert (await loan.ask("list_leases"))["leases"] == []
    loan.engine.api.must("POST", f"/containers/{loan.name}/unpause")


async def test_a_limit_bites_and_is_taken_back_when_told(loan: Loan) -> None:
    found = await loan.order("limit_container", measure="cpu", limit=20)
    assert found["outcome"] == "succeeded", found
    assert loan.look()["HostConfig"]["NanoCpus"] == 200_000_000
    # made anew it would have the limit for good, and the lease would end on the old one
    yard = loan.entry.runtime_data.yard
    loan.engine.push(loan.look()["Config"]["Image"])
    refused = await yard.refusal(loan.look())
    assert refused.key == "changed_for_a_while"
    (lease,) = (await loan.ask("list_leases"))["leases"]
    await loan.ask("end_lease", lease=lease["id"])
    assert await yard.refusal(loan.look()) is None
    info = loan.engine.api.must("GET", "/info")
    # an engine cannot take a limit away: all cores are none
    assert loan.look()["HostConfig"]["NanoCpus"] == info["NCPU"] * 10**9

    loan.engine.api.must(
        "POST", f"/containers/{loan.name}/update", {"Memory": 64 << 20, "MemorySwap": 96 << 20}
    )
    await loan.order("limit_container", measure="memory", limit=32)
    assert loan.look()["HostConfig"]["Memory"] == 32 << 20
    (lease,) = (await loan.ask("list_leases"))["leases"]
    await loan.ask("end_lease", lease=lease["id"])
    host = loan.look()["HostConfig"]
    assert (host["Memory"], host["MemorySwap"]) == (64 << 20, 96 << 20)


async def test_what_has_no_network_of_its_own_is_refused(loan: Loan) -> None:
    image = loan.engine.image()
    loan.engine.run("inside", image, StopTimeout=1, HostConfig={"NetworkMode": f"container:{loan.name}"})
    await loan.entry.runtime_data.async_look()
    await loan.hass.async_block_till_done()
    loan.name = loan.engine.name("inside")
    with pytest.raises(HomeAssistantError) as error:
        await loan.order("disconnect_container", minutes=5)
    assert error.value.translation_key == "network_not_its_own"
