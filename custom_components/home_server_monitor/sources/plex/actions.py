"""What may be ordered of a Plex Media Server: one setting at a time, and the scan of a library."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, override

from ...guardian.contract import (
    Action,
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
from ..errors import AuthFailed, CannotConnect, ClientError
from .audit import MENDABLE
from .client import PlexClient
from .model import Plex

LOOK_EVERY: Final = 1.0
SETTING, SCAN = 60.0, 120.0
# what the pages of Plex call a value that is a number in its preferences
NAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "secureConnections": {"0": "Required", "1": "Preferred", "2": "Disabled"},
    "WanPerStreamMaxUploadRate": {"0": "no limit"},
    "WanTotalMaxUploadRate": {"0": "no limit"},
}
# kbit/s in its preferences, Mbit/s on its pages
RATES: Final = frozenset({"WanPerStreamMaxUploadRate", "WanTotalMaxUploadRate"})
_SPELLED: Final = {each.lower(): each for each in MENDABLE}


class Service(Protocol):
    """The coordinator, as far as actions need it."""

    id: str
    client: PlexClient
    data: Plex

    async def async_look(self, *feeds: str) -> Plex:
        """Read these feeds now and return the snapshot."""
        ...


class SetAction(Action):
    """Changes one setting; its inverse puts back what was there, where nobody has changed it since."""

    key = "plex_set"
    risk = Risk.MEDIUM

    def __init__(self, service: Service) -> None:
        self._service = service

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        data = await self._service.async_look("about", "preferences")
        found = data.preferences.get(target.lower())
        if found is None or target.lower() not in _SPELLED:
            raise Refused(Refusal("no_such_setting", {"setting": target}))
        value = params.get("value")
        if found.value == value and type(found.value) is type(value):
            raise Refused(Refusal("setting_is_so", {"setting": found.key}))
        return Plan(
            action=self.key,
            target=target,
            fingerprint=f"{found.key}={found.value!r}",
            steps=(Step(order=self.key, params={"setting": found.key, "value": value}),),
            risk=self.risk,
            deadline=SETTING,
            source=self._service.id,
            params=dict(params),
            before={
                "value": found.value,
                "shown": {
                    "setting": found.key,
                    "was": shown(found.key, found.value),
                    "becomes": shown(found.key, value),
                    "name": data.about.name,
                },
            },
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        data = await self._service.async_look("preferences")
        if data.preference(plan.target) != plan.before["value"]:
            return Refusal("setting_changed", {"setting": plan.target})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        return await self._set(plan.steps[step].params["setting"], plan.params["value"], step)

    async def _set(self, key: str, value: Any, step: int) -> Receipt:
        try:
            await self._service.client.set_preference(key, value)
        except AuthFailed as err:
            raise NotDone from err
        except CannotConnect:
            return Receipt(step, {"lost": True})
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        return await self._seen(plan.target, plan.params["value"])

    async def _seen(self, key: str, value: Any) -> Verdict:
        while True:
            try:
                data = await self._service.async_look("preferences")
                if data.preference(key) == value:
                    return Verdict(Outcome.SUCCEEDED, {})
            except ClientError:
                # it is asked again until the deadline
                pass
            await asyncio.sleep(LOOK_EVERY)

    @override
    async def undo(self, plan: Plan, step: int, receipt: Receipt) -> Receipt | None:
        data = await self._service.async_look("preferences")
        if data.preference(plan.target) != plan.params["value"]:
            raise Refused(Refusal("setting_changed", {"setting": plan.target}))
        return await self._set(plan.steps[step].params["setting"], plan.before["value"], step)

    async def undone(self, plan: Plan) -> Verdict:
        """Judge whether it is as it was before."""
        return await self._seen(plan.target, plan.before["value"])


class ScanAction(Action):
    """Scans a library: one that is being scanned is left alone."""

    key = "plex_scan"
    risk = Risk.LOW

    def __init__(self, service: Service) -> None:
        self._service = service

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        data = await self._service.async_look("sections")
        found = data.sections.get(target)
        if found is None:
            raise Refused(Refusal("no_such_library", {"library": target}))
        if found.refreshing:
            raise Refused(Refusal("library_is_scanned", {"library": found.title}))
        return Plan(
            action=self.key,
            target=target,
            fingerprint=target,
            steps=(Step(order=self.key, params={"library": found.title}),),
            risk=self.risk,
            deadline=SCAN,
            source=self._service.id,
            params=dict(params),
            before={
                "scanned": found.scanned.timestamp() if found.scanned else None,
                "shown": {"library": found.title, "name": data.about.name},
            },
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        data = await self._service.async_look("sections")
        found = data.sections.get(plan.target)
        if found is None:
            return Refusal("no_such_library", {"library": plan.before["shown"]["library"]})
        if found.refreshing:
            return Refusal("library_is_scanned", {"library": found.title})
        return None

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        try:
            await self._service.client.scan(plan.target)
        except AuthFailed as err:
            raise NotDone from err
        except CannotConnect:
            return Receipt(step, {"lost": True})
        return Receipt(step, {})

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        while True:
            try:
                data = await self._service.async_look("sections")
                found = data.sections.get(plan.target)
                if found is None:
                    return Verdict(Outcome.FAILED, {"reason": "no_such_library"})
                newest = found.scanned.timestamp() if found.scanned else None
                # a small library is through before it is looked at
                if found.refreshing or newest != plan.before["scanned"]:
                    return Verdict(Outcome.SUCCEEDED, {})
            except ClientError:
                # it is asked again until the deadline
                pass
            await asyncio.sleep(LOOK_EVERY)


def actions_of(service: Service) -> Mapping[str, Action]:
    """Return what may be done here."""
    found: tuple[Action, ...] = (SetAction(service), ScanAction(service))
    return {each.key: each for each in found}


def shown(setting: str, value: Any) -> str:
    """Return a value as the pages of Plex name it."""
    if (chosen := NAMED.get(setting, {}).get(str(value))) is not None:
        return chosen
    if isinstance(value, bool):
        return "on" if value else "off"
    if setting in RATES and isinstance(value, int | float):
        return f"{value / 1000:g} Mbit/s"
    return "empty" if value == "" else str(value)[:100]
