"""The fault suite: what a person sees while a NAS misbehaves, how soon, for how long, and that all else goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
import fcntl
import json
import os
from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_FINGERPRINT, DOMAIN
from custom_components.home_server_monitor.guardian.contract import Outcome
from custom_components.home_server_monitor.sources.truenas.coordinator import TrueNasCoordinator
from custom_components.home_server_monitor.sources.truenas.methods import Operation
from tests.holds import BESIDE_OTHERS
from tests.orders import act
from tests.seen import Seen
from tests.warp import Warp

# two ticks of 30 s, and the 15 s that the second one may take
TWO_CYCLES = 75.0
HEALED = 30.0
ONE_TICK = 31.0
# one feed is asked each minute; that it failed twice is seen within two of its own cycles and two deadlines
TWO_MINUTES = 150.0
# a call that keeps hanging takes a place on the server each time and is asked for every two minutes only
HANGING = 160.0

POOLS = r"^pool_.*_(status|errors|scan|days_since_scrub|days_to_90|start_scrub)$|^disk_.*_disk_errors$"
TABLE = Path(__file__).parents[3] / ".bench" / "faults.json"


class Case:
    """One NAS under watch."""

    def __init__(self, hass: HomeAssistant, warp: Warp, entry: MockConfigEntry, sim: Any) -> None:
        self.hass, self.warp, self.entry, self.sim = hass, warp, entry, sim
        self.seen = Seen(hass, entry)
        self.baseline: set[str] = set()
        self.logins = sim.logins
        self.row: dict[str, Any] = {}

    @property
    def coordinator(self) -> TrueNasCoordinator:
        """The coordinator as it is now."""
        found = self.entry.runtime_data
        assert isinstance(found, TrueNasCoordinator)
        return found

    async def calm(self) -> None:
        """Wait until all is shown."""
        await self.warp.until(lambda: not self.seen.dark(), 60)
        self.baseline = self.seen.available()
        assert len(self.baseline) > 90
        self.seen.forget()
        self.logins = self.sim.logins

    async def shown(self, dark: set[str], limit: float = TWO_CYCLES) -> None:
        """Wait until exactly these are unavailable."""
        assert dark
        took = await self.warp.until(lambda: self.seen.dark() >= dark, limit)
        assert self.seen.dark() == dark
        self.row |= {"affected": len(dark), "of": len(self.baseline), "shown_s": round(took, 1)}

    async def healed(self, limit: float = HEALED, logins: int = 1) -> None:
        """Wait until all is back."""
        took = await self.warp.until(
            lambda: self.seen.available() >= self.baseline,
            limit,
            lambda: f": {sorted(self.baseline - self.seen.available())}",
        )
        assert self.sim.logins - self.logins <= logins
        self.row |= {"healed_s": round(took, 1), "logins": self.sim.logins - self.logins}

    async def unharmed(self, seconds: float) -> None:
        """Let time pass in which nothing may become unavailable."""
        await asyncio.sleep(seconds)
        assert self.seen.darkened == set()
        assert self.seen.available() >= self.baseline
        self.row |= {"affected": 0, "of": len(self.baseline), "shown_s": 0.0, "healed_s": 0.0}
        self.row["logins"] = self.sim.logins - self.logins


@pytest.fixture
async def case(
    request: pytest.FixtureRequest, hass: HomeAssistant, warp: Warp, nas: MockConfigEntry, sim: Any
) -> AsyncIterator[Case]:
    """A NAS that is well, with everything shown; what a test measures goes into the table."""
    found = Case(hass, warp, nas, sim)
    await found.calm()
    yield found
    sim.faults.clear()
    await sim.start_listening()
    if found.row and "HSM_FAULT_TABLE" in os.environ:
        TABLE.parent.mkdir(exist_ok=True)
        with TABLE.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            with suppress(ValueError):
                rows = json.loads(file.read() or "{}")
            rows[request.node.name.removeprefix("test_")] = found.row
            file.truncate(0)
            file.write(json.dumps(rows, indent=1, sort_keys=True))


async def _everything(case: Case, begin: Callable[[], Any], end: Callable[[], Any]) -> None:
    """A fault of the whole server: all is unavailable within two cycles, and back within 30 s."""
    for step in (begin, end):
        found = step()
        if isinstance(found, Awaitable):
            await found
        if step is begin:
            await case.shown(case.baseline)
            await asyncio.sleep(300)
            assert case.seen.available() == set()
            case.logins = case.sim.logins
    await case.healed()
    case.seen.forget()
    await asyncio.sleep(120)
    assert case.seen.darkened == set()


async def test_refused(case: Case) -> None:
    await _everything(case, case.sim.stop_listening, case.sim.start_listening)


async def test_black_hole(case: Case) -> None:
    await _everything(case, case.sim.faults.black_hole, case.sim.faults.clear)


async def test_all_calls_hung(case: Case) -> None:
    await _everything(case, case.sim.faults.hang, case.sim.faults.clear)


async def test_slow_answers(case: Case) -> None:
    await _everything(case, lambda: case.sim.faults.delay("*", 30.0), case.sim.faults.clear)


async def test_one_byte_a_second(case: Case) -> None:
    await _everything(case, case.sim.faults.slow_bytes, case.sim.faults.clear)


async def test_a_page_instead_of_the_interface(case: Case) -> None:
    case.sim.faults.http_html()
    case.sim.drop()
    await case.shown(case.baseline)
    case.sim.faults.clear()
    await case.healed()


async def test_half_open_socket(case: Case) -> None:
    """The old connection is deaf, a new one works: found out by the missing pong, healed by a new login."""
    case.sim.faults.half_open()
    await asyncio.sleep(90)
    assert case.sim.logins == case.logins + 1
    assert case.seen.available() >= case.baseline
    case.row |= {"affected": len(case.seen.darkened), "of": len(case.baseline), "logins": 1}
    assert case.seen.darkened == set()


async def test_connection_dropped(case: Case) -> None:
    case.sim.drop()
    await case.unharmed(120)
    assert case.row["logins"] == 1


async def test_reset_in_the_middle_of_a_frame(case: Case) -> None:
    case.sim.faults.reset_mid_frame("pool.query", count=1)
    await case.unharmed(180)
    assert case.row["logins"] == 1


async def test_one_call_hung(case: Case) -> None:
    dark = case.seen.like(POOLS)
    case.sim.faults.hang("pool.query")
    await case.shown(dark, TWO_MINUTES)
    await asyncio.sleep(900)
    assert case.seen.darkened == dark
    # hung calls keep their places on the server: after four of them the connection is made anew, no more often
    assert case.sim.logins - case.logins <= 2
    case.row["logins_in_15_min"] = case.sim.logins - case.logins
    case.logins = case.sim.logins
    case.sim.faults.clear()
    await case.healed(HANGING)


async def test_a_call_may_take_as_long_as_its_own_deadline(case: Case) -> None:
    """`pool.dataset.query` has 30 s: one that takes 20 s is slow, not dead."""
    case.sim.faults.delay("pool.dataset.query", 20)
    await case.unharmed(900)


async def test_one_call_failing(case: Case) -> None:
    dark = case.seen.like(POOLS)
    case.sim.faults.error("pool.query", 14, "[EFAULT] it broke")
    await case.shown(dark, TWO_MINUTES)
    await asyncio.sleep(300)
    assert case.seen.darkened == dark
    case.sim.faults.clear()
    await case.healed(ONE_TICK, logins=0)


async def test_one_call_failing_once(case: Case) -> None:
    case.sim.faults.error("pool.query", count=1)
    await case.unharmed(180)


async def test_one_call_denied(case: Case) -> None:
    """Its entities go dark at once and are not asked for again, the issue names the role."""
    dark = case.seen.like(r"^service_")
    case.sim.faults.deny("service.query")
    await case.shown(dark, 2 * TWO_CYCLES)
    asked = len([call for call in case.sim.calls if call.method == "service.query"])
    await asyncio.sleep(600)
    assert len([call for call in case.sim.calls if call.method == "service.query"]) == asked
    assert case.seen.darkened == dark
    issue = ir.async_get(case.hass).async_get_issue(DOMAIN, f"missing_rights_{case.entry.entry_id}")
    assert issue
    assert issue.translation_placeholders
    assert issue.translation_placeholders["roles"] == "SERVICE_READ"
    case.sim.faults.clear()
    await case.hass.config_entries.async_reload(case.entry.entry_id)
    await case.healed()
    assert not ir.async_get(case.hass).async_get_issue(DOMAIN, f"missing_rights_{case.entry.entry_id}")


LISTS = {
    "pool.query": "pools",
    "disk.query": "disks",
    "service.query": "services",
    "alert.list": "alerts",
    "app.query": "apps",
    "pool.dataset.query": "datasets",
    "pool.snapshottask.query": "snapshot_tasks",
    "replication.query": "replications",
    "cloudsync.query": "cloud_syncs",
    "rsynctask.query": "rsyncs",
    "cloud_backup.query": "cloud_backups",
    "vm.query": "vms",
    "virt.instance.query": "instances",
    "interface.query": "interfaces",
    "certificate.query": "certificates",
}
BAD_ROWS = (None, 7, "row", [], {}, {"id": None, "name": None}, {"id": {"$date": 10**30}, "name": ["x"]})


async def test_null_and_malformed_rows_in_every_list(case: Case) -> None:
    """They are skipped and counted; every good row beside them stays, and nothing is removed meanwhile."""
    client = case.coordinator.client
    entities = set(case.seen.entities())
    for method in LISTS:
        good = await client.call(_Plain(method))
        rows = [bad for row in _encoded(good) for bad in (row, *BAD_ROWS)]
        case.sim.faults.replace(method, rows)
    for key in case.coordinator.feeds._states:
        case.coordinator.feeds.hurry(key)
    await case.unharmed(TWO_CYCLES)
    assert set(case.seen.entities()) == entities
    skipped = case.coordinator.data.skipped
    assert set(skipped) == set(LISTS.values())
    assert all(count >= 5 for count in skipped.values())
    case.sim.faults.clear()


class _Plain:
    """A method that is called without arguments."""

    deadline = None

    def __init__(self, name: str) -> None:
        self.name = name

    def params(self) -> list[Any]:
        return []


def _encoded(value: Any) -> Any:
    """Return decoded JSON as the server writes it."""
    if isinstance(value, dict):
        return {key: _encoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    return {"$date": int(value.timestamp() * 1000)} if hasattr(value, "timestamp") else value


ANSWERS = (None, {}, "text", 7, {"code": "x"}, [[]], {"a": [None]})


@pytest.mark.parametrize("answer", ANSWERS, ids=("null", "empty", "text", "number", "code", "rows", "lists"))
async def test_an_answer_of_another_shape(case: Case, answer: Any) -> None:
    """Whatever every call answers: no crash, no old value shown as if it were new, and all is back afterwards."""
    for method in (*LISTS, "system.info", "boot.get_state", "disk.temperatures", "system.reboot.info"):
        case.sim.faults.replace(method, answer)
    await asyncio.sleep(1200)
    assert case.coordinator.last_update_success
    assert case.sim.logins == case.logins
    expected = case.seen.like(r"^service_|^pool_.*_status$")
    if not isinstance(answer, list):
        assert case.seen.dark() >= expected
    case.sim.faults.clear()
    # a list that was answered is asked for again after its five minutes
    await case.healed(330 if isinstance(answer, list) else ONE_TICK, logins=0)


async def test_huge_reply(case: Case) -> None:
    """More than 4 MiB in one frame is not read: only what it belongs to goes dark, the connection stays."""
    dark = case.seen.like(r"^pool_.*_(used_percent|free)$")
    case.sim.faults.huge("pool.dataset.query", 6 * 1024 * 1024)
    case.coordinator.feeds.hurry("datasets")
    await case.shown(dark, 20 * 60)
    assert case.seen.darkened == dark
    case.logins = case.sim.logins
    assert case.sim.logins == case.logins
    case.sim.faults.clear()
    await case.healed(ONE_TICK, logins=0)


@pytest.mark.parametrize(
    "frame",
    [
        '{"jsonrpc": "2.0", "method": "collection_update", "params": {"msg": "changed", "collection": "x.y"}}',
        '{"jsonrpc": "2.0", "id": "hsm-999999", "result": []}',
        '{"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "?"}}',
        '{"jsonrpc": "2.0", "method": "collection_update", "params": null}',
        "[1, 2",
        "null",
        "[" * 100_000,
        '{"id": 1e999}',
    ],
    ids=("event", "answer", "error", "no_params", "torn", "null", "deep", "infinite"),
)
async def test_an_unsolicited_frame(case: Case, frame: str) -> None:
    """Answers are matched by id: nothing shifts, and what is shown afterwards is right."""
    await case.sim.send_raw(frame)
    await case.sim.scenario("pool_degraded")
    await case.unharmed(90)
    guid = case.sim.world.pool("tank").guid
    assert case.seen.state(f"pool_{guid}_status") == "degraded"
    assert case.row["logins"] == 0


async def test_wrong_ids(case: Case) -> None:
    """An answer under a foreign id is nobody's: its call times out, nothing else is taken for it."""
    dark = case.seen.like(POOLS)
    case.sim.faults.wrong_id("pool.query")
    await case.shown(dark, TWO_MINUTES)
    assert case.seen.darkened == dark
    case.sim.faults.clear()
    await case.healed(HANGING)


