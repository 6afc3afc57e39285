"""Too much at once to be told one by one is told as one."""

from .finding import Tracked

# more than so many groups at once, or findings in several of them, are one storm: one notice
STORM_GROUPS = 3
STORM_FINDINGS = 12

type Key = tuple[str, ...]


def swept(groups: dict[Key, list[Tracked]], ready: dict[Key, list[Tracked]]) -> dict[Key, list[Tracked]]:
    """Add what is still being collected to a storm that is told now: else its rest would come seconds later."""
    found = dict(ready)
    for start in dict.fromkeys(key[:2] for key in ready):
        mine = {key: members for key, members in groups.items() if key[:2] == start}
        if _is_storm(start[0], mine):
            found |= mine
    return found


def _is_storm(kind: str, groups: dict[Key, list[Tracked]]) -> bool:
    """Return whether these groups of one kind and urgency are too many to be told one by one."""
    found = sum(map(len, groups.values()))
    return kind in ("raised", "flapping") and (
        len(groups) > STORM_GROUPS or (len(groups) > 1 and found > STORM_FINDINGS)
    )


def joined(ready: dict[Key, list[Tracked]]) -> dict[Key, list[Tracked]]:
    """Join the groups of one kind and urgency where they are too many to be told one by one."""
    told: dict[Key, list[Tracked]] = {}
    for kind, urgent in dict.fromkeys(key[:2] for key in ready):
        mine = {key: members for key, members in ready.items() if key[:2] == (kind, urgent)}
        if _is_storm(kind, mine):
            mine = {(kind, urgent): [tracked for members in mine.values() for tracked in members]}
        told |= mine
    return told
