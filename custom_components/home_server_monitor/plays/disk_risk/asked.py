"""What people answer and others ask about disks: capabilities AnswersFindings, TendsDisks and RetiresDisks."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final

from ...guardian.capabilities import DiskPlace
from ...guardian.contract import Actor, Finding
from ...guardian.house import House
from .leaving import why_ended
from .ordering import serial_of
from .record import DiskRecord
from .tending import Tending

# characters of a serial that name a disk at least
SHORTEST: Final = 3


class AskedOfDisks(ABC):
    """Hands on to what tends the disks."""

    house: House
    tending: Tending

    @property
    @abstractmethod
    def records(self) -> Mapping[str, DiskRecord]:
        """Return what is known of each disk, by serial."""

    @abstractmethod
    def places(self) -> Mapping[str, DiskPlace]:
        """Return where the disks of this server are, by serial."""

    @abstractmethod
    def is_unread(self, serial: str) -> bool:
        """Return whether nothing that could read a disk is left, and that for a day."""

    def is_retired(self, serial: str) -> bool:
        """Return whether a disk was replaced, and nothing stands on it."""
        return serial in self.tending.promises.replaced and self.tending.is_retired(
            serial, self.places().get(serial)
        )

    def retired_disks(self) -> frozenset[str]:
        """Return the serials of disks that were replaced, or are out for it (capability RetiresDisks)."""
        promised = self.tending.promises
        return self.tending.retired(self.places()) if promised.replaced or promised.replacing else frozenset()

    def answers_to(self, finding: Finding) -> Sequence[str]:
        """Return the verbs that may be said to a finding now."""
        return self.tending.answers_to(finding)

    async def answer(self, finding: str, verb: str, actor: Actor) -> str:
        """Take an answer to a finding. Raises Refused."""
        return await self.tending.answer(finding, verb, actor)

    async def order(self, serial: str, actor: Actor) -> tuple[Sequence[str], float]:
        """Be quiet about a disk while its replacement is on its way."""
        return await self.tending.order(serial, actor)

    async def replace_disk(self, serial: str, actor: Actor, finding: str = "") -> str:
        """Expect a disk to go; returns the steps. Raises Refused."""
        return await self.tending.replace_disk(serial, actor, finding)

    async def stop_replacing(self, serial: str, actor: Actor) -> None:
        """Expect it no more. Raises Refused."""
        await self.tending.stop(serial, actor)

    def steps_to_replace(self, finding: Finding) -> str:
        """Return what is to be done to replace the disk that a finding is about."""
        return self.tending.steps(serial_of(finding) or "", finding)

    def why_ended(self, finding: Finding) -> tuple[str, Mapping[str, str]] | None:
        """Return why a finding ended that did not end because all is well (capability ExplainsEnds)."""
        return why_ended(self, finding)

    def serial(self, wanted: str) -> str | None:
        """Return the serial of a disk by the end of it; None where that names none, or several."""
        end = wanted.strip().upper()
        known = {*self.records, *self.places(), *self.tending.promises.replacing}
        ending = [each for each in known if len(end) >= SHORTEST and each.upper().endswith(end)]
        return wanted if wanted in known else ending[0] if len(ending) == 1 else None
