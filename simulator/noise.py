"""Repeatable randomness: the same seed, key and moment always give the same number."""

import hashlib
import zlib


def jitter(seed: int, key: str, step: int) -> float:
    """A number in [-1, 1] that belongs to this step."""
    value = zlib.crc32(f"{seed}:{key}:{step}".encode())
    return value / 0x7FFFFFFF - 1.0 if value <= 0xFFFFFFFE else 1.0


def wander(seed: int, key: str, at: float, period: float) -> float:
    """A number in [-1, 1] that drifts from one step to the next instead of jumping."""
    step, rest = divmod(at / period, 1.0)
    before, after = jitter(seed, key, int(step)), jitter(seed, key, int(step) + 1)
    return before + (after - before) * rest


def digest(seed: int, *parts: object) -> str:
    """64 hex digits that look random and never change."""
    text = ":".join(str(part) for part in (seed, *parts))
    return hashlib.sha256(text.encode()).hexdigest()


def number(seed: int, *parts: object, bits: int = 63) -> int:
    """A big integer that looks random and never changes."""
    return int(digest(seed, *parts), 16) % (1 << bits)
