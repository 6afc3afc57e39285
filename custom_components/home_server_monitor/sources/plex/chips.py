"""What the graphics of an Intel processor decode, by the name of the processor: pure functions.

From the table of decoders that Intel keeps with its media driver. What is not one of its usual processors, or is newer
than this table, is not judged: then what Plex shows of a stream has to do.
"""

from dataclasses import dataclass
import re
from typing import Final

# as they are numbered: i5-12400, i7-8700K, i3-1115G4, i9-13900HX; F in the end has no graphics
_CORE: Final = re.compile(r"\bi[3579]-(\d{4,5})([A-Z]{0,2}\d?)(?![A-Za-z0-9])")
# small ones without a generation in their names, with that of their graphics
_SMALL: Final = re.compile(r"\b(N50|N9[57]|N100|N15[01]|N200|N250|N305|N350|N355)\b")
_SMALL_GENERATION: Final = 12
# the newest that the table knows
NEWEST: Final = 14
# by codec, the first generation that decodes it with eight bits and with ten; 0 for none
_SINCE: Final = {
    "h264": (2, 0),
    "mpeg2video": (2, 0),
    "hevc": (6, 7),
    "vp9": (7, 7),
    "av1": (11, 11),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """The graphics of a processor. name: of the processor, for people; generation: 0 where it has no graphics."""

    name: str
    generation: int

    def decodes(self, codec: str, depth: int) -> bool | None:
        """Return whether it decodes a codec with so many bits a colour; None where the table does not say."""
        since = _SINCE.get(codec)
        if since is None or not self.generation:
            return None
        first = since[0 if depth <= 8 else 1]
        return bool(first) and self.generation >= first


def chip_of(processor: str) -> Chip | None:
    """Return the graphics of a processor, from its name; None where it is not known."""
    if found := _CORE.search(processor):
        number, suffix = found[1], found[2]
        # four digits before 10000, and those of notebooks since, which end in G and a digit
        four = len(number) == 4
        generation = (
            int(number[:2]) if not four or (number[0] == "1" and suffix[:1] in ("G", "U")) else int(number[0])
        )
        if generation > NEWEST:
            return None
        return Chip(found[0], 0 if suffix.endswith("F") else generation)
    if found := _SMALL.search(processor):
        return Chip(found[0], _SMALL_GENERATION)
    return None