async def test_session_lost(case: Case) -> None:
    case.sim.faults.not_authenticated()
    case.sim.faults.clear()
    await case.unharmed(120)
    assert case.row["logins"] == 1


def _asking(case: Case) -> list[Any]:
    """Return the flows that ask for a new key; what is found on the NAS is offered beside them."""
    flows = case.hass.config_entries.flow
    return flows.async_progress_by_handler(DOMAIN, match_context={"source": SOURCE_REAUTH})


async def test_key_revoked(case: Case) -> None:
    """A server that is starting may refuse a good key once; the second refusal asks for a new key."""
    await case.sim.scenario("revoked_key")
    await case.shown(case.baseline, 2 * TWO_CYCLES)
    await case.warp.until(lambda: bool(_asking(case)), TWO_CYCLES)
    (flow,) = _asking(case)
    assert flow["context"]["entry_id"] == case.entry.entry_id
    refused = [call for call in case.sim.calls if call.method.startswith("auth.login")]
    assert len(refused) - case.logins <= 4
    await case.sim.scenario_off("revoked_key")
    case.hass.config_entries.flow.async_abort(flow["flow_id"])
    assert await case.hass.config_entries.async_reload(case.entry.entry_id)
    await case.healed()


async def test_key_refused_once(case: Case) -> None:
    case.sim.faults.replace("auth.login_with_api_key", False, count=1)
    case.sim.drop()
    await asyncio.sleep(60)
    assert _asking(case) == []
    await case.healed()


