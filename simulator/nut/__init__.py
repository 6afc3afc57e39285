"""Network UPS Tools' upsd, as it answers on its TCP port, with the UPS of the house."""

from .face import NutFace
from .mooring import Nut

__all__ = ["Nut", "NutFace"]
