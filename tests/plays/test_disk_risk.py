"""SMART of the simulated home server's disks, from Scrutiny to what a person is shown and told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
import gzip
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import CONF_FINGERPRINT, CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.plays.disk_risk import play
from custom_components.home_server_monitor.plays.disk_risk.play import DiskRisk
from custom_components.home_server_monitor.prediction import forest
import simulator
from tests.conftest import nas_entry
from tests.plays.small_model import write

# the disks of the simulated home server
MIRROR, MEDIA, NVME = "WD-WCC7K4AA17XT", "ZR15K0XV", "S649NF0R512873K"


def scrutiny_entry(sim: Any) -> MockConfigEntry:
    """Return the entry that the flow would make for the simulated Scrutiny."""
    data = {CONF_KIND: "smart", CONF_SERVER: HOME, "url": sim.scrutiny_url, CONF_FINGERPRINT: sim.fingerprint}
    return MockConfigEntry(domain=DOMAIN, title="Scrutiny", data=data)


class Home:
    """A Home Assistant with a server, a NAS and Scrutiny."""

    def __init__(self, hass: HomeAssistant, sim: Any, server: MockConfigEntry) -> None:
        self.hass, self.sim, self.server = hass, sim, server

    @property
    def play(self) -> DiskRisk:
        """The play of this server."""
        found = self.hass.data[DOMAIN].source(f"disks:{HOME}")
        assert isinstance(found, DiskRisk)
        return found

    async def look(self) -> None:
        """Let everything that waits be read and judged."""
        await self.hass.async_block_till_done(wait_background_tasks=False)
        for entry in self.hass.config_entries.async_entries(DOMAIN):
            if entry.data[CONF_KIND] == "smart":
                await entry.runtime_data.async_refresh()
        await self.play.async_look()
        await self.hass.async_block_till_done(wait_background_tasks=False)

    def state(self, serial: str, key: str, platform: str = "sensor") -> str | None:
        """Return the state of an entity of a disk, None where there is none."""
        registry = er.async_get(self.hass)
        entity = registry.async_get_entity_id(platform, DOMAIN, f"{HOME}_disk_{serial}_{key}")
        state = self.hass.states.get(entity) if entity else None
        return state.state if state else None

    def smart_calls(self) -> list[str]:
        """Return what the NAS was asked of its disks."""
        asked = ("disk.temperatures", "disk.smart_attributes")
        return [call.method for call in self.sim.calls if call.method in asked]

    def findings(self, serial: str) -> dict[str, Any]:
        """Return what is wrong with a disk, by rule."""
        return {each.rule: each for each in self.play.findings if each.object == f"disk:{serial}"}


@asynccontextmanager
async def home(
    hass: HomeAssistant,
    server: MockConfigEntry,
    aged: dict[str, str] | None = None,
    *,
    version: str = "25.10",
    scrutiny: bool = True,
    nas: bool = True,
) -> AsyncGenerator[Home]:
    """Set everything up; `aged` says how disks have aged, by kernel name."""
    async with simulator.run(version, profile="frozen", scrutiny=scrutiny) as sim:
        if aged:
            await sim.scenario("disk_ageing", disks=aged)
        if not scrutiny:
            sim.world.apps.pop("scrutiny")
        entries = [*([nas_entry(sim)] if nas else []), *([scrutiny_entry(sim)] if scrutiny else [])]
        for entry in entries:
            entry.add_to_hass(hass)
        for entry in entries:
            assert await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done(wait_background_tasks=False)
        found = Home(hass, sim, server)
        await found.look()
        await found.look()
        yield found
        for entry in entries:
            await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture(autouse=True)
async def _set_up(
    hass: HomeAssistant,
    hass_storage: Any,
    socket_enabled: None,
    server_entry: MockConfigEntry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[None]:
    hass.loop.set_debug(False)
    model = write(tmp_path / "small.json.gz")
    monkeypatch.setattr(play, "load", lambda: forest.load(model))
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    yield
    await hass.config_entries.async_unload(server_entry.entry_id)


async def explain(hass: HomeAssistant, user: MockUser, disk: str) -> Any:
    """Ask why."""
    return await hass.services.async_call(
        DOMAIN,
        "explain_disk",
        {"disk": disk},
        blocking=True,
        return_response=True,
        context=Context(user_id=user.id),
    )


async def test_a_dying_disk_is_seen_and_told(
    hass: HomeAssistant, server_entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    """Its past comes from Scrutiny, so that it is known at once, with why, what to do, where it is and by when."""
    async with home(hass, server_entry, {"sdc": "slow_death"}) as house:
        assert float(house.state(MIRROR, "failure_risk") or 0) > 10
        assert house.state(MIRROR, "failure_tier") in ("high", "critical")
        assert house.state(MIRROR, "smart_health", "binary_sensor") == "off"
        assert house.state(MEDIA, "failure_tier") == "stable"
        found = house.findings(MIRROR)["disk_failing"]
        assert found.severity.name == "HIGH", "its mirror can lose it: nobody is woken"
        said = found.placeholders
        assert (said["disk"], said["size"], said["where"], said["last4"]) == (
            "WD40EFRX 17XT", "4 TB", "pool tank, mirror", "17XT",
        )  # fmt: skip
        assert "new pending sectors in 30 days" in said["reasons"], "some were replaced meanwhile"
        assert "can lose one disk" in said["protection"]
        answer = await explain(hass, hass_admin_user, "17XT")
        assert answer["chance_30_days"] == pytest.approx(found.evidence["p30"], abs=1e-3)
        assert answer["confidence"] == "full"
        assert "8 in 10" in answer["not_seen"], "of WD most failures are silent"
        assert house.sim.world.wakeups == 0


async def test_what_is_no_failing_disk(hass: HomeAssistant, server_entry: MockConfigEntry) -> None:
    """A disk with a few old sectors is only watched; errors of a cable are a cable's; a sudden death is not claimed."""
    aged = {"sdb": "old_and_stable", "sdc": "cable", "sdd": "sudden_death"}
    async with home(hass, server_entry, aged) as house:
        assert house.state("WD-WCC7K4AA17XU", "failure_tier") == "watch"
        assert house.findings("WD-WCC7K4AA17XU") == {}
        assert set(house.findings(MIRROR)) == {"disk_cable"}
        assert house.state(MEDIA, "failure_tier") == "stable"
        assert house.findings(MEDIA) == {}


