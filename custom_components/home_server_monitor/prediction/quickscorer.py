"""All trees at once: every split rules leaves out, and the one that is left of each tree is its answer.

This is QuickScorer (Lucchese et al., SIGIR 2015) on Python's integers, 16 bits a tree and one a leaf. Which leaves are
left by a feature is worked out beforehand for each interval between two of its thresholds; so a prediction is one
search and one AND per feature, in place of a walk through every tree.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import getitem
import struct
from typing import Final, NamedTuple

LEAVES: Final = 16

# An inner node is (feature, threshold, NaN goes left, left, right): left where value <= threshold. A leaf is a float.
type Node = float | tuple[int, float, bool, Node, Node]


class TooManyLeaves(ValueError):
    """A tree has more than LEAVES leaves."""


class Splits(NamedTuple):
    """All splits at one feature: their thresholds, the leaves left in each interval between them, and for NaN."""

    feature: int
    limits: Sequence[float]
    left: Sequence[int]
    unknown: int


class Split(NamedTuple):
    """One inner node: its threshold, where NaN goes, and the leaves (as bits) on either side."""

    limit: float
    missing_left: bool
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees that are asked together. Immutable, and so safe in any thread."""

    splits: Sequence[Splits]
    # by tree: the value of the leaf that a bit stands for
    leaves: Sequence[dict[int, float]]
    every: int
    words: struct.Struct = field(repr=False)

    def reached(self, values: Sequence[float]) -> list[float]:
        """Return the value of the leaf that is reached in each tree."""
        state = self.every
        for feature, limits, left, unknown in self.splits:
            value = values[feature]
            state &= left[bisect_left(limits, value)] if value == value else unknown  # noqa: PLR0124
        words = self.words.unpack(state.to_bytes(self.words.size, "little"))
        return [*map(getitem, self.leaves, words, strict=True)]


def planted(trees: Sequence[Node]) -> Forest:
    """Return the trees as a forest. Raises TooManyLeaves."""
    found: defaultdict[int, list[Split]] = defaultdict(list)
    leaves: list[dict[int, float]] = []
    for number, root in enumerate(trees):
        values: list[float] = []
        _collect(root, number * LEAVES, values, found)
        if len(values) > LEAVES:
            raise TooManyLeaves(f"a tree of {len(values)} leaves")
        leaves.append({1 << place: value for place, value in enumerate(values)})
    every = sum((1 << len(values)) - 1 << number * LEAVES for number, values in enumerate(leaves))
    splits = [_joined(feature, every, found[feature]) for feature in sorted(found)]
    return Forest(splits, leaves, every, struct.Struct(f"<{len(leaves)}H"))


def _collect(node: Node, first: int, values: list[float], found: defaultdict[int, list[Split]]) -> int:
    """Note the leaves and splits of a tree whose bits begin at `first`; returns the bits of this node's leaves."""
    if not isinstance(node, tuple):
        values.append(node)
        return 1 << first + len(values) - 1
    feature, limit, missing_left, left_node, right_node = node
    left = _collect(left_node, first, values, found)
    right = _collect(right_node, first, values, found)
    found[feature].append(Split(limit, missing_left, left, right))
    return left | right


def _joined(feature: int, every: int, splits: Sequence[Split]) -> Splits:
    """Work out which leaves a feature leaves: those on the right of every threshold below a value, on the left of others."""
    limits = sorted({split.limit for split in splits})
    lefts, rights = dict.fromkeys(limits, 0), dict.fromkeys(limits, 0)
    unknown = 0
    for split in splits:
        lefts[split.limit] |= split.left
        rights[split.limit] |= split.right
        unknown |= split.right if split.missing_left else split.left
    # what is ruled out: to the right of the thresholds that are not below the value, to the left of those that are
    out = [0]
    for limit in reversed(limits):
        out.append(out[-1] | rights[limit])
    out.reverse()
    below = 0
    for place, limit in enumerate(limits, 1):
        below |= lefts[limit]
        out[place] |= below
    return Splits(feature, limits, [every & ~each for each in out], every & ~unknown)
