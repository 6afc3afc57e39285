"""What may be done with one download. Its target is its id, and it is looked for again right before."""

from abc import abstractmethod
import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, override

from ...guardian.capabilities_media import (
    MOVE_DOWNLOAD,
    PAUSE_DOWNLOAD,
    RECHECK_DOWNLOAD,
    REMOVE_DOWNLOAD,
    RESUME_DOWNLOAD,
    DownloadState,
    Item,
)
from ...guardian.contract import Outcome, Plan, Receipt, Refusal, Refused, Risk, Step, Verdict
from ..errors import ClientError
from .acting import ClientAction

# seconds between two looks at files that move, and for all of it: a disk is as slow as it is
MOVE_LOOK = 5.0
MOVE = 6 * 3600.0
_RESTS = (DownloadState.PAUSED, DownloadState.COMPLETED, DownloadState.FAILED)


class ItemAction(ClientAction):
    """An order about one download."""

    @override
    async def noted(self, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        found = await self.client.look_item(target)
        if found is None:
            raise Refused(Refusal("no_such_target", {"target": target}))
        if (refusal := self.refused(found)) is not None:
            raise Refused(Refusal(refusal, {"target": found.name}))
        # not how far it is, which grows; but whether it is all there, for then it is another thing to lose
        return {
            "id": found.id,
            "whole": found.state.has_all,
            "private": found.private is True,
            "shown": {"download": found.name, **self.shown(found, params)},
        }

    def shown(self, found: Item, params: Mapping[str, Any]) -> Mapping[str, str]:
        """Return what else of it the text of the plan names. Raises Refused."""
        return {}

    def refused(self, found: Item) -> str | None:
        """Return the key of a refusal, if this one cannot take the order."""
        return None

    @override
    def steps(self, target: str, params: Mapping[str, Any], noted: Mapping[str, Any]) -> Sequence[Step]:
        return [Step(order=self.key, params=dict(params))]

    @override
    async def is_done(self, plan: Plan) -> bool:
        return self.done(await self.client.look_item(plan.target))

    @abstractmethod
    def done(self, found: Item | None) -> bool:
        """Return whether a download is as was ordered."""


class RemoveItem(ItemAction):
    """Takes a download out of the client. Params: delete_data.

    Its files go with it only where that is said. A private torrent is owed to its tracker, so that deleting it takes
    more than a tap.
    """

    key = REMOVE_DOWNLOAD
    risk = Risk.HIGH

    @override
    def risk_of(self, params: Mapping[str, Any], noted: Mapping[str, Any]) -> Risk:
        if params.get("delete_data") is True and (noted["private"] or noted["whole"]):
            return Risk.HIGH
        return Risk.MEDIUM

    @override
    async def send(self, plan: Plan, step: int) -> None:
        await self.client.remove(plan.target, delete_data=plan.params.get("delete_data") is True)

    @override
    def done(self, found: Item | None) -> bool:
        return found is None


class PauseItem(ItemAction):
    """Lets one download rest."""

    key = PAUSE_DOWNLOAD

    @override
    def refused(self, found: Item) -> str | None:
        return "so_already" if found.state is DownloadState.PAUSED else None

    @override
    async def send(self, plan: Plan, step: int) -> None:
        await self.client.pause_item(plan.target)

    @override
    def done(self, found: Item | None) -> bool:
        return found is not None and found.state in _RESTS


class ResumeItem(ItemAction):
    """Lets one download go on."""

    key = RESUME_DOWNLOAD

    @override
    async def send(self, plan: Plan, step: int) -> None:
        await self.client.resume_item(plan.target)

    @override
    def done(self, found: Item | None) -> bool:
        return found is not None and found.state not in _RESTS


class CheckFiles(ItemAction):
    """Has the files of one download checked anew."""

    key = RECHECK_DOWNLOAD
    # a small one is checked before anybody can look
    unseen = Outcome.INCONCLUSIVE

    @override
    async def send(self, plan: Plan, step: int) -> None:
        await self.client.check_files(plan.target)

    @override
    def done(self, found: Item | None) -> bool:
        return found is not None and found.state is DownloadState.CHECKING


class MoveItem(ItemAction):
    """Moves the files of a complete torrent to another folder. Params: folder, as the client calls it.

    Clients move one torrent after the other, as fast as the disk is: so only one is ordered at a time, in the hours in which
    much may be written.
    """

    key = MOVE_DOWNLOAD
    risk = Risk.MEDIUM
    deadline = MOVE

    @override
    def shown(self, found: Item, params: Mapping[str, Any]) -> Mapping[str, str]:
        folder = str(params["folder"])
        if _same(found.folder, folder):
            raise Refused(Refusal("there_already", {"target": found.name}))
        if any(each.state is DownloadState.MOVING for each in self.host.downloads().values()):
            raise Refused(Refusal("moves_one_by_one", {"target": self.title}))
        if time := self.host.moves_wait():
            raise Refused(Refusal("moves_wait", {"time": time}))
        return {"was": found.folder or "?", "folder": folder}

    @override
    def refused(self, found: Item) -> str | None:
        return None if found.state.has_all else "not_complete"

    @override
    async def send(self, plan: Plan, step: int) -> None:
        await self.client.move(plan.target, str(plan.params["folder"]))

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Look until it is there and rests, or cannot go on."""
        while True:
            try:
                found = await self.client.look_item(plan.target)
                if found is None or found.state is DownloadState.FAILED:
                    said = found.reason if found is not None else "it is not in the client any more"
                    return Verdict(Outcome.FAILED, {"reason": said})
                if self.done(found) and _same(found.folder, str(plan.params["folder"])):
                    return self._arrived()
            except ClientError:
                # it is asked again until the deadline
                pass
            await asyncio.sleep(MOVE_LOOK)

    def _arrived(self) -> Verdict:
        if self.client.shows_moves:
            return Verdict(Outcome.SUCCEEDED)
        return Verdict(
            Outcome.INCONCLUSIVE, {"reason": f"{self.title} does not show when its files have moved"}
        )

    @override
    def done(self, found: Item | None) -> bool:
        return found is not None and found.state is not DownloadState.MOVING


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")
