"""An exercise: a finding that is none, whose remedy does nothing, so that the whole way is proven on the first evening."""

from collections.abc import Mapping, Sequence
from typing import Any, override

from .contract import (
    Action,
    Change,
    Finding,
    Missing,
    Node,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Risk,
    Step,
    Verdict,
)


class Practise(Action):
    """Does nothing, in one step, and says so."""

    key = "practise"
    risk = Risk.LOW

    def __init__(self, source: str) -> None:
        self._source = source

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        return Plan(
            action=self.key,
            target=target,
            fingerprint="practice",
            steps=(Step(order="nothing"),),
            risk=self.risk,
            source=self._source,
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        return Receipt(step, {"nothing": True})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        return Verdict(Outcome.SUCCEEDED, {"done": "nothing"})


class PracticeGround:
    """The source that the exercise is about: the guardian itself."""

    kind = "guardian"
    judged = True
    checked: float | None = None
    missing: Sequence[Missing] = ()

    def __init__(self, source: str, server: str, name: str) -> None:
        self.id = source
        self.server = server
        self.name = name
        self.actions: Mapping[str, Action] = {"practise": Practise(source)}

    @property
    def findings(self) -> Sequence[Finding]:
        """Return none: the guardian itself makes the finding, for a while."""
        return ()

    @property
    def nodes(self) -> Sequence[Node]:
        """Return none."""
        return ()

    def changes_since_last(self) -> Sequence[Change]:
        """Return none."""
        return ()
