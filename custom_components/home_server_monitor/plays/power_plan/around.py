"""What the plan is about: its UPS, the machines and the load that hang on it, as the options and the sources say."""

from abc import ABC
from collections.abc import Iterable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ...edge import power_settings
from ...edge.guardian import Guardian
from ...guardian.capabilities_power import HasUpsService, WatchesPower
from ...guardian.desk import Desk
from ...guardian.house import House
from ...guardian.topology import Topology
from ..play import PlaySource
from .items import Load, load_of, sources_of
from .plan import PowerPlan, Stage
from .told import plan_in_words
from .written import plan_of


class AroundUps(PlaySource, ABC):
    """A play about the UPS of one server; one without a UPS says nothing and does nothing."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House, guardian: Guardian
    ) -> None:
        super().__init__(hass, entry, house)
        self.guardian = guardian

    @property
    def desk(self) -> Desk:
        """Return where its actions are run."""
        return self.guardian.desk

    @property
    def topology(self) -> Topology:
        """Return what stands on what."""
        return self.guardian.topology

    @property
    def plan(self) -> PowerPlan:
        """Return what the options say."""
        return plan_of(self.entry.options)

    @property
    def known(self) -> frozenset[str]:
        """Return the ids of the sources that are set up for this server, whether or not they answer."""
        return frozenset(self.guardian.watch.stands)

    @property
    def units(self) -> list[str]:
        """Return the ids of the UPSes of this server."""
        return sorted(key for key, stand in self.guardian.watch.stands.items() if stand.kind == "ups")

    @property
    def ups_id(self) -> str:
        """Return the id of the source of its UPS, "" where there is none, or several of which none was chosen.

        Where the chosen one is gone no other takes its place: what hangs on that is another matter. One that somebody
        disabled is not looked at, so that its silence says nothing.
        """
        chosen = str(self.entry.options.get(power_settings.UPS) or "")
        units = self.units
        only = units[0] if len(units) == 1 else ""
        found = chosen or only
        stand = self.guardian.watch.stands.get(found)
        return "" if found not in units or stand is None or stand.state == "disabled" else found

    @property
    def ups_unclear(self) -> bool:
        """Return whether there are UPSes, and a person must say which one it is about."""
        chosen = str(self.entry.options.get(power_settings.UPS) or "")
        units = self.units
        return bool(units) and chosen not in units and (bool(chosen) or len(units) > 1)

    @property
    def ups(self) -> WatchesPower | None:
        """Return the source of its UPS, None while it is away or where there is none."""
        found = self.house.source(self.ups_id) if self.ups_id else None
        return found if isinstance(found, WatchesPower) else None

    @property
    def title(self) -> str:
        """Return what the UPS is called."""
        stand = self.guardian.watch.stands.get(self.ups_id)
        return stand.name if stand is not None else "UPS"

    @property
    def unit_node(self) -> str:
        """Return the node id of the UPS, "" where there is none."""
        ups = self.ups
        return ups.unit_node if ups is not None else (f"ups:{self.ups_id}" if self.ups_id else "")

    @property
    def elsewhere(self) -> frozenset[str]:
        """Return the canonical node ids of what hangs on another UPS of this server."""
        others = [f"ups:{each}" for each in self.units if each != self.ups_id]
        fed = frozenset[str]().union(*(self.topology.dependants(each) for each in others))
        return fed - self.topology.dependants(self.unit_node) if fed else fed

    @property
    def about(self) -> str:
        """Return what its findings are about."""
        return self.unit_node or self.node

    def services(self) -> Iterable[Any]:
        """Return how the NASes themselves are set for this UPS."""
        canonical = self.topology.canonical
        unit = canonical(self.unit_node)
        return [
            each.ups_service
            for each in sources_of(self, HasUpsService)
            if unit in map(canonical, each.hangs_on)
        ]

    def in_words(self) -> dict[str, str]:
        """Return what fills the text that says what is approved."""
        return plan_in_words(self.plan, self.guardian.texts, self.topology.label)

    async def load(self, *stages: Stage) -> dict[str, Load]:
        """Return what stages would be about now, all of them where none is named; a thousand containers take a while."""
        plan = self.plan

        def look() -> dict[str, Load]:
            return {stage.key: load_of(self, plan, stage) for stage in stages or plan.stages}

        return await self.hass.async_add_executor_job(look)
