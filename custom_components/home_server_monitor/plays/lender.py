"""A play that changes other systems for a while, under an approval in advance of exactly what the options say.

What it changes is lent: it goes back when the reason is over, when somebody says stop, when Home Assistant stops, and
after a crash, whose restart ends the leases of every owner that does not say anew what it wants.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback

from ..edge.guardian import Guardian
from ..guardian.contract import Action, Finding, Proposal, Severity
from ..guardian.house import House
from ..guardian.policy import Mode, Standing
from .lending import Lending
from .play import PlaySource
from .standing import ApprovePolicy, Written, permitted


class LendingPlay(PlaySource):
    """See the module. approves: what gives the approval; by: the text of who stands behind a change.

    unapproved: the rule of the finding that what the options say waits for an admin's word.
    """

    approves: type[ApprovePolicy]
    by: str
    unapproved: str

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], house: House, guardian: Guardian
    ) -> None:
        super().__init__(hass, entry, house)
        self.guardian = guardian
        self.lending = Lending(guardian, self.id, self.by)
        self.standing: Standing | None = None
        self._approve = self.approves(house, self)
        self._ended = False

    @property
    @abstractmethod
    def written(self) -> Written:
        """Return what the options of the server say."""

    @property
    @override
    def actions(self) -> Mapping[str, Action]:
        return {self._approve.key: self._approve}

    @property
    def is_ready(self) -> bool:
        """Return whether anything may be begun at all: nobody said to leave everything alone."""
        desk = self.guardian.desk
        return desk.ready and not desk.helm.held and desk.helm.mode is not Mode.WATCH

    @property
    def allowed(self) -> bool:
        """Return whether anything may be changed now: it was approved, and nobody said to leave everything alone."""
        return self.is_ready and self.standing is not None

    def waits_for_approval(self) -> list[Finding]:
        """Return that what the options say was not approved, where it was not."""
        if not self.is_ready or not self.written.automatic or self.standing is not None:
            return []
        return [
            Finding(
                source=self.id,
                rule=self.unapproved,
                object=self.node,
                severity=Severity.INFO,
                proposal=Proposal(action=self._approve.key, target=""),
            )
        ]

    # Life

    @override
    async def async_start(self) -> None:
        """Follow the sources for as long as the server's entry is loaded, and give all back at its end."""
        await super().async_start()
        for end in (
            # what is approved, the mode and the options change there
            self.guardian.listen(self.said),
            self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stopping),
            self.async_end,
        ):
            self.entry.async_on_unload(end)

    @callback
    def said(self) -> None:
        """Look at once: a person may have changed what is wanted, or what may be done."""
        self.soon()

    async def async_end(self) -> None:
        """Give all back now: nobody looks any more."""
        self._ended = True
        async with self._lock:
            await self.lending.give_back()

    async def _stopping(self, event: Event) -> None:
        await self.async_end()

    # Looking

    @override
    async def look(self) -> None:
        """Judge, and see that it is as it is wanted."""
        if self._ended:
            return
        if self.guardian.desk.ready:
            covers = self.approves.covers
            self.standing = await permitted(self.guardian.desk, covers, self.id, self.written)
            self.lending.who = self.standing.by.name if self.standing else ""
        await self.see_to_it()

    @abstractmethod
    async def see_to_it(self) -> None:
        """Judge, and change what is to be changed; `standing` is of now."""
