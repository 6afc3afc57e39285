"""Letting an Arr's imports wait for a while: its own setting, whether it handles what is completed, is lent and returned.

While it handles nothing, completed downloads vanish from its queue and it complains of that itself: both are ours, so
what waited for a person before stays listed, and the complaint is not shown.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
import json
from types import MappingProxyType
from typing import Any, Final, Protocol, override

from yarl import URL

from ...guardian.capabilities import Setting
from ...guardian.capabilities_load import Workload
from ...guardian.capabilities_media import HOLD_IMPORTS, Downloads, Item as Seen
from ...guardian.contract import (
    Action,
    ForAWhile,
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
from ..places import host_node, place_of
from ..records import flag, number
from .client import ArrClient
from .model import Arr
from .queue import Item

# the setting that is lent; there is one of it, so its target is nothing
HANDLING: Final = "completed_handling"
FIELD: Final = "enableCompletedDownloadHandling"
# the check that complains of it
CHECK: Final = "ImportMechanismCheck"
# health is read every 5 minutes, and downloads come back a minute after: so long it may be as if it were held still
ECHO: Final = 600.0
# seconds after which what is lent is looked at again: nobody tells when a person sets it
ANEW: Final = 120.0
LEAST_MINUTES, MOST_MINUTES = 1.0, 7 * 24 * 60.0


class Handling(Setting):
    """Whether an Arr handles completed downloads."""

    def __init__(self, client: ArrClient) -> None:
        self._client = client
        self._seen: bool | None = None

    @override
    async def read(self, target: str) -> bool | None:
        self._seen = flag((await self._client.handling()).get(FIELD))
        return self._seen

    @override
    def shown(self, target: str) -> bool | None:
        return self._seen

    @override
    def same(self, left: Any, seen: Any) -> bool:
        return left is seen

    @override
    def strictest(self, values: Sequence[Any]) -> Any:
        return False if False in values else values[0]

    @override
    async def set_leased(self, target: str, value: Any) -> None:
        row = await self._client.handling()
        if flag(row.get(FIELD)) is None or not isinstance(value, bool):
            raise NotDone("There is no such setting")
        if row[FIELD] is not value:
            await self._client.set_handling({**row, FIELD: value})
        self._seen = value


def waiting_of(source: str, name: str, url: URL) -> Workload:
    """Return that an Arr moves what is completed into the library, which can wait."""
    here = host_node(source)
    return Workload(
        action=HOLD_IMPORTS, target="", name=name, node=here, nodes=frozenset({here, place_of(url)})
    )


class Holder(Protocol):
    """What the action needs of its Arr."""

    id: str
    client: ArrClient
    handling: Handling

    @property
    def data(self) -> Arr:
        """Return the newest snapshot, without asking."""
        ...


class HoldImports(Action):
    """Lets what is completed wait for its import for a while. Params: minutes."""

    key = HOLD_IMPORTS
    risk = Risk.LOW

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        holder = self._holder
        app = holder.client.app.name
        if await holder.handling.read("") is None:
            raise Refused(Refusal("not_for_this_app", {"app": app}))
        wanted = number(params.get("minutes"))
        minutes = min(max(60.0 if wanted is None else wanted, LEAST_MINUTES), MOST_MINUTES)
        lease = ForAWhile(setting=HANDLING, target="", value=False, lasts=minutes * 60)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=json.dumps([HANDLING, app]),
            steps=(Step(order=self.key, params={"app": app}, lease=lease),),
            risk=self.risk,
            source=holder.id,
            params=dict(params),
            before={"shown": {"app": app}},
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        if await self._holder.handling.read("") is None:
            return Refusal("not_for_this_app", {"app": self._holder.client.app.name})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        row = await self._holder.client.handling()
        if flag(row.get(FIELD)) is None:
            raise NotDone("There is no such setting")
        await self._holder.client.set_handling({**row, FIELD: False})
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        held = await self._holder.handling.read("") is False
        return Verdict(Outcome.SUCCEEDED if held else Outcome.FAILED)


class Carried:
    """What an Arr does not show while its imports are held, and what it shows of the hold alone."""

    def __init__(self) -> None:
        self._blocked: Mapping[str, Item] = MappingProxyType({})
        self._until = 0.0

    @property
    def blocked(self) -> Collection[str]:
        """Return the keys of what waits for a person."""
        return self._blocked.keys()

    def shown(self, data: Arr, clients: Collection[Downloads], now: float, *, held: bool) -> Arr:
        """Return a snapshot as it is without our hold. now: seconds that only go on; held: whether it is in force."""
        if held:
            self._until = now + ECHO
        kept: dict[str, Item] = {}
        if now < self._until:
            there = {*still_there(self._blocked.values(), clients)}
            kept = {key: replace(each, held=True) for key, each in self._blocked.items() if key in there}
        items = {**kept, **data.queue.items}
        if not held:
            self._blocked = {key: each for key, each in items.items() if each.blocked}
        if now >= self._until:
            return data
        checks = {key: each for key, each in data.checks.items() if each.key != CHECK}
        return replace(data, queue=replace(data.queue, items=MappingProxyType(items)), checks=checks)


def still_there(items: Collection[Item], clients: Collection[Downloads]) -> Iterator[str]:
    """Yield the keys of items that a client has, or that no watched client could have."""
    known = [each for each in clients if each.judged]
    there = {key.lower() for each in known for key in each.downloads()}
    whole = {each.protocol for each in known if each.complete_list}
    for item in items:
        if item.key in there or item.protocol not in whole:
            yield item.key


class Waiting:
    """Knows which completed downloads an Arr has not imported: it asks its history, once for each."""

    # questions in one look, and seconds after which one that waits is asked about again: while all is held rarely
    MOST: Final = 10
    AGAIN: Final = 60.0
    AGAIN_HELD: Final = 1800.0

    def __init__(self, client: ArrClient) -> None:
        self._client = client
        # whether it waits, and when that was asked
        self._known: dict[str, tuple[bool, float]] = {}
        self._held = False

    async def of(
        self, items: Mapping[str, Seen], blocked: Collection[str], now: float, *, held: bool
    ) -> frozenset[str]:
        """Return which of these were grabbed and not imported. now: seconds that only go on. Raises ClientError."""
        again, turned = self.AGAIN_HELD if held else self.AGAIN, held is not self._held
        self._held = held
        # what was imported up to this moment is not known yet
        self._known = {
            key: (waits, -again if turned else at) for key, (waits, at) in self._known.items() if key in items
        }
        asked = 0
        for key, item in items.items():
            waits, at = self._known.get(key, (True, -again))
            if not waits or now - at < again or asked >= self.MOST:
                continue
            asked += 1
            self._known[key] = (await self._waits(item), now)
        return frozenset(
            key for key, (waits, _) in self._known.items() if waits and key.lower() not in blocked
        )

    def imported(self, download: str) -> None:
        """Take note that one was imported by our order."""
        self._known[download] = (False, 0.0)

    async def _waits(self, item: Seen) -> bool:
        # as an Arr spells it
        name = item.id.upper() if item.protocol == "torrent" else item.id
        events = await self._client.history(download=name)
        newest = next((each.what for each in events if each.what), "")
        return newest == "grabbed"
