"""Scrutiny, as it answers over HTTP, with what its collector has read of the home server's disks."""

from .face import ScrutinyFace

__all__ = ["ScrutinyFace"]
