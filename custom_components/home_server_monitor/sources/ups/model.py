"""The snapshot of one UPS: what it said last, whether it still says anything, and what is kept of earlier."""

from dataclasses import dataclass, replace
from enum import StrEnum

from ...guardian.capabilities_power import Mains
from .reading import Condition, Reading, SelfTest

# plays take the types of a source from here
__all__ = ["Condition", "Contact", "Mains", "Power", "Reading", "SelfTest", "Unit"]


class Contact(StrEnum):
    """Whether a UPS is heard. What is not LIVE is never shown as OK, and never acted on while last known on mains."""

    LIVE = "live"
    # the driver is silent (DATA-STALE)
    STALE = "stale"
    # the driver is dead (DRIVER-NOT-CONNECTED)
    DRIVER_GONE = "driver_gone"
    # upsd has no UPS of this name any more
    UNKNOWN_UPS = "unknown_ups"
    # upsd has just started and knows nothing yet (WAIT)
    WAITING = "waiting"
    # upsd itself does not answer
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Unit:
    """One UPS. name: what upsd calls it; reading: the newest that there was, whatever the contact.

    fsd_since_first: FSD stood in the first reading since we watch, and has stood since: a quirk of the device, or of
    an upsd that was not restarted after a shutdown that did not happen; only one that rises later is an announcement.
    """

    name: str
    contact: Contact = Contact.SILENT
    reading: Reading | None = None
    commands: frozenset[str] = frozenset()
    fsd_since_first: bool = False

    @property
    def live(self) -> bool:
        """Return whether the reading is of now."""
        return self.contact is Contact.LIVE and self.reading is not None

    @property
    def now(self) -> Reading:
        """Return the reading where it is of now, else one that knows nothing."""
        return self.reading if self.reading is not None and self.live else Reading()

    @property
    def mains(self) -> Mains:
        """Return whether it is fed, as it is known now."""
        return self.now.mains

    @property
    def last_mains(self) -> Mains:
        """Return whether it was fed when that was last known."""
        return self.reading.mains if self.reading is not None else Mains.UNKNOWN

    @property
    def fsd_rose(self) -> bool:
        """Return whether the primary announced the end while we watched; acts also with mains present."""
        return self.now.fsd and not self.fsd_since_first

    @property
    def condition(self) -> Condition:
        """Return what it is doing, in one word."""
        if self.live:
            return self.now.condition
        return Condition.WAITING if self.contact is Contact.WAITING else Condition.UNKNOWN

    def unheard(self) -> Unit:
        """Return it as it is known while upsd does not answer."""
        return replace(self, contact=Contact.SILENT)


@dataclass(frozen=True, slots=True)
class Power:
    """The snapshot. `unit` with what is kept of earlier, which is shown also while nothing is heard.

    energy: kWh since we watch, in hundredths, None where no power is known. tested: when its battery was last tested
    with success, seconds since 1970. cut_at: when mains failed last; cut_for: for how many seconds, None while it lasts.
    brief: cuts of the last day that ended before anybody was told; cuts_week: such cuts of the last seven days.
    hold_off: for how many seconds an outage tells nobody.
    orders: whether there is an account to send orders with.
    """

    unit: Unit
    energy: float | None = None
    tested: float | None = None
    cut_at: float | None = None
    cut_for: float | None = None
    brief: int = 0
    cuts_week: int = 0
    hold_off: float = 30.0
    watched_days: int = 0
    orders: bool = False
