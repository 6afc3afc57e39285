"""The wall clock of the guardian's edges, in one place."""

import time


def now() -> float:
    """Return seconds since 1970."""
    return time.time()
