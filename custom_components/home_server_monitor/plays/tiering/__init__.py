"""NVMe first, hard disks at night: downloads pause while their disk is nearly full, imports wait for the quiet hours."""

from .play import Tiering

__all__ = ["Tiering"]
