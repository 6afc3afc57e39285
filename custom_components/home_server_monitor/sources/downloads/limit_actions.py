"""Limits and pauses: for a while, which the leases hold and take back, and for good, as a person sets them."""

from collections.abc import Mapping, Sequence
from typing import Any, override

from ...guardian.capabilities_media import LIMIT_BANDWIDTH, PAUSE_DOWNLOADS
from ...guardian.contract import ForAWhile, Plan, Refusal, Refused, Step
from .acting import ClientAction, Host
from .client import DownloadClient
from .lending import ALL, LIMIT, PAUSED, lasting
from .model import ALT_DOWN, ALT_UP, DOWN, UP

# minutes, where nothing is said
HOUR, WEEK = 60.0, 7 * 24 * 60.0


class Lent(ClientAction):
    """What is changed for a while: by one entry only, should the client be connected twice."""

    def refuse_twice(self, limits: Mapping[str, int]) -> None:
        """Raise Refused where what is there now may be what another entry lent, so that it is no original.

        limits: those that are there.
        """
        other = self.host.twin()
        for name, value in limits.items():
            if other is None and self.host.original(LIMIT, name) is None:
                other = self.host.lent_elsewhere(LIMIT, name, value)
        if other is not None:
            raise Refused(Refusal("connected_twice", {"target": self.title, "other": other}))


