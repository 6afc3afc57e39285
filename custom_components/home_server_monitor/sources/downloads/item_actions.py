"""What may be done with one download. Its target is its id, and it is looked for again right before."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, override

from ...guardian.capabilities_media import (
    PAUSE_DOWNLOAD,
    RECHECK_DOWNLOAD,
    REMOVE_DOWNLOAD,
    RESUME_DOWNLOAD,
    DownloadState,
    Item,
)
from ...guardian.contract import Outcome, Plan, Refusal, Refused, Risk, Step
from .acting import ClientAction

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
            "shown": {"download": found.name},
        }

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
