"""One container of an update: what it is called before, meanwhile and after, and what is noted of it in the journal."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ..records import instant
from .raw import Json, items, name_of, table, text, whole

# what a container gets that did not say how long it needs to end by itself, in seconds
STOP_WITHIN = 30
# what writes its data as it ends
DATABASE_STOP_WITHIN = 120
NO_POLICY: Mapping[str, Any] = {"Name": "no", "MaximumRetryCount": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A container that is made anew. All of it is JSON and nothing of it is secret.

    old: its id; image: the id of the image that it runs; reference: as somebody typed it; ran: whether it ran;
    policy: its restart policy; checked: whether its health check said healthy; answered: whether its application did,
    where that can be asked; served: for how many seconds it had
    run; new, parked, failed: the names that
    the new one has at first, that the old one has while it is kept, and that a new one has that did not work.
    """

    name: str
    old: str
    image: str
    reference: str
    ran: bool
    policy: Mapping[str, Any] = field(default_factory=dict)
    checked: bool = False
    answered: bool = False
    served: float | None = None
    stop_within: int = STOP_WITHIN
    new: str = ""
    parked: str = ""
    failed: str = ""

    @classmethod
    def of(cls, inspect: Json, instance: str, stamp: int, *, database: bool = False) -> Self:
        """Return the member for a container as it stands now; stamp: seconds since 1970."""
        config, state = table(inspect.get("Config")), table(inspect.get("State"))
        name, marked = name_of(inspect), f"{name_of(inspect)}-hsm-{instance}"
        policy = table(table(inspect.get("HostConfig")).get("RestartPolicy"))
        return cls(
            name=name,
            old=text(inspect.get("Id")),
            image=text(inspect.get("Image")),
            reference=text(config.get("Image")),
            ran=state.get("Running") is True,
            policy={
                "Name": text(policy.get("Name")) or "no",
                "MaximumRetryCount": whole(policy.get("MaximumRetryCount")),
            },
            served=max(stamp - since.timestamp(), 0.0)
            if (since := instant(state.get("StartedAt")))
            else None,
            checked=table(state.get("Health")).get("Status") == "healthy",
            stop_within=stop_within(inspect, database=database),
            new=f"{marked}-new-{stamp}",
            parked=f"{marked}-old-{stamp}",
            failed=f"{marked}-failed-{stamp}",
        )

    def pack(self) -> dict[str, Any]:
        """Return it as the journal holds it."""
        return {**asdict(self), "policy": dict(self.policy)}

    @classmethod
    def unpack(cls, raw: Mapping[str, Any]) -> Self:
        """Return what was packed. Raises TypeError on what is none."""
        return cls(**raw)


def stop_within(inspect: Json, *, database: bool) -> int:
    """Return for how many seconds a container may take to end by itself: as long as it says, where it does."""
    wanted = whole(table(inspect.get("Config")).get("StopTimeout"))
    return wanted or (DATABASE_STOP_WITHIN if database else STOP_WITHIN)


def writable_sources(inspect: Json) -> tuple[str, ...]:
    """Return the paths on the host behind all mounts that a container may write to."""
    mounts = (table(each) for each in items(inspect.get("Mounts")))
    return tuple(source for each in mounts if each.get("RW") is True and (source := text(each.get("Source"))))