async def test_certificate_changed(case: Case) -> None:
    """Nothing is sent to a server with another certificate; a repair shows it, and pinning it heals."""
    calls = len(case.sim.calls)
    await case.sim.new_certificate()
    await case.shown(case.baseline)
    await asyncio.sleep(120)
    assert len(case.sim.calls) == calls
    issues = ir.async_get(case.hass)
    issue = issues.async_get_issue(DOMAIN, f"certificate_changed_{case.entry.entry_id}")
    assert issue
    assert issue.data
    assert issue.data["old"] == case.entry.data[CONF_FINGERPRINT]
    assert issue.data["new"] == case.sim.fingerprint
    assert await async_setup_component(case.hass, "repairs", {})
    manager = case.hass.data["repairs"]["flow_manager"]
    flow = await manager.async_init(DOMAIN, context={"issue_id": issue.issue_id})
    await manager.async_configure(flow["flow_id"], {})
    await case.healed()
    assert case.entry.data[CONF_FINGERPRINT] == case.sim.fingerprint
    assert issues.async_get_issue(DOMAIN, f"certificate_changed_{case.entry.entry_id}") is None


async def test_the_old_certificate_is_back(case: Case, tmp_path: Path) -> None:
    old = case.sim.certificate
    await case.sim.new_certificate()
    await case.shown(case.baseline)
    case.sim.certificate = old
    _load(case.sim)
    await case.healed()
    assert not ir.async_get(case.hass).async_get_issue(DOMAIN, f"certificate_changed_{case.entry.entry_id}")


