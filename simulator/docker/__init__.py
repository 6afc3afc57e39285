"""The Engine API: it translates between HTTP and the simulated engine."""

from .face import Docker

__all__ = ["Docker"]
