"""The recipe that is shipped; why this one is in REPORT.md, under the variants."""

from custom_components.home_server_monitor.prediction.features import FEATURES

from .fit import Recipe

NAMES = tuple(name for name in FEATURES if name not in {"peak_197_30", "level_10", "level_196"})
SHIPPED = Recipe(
    "boosting, monotone, small",
    names=NAMES,
    parameters={"max_iter": 100, "learning_rate": 0.1, "min_samples_leaf": 15},
    blend=0.5,
)
