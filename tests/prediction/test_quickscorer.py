"""The forest answers as a walk from root to leaf does, for any trees and any values."""

from math import inf, nan
import random

import pytest

from custom_components.home_server_monitor.prediction.quickscorer import LEAVES, Node, TooManyLeaves, planted

FEATURES = 4


def grown(dice: random.Random, leaves: int) -> Node:
    """Return a tree of so many leaves; thresholds are few, so that values meet them exactly."""
    if leaves == 1:
        return dice.uniform(-1, 1)
    left = dice.randint(1, leaves - 1)
    split = dice.randrange(FEATURES), float(dice.randint(0, 5)), dice.random() < 0.5
    return (*split, grown(dice, left), grown(dice, leaves - left))


def walked(node: Node, values: list[float]) -> float:
    while isinstance(node, tuple):
        feature, limit, missing_left, left, right = node
        value = values[feature]
        node = left if value <= limit or (missing_left and value != value) else right  # noqa: PLR0124
    return node


def test_each_tree_gives_the_leaf_that_a_walk_reaches() -> None:
    dice = random.Random(5)
    trees = [grown(dice, dice.randint(1, LEAVES)) for _ in range(60)]
    forest = planted(trees)
    for _ in range(300):
        values = [dice.choice([nan, 0.0, 1.0, 2.5, 3.0, 5.0, 6.0, -1.0, inf]) for _ in range(FEATURES)]
        assert forest.reached(values) == [walked(tree, values) for tree in trees]


def test_a_tree_too_large_for_its_bits_is_refused() -> None:
    with pytest.raises(TooManyLeaves):
        planted([grown(random.Random(1), LEAVES + 1)])
