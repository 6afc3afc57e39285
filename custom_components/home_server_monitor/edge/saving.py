"""Saves what may be lost, some seconds after it changed; ten thousand findings do not hold the event loop for it."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from homeassistant.core import callback
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..guardian.finding import PIECE
from ..history import file_name

if TYPE_CHECKING:
    from .guardian import Guardian

SAVE_DELAY = 10.0


class Saving:
    """Where one guardian keeps its findings, and when it writes them.

    pack: given the rows of the findings and of the topology, or nothing where there is no time for turns.
    """

    def __init__(self, guardian: Guardian, pack: Callable[..., dict[str, Any]]) -> None:
        self._of = guardian
        self._pack = pack
        self._store: Store[dict[str, Any]] = Store(
            guardian.hass, 1, f"{DOMAIN}/guardian/{file_name(guardian.id)}", serialize_in_event_loop=False
        )
        self._due: asyncio.TimerHandle | None = None

    async def load(self) -> dict[str, Any] | None:
        """Return what was saved. Raises OSError, ValueError or NotImplementedError."""
        return await self._store.async_load()

    @callback
    def soon(self) -> None:
        """Save before long, whatever else changes until then."""
        if self._due is None:
            self._due = self._of.hass.loop.call_later(SAVE_DELAY, self._begin)

    @callback
    def stop(self) -> None:
        """Save nothing more by itself."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    async def now(self) -> None:
        """Save at once."""
        self.stop()
        await self._store.async_save(self._pack())

    @callback
    def _begin(self) -> None:
        self._due = None
        self._of.entry.async_create_background_task(self._of.hass, self._save(), f"{DOMAIN} save")

    async def _save(self) -> None:
        rows: list[dict[str, Any]] = []
        for index, tracked in enumerate(tuple(self._of.register.tracked.values())):
            rows.append(tracked.to_json())
            if index % PIECE == PIECE - 1:
                await asyncio.sleep(0)
        await self._store.async_save(self._pack(rows, await self._of.intake.dumped()))
