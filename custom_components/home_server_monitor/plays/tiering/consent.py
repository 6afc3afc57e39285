"""What an admin wrote about the disk of the downloads, and the approval in advance of exactly that."""

from dataclasses import dataclass
from typing import Any, Final

from ...edge.settings import Tier
from ..standing import ApprovePolicy

# what is approved, by the name that lists and the journal show, and what approves it
KEEP_TIERS, APPROVE = "keep_tiers", "approve_keep_tiers"
GB: Final = 1e9


@dataclass(frozen=True, slots=True)
class Written:
    """What the options of a server say of it."""

    tier: Tier

    @property
    def automatic(self) -> bool:
        """Return whether anything is to be done without asking each time."""
        return self.tier.pauses or self.tier.holds

    def pack(self) -> dict[str, Any]:
        """Return it as an approval in advance is bound to: the letter of it, space in GB, hours in local time.

        Of what is not ticked nothing: it may be written anew without asking.
        """
        tier = self.tier
        opens, closes = (f"{at // 60:02}:{at % 60:02}" for at in tier.hours)
        return {
            "pause_downloads": tier.pauses,
            # below which imports run early as well
            "pause_below": round(tier.low / GB, 3),
            "resume_above": round(tier.again / GB, 3) if tier.pauses else 0,
            "hold_imports": tier.holds,
            "import_from": opens if tier.holds else "",
            "import_to": closes if tier.holds else "",
            "spare_streams": tier.holds and tier.spares,
        }


class ApproveKeepTiers(ApprovePolicy):
    """Approves in advance that downloads pause and imports wait, by what the options say now."""

    key, covers = APPROVE, KEEP_TIERS