async def test_a_reset_breaks_the_trend(hass: HomeAssistant, server_entry: MockConfigEntry) -> None:
    async with home(hass, server_entry, {"sdc": "counter_reset"}) as house:
        assert house.play.records[MIRROR].found is not None
        assert house.play.records[MIRROR].found.days <= 12
        assert house.state(MIRROR, "failure_tier") == "stable"


async def test_a_solid_state_drive_wears(hass: HomeAssistant, server_entry: MockConfigEntry) -> None:
    async with home(hass, server_entry, {"nvme0n1": "wearing"}) as house:
        assert house.state(NVME, "failure_risk") is None, "no model for it, no chance"
        left = int(float(house.state(NVME, "days_to_wear_out") or 0))
        assert 150 < left < 350
        assert house.state("50026B7784D1C20E", "days_to_wear_out") == "unknown", "more than 20 years"


async def test_only_admins_are_told_why(
    hass: HomeAssistant,
    server_entry: MockConfigEntry,
    hass_read_only_user: MockUser,
    hass_admin_user: MockUser,
) -> None:
    async with home(hass, server_entry):
        with pytest.raises(ServiceValidationError) as refused:
            await explain(hass, hass_read_only_user, "17XT")
        assert refused.value.translation_key == "admin_only"
        with pytest.raises(ServiceValidationError) as refused:
            await explain(hass, hass_admin_user, "nosuch")
        assert refused.value.translation_key == "no_such_disk"


async def test_a_disk_is_chosen_as_a_device_or_by_its_serial(
    hass: HomeAssistant, server_entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    async def ask(action: str, **data: Any) -> Any:
        context = Context(user_id=hass_admin_user.id)
        return await hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True, context=context
        )

    async with home(hass, server_entry) as house:
        nas, _ = (e for e in hass.config_entries.async_entries(DOMAIN) if e is not server_entry)
        registry = dr.async_get(hass)
        disks = {
            each.serial_number: each.id for each in dr.async_entries_for_config_entry(registry, nas.entry_id)
        }
        disk, machine = disks[MIRROR], disks[None]
        assert (await ask("explain_disk", device_id=disk))["serial"] == MIRROR
        assert (await ask("disk_ordered", device_id=disk))["findings"] == []
        assert (await ask("disk_replacing", device_id=disk))["replacing"] is True
        assert (await ask("disk_replacing", device_id=disk, stop=True))["disk"] == MIRROR
        for data, key in (
            ({}, "name_a_disk"),
            ({"device_id": disk, "disk": "17XT"}, "name_a_disk"),
            ({"device_id": machine}, "wrong_device"),
            ({"device_id": "gone"}, "wrong_device"),
            ({"device_id": disk, "server": "elsewhere"}, "no_such_server"),
        ):
            for action in ("explain_disk", "disk_ordered", "disk_replacing"):
                with pytest.raises(ServiceValidationError) as refused:
                    await ask(action, **data)
                assert refused.value.translation_key == key
        # also while its service is off, and there are two homes
        await hass.config_entries.async_unload(nas.entry_id)
        other = MockConfigEntry(domain=DOMAIN, title="Barn", unique_id="barn", data={CONF_KIND: "server"})
        other.add_to_hass(hass)
        assert await hass.config_entries.async_setup(other.entry_id)
        assert (await ask("explain_disk", device_id=disk))["serial"] == MIRROR
        for data, key in (
            ({"disk": "17XT"}, "name_a_server"),
            ({"device_id": disk, "server": "barn"}, "no_such_disk"),
        ):
            with pytest.raises(ServiceValidationError) as refused:
                await ask("explain_disk", **data)
            assert refused.value.translation_key == key
        await hass.config_entries.async_unload(other.entry_id)
        assert house.play.tending.promises.replacing == {}


