"""The login that makes the owner of the UPS wait: of the UPS that the plan is about, and for no longer than it is."""

import logging
from typing import Final

from ...guardian.capabilities_power import HoldsPrimary
from ...sources.errors import ClientError

_LOGGER: Final = logging.getLogger(__name__)


class Holding:
    """Logs in and out, and leaves a UPS that the plan is not about any more."""

    def __init__(self) -> None:
        # whose owner was asked to wait
        self._ups: HoldsPrimary | None = None

    @property
    def holds(self) -> bool:
        """Return whether a UPS's owner may be waiting for us."""
        return self._ups is not None

    async def counts(self, ups: object) -> bool:
        """Ask whether a UPS counts us; another one that did need not wait any longer."""
        if self._ups is not ups:
            await self.leave()
        return isinstance(ups, HoldsPrimary) and await ups.holds_primary()

    async def log(self, ups: object, *, in_: bool) -> None:
        """Log in or out. Never raises."""
        if not isinstance(ups, HoldsPrimary) or (in_ and not ups.may_hold):
            return
        if in_:
            self._ups = ups
        try:
            await (ups.hold_primary() if in_ else ups.release_primary())
        except ClientError as err:
            _LOGGER.warning("The UPS's server does not count us: %s", err)

    async def leave(self) -> None:
        """Keep nobody waiting any more: nothing is stopped for it from here now. Never raises."""
        ups, self._ups = self._ups, None
        if ups is not None:
            await ups.release_primary()
