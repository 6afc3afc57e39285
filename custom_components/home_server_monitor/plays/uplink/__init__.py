"""Streams that leave the house before uploads: what the line lacks is told, and others make room where that was approved."""

from .play import Uplink

__all__ = ["Uplink"]