def _load(sim: Any) -> None:
    from simulator import tls

    tls.load(sim._ssl, sim.certificate)


async def test_nas_rebooted(case: Case) -> None:
    """A reboot of three minutes: unavailable meanwhile, back in 30 s, and last successes are still known."""
    before = {name: case.seen.state(name) for name in case.seen.like(r"last_success$|days_since_scrub$")}
    booted = case.seen.state("booted")
    reboot = asyncio.create_task(case.sim.reboot(downtime=180))
    await case.shown(case.baseline)
    await reboot
    await case.healed()
    case.seen.forget()
    await asyncio.sleep(90)
    assert case.seen.darkened == set()
    assert case.seen.state("booted") != booted
    assert {name: case.seen.state(name) for name in before} == before


async def test_version_upgraded_between_two_cycles(case: Case) -> None:
    """25.10 becomes 26: containers come from another method, their entities go on; nothing else is lost."""
    await case.sim.set_version("26")
    await case.healed(60)
    await asyncio.sleep(60)
    assert case.coordinator.client.version.startswith("TrueNAS-26")
    assert str(case.seen.state("version")).find("26.0") >= 0
    containers = case.seen.like(r"^machine_container_.*_machine_state$")
    assert {case.seen.state(name) for name in containers} <= {"running", "stopped"}
    lost = case.baseline - case.seen.available()
    assert lost <= case.seen.like(r"^machine_container_") | {"machine_container_tools_machine_state"}
    assert case.sim.refusals == []
    case.row |= {"affected": len(lost), "of": len(case.baseline)}


