"""The approval in advance of what the options say about updates: given by an admin, to the letter, for the windows."""

from collections.abc import Mapping, Sequence
import json
import time
from typing import Any, Protocol, override

from ..guardian.contract import (
    SYSTEM,
    Action,
    NotDone,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Resume,
    Risk,
    Step,
    Verdict,
)
from ..guardian.desk import Desk
from ..guardian.house import House
from ..guardian.policy import Standing

UPDATE_ALL, APPROVE = "update_containers", "approve_update_policy"
RULE = "updates_due"


class Written(Protocol):
    """What an admin wrote into the options about updates."""

    @property
    def automatic(self) -> bool:
        """Return whether anything at all is to be automatic."""
        ...

    def pack(self) -> dict[str, Any]:
        """Return it to the letter, as JSON can hold it."""
        ...


class Engine(Protocol):
    """The engine whose policy it is."""

    id: str

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""
        ...

    @property
    def written(self) -> Written:
        """Return what the options say about updates."""
        ...


def desk_of(house: House, engine: Engine) -> Desk | None:
    """Return the desk of an engine's server, where its guardian is at work."""
    guardian = house.guardian(engine.server)
    return guardian.desk if guardian is not None else None


def granted(desk: Desk, engine: Engine) -> list[Standing]:
    """Return what is approved in advance for the updates of an engine, whatever it says."""
    return [
        each
        for each in desk.helm.standings.values()
        if each.action == UPDATE_ALL and each.source == engine.id and not each.over
    ]


async def permitted(desk: Desk, engine: Engine, written: Written) -> bool:
    """Return whether what is written is approved; what was approved and is written no longer ends at once."""
    wanted = {"policy": written.pack()}
    found = False
    for standing in granted(desk, engine):
        if standing.params == wanted:
            found = written.automatic
        elif written.automatic:
            await desk.helm.lapse(standing.id, "policy_changed")
        else:
            # nobody misses it
            await desk.helm.revoke(standing.id, SYSTEM)
    return found


class ApprovePolicy(Action):
    """Approves in advance that updates run by themselves, in the maintenance hours, by what the options say now."""

    key = APPROVE
    resume = Resume.VERIFY
    risk = Risk.MEDIUM
    # it cannot itself be approved in advance
    stands_by_policy = True

    def __init__(self, house: House, engine: Engine) -> None:
        self._house = house
        self._engine = engine

    def _desk(self) -> Desk:
        if (desk := desk_of(self._house, self._engine)) is None:
            raise Refused(Refusal("no_guardian"))
        return desk

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        desk, written = self._desk(), self._engine.written
        if not written.automatic or await permitted(desk, self._engine, written):
            raise Refused(Refusal("nothing_to_do"))
        if not desk.policy.settings.windows:
            raise Refused(Refusal("no_window"))
        packed = written.pack()
        return Plan(
            action=self.key,
            target=target,
            fingerprint=json.dumps(packed, sort_keys=True),
            steps=(Step(order="grant_standing", params={"policy": json.dumps(packed)}),),
            risk=self.risk,
            source=self._engine.id,
            params=dict(params),
            before={"policy": packed},
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        same = self._engine.written.pack() == plan.before["policy"]
        return None if same else Refusal("policy_changed")

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        desk = self._desk()
        record = next((each for each in desk.records.values() if each.plan == plan and not each.over), None)
        if record is None or record.actor is None:
            raise NotDone("Its record is gone")
        made = await desk.helm.grant(
            Standing(
                id="",
                action=UPDATE_ALL,
                selector="",
                by=record.actor,
                at=time.time(),
                rule=RULE,
                source=self._engine.id,
                params={"policy": plan.before["policy"]},
                windows_only=True,
            )
        )
        for old in tuple(desk.helm.standings.values()):
            # what this one takes the place of is no problem any more
            if (old.action, old.source) == (UPDATE_ALL, self._engine.id) and old.lapsed and not old.revoked:
                await desk.helm.revoke(old.id, record.actor)
        return Receipt(step, {"standing": made.id})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        wanted = {"policy": plan.before["policy"]}
        found = any(each.params == wanted for each in granted(self._desk(), self._engine))
        return Verdict(Outcome.SUCCEEDED if found else Outcome.FAILED)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        return None
