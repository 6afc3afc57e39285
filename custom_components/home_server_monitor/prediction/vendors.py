"""What the makers put into raw values and names (facts of smartmontools' drive database and of real reports)."""

from typing import Final

from .counters import COUNTERS, count

_PREFIXES: Final = (
    ("Seagate", ("ST1", "ST2", "ST3", "ST4", "ST5", "ST6", "ST8", "ST9", "SEAGATE")),
    ("HGST", ("HGST", "HITACHI", "HUH", "HUS", "HDS", "HMS")),
    ("WD", ("WD",)),
    ("Toshiba", ("TOSHIBA", "MG0", "MD0", "HDW", "DT01")),
)
# 48 bits: errors in the high 16, operations in the low 32; a huge number is normal.
_SEAGATE_RATES: Final = frozenset({1, 7, 195})
_LOW_32: Final = frozenset({9, 240})
_LOW_BYTE: Final = frozenset({190, 194})
_LARGEST: Final = (1 << 32) - 1

# Names of attributes whose normalised value is the life that is left, in percent, in the order of trust.
LIFE_LEFT: Final = (
    "Percent_Lifetime_Remain",
    "Remaining_Lifetime_Perc",
    "Percent_Life_Remaining",
    "SSD_Life_Left",
    "SSD_Life_Left_Perc",
    "Drive_Life_Remaining%",
    "Perc_Rated_Life_Remain",
    "Media_Wearout_Indicator",
    "Wear_Leveling_Count",
    "Ave_Block-Erase_Count",
    "Average_PE_Cycles_Perc",
)
# Names whose raw value is the life that is used, in percent.
LIFE_USED: Final = ("Percent_Lifetime_Used", "Perc_Rated_Life_Used", "Drive_Life_Used%", "Lifetime_Used%")


def vendor_of(model: str) -> str:
    """Return Seagate, HGST, WD, Toshiba or other."""
    name = model.upper().strip()
    return next((vendor for vendor, prefixes in _PREFIXES if name.startswith(prefixes)), "other")


def decoded(attribute: int, raw: int | None, model: str) -> float | None:
    """Return what an ATA raw value counts, None where it is no count."""
    if raw is None or raw < 0:
        return None
    if attribute in COUNTERS:
        return count(attribute, raw)
    if attribute in _SEAGATE_RATES:
        return float(raw >> 32) if vendor_of(model) == "Seagate" else None
    if attribute in _LOW_32:
        return float(raw & _LARGEST)
    if attribute in _LOW_BYTE:
        return float(raw & 0xFF)
    return float(raw) if raw <= _LARGEST else None
