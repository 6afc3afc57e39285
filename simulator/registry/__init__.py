"""A registry: manifests by tag and digest, tokens, limits."""

from .face import RegistryFace

__all__ = ["RegistryFace"]
