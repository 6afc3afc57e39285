"""Replies and parameters of the simulated 25.04 are held against the schemas of a real one."""

from typing import Any

import simulator
from simulator.motion import start_task
from simulator.truenas.errors import InvalidError
from simulator.truenas.methods import METHODS
from simulator.truenas.params import check
from simulator.truenas.releases import Method, Release

from . import shared
from .client import Client, connect
from .vendor_schema import complaints, plain

HERE = Release.V25_04
ARGUMENTS: dict[str, list[Any]] = {
    "app.config": ["plex"],
    "app.outdated_docker_images": ["plex"],
    "app.rollback_versions": ["plex"],
    "app.upgrade_summary": ["sonarr"],
    "catalog.get_app_details": ["scrutiny", {"train": "community"}],
    "cloud_backup.list_snapshots": [1],
    "cloud_backup.list_snapshot_directory": [1, "", "/mnt/tank/photos"],
    "cloudsync.list_directory": [{"credentials": 1, "attributes": {"bucket": "b", "folder": "/"}}],
    "core.bulk": ["core.ping", [[]]],
    "disk.smart_attributes": ["sdb"],
    "disk.temperature": ["sdb", {"powermode": "STANDBY"}],
    "disk.temperature_alerts": [["sdb"]],
    "disk.temperatures": [[], {"powermode": "STANDBY"}],
    "filesystem.listdir": ["/mnt/tank/documents"],
    "filesystem.stat": ["/mnt/tank"],
    "filesystem.statfs": ["/mnt/tank"],
    "pool.dataset.snapshot_count": ["tank/photos"],
    "pool.is_upgraded": [1],
    "replication.count_eligible_manual_snapshots": [{"datasets": ["tank/photos"], "naming_schema": ["auto-%Y"], "transport": "LOCAL"}],
    "replication.list_datasets": ["LOCAL"],
    "replication.target_unmatched_snapshots": ["PUSH", ["tank/photos"], "media/replica", "LOCAL"],
    "reporting.get_data": [[{"name": "disktemp", "identifier": ""}], {"unit": "HOUR"}],
    "reporting.netdata_get_data": [[{"name": "cpu"}, {"name": "memory"}], {"unit": "DAY"}],
}  # fmt: skip
NOT_READS = {"core.subscribe", "core.unsubscribe", "core.set_options", "core.job_abort", "core.job_wait"}
LOGINS = {"auth.login", "auth.login_ex", "auth.login_with_api_key", "auth.login_with_token", "auth.logout"}


def _rows() -> list[Method]:
    return [row for row in METHODS if row.within(HERE) and not row.hidden]


READS = sorted(
    row.name for row in _rows() if not row.write and not row.job and row.name not in NOT_READS | LOGINS
)


async def _arguments(sim: simulator.Simulation, client: Client, name: str) -> list[Any] | None:
    """What to call it with; None where there is no row to ask for."""
    if name.endswith(".get_instance"):
        rows = await client.call(name.replace(".get_instance", ".query"))
        return [rows[0].get("id", rows[0].get("identifier"))] if rows else None
    if name == "cloud_backup.list_snapshot_directory":
        return [1, sim.world.cloud_backups[1].snapshots[0][0], "/mnt/tank/photos"]
    if name == "reporting.get_data":
        disk = sim.world.disks[1]
        identifier = f"{disk.name} | Type: {disk.kind} | Model: {disk.model} | Serial: {disk.serial}"
        return [[{"name": "disktemp", "identifier": identifier}], {"unit": "HOUR"}]
    return ARGUMENTS.get(name, [])


def _corrected(value: Any) -> Any:
    """The value where the vendor's schema does not say what its server sends.

    A recorded job event has `message_ids`; the models of 25.10 have numbers for netmasks.
    """
    if isinstance(value, dict):
        kept = {key: _corrected(inner) for key, inner in value.items() if key != "message_ids"}
        return kept | ({"netmask": str(kept["netmask"])} if isinstance(kept.get("netmask"), int) else {})
    return [_corrected(inner) for inner in value] if isinstance(value, list) else value


async def test_every_reply_fits_the_vendors_schema() -> None:
    wrong: list[str] = []
    checked = 0
    async with simulator.run("25.04") as sim, connect(sim) as client:
        sim.world.apps["sonarr"].latest = ("1.3.5", "4.0.16")
        start_task(sim.world, sim.world.cloud_syncs[1], owner=sim.username)
        for name in READS:
            schema = shared.schemas()[name]["returns"]
            arguments = await _arguments(sim, client, name)
            if not schema or arguments is None:
                continue
            value = plain(await client.call(name, *arguments))
            if name in ("core.get_jobs", "interface.query", "interface.get_instance"):
                value = _corrected(value)
            wrong += [f"{name}: {one}" for one in complaints(value, schema[0])[:4]]
            checked += 1
    assert not wrong, "\n".join(wrong)
    assert checked > 60


def test_every_parameter_is_the_vendors() -> None:
    wrong: list[str] = []
    for row in _rows():
        accepts = shared.schemas()[row.name]["accepts"] or []
        if len(row.params) != len(accepts):
            wrong.append(
                f"{row.name}: {len(row.params)} parameters, the vendor has {[a.get('title') for a in accepts]}"
            )
            continue
        if row.name.endswith(".get_instance"):  # the vendor's id is "anything"
            continue
        for place, (param, schema) in enumerate(zip(row.params, accepts, strict=True)):
            for sample in _samples(schema):
                given = [*(_sample(one) for one in accepts[:place]), sample]
                try:
                    check(row.params[: place + 1], given)
                except InvalidError as error:
                    wrong.append(f"{row.name} refuses {param.name}={sample!r}: {error}")
    assert not wrong, "\n".join(wrong)


def _sample(schema: dict[str, Any]) -> Any:
    return _samples(schema)[-1]


def _samples(schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> list[Any]:
    """Values that the vendor's schema takes: each choice, each kind, a record with all its keys."""
    definitions = {**(definitions or {}), **schema.get("$defs", {})}
    if "$ref" in schema:
        return _samples(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return [value for one in schema[word] for value in _samples(one, definitions)]
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return list(schema["enum"])
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    found: list[Any] = []
    for kind in kinds:
        if kind == "object":
            properties = schema.get("properties") or {}
            found.append({key: _samples(inner, definitions)[-1] for key, inner in properties.items()})
        elif kind == "array":
            items = schema.get("items")
            one = items[0] if isinstance(items, list) and items else items
            found.append([_samples(one, definitions)[-1]] if isinstance(one, dict) and one else [])
        else:
            found.append(
                {"string": "a", "integer": 3, "boolean": True, "number": 1.5, "null": None}.get(
                    str(kind), "a"
                )
            )
    return found
