"""What stays dark because the key lacks a role."""

from collections.abc import Mapping

from .methods import method_of, supports
from .releases import V25_04, Release
from .rights import READS

# these need full administration on some releases: nobody should raise a key's rights for them
OPTIONAL = frozenset({"smart", "smart_tests"})


def dark_features(denied: Mapping[str, str], release: Release) -> dict[str, str]:
    """Return the missing roles (on 24.x methods), each with what it would light, from the denied methods by feed."""
    if release < V25_04:
        # a key of 24.x has no roles but a list of allowed methods
        return {method: method for method in denied.values()}
    missing: dict[str, list[str]] = {}
    for right in READS:
        methods = {
            method_of(op, release).name: method_of(op, release).role
            for op in right.operations
            if supports(op, release)
        }
        for method in denied.values():
            if method in methods and right.key not in OPTIONAL:
                missing.setdefault(methods[method], []).append(right.text)
    return {role: ", ".join(sorted(set(texts))) for role, texts in missing.items()}
