"""Fingerprints of certificates as a person compares them."""

import re


def in_groups(fingerprint: str) -> str:
    """Return a SHA-256 in hex as certificate viewers show it: `AB:CD:…`."""
    return ":".join(re.findall("..", fingerprint.upper()))
