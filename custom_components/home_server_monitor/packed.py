"""Numbers of many days in little room: as arrays in memory, as compressed text in a file."""

from array import array
import base64
from collections.abc import Iterator, Sequence
import itertools
import math
import sys
from typing import Any, Final
import zlib

# four bytes a number where that loses nothing, else eight
NARROW, WIDE = "f", "d"
_DAYS: Final = "i"
# more is nobody's history: a text that says so is not unpacked
_LARGEST: Final = 1 << 20


class Column:
    """One number a place, or None where it is not known; no room at all as long as none is known."""

    __slots__ = ("_length", "_numbers")

    def __init__(self, values: Sequence[float | None] = ()) -> None:
        self._length = len(values)
        self._numbers: array[float] | None = None
        if any(value is not None for value in values):
            self._hold([math.nan if value is None else float(value) for value in values])

    def _hold(self, numbers: Sequence[float]) -> None:
        """Hold these in the narrowest form that loses nothing."""
        narrow = array(NARROW, numbers)
        same = all(new == old or math.isnan(old) for new, old in zip(narrow, numbers, strict=True))
        self._numbers = narrow if same else array(WIDE, numbers)

    def __len__(self) -> int:
        """Return how many places it has."""
        return self._length

    def __getitem__(self, place: int) -> float | None:
        """Return the number of a place."""
        value = self._numbers[place] if self._numbers is not None else math.nan
        return None if math.isnan(value) else value

    def __iter__(self) -> Iterator[float | None]:
        """Yield all of them."""
        if self._numbers is None:
            return itertools.repeat(None, self._length)
        # what is not itself is NaN
        return (value if value == value else None for value in self._numbers)  # noqa: PLR0124 - quickest

    def insert(self, place: int, value: float | None) -> None:
        """Put a number in before a place."""
        self._length += 1
        if self._numbers is not None:
            self._numbers.insert(place, math.nan)
        self.put(place, value)

    def put(self, place: int, value: float | None) -> None:
        """Put a number into a place."""
        if self._numbers is None:
            if value is None:
                return
            self._numbers = array(NARROW, itertools.repeat(math.nan, self._length))
        number = math.nan if value is None or not math.isfinite(value) else float(value)
        self._numbers[place] = number
        if self._numbers[place] != number and not math.isnan(number):
            self._numbers = array(WIDE, self._numbers)
            self._numbers[place] = number

    def drop_first(self) -> None:
        """Take the first number out."""
        self._length -= 1
        if self._numbers is not None:
            del self._numbers[0]

    def copy(self) -> Column:
        """Return the same numbers, which nobody changes."""
        found = Column()
        found._length = self._length
        found._numbers = None if self._numbers is None else self._numbers[:]
        return found

    def text(self) -> str | None:
        """Return it as a file holds it, None where nothing is known."""
        return None if self._numbers is None else _text(self._numbers)

    @classmethod
    def of(cls, text: Any, length: int) -> Column:
        """Return what a file holds; nothing is known where that cannot be read, or is of another length."""
        found = cls()
        found._length = length
        numbers = _array(text, NARROW, WIDE)
        if numbers is not None and len(numbers) == length and not any(map(math.isinf, numbers)):
            found._numbers = numbers
        return found


def days_text(days: Sequence[int]) -> str:
    """Return day numbers, sorted, as a file holds them: by the gaps between them, most of which are one."""
    return _text(array(_DAYS, [new - old for old, new in itertools.pairwise((0, *days))]))


def days_of(text: Any) -> array[int] | None:
    """Return the day numbers that a file holds, each once and sorted, or None where it cannot be read."""
    gaps = _array(text, _DAYS)
    if gaps is None or any(gap <= 0 for gap in gaps[1:]):
        return None
    try:
        return array(_DAYS, itertools.accumulate(gaps))
    except OverflowError:
        return None


def _text(numbers: array[Any]) -> str:
    """Return numbers as text: their type, then their bytes, little-endian, compressed, in base64."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.typecode + base64.b64encode(zlib.compress(numbers.tobytes(), 6)).decode("ascii")


def _array(text: Any, *types: str) -> array[Any] | None:
    """Return the numbers of a text of one of these types, or None where it is none."""
    if not isinstance(text, str) or text[:1] not in types:
        return None
    try:
        unpacking = zlib.decompressobj()
        raw = unpacking.decompress(base64.b64decode(text[1:], validate=True), _LARGEST)
        if not unpacking.eof:
            return None
        numbers = array(text[0])
        numbers.frombytes(raw)
    except ValueError, zlib.error:
        return None
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
