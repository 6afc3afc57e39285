"""What runs in containers on the home server: the media server, the photos, the neighbours of Home Assistant."""

from .apps import with_apps
from .build import Household, build_household
from .stacks import Git, Stack, down, up

__all__ = ["Git", "Household", "Stack", "build_household", "down", "up", "with_apps"]
