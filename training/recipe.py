"""The recipe that is shipped; why this one is in REPORT.md, under the variants."""

from .fit import Recipe

SHIPPED = Recipe("boosting, monotone")
