"""Disk failure: what several sources read of the disks of one server, judged together."""

from .play import DiskRisk

__all__ = ["DiskRisk"]
