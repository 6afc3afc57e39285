"""The approval in advance of what options say: given by an admin, to the letter; what is written anew is asked for anew."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
import json
import time
from typing import Any, Protocol, override

from ..guardian.contract import (
    SYSTEM,
    Action,
    Actor,
    NotDone,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Risk,
    Step,
    Verdict,
)
from ..guardian.desk import Desk
from ..guardian.house import House
from ..guardian.policy import Standing


class Written(Protocol):
    """What an admin wrote into options that is to be done without asking each time."""

    @property
    def automatic(self) -> bool:
        """Return whether anything at all is to be automatic."""
        ...

    def pack(self) -> dict[str, Any]:
        """Return it to the letter, as JSON can hold it."""
        ...


class Holder(Protocol):
    """The source whose options it is written in, or for."""

    id: str

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""
        ...

    @property
    def written(self) -> Written:
        """Return what the options say now."""
        ...


class OfServer(Protocol):
    """Anything that hangs on a server's entry."""

    @property
    def server(self) -> str:
        """Return the unique id of that entry."""
        ...


def desk_of(house: House, source: OfServer) -> Desk | None:
    """Return the desk of a source's server, where its guardian is at work."""
    guardian = house.guardian(source.server)
    return guardian.desk if guardian is not None else None


def granted(desk: Desk, action: str, source: str) -> list[Standing]:
    """Return what is approved in advance for an action of a source, whatever it says."""
    return [
        each
        for each in desk.helm.standings.values()
        if (each.action, each.source) == (action, source) and not each.over
    ]


async def permitted(desk: Desk, action: str, source: str, written: Written) -> Standing | None:
    """Return the approval of what is written; what was approved and is written no longer ends at once.

    action: what is approved; source: the id of the source whose options say it.
    """
    wanted = {"policy": written.pack()}
    found: Standing | None = None
    for standing in granted(desk, action, source):
        if not written.automatic:
            # nobody misses it
            await desk.helm.revoke(standing.id, SYSTEM)
        elif standing.params == wanted:
            found = standing
        else:
            await desk.helm.lapse(standing.id, "policy_changed")
    return found


class Approve(Action):
    """Grants approvals in advance, as its plan says; what they take the place of is no problem any more."""

    # it cannot itself be approved in advance
    stands_by_policy = True

    @abstractmethod
    def desk(self) -> Desk:
        """Return where they are kept. Raises Refused."""

    @abstractmethod
    def wanted(self, plan: Plan, by: Actor) -> Sequence[Standing]:
        """Return what is to be granted, each without an id."""

    @abstractmethod
    def replaces(self, old: Standing) -> bool:
        """Return whether what is granted takes the place of another one."""

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        desk = self.desk()
        record = next((each for each in desk.records.values() if each.plan == plan and not each.over), None)
        if record is None or record.actor is None:
            raise NotDone("Its record is gone")
        made = [await desk.helm.grant(each) for each in self.wanted(plan, record.actor)]
        for old in tuple(desk.helm.standings.values()):
            if self.replaces(old) and old.lapsed and not old.revoked:
                await desk.helm.revoke(old.id, record.actor)
        return Receipt(step, {"standings": [each.id for each in made]})


class ApprovePolicy(Approve):
    """Approves in advance what the options of a source say now.

    key: of this action; covers: of the action that is then done by itself; rule: for which finding only, or "";
    windows_only: whether only in the maintenance hours.
    """

    key: str
    covers: str
    rule: str = ""
    windows_only: bool = False
    risk = Risk.MEDIUM

    def __init__(self, house: House, holder: Holder) -> None:
        self._house = house
        self._holder = holder

    @override
    def desk(self) -> Desk:
        if (desk := desk_of(self._house, self._holder)) is None:
            raise Refused(Refusal("no_guardian"))
        return desk

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        desk, written = self.desk(), self._holder.written
        if not written.automatic or await permitted(desk, self.covers, self._holder.id, written):
            raise Refused(Refusal("nothing_to_do"))
        if self.windows_only and not desk.policy.settings.windows:
            raise Refused(Refusal("no_window"))
        packed = written.pack()
        return Plan(
            action=self.key,
            target=target,
            fingerprint=json.dumps(packed, sort_keys=True),
            steps=(Step(order="grant_standing", params={"policy": json.dumps(packed)}),),
            risk=self.risk,
            source=self._holder.id,
            params=dict(params),
            before={"policy": packed},
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        same = self._holder.written.pack() == plan.before["policy"]
        return None if same else Refusal("policy_changed")

    @override
    def wanted(self, plan: Plan, by: Actor) -> Sequence[Standing]:
        return [
            Standing(
                id="",
                action=self.covers,
                selector="",
                by=by,
                at=time.time(),
                rule=self.rule,
                source=self._holder.id,
                params={"policy": plan.before["policy"]},
                windows_only=self.windows_only,
            )
        ]

    @override
    def replaces(self, old: Standing) -> bool:
        return (old.action, old.source) == (self.covers, self._holder.id)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        wanted = {"policy": plan.before["policy"]}
        found = any(each.params == wanted for each in granted(self.desk(), self.covers, self._holder.id))
        return Verdict(Outcome.SUCCEEDED if found else Outcome.FAILED)