async def test_counters_reset(case: Case) -> None:
    await case.sim.scenario("counters_reset")
    await case.unharmed(180)
    data = case.coordinator.data
    rates = [rate for app in data.apps.values() if app.stats for rate in (app.stats.received, app.stats.sent)]
    assert len(rates) == 2 * len(data.apps)
    assert all(rate is not None and rate >= 0 for rate in rates)


async def test_disk_removed_and_returned(case: Case) -> None:
    disk = case.sim.world.disk("sdc").serial
    dark = case.seen.like(f"^disk_{disk}_")
    await case.sim.scenario("disk_missing", disk="sdc")
    await case.shown(dark)
    assert case.seen.darkened == dark
    assert "disk_missing" in {finding.rule for finding in case.coordinator.findings}
    await case.sim.scenario_off("disk_missing")
    await case.healed(logins=0)
    assert "disk_missing" not in {finding.rule for finding in case.coordinator.findings}


async def test_pool_renamed(case: Case) -> None:
    entities = case.seen.entities()
    guid = case.sim.world.pool("media").guid
    await case.sim.scenario("pool_renamed", pool="media", to="films")
    await case.unharmed(400)
    pools = {name: entity for name, entity in case.seen.entities().items() if name.startswith("pool_")}
    assert pools == {name: entity for name, entity in entities.items() if name.startswith("pool_")}
    assert case.coordinator.data.pools[str(guid)].name == "films"


