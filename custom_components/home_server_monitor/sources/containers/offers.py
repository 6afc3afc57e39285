"""Which newer images are safe to take now, which are left out, and why."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from types import MappingProxyType

from .databases import keeps_a_database
from .dependants import ordered
from .model import Container, Containers, Watched
from .policies import Policy, Written
from .versions import is_major
from .view import installed, latest

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A container with a newer image: image, its id; digest of the newest; before, after: both in words."""

    name: str
    image: str
    digest: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Left:
    """A container with a newer image that is left out: reason, details: a text `common.left_<reason>` and what fills it."""

    name: str
    reason: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What could be updated. asked: after a person said so; due: by itself, in the maintenance hours.

    unapproved: set to be automatic, which no admin has approved.
    """

    asked: tuple[Candidate, ...] = ()
    due: tuple[Candidate, ...] = ()
    left: tuple[Left, ...] = ()
    unapproved: tuple[str, ...] = ()

    @property
    def safe(self) -> tuple[Candidate, ...]:
        """Return all that may be updated once a person says so."""
        return (*self.asked, *self.due)


NOTHING = Offer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is known beside the snapshot.

    permitted: whether an admin approved what is written in advance; skipped: whether a person skipped a version of a
    container; refused: why a container is not updated here (a key of `exceptions`), "" where it is, None where
    nobody looked yet; failed: the digest that did not work in a container, by its name.
    """

    written: Written
    now: datetime
    permitted: bool = False
    skipped: Callable[[str, str], bool] = lambda name, version: False
    refused: Callable[[Candidate], str | None] = lambda candidate: ""
    failed: Mapping[str, str] = MappingProxyType({})


def offer_of(data: Containers, terms: Terms) -> Offer:
    """Return what could be updated now. What was not asked about, or not looked at, is not in it."""
    asked: list[Candidate] = []
    due: list[Candidate] = []
    left: list[Left] = []
    unapproved: list[str] = []
    for item, candidate in newer(data):
        if item.policy in (Policy.NEVER, Policy.NOTIFY):
            continue
        refusal = terms.refused(candidate)
        if refusal is None:
            continue
        reason = Left(candidate.name, refusal) if refusal else _reason(item, candidate, terms)
        if reason is not None:
            left.append(reason)
        elif item.policy == Policy.ASK:
            asked.append(candidate)
        elif not terms.permitted:
            asked.append(candidate)
            unapproved.append(candidate.name)
        elif _major(item) is None:
            # nobody can say that it is no major one: that is for a person to look at
            asked.append(candidate)
        else:
            due.append(candidate)
    return Offer(
        asked=_in_order(asked, data),
        due=_in_order(due, data),
        left=tuple(left),
        unapproved=tuple(unapproved),
    )


def newer(data: Containers) -> Iterator[tuple[Watched, Candidate]]:
    """Yield the containers whose registry has a newer image; not those that are an app of somebody else."""
    for name, item in data.shown.items():
        update = item.update
        if update is None or not update.available or not item.container.inspected:
            continue
        candidate = Candidate(
            name=name,
            image=item.container.image_id or "",
            digest=update.latest_digest or "",
            before=installed(item) or "?",
            after=latest(item) or "?",
        )
        yield item, candidate


def _major(item: Watched) -> bool | None:
    before = item.image.version if item.image else None
    return is_major(item.container.image, before, item.update.version if item.update else None)


def _reason(item: Watched, candidate: Candidate, terms: Terms) -> Left | None:
    """Return why a container is left out, or None."""
    name = candidate.name
    if keeps_a_database(item.container.image):
        return Left(name, "database")
    if _major(item):
        return Left(name, "major", {"before": candidate.before, "after": candidate.after})
    if terms.skipped(name, candidate.after):
        return Left(name, "skipped", {"after": candidate.after})
    if terms.failed.get(name) == candidate.digest:
        return Left(name, "failed_before")
    if (days := cooling(item, terms.written, terms.now)) > 0:
        return Left(name, "cooling", {"days": str(days)})
    return None


def cooling(item: Watched, written: Written, now: datetime) -> int:
    """Return for how many days more a newest image is left to others; one that nobody knows of is new now."""
    since = (item.update.since if item.update else None) or now
    return max(ceil((since + written.cool_down * _DAY - now) / _DAY), 0)


def _in_order(found: Iterable[Candidate], data: Containers) -> tuple[Candidate, ...]:
    """Return them as they are updated: first those that others of them need, or live in."""
    by_name = {each.name: each for each in found}
    containers: dict[str, Container] = {name: data.containers[name] for name in by_name}
    return tuple(by_name[each.name] for each in ordered(containers))


def with_policies(data: Containers, written: Written) -> Containers:
    """Return a snapshot in which each container has its policy."""
    shown = dict(data.shown)
    for name, item in data.shown.items():
        policy = written.of_container(item.container, item.image)
        if policy != item.policy:
            shown[name] = replace(item, policy=policy)
    return replace(data, shown=MappingProxyType(shown))