class LimitBandwidth(Lent):
    """Holds the client to a speed for a while, in both of its profiles; a stricter limit stays.

    Params: down, up (bytes a second), at least one, and minutes.
    """

    key = LIMIT_BANDWIDTH

    @override
    async def noted(self, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        limits = await self.client.read_limits()
        self.refuse_twice(limits)
        # what is lent counts as what it returns to
        return {
            name: base if (base := self.host.original(LIMIT, name)) is not None else value
            for name, value in limits.items()
        }

    @override
    def steps(self, target: str, params: Mapping[str, Any], noted: Mapping[str, Any]) -> Sequence[Step]:
        steps = []
        for name, wanted in _wishes(self.client, params).items():
            if name in noted and (not noted[name] or wanted < noted[name]):
                lease = ForAWhile(setting=LIMIT, target=name, value=wanted, lasts=lasting(params, HOUR))
                steps.append(Step(order=self.key, params={"limit": name, "value": wanted}, lease=lease))
        if not steps:
            raise Refused(Refusal("so_already", {"target": self.title}))
        return steps

    @override
    async def send(self, plan: Plan, step: int) -> None:
        order = plan.steps[step].params
        await self.client.set_limit(str(order["limit"]), int(order["value"]))

    @override
    async def is_done(self, plan: Plan) -> bool:
        return _hold(await self.client.read_limits(), plan.steps)

    async def ready(self, plan: Plan, step: int) -> Refusal | None:
        """Look whether what was ordered so far holds, also where its answer was lost."""
        if _hold(await self.client.read_limits(), plan.steps[:step]):
            return None
        return Refusal("target_changed", {"target": self.title})


def _hold(limits: Mapping[str, int], steps: Sequence[Step]) -> bool:
    """Return whether limits are as strict as these steps ordered."""
    wanted = {str(step.params["limit"]): int(step.params["value"]) for step in steps}
    return all(0 < limits.get(name, 0) <= value for name, value in wanted.items())


def _wishes(client: DownloadClient, params: Mapping[str, Any]) -> dict[str, int]:
    """Return what each limit is to be at most. Raises Refused where nothing of it can be limited here."""
    found: dict[str, int] = {}
    for param, names in (("down", (DOWN, ALT_DOWN)), ("up", (UP, ALT_UP))):
        value = params.get(param)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            found |= {name: client.kept(value) for name in names if name in client.limits}
    if not found:
        raise Refused(Refusal("limit_not_possible", {"target": client.product.label}))
    return found


class PauseDownloads(Lent):
    """Lets nothing be downloaded for a while; what seeds goes on. Params: minutes, a week where nothing is said."""

    key = PAUSE_DOWNLOADS

    @override
    async def noted(self, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.client.pauses_by_limits:
            limits = dict(await self.client.read_limits())
            self.refuse_twice(limits)
            return {"limits": limits}
        self.refuse_twice({})
        return {"pause": await self.client.read_pause()}

    @override
    def steps(self, target: str, params: Mapping[str, Any], noted: Mapping[str, Any]) -> Sequence[Step]:
        lasts = lasting(params, WEEK)
        if "limits" in noted:
            least = self.client.kept(1)
            return [
                Step(
                    order=self.key,
                    params={"limit": name, "value": least},
                    lease=ForAWhile(setting=LIMIT, target=name, value=least, lasts=lasts),
                )
                for name in (DOWN, ALT_DOWN)
            ]
        before = noted["pause"]
        if self.host.original(PAUSED, ALL) is None and self.client.is_paused(before):
            raise Refused(Refusal("so_already", {"target": self.title}))
        value = self.client.paused_from(before)
        lease = ForAWhile(setting=PAUSED, target=ALL, value=value, lasts=lasts)
        return [Step(order=self.key, params={"value": value}, lease=lease)]

    @override
    async def send(self, plan: Plan, step: int) -> None:
        order = plan.steps[step].params
        if "limit" in order:
            await self.client.set_limit(str(order["limit"]), int(order["value"]))
        else:
            await self.client.set_pause(order["value"])

    @override
    async def is_done(self, plan: Plan) -> bool:
        return self.client.is_paused(await self.client.read_pause())

    ready = LimitBandwidth.ready


class ResumeDownloads(ClientAction):
    """Lets it download again, whoever paused it."""

    key = "resume_downloads"

    @override
    async def noted(self, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        pause = await self.client.read_pause()
        if not self.client.is_paused(pause):
            raise Refused(Refusal("so_already", {"target": self.title}))
        if self.client.pauses_by_limits:
            limits = {name: self.host.original(LIMIT, name) for name in (DOWN, ALT_DOWN)}
            back: Any = {name: value for name, value in limits.items() if value is not None}
        else:
            back = self.host.original(PAUSED, ALL)
            back = self.client.unpaused(pause) if back is None else back
        if back is None or back == {}:
            raise Refused(Refusal("paused_there", {"target": self.title}))
        return {"back": back}

    @override
    def steps(self, target: str, params: Mapping[str, Any], noted: Mapping[str, Any]) -> Sequence[Step]:
        if self.client.pauses_by_limits:
            return [
                Step(order=self.key, params={"limit": name, "value": value})
                for name, value in noted["back"].items()
            ]
        return [Step(order=self.key, params={"value": noted["back"]})]

    send = PauseDownloads.send

    @override
    async def is_done(self, plan: Plan) -> bool:
        return not self.client.is_paused(await self.client.read_pause())


class SetLimit(ClientAction):
    """Sets one limit for good, as a person wants it. Params: limit (down, up, alt_down, alt_up), value (0 for none)."""

    key = "set_limit"

    @override
    async def noted(self, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        name = str(params.get("limit"))
        limits = await self.client.read_limits()
        value = params.get("value")
        if name not in limits or not isinstance(value, int | float) or value < 0:
            raise Refused(Refusal("limit_not_possible", {"target": self.title}))
        return {"was": limits[name]}

    @override
    def steps(self, target: str, params: Mapping[str, Any], noted: Mapping[str, Any]) -> Sequence[Step]:
        value = self.client.kept(params["value"])
        return [Step(order=self.key, params={"limit": params["limit"], "value": value})]

    send = LimitBandwidth.send

    @override
    async def is_done(self, plan: Plan) -> bool:
        order = plan.steps[0].params
        return (await self.client.read_limits()).get(str(order["limit"])) == int(order["value"])


class Alternative(ClientAction):
    """Lets the alternative limits hold, or the usual ones."""

    def __init__(self, host: Host, *, on: bool) -> None:
        super().__init__(host)
        self.key = "use_alternative_limits" if on else "use_usual_limits"
        self._on = on

    @override
    async def noted(self, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self.client.alternative:
            raise Refused(Refusal("limit_not_possible", {"target": self.title}))
        return {"was": await self.client.read_alternative()}

    @override
    def steps(self, target: str, params: Mapping[str, Any], noted: Mapping[str, Any]) -> Sequence[Step]:
        return [Step(order=self.key)]

    @override
    async def send(self, plan: Plan, step: int) -> None:
        await self.client.set_alternative(self._on)

    @override
    async def is_done(self, plan: Plan) -> bool:
        return await self.client.read_alternative() is self._on