async def test_disks_renumbered(case: Case) -> None:
    """sdb, sdc… are other disks after a boot: serials, values and pools stay with the disk."""
    await case.sim.scenario("hot_disk", disk="sdd", by=12)
    serial = case.sim.world.disk("sdd").serial
    await asyncio.sleep(400)
    hot = case.seen.state(f"disk_{serial}_temperature")
    entities = case.seen.entities()
    await case.sim.scenario("disk_renamed")
    await case.unharmed(400)
    assert case.sim.world.disk("sdd").serial != serial
    assert case.seen.entities() == entities
    assert case.seen.state(f"disk_{serial}_temperature") == hot
    assert case.coordinator.data.disks[serial].pool == "media"


async def test_home_assistant_restarted(case: Case) -> None:
    entities, before = case.seen.entities(), case.coordinator
    remembered = {name: case.seen.state(name) for name in case.seen.like(r"last_success$|days_since_scrub$")}
    await case.sim.scenario("reboot", downtime=0)
    assert await case.hass.config_entries.async_reload(case.entry.entry_id)
    await case.healed(logins=2)
    assert case.coordinator is not before
    assert case.seen.entities() == entities
    assert {name: case.seen.state(name) for name in remembered} == remembered
    assert case.sim.sessions == 1


async def test_event_flood(case: Case) -> None:
    """2,000 events: the loop is never held for long, and they make one refresh of what they concern."""
    await asyncio.sleep(31)
    case.warp.worst_hold = 0.0
    calls = len([call for call in case.sim.calls if call.method == "app.query"])
    frame = json.dumps(
        {
            "jsonrpc": "2.0",
            "method": "collection_update",
            "params": {"msg": "changed", "collection": "app.query", "id": "plex", "fields": {}},
        }
    )
    # they pile up behind a stalled cable and then arrive at once
    case.sim.faults.half_open()
    for _ in range(2000):
        await case.sim.send_raw(frame)
    case.warp.worst_hold = 0.0
    case.sim.faults.clear()
    await asyncio.sleep(10)
    held = case.warp.worst_hold
    assert held < 0.05 * BESIDE_OTHERS
    assert len([call for call in case.sim.calls if call.method == "app.query"]) - calls == 1
    await case.unharmed(60)
    case.row["held_ms"] = round(held * 1000, 1)


async def test_a_job_that_never_ends(case: Case) -> None:
    """An order whose job hangs is neither a success nor a failure, and says so after its deadline."""
    case.sim.world.jobs.pace = 1e9
    source = case.coordinator
    guid = str(case.sim.world.pool("tank").guid)
    case.sim.faults.replace("pool.query", _encoded(await source.client.ask(Operation.POOLS)))
    verdict = await act(case.entry, "start_scrub", guid)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    await case.unharmed(60)


async def test_unloading_while_calls_hang(case: Case) -> None:
    """The socket is closed, no task is left, and nothing is asked any more."""
    case.sim.faults.hang()
    for key in case.coordinator.feeds._states:
        case.coordinator.feeds.hurry(key)
    refresh = asyncio.create_task(case.coordinator.async_refresh())
    await asyncio.sleep(1)
    assert await case.hass.config_entries.async_unload(case.entry.entry_id)
    assert case.entry.state is ConfigEntryState.NOT_LOADED
    await refresh
    await asyncio.sleep(5)
    assert case.sim.sessions == 0
    calls = len(case.sim.calls)
    await asyncio.sleep(120)
    assert len(case.sim.calls) == calls
    readers = [task for task in asyncio.all_tasks() if task.get_name() == "truenas reader"]
    assert readers == []
