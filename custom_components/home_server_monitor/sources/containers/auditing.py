"""Keeps the audit of one engine: what inspections showed, never an inspection itself."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
import time
from typing import Any

from ..errors import AuthFailed, ClientError, NotSupported, PermissionDenied
from .audit import Accepted, Report, joint_score, report, without
from .audit_case import Grade, Subject
from .audit_engine import EngineSubject, audit_engine
from .client import EngineClient
from .leftovers import leftover
from .model import Containers, Usage
from .raw import Json, is_podman, table, text

# what was the most that a container used is known once it was watched for an hour
WATCHED = 3600.0
# of an image's inspection, so much is judged
_OF_AN_IMAGE = ("Created", "RepoDigests")


@dataclass(frozen=True, slots=True)
class _Most:
    """The most that a container was seen to use, between two moments."""

    first: float
    last: float
    memory: int | None = None
    pids: int | None = None


@dataclass(frozen=True, slots=True)
class _Rated:
    """A report as an inspection made it, as it is shown, and what it comes to."""

    made: Report
    report: Report
    score: int
    worst: Grade


class Auditing:
    """Audits what is inspected anyway; beside that it asks for each image once, and for the engine with its version."""

    def __init__(
        self, client: EngineClient, now: Callable[[], datetime], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._now = now
        self._clock = clock
        # by id of the container, with nothing accepted
        self._reports: dict[str, Report] = {}
        self._rated: dict[str, _Rated] = {}
        self._most: dict[str, _Most] = {}
        # by id of the image
        self._images: dict[str, Json] = {}
        self._info: dict[str, Any] = {}
        self._version: dict[str, Any] = {}
        # whether this access may not see what the audit needs
        self.denied = False

    def meet(self, version: Any, info: Any) -> None:
        """Take what the engine said of its versions and of itself; what it may not say is not judged."""
        self._info, self._version = table(info), table(version)
        self.denied = not self._info or "Version" not in self._version

    def forget(self, present: Iterable[str], images: Iterable[str | None]) -> None:
        """Keep only what is known of these containers and images."""
        here, used = frozenset(present), frozenset(images)
        books = ((self._reports, here), (self._rated, here), (self._most, here), (self._images, used))
        for book, keep in books:
            for gone in [key for key in book if key not in keep]:
                del book[gone]

    def note_usage(self, container: str, usage: Usage) -> None:
        """Remember the most that a container uses."""
        now = self._clock()
        old = self._most.get(container, _Most(now, now))
        self._most[container] = _Most(
            old.first, now, _larger(old.memory, usage.memory), _larger(old.pids, usage.pids)
        )

    async def note(self, inspect: Json, *, looping: bool = False) -> None:
        """Audit an inspected container. Raises AuthFailed; where its image cannot be seen, nothing is said of it."""
        try:
            subject = await self.subject(inspect, looping=looping)
        except AuthFailed:
            raise
        except ClientError:
            return
        if subject is not None:
            key, made = text(inspect.get("Id")), report(subject)
            # reckoned one by one as they come: a thousand in one go would hold the event loop
            self._reports[key] = made
            self._rated[key] = _Rated(made, made, made.score, made.worst)

    async def subject(self, inspect: Json, *, looping: bool = False) -> Subject | None:
        """Return a container as the audit sees it, or None where this access may not tell. Raises ClientError."""
        image = await self._image(text(inspect.get("Image")))
        if image is None or not self._info:
            return None
        most = self._most.get(text(inspect.get("Id")))
        known = most is not None and most.last - most.first >= WATCHED
        return Subject(
            inspect=inspect,
            image=image,
            info=self._info,
            now=self._now(),
            memory=most.memory if most and known else None,
            pids=most.pids if most and known else None,
            looping=looping,
        )

    async def _image(self, image: str) -> Json | None:
        if image not in self._images:
            try:
                found = await self._client.image(image)
            except PermissionDenied, NotSupported:
                self.denied = True
                return None
            user = table(found.get("Config")).get("User")
            self._images[image] = {key: found.get(key) for key in _OF_AN_IMAGE} | {"Config": {"User": user}}
        return self._images[image]

    @property
    def info(self) -> Json:
        """Return what the engine said of itself."""
        return self._info

    def audited(self, data: Containers, accepted: Iterable[Accepted]) -> Containers:
        """Return a snapshot with its audit; the engine has a score once all of its containers have one."""
        if not self._info:
            return data
        now, given = self._now(), tuple(accepted)
        rated = {
            name: found
            for name, each in data.containers.items()
            if leftover(name) is None and (found := self._rated_as(each.id, name, given, now)) is not None
        }
        engine = without(self._of_the_engine(data), given, now)
        whole = all(name in rated or leftover(name) is not None for name in data.containers)
        marks = [(each.score, each.worst) for each in rated.values()]
        return replace(
            data,
            audits={name: each.report for name, each in rated.items()},
            audit=engine,
            score=joint_score(engine, marks) if whole else None,
            scores={name: each.score for name, each in rated.items()},
        )

    def _rated_as(self, container: str, name: str, given: Sequence[Accepted], now: datetime) -> _Rated | None:
        """Return the report on a container under this name; reckoned anew only where something changed."""
        if (made := self._reports.get(container)) is None:
            return None
        lived_with = any(each.container == name for each in given)
        known = self._rated.get(container)
        if known is not None and known.made is made and known.report.name == name and not lived_with:
            return known
        found = made if made.name == name else replace(made, name=name)
        if lived_with:
            found = without(found, given, now)
        rated = _Rated(made, found, found.score, found.worst)
        if lived_with:
            self._rated.pop(container, None)
        else:
            self._rated[container] = rated
        return rated

    def _of_the_engine(self, data: Containers) -> Report:
        orphans = [each for each in data.volumes.values() if each.anonymous and each.refs == 0]
        subject = EngineSubject(
            info=self._info,
            version=self._version,
            dangling=sum(not each.tags for each in data.images.values()),
            orphans=len(orphans),
            podman=is_podman(self._version),
        )
        return Report(name="", open=audit_engine(subject), where="engine")


def _larger(old: int | None, new: int | None) -> int | None:
    return max((each for each in (old, new) if each is not None), default=None)
