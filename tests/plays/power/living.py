"""A household whose power fails: a UPS, a NAS, an engine, a download client and a phone, in a time that flies."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
import time
from typing import Any

from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.edge.replies import PHONE_EVENT
from custom_components.home_server_monitor.guardian.contract import Actor
from custom_components.home_server_monitor.guardian.remediation import OUTAGE, Record
from custom_components.home_server_monitor.plays.power_plan.play import PowerPlay
from tests.warp import Warp

MINUTE = 60.0


@dataclass
class Living:
    """See the module."""

    hass: HomeAssistant
    server: MockConfigEntry
    user: MockUser
    warp: Warp
    sim: Any
    client: Any
    pushes: list[dict[str, Any]] = field(default_factory=list)
    phone: str = ""
    since: float = 0.0

    @property
    def guardian(self) -> Any:
        """The guardian as it is now."""
        return self.hass.data[HOUSE].guardian(HOME)

    @property
    def play(self) -> PowerPlay:
        """The plan at work."""
        found = self.hass.data[HOUSE].source(f"power:{HOME}")
        assert isinstance(found, PowerPlay)
        return found

    @property
    def admin(self) -> Actor:
        """Whoever approves, in Repairs."""
        return Actor(kind="user", id=self.user.id, name="Ada", admin=True, via="repairs")

    def set(self, **options: Any) -> None:
        """Write options."""
        given = {"phones": [self.phone], "quiet_hours": False, **options}
        self.hass.config_entries.async_update_entry(self.server, options=given)

    @property
    def ups(self) -> Any:
        """The UPS itself."""
        return self.sim.world.ups

    def fail(self, charge: float = 100.0) -> None:
        """Mains fails."""
        self.ups.fail(charge)

    def come_back(self, charge: float = 100.0) -> None:
        """Mains is back. charge: that the battery has then."""
        self.ups.come_back()
        self.ups.charge = charge

    async def approve(self) -> Record:
        """Approve the plan that the options write, as an admin does in Repairs."""
        desk = self.guardian.desk
        await self.until(lambda: self.play.plan.mode.value == self.server.options["power_mode"])
        record = await desk.propose(
            self.play.id, "approve_power_plan", "plan", {}, actor=self.admin, name="Shutdown plan"
        )
        await desk.approve(record.id, self.admin, typed="Shutdown plan")
        found: Record = await desk.wait(record.id)
        return found

    async def until(self, reached: Callable[[], Any], limit: float = 10 * MINUTE) -> float:
        """Let time pass until something is reached; returns how many seconds that took."""
        return await self.warp.until(reached, limit, lambda: f"; {self.play.state}, {self.said}")

    @property
    def said(self) -> list[str]:
        """All that the phone was told, in order."""
        return [str(each["message"]) for each in self.pushes]

    def records(self, action: str) -> list[Record]:
        """The parts of the plan of one kind, in their order."""
        found = self.guardian.desk.records.values()
        mine = [each for each in found if each.rule == OUTAGE and each.action == action]
        return sorted(mine, key=lambda each: each.created)

    def state(self, key: str, platform: str = "sensor") -> Any:
        """The state of an entity of the plan."""
        entity = er.async_get(self.hass).async_get_entity_id(platform, DOMAIN, f"{HOME}_{key}")
        assert entity is not None, key
        return self.hass.states.get(entity)

    def rules(self) -> set[str]:
        """The rules of what is wrong now."""
        return {each.finding.rule for each in self.guardian.open_findings()}

    async def back(self) -> None:
        """Wait until all of it is over, and what was said of it."""
        await self.until(lambda: self.state("power_plan_state").state == "online", 15 * MINUTE)
        await self.guardian.speaker.idle()
        # until then it would be the same outage
        await asyncio.sleep(20)
        # what comes and goes several times in ten minutes is another story
        driver = self.play.driver
        assert driver is not None
        driver.memory = replace(driver.memory, failures=())

    def forget(self) -> None:
        """Begin anew with what was said and done."""
        self.pushes.clear()
        self.since = time.time() + self.warp.offset

    def running(self, *names: str) -> bool:
        """Whether all of these run, as the engine and the NAS themselves know."""
        engine = {each.name.lstrip("/"): each.state for each in self.sim.harbour.engine.containers.values()}
        apps = {each.title: each.state.lower() for each in self.sim.world.apps.values()}
        return all((engine.get(each) or apps.get(each)) == "running" for each in names)

    @property
    def resting(self) -> bool:
        """Whether the client downloads nothing: none of its downloads may be active."""
        return bool(self.client.max_active == 0)

    def started(self) -> list[str]:
        """The containers that the engine was told to start, in that order."""
        calls = self.sim.harbour.face("docker").calls.calls
        names = {each.ident: each.name.lstrip("/") for each in self.sim.harbour.engine.containers.values()}
        found = [each.path.split("/")[-2] for each in calls if each.path.endswith("/start")]
        return [names.get(each, each) for each in found]

    async def kill(self) -> None:
        """Take away the process: what is not on the disk is gone."""
        desk = self.guardian.desk
        assert await self.hass.config_entries.async_unload(self.server.entry_id)
        await desk._floor.close()
        self.hass.data[HOUSE].desks.clear()
        assert await self.hass.config_entries.async_setup(self.server.entry_id)
        await asyncio.sleep(5)

    async def tap(self, verb: str) -> None:
        """Tap a button of what the phone shows last."""
        for push in reversed(self.pushes):
            for action in push.get("data", {}).get("actions", ()):
                if action["action"].startswith(f"hsm:{verb}:"):
                    context = Context(user_id=self.user.id)
                    self.hass.bus.async_fire(PHONE_EVENT, {"action": action["action"]}, context=context)
                    await asyncio.sleep(3)
                    return
        raise AssertionError(f"no button {verb}: {self.pushes[-1]}")

    async def ask(self, action: str, **data: Any) -> Any:
        """Call an action as an admin."""
        return await self.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True, context=Context(user_id=self.user.id)
        )

    async def act(self, action: str, **data: Any) -> None:
        """Call an action as nobody in particular, as an automation does."""
        await self.hass.services.async_call(DOMAIN, action, data, blocking=True)


def add_phone(hass: HomeAssistant, user: MockUser, pushes: list[dict[str, Any]]) -> str:
    """Give somebody a phone; returns its entry id."""
    phone = MockConfigEntry(domain="mobile_app", title="Ada", data={"device_name": "Ada", "user_id": user.id})
    phone.add_to_hass(hass)

    async def push(call: ServiceCall) -> None:
        pushes.append(dict(call.data))

    hass.services.async_register("notify", "mobile_app_ada", push)
    return phone.entry_id


def entry_of(kind: str, **data: Any) -> MockConfigEntry:
    """Return the entry that the flow would make."""
    unique_id, disabled_by = data.pop("unique_id", kind), data.pop("disabled_by", None)
    return MockConfigEntry(
        disabled_by=disabled_by,
        domain=DOMAIN, title=data.pop("title", kind), unique_id=unique_id,
        data={CONF_KIND: kind, CONF_SERVER: HOME, **data},
    )  # fmt: skip
