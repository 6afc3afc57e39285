"""What people do about disks: ordered, being replaced, replaced. Takes their answers, follows what is seen, and tells it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant

from ...edge import clock
from ...guardian.capabilities import DiskPlace, ForgetsDisks, PoolStand
from ...guardian.contract import Actor, Finding, Refusal, Refused
from ...guardian.finding import Tracked, finding_id
from ...guardian.waking import waking_of
from ...kept import KeptFile
from ...prediction.tiers import Tier
from .jumps import Jumps
from .ordering import FAILING, Ordering, open_about, serial_of
from .promised import DONE, findings_of_promises
from .promises import Promises, Replaced
from .removal import delete_devices
from .replacing import EXPECTED, REPLACING, Replacement, Stage, advanced, begun
from .told import Told, day

if TYPE_CHECKING:
    from .play import DiskRisk

# what one may answer with taking the disk out
REPLACEABLE: Final = FAILING | {"disk_missing", "self_test_failed", "pool_degraded", "pool_unprotected"}


class Tending:
    """See the module; belongs to one play."""

    def __init__(self, hass: HomeAssistant, play: DiskRisk) -> None:
        self._hass = hass
        self._play = play
        self._of = play.guardian
        self.promises = Promises()
        self._kept = KeptFile(hass, "disks", play.server, self.promises.dump, 0.0)
        self._told = Told(play)
        self._orders = Ordering(play, self.promises)
        self._jumps = Jumps(hass)

    async def async_load(self) -> None:
        """Take back what was said before the last start; it may be lost."""
        await self._kept.load(self.promises.load)

    async def _save(self) -> None:
        self.promises.forget(clock.now())
        await self._kept.save()

    # What is found

    def findings(self) -> Iterator[Finding]:
        """Return the disks that are being replaced, and those that were."""
        return findings_of_promises(self._play, self.promises, self._told)

    def is_retired(self, serial: str, place: DiskPlace | None) -> bool:
        """Return whether a disk was replaced and nothing stands on it any more."""
        return serial in self.promises.replaced and (place is None or place.pool is None)

    def retired(self, places: Mapping[str, DiskPlace]) -> frozenset[str]:
        """Return the serials of disks that were replaced, or are out of their machine for it."""
        out = frozenset(self.promises.replacing.keys() - places.keys())
        return out.union(each for each in self.promises.replaced if self.is_retired(each, places.get(each)))

    # What people answer

    def answers_to(self, finding: Finding) -> Sequence[str]:
        """Return the verbs that may be said to a finding now."""
        if (serial := serial_of(finding)) is None:
            return ()
        if finding.rule == DONE:
            return () if serial in self._play.places() else ("remove",)
        if serial in self.promises.replacing:
            return ("stop",)
        if finding.rule in FAILING:
            ordered = self.promises.ordered.get(serial)
            return ("replacing",) if ordered and not ordered.over else ("ordered", "replacing")
        return ("replacing",) if finding.rule in REPLACEABLE else ()

    async def answer(self, finding: str, verb: str, actor: Actor) -> str:
        """Take an answer; returns what is said to whom answered, "" where that is nothing. Raises Refused."""
        tracked = self._of.tracked(finding)
        if tracked is None or verb not in self.answers_to(tracked.finding):
            raise Refused(Refusal("nothing_to_answer"))
        serial = serial_of(tracked.finding) or ""
        match verb:
            case "ordered":
                await self.order(serial, actor)
            case "replacing":
                await self.replace_disk(serial, actor, finding)
            case "stop":
                await self.stop(serial, actor)
            case "remove":
                await self.remove(serial, actor)
        return ""

    def _must_be_trusted(self, actor: Actor) -> None:
        if not self._of.desk.policy.is_trusted(actor):
            raise Refused(Refusal("admin_only"))

    async def order(self, serial: str, actor: Actor) -> tuple[Sequence[str], float]:
        """Be quiet about a disk for 14 days, unless it gets worse; returns the findings, and until when."""
        found, until = await self._orders.take(serial, actor, self._label(serial))
        await self._save()
        self._play.publish()
        return found, until

    async def replace_disk(self, serial: str, actor: Actor, finding: str = "") -> str:
        """Expect a disk to go; returns the steps, in words. Raises Refused."""
        self._must_be_trusted(actor)
        place, stand = self._where(serial)
        if place is None and stand is None and not finding:
            raise Refused(Refusal("no_such_disk", {"disk": serial}))
        if (it := self.promises.replacing.get(serial)) is None:
            it = self._new(serial, actor.name, self._label(serial, self._of.tracked(finding)))
            await self._begin(it, actor, finding)
        return self._told.steps(it, place, stand)

    def steps(self, serial: str, finding: Finding) -> str:
        """Return what would be done to replace a disk."""
        shown = finding.placeholders
        name = self._play.label(serial) or str(shown.get("disk") or shown.get("devices") or serial[-4:])
        return self._told.steps(self._new(serial, "", name), *self._where(serial))

    def _where(self, serial: str) -> tuple[DiskPlace | None, PoolStand | None]:
        """Return where a disk is, and how the pool stands that it is in, or is missed in."""
        place, stands = self._play.places().get(serial), self._play.stands()
        if place is not None:
            return place, stands.get(place.pool_id or "")
        return None, next((each for each in stands.values() if f"disk:{serial}" in each.lost), None)

    def _new(self, serial: str, who: str, label: str) -> Replacement:
        (place, stand), now = self._where(serial), clock.now()
        it = Replacement(
            serial=serial,
            label=label,
            size=place.size if place else None,
            where=self._told.where(place, stand),
            pool=stand.name if stand else None,
            pool_id=stand.id if stand else None,
            who=who,
            since=now,
            until=now + EXPECTED,
            tag=finding_id(self._play.id, REPLACING, f"disk:{serial}"),
        )
        return begun(place, stand, self._play.places(), it)

    async def _begin(self, it: Replacement, actor: Actor, finding: str) -> None:
        self.promises.ordered.pop(it.serial, None)
        self.promises.replaced.pop(it.serial, None)
        self.promises.replacing[it.serial] = it
        await self._save()
        await self._of.note("disk_replacing", {"disk": it.label, "who": actor.name, "until": day(it.until)})
        # from here on its loss is expected
        await self._of.intake.at_once(self._play)
        # meanwhile it may have been seen to be further, or somebody has stopped it
        if (seen := self.promises.replacing.get(it.serial)) is not None:
            tag = self._take_over(seen, finding, actor) or seen.tag
            it = self.promises.replacing[it.serial] = replace(seen, tag=tag)
            await self._save()
        if it.serial in self.promises.replacing:
            self._told.begun(it, self._told.steps(it, *self._where(it.serial)), actor)
        self._play.publish()

    def _take_over(self, it: Replacement, finding: str, actor: Actor) -> str:
        """Take the place of what was told and is expected now; returns the id under whose notification it goes on."""
        told = [
            each
            for each in open_about(self._of, it.serial)
            if each.finding.rule in waking_of(REPLACING).expects and each.told_severity is not None
        ]
        told.sort(key=lambda each: (each.id != finding, -each.severity))
        tags = [
            each.told_as or each.id for each in told if not self._of.speaker.notices.others_shown_with(each)
        ]
        for each in told:
            each.untold()
            self._told.gone(each, actor)
        for tag in tags[1:]:
            self._told.take_away(tag)
        return tags[0] if tags else ""

    async def stop(self, serial: str, actor: Actor) -> None:
        """Expect it no more. Raises Refused."""
        self._must_be_trusted(actor)
        if (it := self.promises.replacing.pop(serial, None)) is None:
            raise Refused(Refusal("not_replacing", {"disk": serial}))
        await self._save()
        await self._of.note("disk_kept", {"disk": it.label, "who": actor.name})
        self._told.over(it, "stopped", who=actor.name)
        self._play.publish()

    async def remove(self, serial: str, actor: Actor) -> None:
        """Delete the devices of a disk that was replaced; its days are kept. Raises Refused."""
        self._must_be_trusted(actor)
        delete_devices(self._hass, serial)
        for tracked in open_about(self._of, serial):
            if tracked.finding.rule == DONE:
                await self._of.answers.acknowledge(tracked, actor)
        await self._of.note("disk_removed", {"disk": self._label(serial), "who": actor.name})
        self._play.publish()

    # What is seen

    async def follow(self) -> bool:
        """Look how far everything is, and tell what is new; returns whether anything is."""
        now, jumped = clock.now(), self._jumps.look()
        if jumped:
            self.promises.jumped(jumped, now)
            await self._save()
        if not (self.promises.replacing or self.promises.replaced or self.promises.ordered):
            return False
        places, stands = self._play.places(), self._play.stands()
        changed = await self._retire(places)
        for serial in tuple(self.promises.replacing):
            if (before := self.promises.replacing.get(serial)) is None:
                # somebody has stopped it while another one was told
                continue
            it = advanced(before, places, stands.get(before.pool_id or ""))
            # a clock that is wrong at a start is mostly put right within minutes
            late = it.is_late(now) and not self._play.is_new
            if it == before and not late:
                continue
            changed = True
            self.promises.replacing[serial] = it
            if it.stage is Stage.DONE:
                await self._finish(it, places, now)
            elif late:
                del self.promises.replacing[serial]
                await self._of.note("disk_late", {"disk": it.label})
                self._told.over(it, "late")
            elif it.told != before.told:
                self._told.stage(it)
        if not self._play.is_new:
            changed |= await self._orders.look(now)
        if changed:
            await self._save()
        return changed

    async def _finish(self, it: Replacement, places: Mapping[str, DiskPlace], now: float) -> None:
        heir = places[it.heir].label if it.heir and it.heir in places else ""
        self.promises.replaced[it.serial] = Replaced(it.label, heir, now, it.errors)
        del self.promises.replacing[it.serial]
        await self._of.note(
            "disk_replaced", {"disk": it.label, "new": heir or "-", "errors": str(it.errors or 0)}
        )
        self._told.over(it, "done" if it.pool_id else "taken_out", loud=True)
        if it.serial not in places:
            self._forget(it.serial)

    async def _retire(self, places: Mapping[str, DiskPlace]) -> bool:
        """Have disks that were replaced missed by nobody; one that is in use again was not."""
        again = [serial for serial in self.promises.replaced if (at := places.get(serial)) and at.pool]
        for serial in again:
            del self.promises.replaced[serial]
        for serial in self.promises.replaced.keys() - places.keys():
            self._forget(serial)
        return bool(again)

    def _forget(self, serial: str) -> None:
        for source in self._play.mine(ForgetsDisks):
            if source.judged:
                source.forget_disk(serial)

    def _label(self, serial: str, tracked: Tracked | None = None) -> str:
        """Return what a disk is called, also one that is gone: then as the finding names it."""
        if known := self._play.label(serial):
            return known
        shown = tracked.finding.placeholders if tracked else {}
        done = self.promises.replaced.get(serial)
        return str(shown.get("disk") or shown.get("devices") or (done.label if done else serial[-4:]))

    def explained(self, serial: str, tier: Tier) -> dict[str, Any]:
        """Return what people have said about a disk, as the answer of an action."""
        it = self.promises.replacing.get(serial)
        going = it and {
            "by": it.who,
            "until": day(it.until),
            "stage": it.stage.value,
            "text": self._told.text(it),
        }
        return {"ordered": self._orders.explained(serial, tier), "replacing": going}
