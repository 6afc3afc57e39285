"""All that may be done on one engine."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from ...guardian.contract import Action
from .actions import actions_of
from .audit_actions import AcceptAudit, Audited, FixAudit, RevokeAudit
from .cutting import DisconnectContainer
from .cycle import Cycle
from .data_back import RollBackDataAction
from .going_back import LetGoAction, RollBackAction
from .limit_action import LimitContainer
from .own_yard import OwnYard
from .stacks import stack_actions
from .updating import UpdateAction
from .watching import Watching


class Acting(Watching, Audited, Protocol):
    """The source that is acted on; see the coordinator."""

    yard: OwnYard
    cycle: Cycle


def actions_on(source: Acting, now: Callable[[], datetime]) -> dict[str, Action]:
    """Return every action by key; what joins several systems is added later."""
    client, yard, cycle = source.access.client, source.yard, source.cycle

    def is_podman() -> bool:
        return cycle.is_podman

    whole: tuple[Action, ...] = (
        UpdateAction(yard),
        RollBackAction(yard),
        LetGoAction(yard),
        RollBackDataAction(yard),
        FixAudit(client, yard, source),
        AcceptAudit(source, now),
        RevokeAudit(source),
        DisconnectContainer(client, yard, is_podman),
        LimitContainer(client, yard, lambda: cycle.closely.host_memory),
    )
    return {
        **actions_of(client, yard, is_podman),
        **{each.key: each for each in whole},
        **stack_actions(source),
    }