async def test_a_nas_without_smart_says_so_until_something_reads_it(
    hass: HomeAssistant, server_entry: MockConfigEntry
) -> None:
    """On 25.10 nothing is read, which is said once, with the disks of this server; a first reading takes it back."""
    issues = ir.async_get(hass)
    async with home(hass, server_entry, scrutiny=False) as house:
        issue = issues.async_get_issue(DOMAIN, f"disks_unread_{HOME}")
        assert issue is not None
        assert issue.translation_placeholders is not None
        assert "/dev/sdb" in issue.translation_placeholders["compose"]
        assert house.play.findings == []
        assert house.state(MIRROR, "failure_tier") is None
    async with home(hass, server_entry):
        assert issues.async_get_issue(DOMAIN, f"disks_unread_{HOME}") is None


async def test_an_older_nas_is_read_without_waking_a_disk(
    hass: HomeAssistant, server_entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    async with home(hass, server_entry, version="25.04", scrutiny=False) as house:
        assert house.state(MIRROR, "failure_tier") == "stable"
        assert house.state(NVME, "failure_tier") == "stable"
        counted = house.play.count_disks()
        assert counted["read"] == sum(counted["kinds"].values()) == sum(counted["tiers"].values())
        assert counted["tiers"]["stable"] == counted["read"] == counted["listed"]
        assert MIRROR not in str(counted)
        record = house.play.records[MIRROR]
        assert record.reading is not None
        assert (record.reading.source, record.reading.count(197)) == ("truenas", 0)
        assert house.sim.world.wakeups == 0
        calls = len([call for call in house.sim.calls if call.method == "disk.smart_attributes"])
        await house.look()
        assert len([call for call in house.sim.calls if call.method == "disk.smart_attributes"]) == calls
        # six values of a disk are enough; what else there is, is there for who wants it
        devices, entities = dr.async_get(hass), er.async_get(hass)
        (nas,) = (each for each in hass.config_entries.async_entries(DOMAIN) if each.title == "truenas")
        for serial in (MIRROR, MEDIA, NVME):
            device = devices.async_get_device_by_identifier(
                (DOMAIN, f"{nas.unique_id}_disk_{serial}"), nas.entry_id
            )
            assert device is not None
            found = er.async_entries_for_device(entities, device.id, include_disabled_entities=True)
            assert len([each for each in found if not each.disabled]) <= 6
            off = {each.translation_key for each in found if each.disabled}
            assert off >= {"smart_test_short", "smart_test_long", "pool"}
        # whoever asks anew is told what was read within the hour; then again only those that are awake
        await house.sim.scenario("disk_asleep", disk="sdd")
        asked = house.smart_calls()
        assert {*await nas.runtime_data.read_smart()} >= {MIRROR, MEDIA, NVME}
        assert house.smart_calls() == asked
        freezer.tick(timedelta(hours=2))
        await nas.runtime_data.read_smart({MIRROR})
        new = house.smart_calls()[len(asked) :]
        assert "disk.temperatures" in new
        assert new.count("disk.smart_attributes") == len(nas.runtime_data.data.disks) - 2
        # one that sleeps is not asked about at every look, nor is one that told nothing
        asked = house.smart_calls()
        assert MIRROR not in await nas.runtime_data.read_smart({MIRROR})
        assert house.smart_calls() == asked
        assert house.sim.world.wakeups == 0


@pytest.mark.parametrize("fault", ["damaged", "missing"])
async def test_a_broken_model_turns_prediction_off_and_nothing_else(
    hass: HomeAssistant,
    server_entry: MockConfigEntry,
    hass_admin_user: MockUser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    """One issue says so; what needs no model goes on, and nothing calls a disk stable that nobody judged."""
    broken = tmp_path / "model.json.gz"
    if fault == "damaged":
        broken.write_bytes(b"\x1f\x8bnot a model")
    monkeypatch.setattr(play, "load", lambda: forest.load(broken))
    await hass.config_entries.async_reload(server_entry.entry_id)
    issues = ir.async_get(hass)
    issue = issues.async_get_issue(DOMAIN, "prediction_off")
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.WARNING
    aged = {"sdb": "healthy", "sdc": "slow_death", "sdd": "cable", "nvme0n1": "wearing"}
    async with home(hass, server_entry, aged) as house:
        assert house.state(MIRROR, "failure_risk") is None
        assert house.state(MIRROR, "failure_tier") == "unknown"
        assert house.state(MIRROR, "smart_health", "binary_sensor") == "off"
        assert set(house.findings(MEDIA)) == {"disk_cable"}
        assert house.state(NVME, "failure_tier") == "stable", "rules judge it"
        assert house.state(NVME, "days_to_wear_out") not in (None, "unknown")
        answer = await explain(hass, hass_admin_user, MIRROR)
        assert (answer["tier"], answer["model_off"]) == (None, True)
        assert hass.states.get("sensor.tank_status").state == "online"  # type: ignore[union-attr]
        shown = er.async_get(hass).entities.values()
        states = {each.entity_id: hass.states.get(each.entity_id) for each in shown if not each.disabled}
        stored = [
            each.entity_id for each in shown if "_pool_" in each.unique_id or "_disk_" in each.unique_id
        ]
        dark = [each for each in stored if (state := states.get(each)) and state.state == "unavailable"]
        assert len(stored) > 30
        assert dark == []
        # installed again
        write(broken)
        await hass.config_entries.async_reload(server_entry.entry_id)
        await house.look()
        assert float(house.state(MIRROR, "failure_risk") or 0) > 1
        assert issues.async_get_issue(DOMAIN, "prediction_off") is None


async def test_every_fault_of_the_model_file_is_one_issue_that_goes_with_it(
    hass: HomeAssistant, server_entry: MockConfigEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "model.json.gz")
    good = path.read_bytes()
    older = json.loads(gzip.decompress(good)) | {"format": forest.FORMAT - 1}
    older["sha256"] = forest.digest(older)
    files = {
        "damaged": good[:-9],
        "other format": gzip.compress(json.dumps(older).encode()),
        "missing": None,
        "": good,
    }
    monkeypatch.setattr(play, "load", lambda: forest.load(path))
    for fault, content in files.items():
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        await hass.config_entries.async_reload(server_entry.entry_id)
        issues = [each for each in ir.async_get(hass).issues.values() if each.domain == DOMAIN]
        assert [each.issue_id for each in issues] == (["prediction_off"] if fault else [])
        assert [(each.translation_placeholders or {})["fault"] for each in issues] == (
            [fault] if fault else []
        )
        assert server_entry.state is ConfigEntryState.LOADED


async def test_what_is_no_longer_read_is_not_shown_as_well(
    hass: HomeAssistant, server_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silent Scrutiny leaves the last reading for three days, with its finding; then nothing is shown as of now."""
    async with home(hass, server_entry, {"sdc": "slow_death"}) as house:
        assert house.sim.scrutiny is not None
        house.sim.scrutiny.faults.add("drop")
        await house.look()
        assert house.state(MIRROR, "failure_tier") in ("high", "critical")
        now = dt_util.utcnow()
        monkeypatch.setattr("homeassistant.util.dt.utcnow", lambda: now + timedelta(days=4))
        await house.play.tell_in_turns()
        assert house.state(MIRROR, "failure_tier") == "unavailable"
        assert "disk_failing" in house.findings(MIRROR), "nobody has seen it mended"


async def test_what_is_ordered_is_quiet(
    hass: HomeAssistant, server_entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    async with home(hass, server_entry, {"sdc": "slow_death"}):
        await asyncio.sleep(0.5)
        await hass.async_block_till_done(wait_background_tasks=False)
        answer: Any = await hass.services.async_call(
            DOMAIN,
            "disk_ordered",
            {"disk": "17XT"},
            blocking=True,
            return_response=True,
            context=Context(user_id=hass_admin_user.id),
        )
        register = server_entry.runtime_data.register
        (ordered,) = answer["findings"]
        assert register.silence(register.tracked[ordered]) == "snoozed"
        assert dt_util.parse_datetime(answer["until"]) > dt_util.utcnow() + timedelta(days=13)  # type: ignore[operator]


async def test_a_finding_outlives_a_start_in_which_its_disk_sleeps(
    hass: HomeAssistant, server_entry: MockConfigEntry
) -> None:
    async with home(hass, server_entry, {"sdc": "slow_death"}) as house:
        await asyncio.sleep(0.5)
        await hass.async_block_till_done(wait_background_tasks=False)
        register = server_entry.runtime_data.register
        assert any(each.finding.rule == "disk_failing" for each in register.firing())
        house.play.records.clear()
        (held,) = house.play.findings
        assert (held.rule, held.holds, held.placeholders["last4"]) == ("disk_failing", True, "17XT")
