"""How a client is acted on: a plan of few writes, and a look at what became of it.

Whatever was ordered is looked at afterwards: clients answer `Ok.` to much that they do not do.
"""

from abc import abstractmethod
import asyncio
from collections.abc import Mapping, Sequence
import json
from typing import Any, Protocol, override

from ...guardian.capabilities_media import Item
from ...guardian.contract import (
    Action,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Risk,
    Step,
    Verdict,
)
from ..errors import ClientError
from .client import DownloadClient

# seconds between two looks, and how many of them
LOOK_EVERY = 0.5
LOOKS = 20


class Host(Protocol):
    """What an action needs of its source."""

    id: str
    client: DownloadClient

    def downloads(self) -> Mapping[str, Item]:
        """Return its downloads as they were seen last."""
        ...

    def moves_wait(self) -> str:
        """Return the local time until which moves wait; empty where they may begin now."""
        ...

    def original(self, setting: str, target: str) -> Any:
        """Return what a value returns to, where it is lent; None where it is not."""
        ...

    def twin(self) -> str | None:
        """Return the name of an older entry that is the same client, None where there is none."""
        ...

    def lent_elsewhere(self, setting: str, target: str, value: Any) -> str | None:
        """Return who lent exactly this value of what may be this client, None where nobody did."""
        ...

    def ordered(self) -> None:
        """Have it looked at soon: something was changed."""
        ...


class ClientAction(Action):
    """One or more writes, each judged by looking at the client. What is lent returns by its lease, the rest has no inverse."""

    risk = Risk.LOW
    key: str
    # what is said where no change is seen
    unseen = Outcome.FAILED
    # seconds for all writes and looks
    deadline = 60.0

    def __init__(self, host: Host) -> None:
        self.host = host

    @property
    def client(self) -> DownloadClient:
        """Return the client, as its source has it now."""
        return self.host.client

    @abstractmethod
    async def noted(self, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the plan is bound to, as JSON. Raises Refused and ClientError."""

    @abstractmethod
    def steps(self, target: str, params: Mapping[str, Any], noted: Mapping[str, Any]) -> Sequence[Step]:
        """Return the writes. Raises Refused."""

    @abstractmethod
    async def send(self, plan: Plan, step: int) -> None:
        """Send one write. Raises ClientError."""

    @abstractmethod
    async def is_done(self, plan: Plan) -> bool:
        """Look whether it is so. Raises ClientError."""

    def risk_of(self, params: Mapping[str, Any], noted: Mapping[str, Any]) -> Risk:
        """Return what this plan may cost."""
        return self.risk

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        noted = dict(await self.noted(target, params))
        return Plan(
            action=self.key,
            target=target,
            fingerprint=json.dumps(noted, sort_keys=True),
            steps=tuple(self.steps(target, params, noted)),
            risk=self.risk_of(params, noted),
            deadline=self.deadline,
            source=self.host.id,
            params=dict(params),
            before=noted,
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            noted = await self.noted(plan.target, plan.params)
        except Refused as err:
            return err.refusal
        if json.dumps(noted, sort_keys=True) != plan.fingerprint:
            return Refusal("target_changed", {"target": self.title})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        await self.send(plan, step)
        self.host.ordered()
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        for look in range(LOOKS):
            try:
                if await self.is_done(plan):
                    return Verdict(Outcome.SUCCEEDED)
            except ClientError:
                # it is away: only the deadline decides, and then nothing is claimed
                if look == LOOKS - 1:
                    return Verdict(Outcome.INCONCLUSIVE, {"reason": "not reachable"})
            await asyncio.sleep(LOOK_EVERY)
        return Verdict(self.unseen, {"reason": "the client shows no change"})

    @property
    def title(self) -> str:
        """Return the client's name."""
        return self.client.product.label
