"""What stays dark: because the key lacks a role, because this release does not have it, or because it is switched off."""

from collections.abc import Mapping

from ...guardian.contract import Missing
from ..feeds import Feeds
from .methods import method_of, supports
from .releases import V25_04, Release
from .rights import READS

# these need full administration on some releases: nobody should raise a key's rights for them
OPTIONAL = frozenset({"smart", "smart_tests"})
# what some releases do not have and a person would miss
OF_A_RELEASE = ("smart_tests", "cloud_backups", "instances", "reboot")


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


def missing(
    feeds: Feeds, release: Release, *, temperatures: bool, read_elsewhere: bool = False
) -> list[Missing]:
    """Return what cannot be seen of a NAS, each with what it would light.

    read_elsewhere: whether another source, as a Scrutiny, reads its disks: then nobody misses what this release lacks.
    """
    if release < V25_04:
        lacking = {method: _read_by(method, release) for method in feeds.denied.values()}
    else:
        lacking = dark_features(feeds.denied, release)
    found = [
        Missing(key="right", placeholders={"right": right, "what": lacking[right]})
        for right in sorted(lacking)
    ]
    found += [
        Missing(key=feed)
        for feed in OF_A_RELEASE
        if feed in feeds.unsupported and not (feed == "smart_tests" and read_elsewhere)
    ]
    if not temperatures:
        found.append(Missing(key="temperatures"))
    return found


def _read_by(method: str, release: Release) -> str:
    """Return what a method reads, in words."""
    return next(
        (
            right.text
            for right in READS
            for op in right.operations
            if supports(op, release) and method_of(op, release).name == method
        ),
        method,
    )
