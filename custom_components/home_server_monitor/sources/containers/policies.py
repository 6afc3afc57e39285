"""What an admin wishes for updates: a policy for all containers and for single ones, which labels may only tighten."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .model import Container, Image

# a label of the container; nothing else is taken from labels
LABEL = "home_server_monitor.update"
DEFAULT, COOL_DOWN = "update_policy", "update_cool_down"
# days after its publication for which a newer image is left to others
DAYS = 3


class Policy(StrEnum):
    """What happens when there is a newer image, the tightest first."""

    NEVER = "never"
    NOTIFY = "notify"
    ASK = "ask"
    AUTOMATIC = "automatic"


_TIGHTEST = tuple(Policy)
# of each policy, the option that names the containers of their own
FIELDS: Mapping[Policy, str] = {each: f"update_{each.value}" for each in Policy}


@dataclass(frozen=True, slots=True)
class Written:
    """What the options say. own: the policy of single containers, by name; cool_down: days."""

    default: Policy = Policy.ASK
    own: Mapping[str, Policy] = field(default_factory=dict)
    cool_down: int = DAYS

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Written:
        """Return what is written; a container that is named twice has the tighter policy."""
        own: dict[str, Policy] = {}
        for policy in _TIGHTEST:
            for name in options.get(FIELDS[policy]) or ():
                own.setdefault(str(name), policy)
        return cls(
            default=Policy(options.get(DEFAULT, Policy.ASK)),
            own=own,
            cool_down=int(options.get(COOL_DOWN, DAYS)),
        )

    @property
    def automatic(self) -> bool:
        """Return whether anything at all is to be automatic."""
        return Policy.AUTOMATIC in (self.default, *self.own.values())

    def pack(self) -> dict[str, Any]:
        """Return it as a standing approval is bound to: the letter of it, not what it selects today."""
        named = {
            policy.value: sorted(name for name, each in self.own.items() if each is policy)
            for policy in _TIGHTEST
        }
        return {"default": self.default.value, "cool_down": self.cool_down, **named}

    def of_container(self, container: Container, image: Image | None) -> Policy:
        """Return the policy of a container: the one written for it, or the tighter one of its label.

        A label that its image carries too is its author's wish and nobody's here.
        """
        policy = self.own.get(container.name, self.default)
        label = container.labels.get(LABEL)
        if label is None or (image is not None and image.update_label == label):
            return policy
        try:
            wished = Policy(label.strip().lower())
        except ValueError:
            return policy
        return min(policy, wished, key=_TIGHTEST.index)
