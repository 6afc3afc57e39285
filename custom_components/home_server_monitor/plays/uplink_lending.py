"""What clients are asked for while somebody watches from outside: lent by their own action, and given back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
import contextlib
from functools import partial
import logging
from typing import Any, Final

from ..edge import clock
from ..edge.guardian import Guardian
from ..guardian.capabilities_media import LIMIT_BANDWIDTH, limit_params
from ..guardian.contract import ForAWhile, NotDone, Plan, Refused
from ..guardian.journal import JournalFailed
from ..sources.errors import ClientError

_LOGGER = logging.getLogger(__name__)

# a lease ends by itself after this, should nobody look any more; it is taken anew before
MINUTES: Final = 120.0
RENEW: Final = 15 * 60.0
# so long it is not tried again with a client that could not be limited
RETRY: Final = 60.0

type Held = tuple[str, str, str]


class Lending:
    """The limits that one play wants. owner: under which name the leases know it."""

    def __init__(self, guardian: Guardian, owner: str) -> None:
        self._guardian, self._owner = guardian, owner
        # what is asked of each client and until when, and what is held by our leases
        self._asked: dict[str, tuple[Mapping[str, Any], float]] = {}
        self._held: dict[str, set[Held]] = {}
        # clients that somebody took back from us, and until when one that failed is left in peace
        self._left: set[str] = set()
        self._failed: dict[str, float] = {}

    def forgive(self) -> None:
        """Take clients again from now on that somebody took back."""
        self._left.clear()

    def _is_lent(self) -> bool:
        changes = self._guardian.desk.leases.changes.values()
        return any(each.owner == self._owner for change in changes for each in change.leases)

    async def give_back(self) -> None:
        """End what we want, and have it set back at once."""
        leases = self._guardian.desk.leases
        self._asked.clear()
        self._held.clear()
        self._failed.clear()
        if self._is_lent():
            await leases.end_of(self._owner)
            await leases.tick()
            self._guardian.notify()

    async def limit(self, clients: Sequence[Any], level: float) -> None:
        """Share a limit, in bytes a second, among the clients."""
        down = self._guardian.settings.stream_down
        for client in clients:
            self._see_whether_left(client.id)
            if client.id in self._left or clock.now() < self._failed.get(client.id, 0.0):
                continue
            lowers = bool(down) and "down" in client.limits_bandwidth
            params = limit_params(
                minutes=MINUTES, up=level / len(clients), down=down / len(clients) if lowers else None
            )
            asked = self._asked.get(client.id)
            if asked is None or asked[0] != params or asked[1] - clock.now() < RENEW:
                await self._ask(client, params)

    def _see_whether_left(self, client: str) -> None:
        """Leave a client alone where somebody else set its limit, or ended ours, until the streams have ended."""
        if (held := self._held.get(client)) is None:
            return
        changes = self._guardian.desk.leases.changes.values()
        now = clock.now()
        ours = {
            (change.source, change.kind, change.target)
            for change in changes
            if any(each.owner == self._owner and each.ends > now for each in change.leases)
        }
        if not held <= ours:
            self._left.add(client)

    async def _ask(self, client: Any, params: Mapping[str, Any]) -> None:
        """Have one client limited, as its own action plans it; what was wanted of it before ends after that."""
        guardian, before = self._guardian, self._leases_of(client.id)
        leases, held = guardian.desk.leases, set[Held]()
        try:
            for step, make in await self._steps(client, params):
                by = guardian.texts.common("by_uplink")
                await leases.take(client.id, step, make, owner=self._owner, by=by, name=client.name)
                held.add((client.id, step.setting, step.target))
            self._held[client.id] = held
            self._asked[client.id] = (params, clock.now() + MINUTES * 60)
            for lease in before:
                with contextlib.suppress(KeyError):
                    await leases.end(lease)
            guardian.notify()
        except (Refused, NotDone, ClientError, JournalFailed, TimeoutError) as err:
            _LOGGER.debug("%s is not limited: %s", client.name, err)
            self._failed[client.id] = clock.now() + RETRY

    async def _steps(
        self, client: Any, params: Mapping[str, Any]
    ) -> list[tuple[ForAWhile, Callable[[], Awaitable[Any]]]]:
        """Return what is to be lent, each with what orders it; nothing where a stricter limit is there already.

        Raises Refused, and what the client raises when it is read.
        """
        action = client.actions[LIMIT_BANDWIDTH]
        try:
            plan: Plan = await action.plan("", params)
        except Refused as err:
            if err.refusal.key == "so_already":
                return []
            raise
        if refusal := self._guardian.desk.policy.spare(client.id, plan):
            raise Refused(refusal)
        return [
            (step.lease, partial(action.run, plan, index))
            for index, step in enumerate(plan.steps)
            if step.lease is not None
        ]

    def _leases_of(self, client: str) -> list[str]:
        """Return the ids of our leases on a client."""
        return [
            each.id
            for change in self._guardian.desk.leases.changes.values()
            if change.source == client
            for each in change.leases
            if each.owner == self._owner
        ]
