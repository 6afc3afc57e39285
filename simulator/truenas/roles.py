"""Which roles a role brings with it (25.04 and later; keys of 24.x have none)."""

FULL_ADMIN = "FULL_ADMIN"
READONLY_ADMIN = "READONLY_ADMIN"

_WITHOUT_READ = frozenset({"SERVICE_WRITE", "MAIL_WRITE", "SNAPSHOT_DELETE"})
_ALSO = {
    "POOL_READ": frozenset({"POOL_SCRUB_READ"}),
    "POOL_WRITE": frozenset({"POOL_SCRUB_READ", "POOL_SCRUB_WRITE"}),
    "REPLICATION_ADMIN": frozenset(
        {
            "REPLICATION_TASK_WRITE",
            "REPLICATION_TASK_READ",
            "SNAPSHOT_TASK_WRITE",
            "SNAPSHOT_WRITE",
            "SNAPSHOT_READ",
        }
    ),
}


def expand(roles: frozenset[str]) -> frozenset[str]:
    """The roles and what they imply: writing implies reading, except for services."""
    found = set(roles)
    for role in roles:
        if role.endswith("_WRITE") and role not in _WITHOUT_READ:
            found.add(f"{role.removesuffix('_WRITE')}_READ")
        found |= _ALSO.get(role, frozenset())
    return frozenset(found)


def allowed(held: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whether the expanded roles open something that any of `wanted` opens."""
    if FULL_ADMIN in held:
        return True
    if READONLY_ADMIN in held and any(role.endswith("_READ") for role in wanted):
        return True
    return bool(held & wanted)
