"""What changed on an engine between two snapshots, whoever changed it: pure, and never judged on what is not known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from ...guardian.contract import Change
from .leftovers import leftover
from .model import Container, Containers, Image
from .nodes import engine_node, member_node

# what an engine starts anew after its own start comes up within so many seconds
TOGETHER = 180.0
# fewer than this that start together say nothing of the engine
SEVERAL = 2
_SHORT = 12


@dataclass(frozen=True, slots=True)
class Settings:
    """What somebody set and rules read; only an inspection tells it."""

    restart_policy: str | None
    network_mode: str
    networks: frozenset[str]
    mounts: frozenset[tuple[str, str | None, str | None, str, bool]]
    limits: tuple[float | None, int | None, int | None]

    @classmethod
    def of(cls, container: Container) -> Self:
        """Return what is set on an inspected container."""
        limits = container.limits
        return cls(
            restart_policy=container.restart_policy,
            # whose namespace it is changes with that one's id, and is nothing that somebody set
            network_mode=(container.network_mode or "").partition(":")[0],
            networks=frozenset(container.networks),
            # the volume that nobody named is another one for each container, and none that somebody set
            mounts=frozenset(
                (each.kind, each.source, each.name, each.target, each.writable)
                for each in container.mounts
                if not each.anonymous
            ),
            limits=(limits.cpu, limits.memory, limits.pids),
        )

    def different(self, other: Settings) -> list[str]:
        """Return the names of what is different, for people."""
        return [
            name.replace("_", " ") for name in self.__slots__ if getattr(self, name) != getattr(other, name)
        ]


@dataclass(frozen=True, slots=True)
class Member:
    """A container as it was known last. version: of its image, in words; running, started: of its newest look."""

    id: str
    image: str
    image_id: str
    version: str
    running: bool
    started: datetime | None = None
    settings: Settings | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the next snapshot is compared with. `whole`: the listing that it comes from lacked nothing."""

    version: str = ""
    members: Mapping[str, Member] = field(default_factory=dict)
    whole: bool = False


# of what a member was made, so that it is not made again of the same: a container and its image, by name
type Parts = dict[str, tuple[Container, Image | None]]


def known(before: Known, data: Containers, parts: Parts | None = None) -> Known:
    """Return what is known now, with what the new snapshot does not tell as it was: a change is told once it is sure."""
    parts = {} if parts is None else parts
    if "containers" in data.stale:
        return before
    version = data.engine.version if data.engine else before.version
    whole = "containers" in data.complete
    found = {name: _member(before.members.get(name), data, name, parts) for name in data.shown}
    for gone in parts.keys() - found.keys():
        del parts[gone]
    # an update puts a container aside for a moment: what stands beside its name says that it comes back
    held = {each[0] for name in data.containers if (each := leftover(name))}
    kept = {
        name: member
        for name, member in before.members.items()
        if name not in found and (not whole or name in held or name in data.containers)
    }
    return Known(version, {**kept, **found}, whole or before.whole)


def _member(before: Member | None, data: Containers, name: str, parts: Parts) -> Member:
    container = data.containers[name]
    image = data.images.get(container.image_id or "")
    made_of = parts.get(name)
    if before is not None and made_of is not None and made_of[0] is container and made_of[1] is image:
        return before
    parts[name] = (container, image)
    same = before is not None and before.id == container.id
    settings = Settings.of(container) if container.inspected else before.settings if before else None
    version = (image.version if image else None) or _short(container.image_id)
    if before is not None and before.image_id == container.image_id:
        version = before.version if image is None else version
    started = container.started if container.inspected else None
    return Member(
        id=container.id,
        # once its tag has moved on, an engine lists the id in place of what was typed
        image=before.image if same and before is not None else container.image,
        image_id=container.image_id or (before.image_id if before else ""),
        version=version,
        running=container.running,
        started=started or (before.started if same and before else None),
        settings=settings,
    )


def changes(source: str, old: Known, new: Known) -> Iterator[Change]:
    """Yield what is different in `new`, for what both know."""
    engine = engine_node(source)
    if old.version and new.version and old.version != new.version:
        yield _change(engine, "engine_version", old=old.version, new=new.version)
    if old.whole and new.whole:
        for name in sorted(new.members.keys() - old.members.keys()):
            yield _change(member_node(source, name), "container_added", name=name)
        for name in sorted(old.members.keys() - new.members.keys()):
            yield _change(member_node(source, name), "container_removed", name=name)
    for name, now in new.members.items():
        if (was := old.members.get(name)) is not None and was is not now:
            yield from _of_one(member_node(source, name), name, was, now)


def _of_one(node: str, name: str, was: Member, now: Member) -> Iterator[Change]:
    if was.image_id and now.image_id and was.image_id != now.image_id:
        yield _change(node, "container_image", name=name, old=was.version, new=now.version)
    elif was.id != now.id:
        yield _change(node, "container_recreated", name=name)
    if was.settings and now.settings and (names := was.settings.different(now.settings)):
        yield _change(node, "container_settings", name=name, settings=", ".join(names))


def started_together(base: Mapping[str, Member], new: Known) -> bool:
    """Return whether all that ran was started anew at about one time: only the engine, or its machine, does that."""
    ran = {name: each for name, each in base.items() if each.running and each.started}
    again = [
        (each, now)
        for name, each in ran.items()
        if (now := new.members.get(name)) is not None and now.id == each.id and now.running
    ]
    if len(again) < SEVERAL or len(again) < len(ran):
        return False
    at = [now.started for _, now in again if now.started]
    anew = all(now.started and each.started and now.started > each.started for each, now in again)
    return anew and (max(at) - min(at)).total_seconds() <= TOGETHER


class Comparing:
    """What one engine was like when it was last asked what changed."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._known: Known | None = None
        self._parts: Parts = {}
        # as they were when the engine was last known to have started
        self._base: dict[str, Member] = {}

    def take(self, data: Containers) -> list[Change]:
        """Return what changed since the last time; each change once."""
        old = self._known
        new = self._known = known(old or Known(), data, self._parts)
        found = list(changes(self._source, old, new)) if old is not None else []
        if started_together(self._base, new):
            self._base.clear()
            found.append(_change(engine_node(self._source), "engine_restarted"))
        for name in self._base.keys() - new.members.keys():
            del self._base[name]
        for name, each in new.members.items():
            base = self._base.get(name)
            if base is None or base.id != each.id or not base.running or base.started is None:
                self._base[name] = each
        return found


def _short(image: str | None) -> str:
    return (image or "?").removeprefix("sha256:")[:_SHORT]


def _change(object_: str, key: str, **placeholders: str) -> Change:
    return Change(object=object_, key=key, placeholders=placeholders)
