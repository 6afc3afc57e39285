"""Importing one completed download now, file by file as the Arr understands it: also while its imports are held."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
import json
import re
from types import MappingProxyType
from typing import Any, Final, override

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
from ..errors import CannotConnect, ClientError
from ..records import Row, at, integer, text
from .removing import Service
from .said import said

# seconds for one import: a film is copied to a slow disk, which others use as well
DEADLINE: Final = 2 * 3600.0
FIRST_LOOK, LAST_LOOK = 3.0, 30.0
_BAD: Final = frozenset({"failed", "aborted", "cancelled", "orphaned"})
_KEPT: Final = ("path", "folderName", "quality", "languages", "releaseGroup", "indexerFlags", "releaseType")
_HASH: Final = re.compile(r"[0-9a-fA-F]{40}")


def _episode(row: Row) -> Row | None:
    episodes = row.get("episodes")
    listed = episodes if isinstance(episodes, list) else ()
    ids = [found for each in listed if (found := integer(at(each, "id"))) is not None]
    series = integer(at(row, "series", "id"))
    return {"seriesId": series, "episodeIds": ids} if series is not None and ids else None


def _film(row: Row) -> Row | None:
    film = integer(at(row, "movie", "id"))
    return None if film is None else {"movieId": film}


# what a file is for, by app
IMPORTED_BY: Final[Mapping[str, Callable[[Row], Row | None]]] = MappingProxyType(
    {"Sonarr": _episode, "Radarr": _film}
)


class ImportNow(Action):
    """Has an Arr import one download; target: its id in its client. What it objects to is left to a person."""

    key = "import_now"
    risk = Risk.LOW

    def __init__(self, service: Service) -> None:
        self._service = service

    @override
    async def plan(self, target: str, params: Mapping[str, Any]) -> Plan:
        service, files = self._service, await self._files(target)
        events = await service.client.history(download=_spelled(target))
        app = service.client.app.name
        title = next((each.title for each in events), target)
        return Plan(
            action=self.key,
            target=target,
            fingerprint=_fingerprint(files),
            steps=(Step(order="ManualImport", params={"title": title, "files": len(files)}),),
            risk=self.risk,
            deadline=DEADLINE,
            source=service.id,
            params=dict(params),
            before={
                "newest": max((each.id for each in events), default=0),
                "shown": {"title": title, "app": app},
            },
        )

    @override
    async def check(self, plan: Plan) -> Refusal | None:
        try:
            files = await self._files(plan.target)
        except Refused as err:
            return err.refusal
        same = _fingerprint(files) == plan.fingerprint
        return None if same else Refusal("target_changed", {"target": plan.before["shown"]["title"]})

    @override
    async def run(self, plan: Plan, step: int) -> Receipt:
        files = await self._files(plan.target)
        try:
            # it decides itself what is moved, and what is copied because it seeds
            number = await self._service.client.command("ManualImport", importMode="auto", files=files)
        except CannotConnect:
            return Receipt(step, {"lost": True})
        return Receipt(step, {"lost": number is None}, number)

    @override
    async def verify(self, plan: Plan, receipts: Sequence[Receipt]) -> Verdict:
        """Judge by its history: an import of this download that was not there before."""
        number, wait = receipts[-1].job if receipts else None, FIRST_LOOK
        ended = False
        while True:
            try:
                events = await self._service.client.history(download=_spelled(plan.target))
                if any(each.what == "imported" and each.id > plan.before["newest"] for each in events):
                    self._service.imported(plan.target)
                    return Verdict(Outcome.SUCCEEDED, {})
                if ended:
                    return Verdict(Outcome.FAILED, {"reason": "not_imported"})
                state, message = await self._service.client.command_state(number) if number else ("", "")
                if state in _BAD:
                    return Verdict(Outcome.FAILED, {"reason": message or state})
                # it says that it is done even where it imported nothing: the history has the last word
                ended = state == "completed"
            except ClientError:
                # it is asked again until the deadline
                pass
            await asyncio.sleep(0 if ended else wait)
            wait = min(wait * 1.5, LAST_LOOK)

    async def _files(self, target: str) -> list[Row]:
        """Return the files of a download as the order names them. Raises Refused and ClientError."""
        client = self._service.client
        rows = await client.manual_import(_spelled(target))
        if not rows:
            raise Refused(Refusal("no_such_target", {"target": target}))
        files = []
        for row in rows:
            about = IMPORTED_BY[client.app.name](row)
            if why := _rejection(row):
                raise Refused(Refusal("import_rejected", {"target": target, "reason": why}))
            if about is None or text(row.get("path")) is None:
                raise Refused(Refusal("import_unknown", {"target": target, "app": client.app.name}))
            kept = {key: row[key] for key in _KEPT if row.get(key) is not None}
            files.append({**kept, **about, "downloadId": _spelled(target)})
        return files


def _rejection(row: Row) -> str:
    """Return what it has against a file, in its words; nothing where it takes it."""
    rejections = row.get("rejections")
    if not isinstance(rejections, list) or not rejections:
        return ""
    return said(at(rejections, 0, "reason")) or "?"


def _spelled(target: str) -> str:
    """Return a download's id as an Arr spells it: an info-hash in capitals."""
    return target.upper() if _HASH.fullmatch(target) else target


def _fingerprint(files: Sequence[Row]) -> str:
    return json.dumps(sorted([str(each["path"]) for each in files]))
