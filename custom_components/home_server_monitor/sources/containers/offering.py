"""Keeps what is offered of newer images on one engine: looked at before it is offered, and once a week together."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
import time
from typing import Any, Protocol

from ...guardian.contract import Finding
from ..errors import ClientError
from .model import Containers
from .offer_rules import Said, offered, said_of
from .offers import NOTHING, Candidate, Left, Offer, Terms, newer, offer_of
from .policies import Policy, Written
from .weekly import Weekly
from .yard import Yard

# refusals that pass without a newer image: looked at again each time
_PASSING = frozenset({"container_unsettled", "changed_for_a_while", "no_network", "another_works_here"})


class Offered(Protocol):
    """The source whose containers are updated."""

    id: str
    data: Containers

    @property
    def yard(self) -> Yard:
        """Return where it is updated."""
        ...

    @property
    def written(self) -> Written:
        """Return what the options say about updates."""
        ...

    def skipped(self, name: str, version: str) -> bool:
        """Return whether a person skipped this version of a container."""
        ...

    async def ask_registry(self, name: str) -> None:
        """Ask what the registry has for a container now; where nobody answers what was known stays."""
        ...


class Offering:
    """What is offered. save: has what must outlive a restart written soon."""

    def __init__(
        self,
        source: Offered,
        save: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.weekly = Weekly()
        # by container, the digest that did not work in it
        self.failed: dict[str, str] = {}
        # whether an admin approved in advance what the options say
        self.permitted = False
        self.offer: Offer = NOTHING
        # what was said last, and whether that is of this start: before all registries were asked nobody knows
        self.said: Said = {}
        self._known = False
        self._source = source
        self._save = save
        self._clock = clock
        # why a container is not updated here, "" where it is
        self._looked: dict[Candidate, str] = {}

    async def look(self, *, complete: bool = True) -> Offer:
        """Look at what is newer and was not looked at yet, and offer it. complete: whether all registries were asked.

        What cannot be looked at now is looked at the next time.
        """
        source = self._source
        candidates = {
            each for item, each in newer(source.data) if item.policy in (Policy.ASK, Policy.AUTOMATIC)
        }
        for gone in self._looked.keys() - candidates:
            del self._looked[gone]
        settled = {each for each, why in self._looked.items() if why not in _PASSING}
        for each in sorted(candidates - settled, key=lambda one: one.name):
            await self._look_at(each)
        self.permitted = await source.yard.around.permitted(source.written)
        self.offer = self._judged()
        self._known = self._known or complete
        if complete and self.offer.asked and self.weekly.begin(self._clock()):
            self._save()
        return self.offer

    async def _look_at(self, candidate: Candidate) -> None:
        yard = self._source.yard
        try:
            inspect = await yard.workshop.look(candidate.name)
            refusal = await yard.refusal(inspect) if inspect is not None else None
        except ClientError:
            return
        self._looked[candidate] = refusal.key if refusal else ""

    def _judged(self) -> Offer:
        source = self._source
        terms = Terms(
            written=source.written,
            now=datetime.fromtimestamp(self._clock(), UTC),
            permitted=self.permitted,
            skipped=source.skipped,
            refused=self._refused,
            failed=self.failed,
        )
        return offer_of(source.data, terms)

    def _refused(self, candidate: Candidate) -> str | None:
        spared = self._source.yard.around.spared(candidate.name, self._source.yard.touched(candidate.name))
        return spared.key if spared else self._looked.get(candidate)

    def findings(self, engine: str) -> Sequence[Finding]:
        """Return what is offered now, judged on the newest snapshot; what was offered before a restart holds."""
        source = self._source
        if self._known:
            self.offer = self._judged()
            said = said_of(engine, self.offer, weekly=self.weekly.is_open(self._clock()))
            if said != self.said:
                self.said = said
                self._save()
        return offered(source.id, self.said, source.written, holds=not self._known)

    def touched(self, name: str) -> frozenset[str]:
        """Return the node ids of all that stands still while a container is updated."""
        return self._source.yard.touched(name)

    async def why_not(self, name: str, image: str, digest: str, *, ask: bool = False) -> Left | None:
        """Return why an update that was offered is not to be made any more, None where it is.

        image: the id of what it runs; digest: what was shown as the newest; ask: whether its registry is asked again.
        """
        if ask:
            await self._source.ask_registry(name)
        # what was not looked at is not offered
        offer = await self.look(complete=False)
        if (name, image, digest) in ((each.name, each.image, each.digest) for each in offer.safe):
            return None
        now = next((each for _, each in newer(self._source.data) if each.name == name), None)
        if now is None or now.image != image:
            return Left(name, "target_changed")
        if now.digest != digest:
            return Left(name, "newer_since", {"after": now.after})
        return next((each for each in offer.left if each.name == name), Left(name, "target_changed"))

    def ended(self, failed: Mapping[str, str], *, again: bool = False) -> None:
        """Take note that what was offered was done, as far as it went; failed: the digests that did not work.

        again: whether some of it is another offer by now: that is made without waiting for a week.
        """
        self.failed |= failed
        self.weekly.closed = not again
        self._save()

    def ended_badly(self, name: str, digest: str) -> None:
        """Take note that an image did not stay in a container: it is not offered together with others again."""
        self.failed[name] = digest
        self._save()

    def went_through(self, name: str) -> None:
        """Take note that a container was updated: what failed in it before says nothing any more."""
        if self.failed.pop(name, None) is not None:
            self._save()

    def load(self, row: Mapping[str, Any]) -> None:
        """Take what was kept."""
        self.weekly.load(row.get("week"))
        said = row.get("said")
        if isinstance(said, dict):
            self.said = {str(rule): each for rule, each in said.items() if isinstance(each, dict)}
        failed = row.get("failed")
        if isinstance(failed, dict):
            self.failed = {str(name): str(digest) for name, digest in failed.items()}

    def dump(self) -> dict[str, Any]:
        """Return what is kept."""
        said = {rule: dict(each) for rule, each in self.said.items()}
        return {"week": self.weekly.dump(), "failed": dict(self.failed), "said": said}
