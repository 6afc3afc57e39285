"""Update entities of all sources."""

from typing import Any, override

from homeassistant.components.update import UpdateEntity, UpdateEntityFeature
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .coordinator import HsmConfigEntry
from .descriptions import ObjectUpdate
from .edge.following import RECORD_CHANGED
from .edge.texts import Texts, async_texts
from .entity import DeadBandEntity
from .guardian.remediation import Record, State
from .objects import async_add_objects

# the House lets one action at a time act on a target; waiting for one must not hold up the others
PARALLEL_UPDATES = 0
_UNDER_WAY = frozenset({State.RUNNING, State.VERIFYING})


class HsmUpdate(DeadBandEntity[Any], UpdateEntity):
    """An update entity."""

    entity_description: ObjectUpdate[Any]
    _installing = False
    # what ran before the update that is under way: whether the new one stays is not known yet
    _before: str | None = None
    _texts: Texts | None = None

    @override
    def current(self) -> tuple[Any, ...]:
        if not self._under_way:
            self._before = self._seen
        # how far it is comes with its record, which writes by itself
        told = self.entity_description.progress(self.object)
        return (self.installed_version, self.latest_version, self.release_url, self.release_summary, told)

    @property
    @override
    def supported_features(self) -> UpdateEntityFeature:
        if not self.entity_description.action:
            # it is shown here and installed elsewhere
            return UpdateEntityFeature(0)
        features = UpdateEntityFeature.INSTALL | UpdateEntityFeature.PROGRESS
        return features | UpdateEntityFeature.BACKUP if self.entity_description.snapshots else features

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._texts = await async_texts(self.hass)
        signal = RECORD_CHANGED.format(self.coordinator.id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._record_changed))

    @callback
    def _record_changed(self, record: Record) -> None:
        """Show how far an update is, whoever began it."""
        if (record.action, record.target) == (self.entity_description.action, self.key):
            self.async_write_ha_state()

    @property
    def _running(self) -> Record | None:
        """Return the update that is under way, if one is."""
        kept = self.coordinator.house.desks.get(self.coordinator.server)
        wanted = (self.coordinator.id, self.entity_description.action, self.key)
        return next(
            (
                each
                for each in (kept[0].records.values() if kept else ())
                if each.state in _UNDER_WAY and (each.source, each.action, each.target) == wanted
            ),
            None,
        )

    @property
    def _under_way(self) -> bool:
        return self._installing or self._running is not None

    @property
    def _seen(self) -> str | None:
        return self.entity_description.installed(self.object) if self.object is not None else None

    @property
    @override
    def installed_version(self) -> str | None:
        """Return what is installed; until it is known how an update ends, what was before it."""
        return (self._under_way and self._before) or self._seen

    @property
    @override
    def latest_version(self) -> str | None:
        return self.entity_description.latest(self.object) if self.object is not None else None

    @property
    @override
    def release_url(self) -> str | None:
        return self.entity_description.url(self.object) if self.object is not None else None

    @property
    @override
    def release_summary(self) -> str | None:
        """Return why nothing newer is known, where that is so, or that the newest was tried before."""
        tried = self.entity_description.tried(self.object) if self.object is not None else None
        if tried is not None and self._texts:
            at, why = tried
            known = {"time": dt_util.as_local(dt_util.utc_from_timestamp(at)).date().isoformat()}
            known["reason"] = self._texts.common(why, default="") if why else ""
            return self._texts.common("update_tried" if known["reason"] else "update_taken_back", known)
        reason = self.entity_description.unknown(self.object) if self.object is not None else None
        return self._texts.common(f"update_unknown_{reason}") if reason and self._texts else None

    @property
    @override
    def in_progress(self) -> bool | None:
        return self._under_way or self.update_percentage is not None

    @property
    @override
    def update_percentage(self) -> float | None:
        told = self.entity_description.progress(self.object) if self.object is not None else None
        # of an action of a single step nothing is known but that it runs
        if told is None and (record := self._running) is not None and len(record.plan.steps) > 1:
            return round(100 * (record.step + 1) / (len(record.plan.steps) + 1))
        return told

    @override
    def version_is_newer(self, latest_version: str, installed_version: str) -> bool:
        """Return whether it is another one: what a server offers is newer, however versions are written there."""
        return latest_version != installed_version

    @override
    async def async_update(self) -> None:
        """Have it asked what is offered now (action *Update entity*), which is otherwise asked every few hours."""
        if self.object is not None and (feed := self.entity_description.feed):
            self.coordinator.async_want(feed, self.object)
        await super().async_update()

    @override
    async def async_install(self, version: str | None, backup: bool, **kwargs: Any) -> None:
        self._before, self._installing = self.installed_version, True
        self.async_write_ha_state()
        try:
            await self.async_act(self.entity_description.action, {"snapshot": True} if backup else None)
        finally:
            self._installing = False
            self.async_write_ha_state()


async def async_setup_entry(
    hass: HomeAssistant, entry: HsmConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the update entities of one service."""
    await async_add_objects(entry, async_add_entities, Platform.UPDATE, HsmUpdate)
