"""One step under way: what is known, what changes, and what is to be done."""

from collections.abc import Mapping
from typing import Any

from ...guardian.capabilities_power import Mains
from .commands import Command, Message, Tell
from .inputs import Inputs, Link
from .judging import OFF_LASTS, calibrates
from .memory import Memory, Outage, State, changed
from .plan import Mode, PowerPlan


class Turn:
    """The memory as it changes in this step, and the commands that come of it."""

    def __init__(self, memory: Memory, plan: PowerPlan, inputs: Inputs) -> None:
        self.memory = memory
        self.plan = plan
        self.inputs = inputs
        self.commands: list[Command] = []

    @property
    def now(self) -> float:
        """Return the instant of this step."""
        return self.inputs.now

    @property
    def outage(self) -> Outage | None:
        """Return the outage that is not over, None for none."""
        return self.memory.outage

    @property
    def real(self) -> bool:
        """Return whether the plan does something, and does not only say what it would do."""
        return self.plan.mode is not Mode.OBSERVE and self.inputs.approved

    @property
    def acts(self) -> bool:
        """Return whether something may be taken away now."""
        return self.real and not self.inputs.held

    @property
    def on_mains(self) -> bool:
        """Return whether the UPS says just now that mains is there."""
        return self.inputs.power.mains is Mains.PRESENT

    @property
    def on_battery(self) -> bool:
        """Return whether it says just now that mains is not there, and means it."""
        off = self.memory.off_since
        brief = off is not None and self.now - off < OFF_LASTS
        return self.inputs.power.mains is Mains.ABSENT and not brief and not calibrates(self.memory)

    @property
    def clear(self) -> bool:
        """Return whether the UPS says clearly where its power comes from, or did when it was heard last by us."""
        power = self.inputs.power
        said = power.mains if power.link is Link.FRESH else self.memory.mains
        return said is not Mains.UNKNOWN

    @property
    def recovers(self) -> bool:
        """Return whether something is still to be started again."""
        return bool(self.memory.held) or self.memory.nas_taken

    def set(self, **changes: Any) -> None:
        """Change the memory."""
        self.memory = changed(self.memory, **changes)

    def mark(self, **changes: Any) -> None:
        """Change what is known of the outage."""
        if self.memory.outage is not None:
            self.memory = changed(self.memory, outage=changed(self.memory.outage, **changes))

    def go(self, state: State) -> None:
        """Go to another state."""
        self.memory = changed(self.memory, state=state)

    def give(self, command: Command) -> None:
        """Have something done."""
        self.commands.append(command)

    def tell(
        self, message: Message, values: Mapping[str, float | str] | None = None, *, would: bool = False
    ) -> None:
        """Tell something once in an outage, or in the recovery after it."""
        key = f"would_{message}" if would else message.value
        told = self.memory.outage.told if self.memory.outage is not None else self.memory.recovery_told
        if key in told:
            return
        if self.memory.outage is not None:
            self.mark(told=(*told, key))
        else:
            self.set(recovery_told=(*told, key))
        self.give(Tell(message, values or {}, would))

    def untell(self, *messages: Message) -> None:
        """Let something be told once more in this outage."""
        if self.memory.outage is not None:
            self.mark(told=tuple(each for each in self.memory.outage.told if each not in messages))
