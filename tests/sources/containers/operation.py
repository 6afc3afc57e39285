"""One update from the proposal to its end, hurt on its way, over as many lives of Home Assistant as it takes."""

import asyncio
from collections.abc import Callable
import contextlib
from dataclasses import replace
from pathlib import Path
import shutil
from typing import Any

from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.guardian.remediation import Record, State
from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.going_back import RollBackAction
from custom_components.home_server_monitor.sources.containers.sessions import open_session
from custom_components.home_server_monitor.sources.containers.shop import Shop
from custom_components.home_server_monitor.sources.containers.transport import Transport
from custom_components.home_server_monitor.sources.containers.updating import UpdateAction
from custom_components.home_server_monitor.sources.errors import ClientError
from tests.engine import Dockerd, Engine
from tests.guardian.fake import ADMIN, Guardian

from .bench_yard import EngineYard, source_of
from .hurting import Around, Life, hurting
from .injuries import Injury
from .patient import Patient, Told
from .relay import Relay, relaying

# waiting costs nothing here but time
FASTER = 0.3


class Operation:
    """One update, from the proposal to its end, over as many lives of Home Assistant as it takes."""

    def __init__(self, patient: Patient, relay: Relay) -> None:
        self.patient = patient
        self.relay = relay
        self.around = Around(patient.injury, patient.own, patient.port)
        self.journal = patient.folder / "journal-0"
        self.action = "roll_back_container" if patient.injury.back else "update_container"
        self.hurt = False
        self.number = 0

    def _dies(self) -> None:
        """Keep of a life what is on the disk as it ends."""
        self.number += 1
        left, self.journal = self.journal, self.patient.folder / f"journal-{self.number}"
        if left.exists():
            shutil.copytree(left, self.journal)

    async def run(self) -> Record:
        """Update it, hurt it, and live on; returns how it ended."""
        injury = self.patient.injury
        first = Life(self.around, self.relay, injury, self._dies)
        record = await self._live(first, None)
        killed = first.over
        self.hurt = first.hurt
        if killed and injury.again is not None:
            again = Life(self.around, self.relay, None, self._dies, again=injury.again)
            record = await self._live(again, record.id if record else "") or record
            killed = again.over
        if killed:
            record = await self._live(
                Life(self.around, self.relay, None, self._dies), record.id if record else ""
            )
        assert record
        return record

    async def _live(self, life: Life, record_id: str | None) -> Record | None:
        """Live once, begin the update or take it up; returns the record as it is then."""
        async with hurting(self.patient.engine, life, self.patient.count) as url:
            address = normalise(url)
            async with open_session(address) as session:
                client = EngineClient(Transport(session, address))
                yard = EngineYard(self.patient.engine)
                yard.gate_timeout, yard.gate_stable = 6.0, 3.0
                yard.workshop = Shop(client)  # type: ignore[assignment]
                source = source_of(UpdateAction(yard), RollBackAction(yard, sleep=_faster))
                guardian = Guardian(self.journal, source, sleep=_faster)
                watches = asyncio.create_task(_watch(source, self.patient.engine))
                lives = asyncio.create_task(self._act(life, guardian, client, yard, record_id))
                dies = asyncio.create_task(life.died.wait())
                async with asyncio.timeout(120):
                    await asyncio.wait({lives, dies}, return_when=asyncio.FIRST_COMPLETED)
                watches.cancel()
                dies.cancel()
                known = next(
                    (each for each in guardian.desk.records.values() if each.action == self.action), None
                )
                if life.over:
                    # what goes on of it reaches nobody any more; its loop ends with it
                    lives.cancel()
                    return known
                await lives
                await guardian.end()
                return known

    async def _act(
        self, life: Life, guardian: Guardian, client: EngineClient, yard: EngineYard, record_id: str | None
    ) -> None:
        while True:
            try:
                await client.negotiate()
                await yard.relist()
                break
            except ClientError:
                # as an entry whose set-up is tried again
                await asyncio.sleep(0.3)
        if record_id is not None:
            life.armed = True
        await guardian.start()
        if record_id is None:
            if self.patient.injury.back:
                updated = await guardian.done(self.patient.name, "update_container", source="engine")
                assert updated.state is State.SUCCEEDED, updated
                await yard.relist()
            record = await guardian.propose(self.patient.name, self.action, source="engine")
            life.armed = True
            with contextlib.suppress(Refused, ClientError):
                # who tapped is told at once what came of reading the target again
                await guardian.desk.approve(record.id, ADMIN)
        for each in tuple(guardian.desk.records.values()):
            if not each.over and each.state is not State.PROPOSED:
                await guardian.desk.wait(each.id)


async def _faster(seconds: float) -> None:
    await asyncio.sleep(seconds * FASTER)


async def _watch(source: Any, engine: Engine) -> None:
    """Tell the guardian whether the engine is there, as what polls it does."""
    while True:
        try:
            source.there = (await asyncio.to_thread(engine.api.call, "GET", "/_ping", timeout=2))[0] == 200
        except OSError:
            source.there = False
        await asyncio.sleep(0.5)


async def _operate(patient: Patient) -> Told:
    async with relaying(patient.engine.registry) as relay:
        patient.engine = replace(patient.engine, registry=relay.url)
        await asyncio.to_thread(patient.prepare)
        operation = Operation(patient, relay)
        try:
            ended = await operation.run()
        finally:
            await operation.around.heal()
        serves, down = await asyncio.to_thread(patient.examine, ended)
        return Told(ended, serves, down, operation.hurt)


def operate(
    engine: Engine, folder: Path, injury: Injury, own: Dockerd | None, note: Callable[[Told], None]
) -> None:
    """Go through one injury, in a loop of its own, and clean up after it."""
    patient = Patient(engine, folder, injury, own)
    try:
        note(asyncio.run(_operate(patient)))
    finally:
        engine.api.remove_everything(engine.prefix)
        if own:
            engine.api.must("POST", "/images/prune")
