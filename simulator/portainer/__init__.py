"""Portainer in front of an engine: the simulated one, or a real one."""

from .face import Portainer

__all__ = ["Portainer"]
