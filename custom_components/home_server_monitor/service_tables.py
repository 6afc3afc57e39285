"""The tables of actions: what may be ordered, and what may be listed."""

from collections.abc import Mapping
from typing import Any

from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .guardian.capabilities_media import DownloadState
from .guardian.capabilities_power import CUTS
from .service_rows import Act, Listing

NAME = vol.All(cv.string, vol.Length(min=1, max=255))
DATASET = vol.All(NAME, vol.Match(r"^[^@\x00-\x1f]+\Z"))
REASON = vol.All(cv.string, vol.Length(min=3, max=200))


def _snapshot_target(key: str, data: Mapping[str, Any]) -> str:
    return f"{data['dataset']}@{data['name']}" if data.get("name") else str(data["dataset"])


_SNAPSHOT = {vol.Required("snapshot"): vol.All(cv.string, vol.Match(r"^[^@\x00-\x1f]+@[^@\x00-\x1f]+\Z"))}
_CHECK = {
    vol.Required("container"): NAME,
    vol.Required("check"): vol.All(cv.string, vol.Length(min=1, max=1000)),
}
_REASON = {vol.Required("reason"): REASON}
_MINUTES = vol.All(vol.Coerce(float), vol.Range(min=1, max=10080))
_LIMIT = {vol.Optional("limit", default=100): vol.All(int, vol.Range(min=1, max=1000))}
_SPEED = vol.All(vol.Coerce(float), vol.Range(min=1, max=10 * 1024 * 1024))
PREVIEW = {vol.Required("action"): cv.slug, vol.Optional("params"): dict}

_DOWNLOAD = {vol.Required("download"): NAME}


def _removal(data: Mapping[str, Any]) -> str:
    """Return the removal that is meant: each costs something else, and so is an action of its own."""
    return ("queue_replace" if data["search"] else "queue_remove") + (
        "_keep" if data["keep_in_client"] else ""
    )


ACTS: tuple[Act, ...] = (
    Act(name="start_scrub", kind="pool"),
    Act(
        name="pause_scrub",
        kind="pool",
        fields={vol.Optional("hours"): vol.All(vol.Coerce(float), vol.Range(min=0.25, max=168))},
        params=lambda data: {"hours": data["hours"]} if "hours" in data else {},
    ),
    Act(name="stop_scrub", kind="pool"),
    Act(
        name="create_snapshot",
        kind="",
        fields={
            vol.Required("dataset"): DATASET,
            vol.Optional("name"): vol.All(NAME, vol.Match(r"^[A-Za-z0-9_.:-]+\Z")),
            vol.Optional("recursive", default=False): cv.boolean,
        },
        target=_snapshot_target,
        params=lambda data: {"recursive": data["recursive"]},
    ),
    *(
        Act(name=f"{verb}_snapshot", kind="", fields=_SNAPSHOT, target=lambda key, data: data["snapshot"])
        for verb in ("delete", "hold", "release")
    ),
    Act(
        name="prune_snapshots",
        kind="",
        fields={
            vol.Required("dataset"): DATASET,
            vol.Required("keep"): vol.All(int, vol.Range(min=1, max=1000)),
        },
        target=lambda key, data: str(data["dataset"]),
        params=lambda data: {"keep": data["keep"]},
    ),
    Act(name="run_task", kind="task"),
    Act(name="start_app", kind="app"),
    Act(name="stop_app", kind="app"),
    Act(name="restart_app", kind="app"),
    Act(
        name="upgrade_app",
        kind="app",
        fields={vol.Optional("version", default="latest"): NAME},
        params=lambda data: {"version": data["version"]},
    ),
    Act(
        name="rollback_app",
        kind="app",
        fields={vol.Optional("version"): NAME},
        params=lambda data: {"version": data["version"]} if "version" in data else {},
    ),
    Act(name="remove_app", kind="app"),
    Act(name="roll_back_app_data", kind="app"),
    Act(
        name="control_service",
        kind="",
        fields={
            vol.Required("service"): NAME,
            vol.Required("order"): vol.In(["start", "stop", "restart"]),
        },
        action=lambda data: f"{data['order']}_service",
        target=lambda key, data: data["service"],
    ),
    Act(name="start_machine", kind="machine"),
    Act(name="stop_machine", kind="machine"),
    Act(
        name="smart_test",
        kind="disk",
        fields={vol.Optional("type", default="short"): vol.In(["short", "long", "conveyance"])},
        params=lambda data: {"type": data["type"].upper()},
    ),
    *(
        Act(name=name, kind="", fields={vol.Required("alert"): NAME}, target=lambda key, data: data["alert"])
        for name in ("dismiss_alert", "restore_alert")
    ),
    *(
        Act(name=name, kind="", fields=_REASON, params=lambda data: {"reason": data["reason"]})
        for name in ("reboot", "shutdown")
    ),
    *(Act(name=f"{verb}_stack", kind="stack") for verb in ("start", "stop", "redeploy")),
    *(
        Act(
            name=f"{verb}_container",
            kind="container",
            fields={vol.Optional("minutes"): _MINUTES},
            params=lambda data: {"minutes": data["minutes"]} if "minutes" in data else {},
        )
        for verb in ("pause", "disconnect")
    ),
    Act(
        name="limit_container",
        kind="container",
        fields={
            vol.Required("measure"): vol.In(["cpu", "memory", "pids"]),
            vol.Required("limit"): vol.All(vol.Coerce(float), vol.Range(min=1)),
            vol.Optional("minutes"): _MINUTES,
        },
        params=lambda data: {
            "measure": data["measure"],
            "limit": data["limit"] * (2**20 if data["measure"] == "memory" else 1),
            **({"minutes": data["minutes"]} if "minutes" in data else {}),
        },
    ),
    *(
        Act(name=f"{verb}_container", kind="container")
        for verb in ("start", "stop", "restart", "resume", "update", "roll_back", "remove_kept")
    ),
    Act(
        name="limit_bandwidth",
        kind="",
        fields={
            vol.Optional("down"): _SPEED,
            vol.Optional("up"): _SPEED,
            vol.Optional("minutes"): _MINUTES,
        },
        params=lambda data: {
            key: round(data[key] * 1024) if key in ("down", "up") else data[key]
            for key in ("down", "up", "minutes")
            if key in data
        },
    ),
    Act(
        name="pause_downloads",
        kind="",
        fields={vol.Optional("minutes"): _MINUTES},
        params=lambda data: {"minutes": data["minutes"]} if "minutes" in data else {},
    ),
    Act(name="resume_downloads", kind=""),
    Act(
        name="remove_download",
        kind="",
        fields={**_DOWNLOAD, vol.Optional("delete_data", default=False): cv.boolean},
        target=lambda key, data: str(data["download"]),
        params=lambda data: {"delete_data": data["delete_data"]},
    ),
    *(
        Act(
            name=f"{verb}_download",
            kind="",
            fields=_DOWNLOAD,
            target=lambda key, data: str(data["download"]),
        )
        for verb in ("pause", "resume", "recheck")
    ),
    Act(
        name="move_download",
        kind="",
        fields={**_DOWNLOAD, vol.Required("folder"): vol.All(cv.string, vol.Length(min=1, max=1000))},
        target=lambda key, data: str(data["download"]),
        params=lambda data: {"folder": data["folder"]},
    ),
    Act(name="roll_back_data", kind="container"),
    Act(name="update_containers", kind=""),
    *(
        Act(
            name=name,
            kind="",
            fields=_CHECK,
            target=lambda key, data: str(data["container"]),
            params=lambda data: {"check": data["check"]},
        )
        for name in ("fix_audit", "revoke_audit")
    ),
    Act(
        name="accept_audit",
        kind="",
        fields={
            **_CHECK,
            **_REASON,
            vol.Optional("days", default=90): vol.All(int, vol.Range(min=1, max=730)),
        },
        target=lambda key, data: str(data["container"]),
        params=lambda data: {key: data[key] for key in ("check", "reason", "days")},
    ),
    Act(
        name="queue_remove",
        kind="",
        fields={
            **_DOWNLOAD,
            vol.Optional("search", default=False): cv.boolean,
            vol.Optional("blocklist", default=False): cv.boolean,
            vol.Optional("keep_in_client", default=False): cv.boolean,
        },
        action=_removal,
        target=lambda key, data: str(data["download"]).lower(),
        params=lambda data: {"blocklist": True} if data["blocklist"] and not data["search"] else {},
    ),
    *(
        Act(name=name, kind="", fields=_DOWNLOAD, target=lambda key, data: str(data["download"]).lower())
        for name in ("queue_grab", "queue_retry")
    ),
    # an Arr asks its client for it, so that it is spelled as there
    Act(name="import_now", kind="", fields=_DOWNLOAD, target=lambda key, data: str(data["download"]).strip()),
    Act(
        name="arr_search",
        kind="",
        fields={
            vol.Optional("what", default="missing"): vol.In(["missing", "cutoff", "ids"]),
            vol.Optional("ids"): vol.All(
                cv.ensure_list, [vol.All(vol.Coerce(int), vol.Range(min=1))], vol.Length(max=200)
            ),
        },
        params=lambda data: {"what": data["what"], **({"ids": data["ids"]} if "ids" in data else {})},
    ),
    Act(name="arr_refresh", kind=""),
    Act(
        name="plex_set",
        kind="",
        fields={
            vol.Required("setting"): NAME,
            vol.Required("value"): vol.Any(bool, int, vol.All(str, vol.Length(max=1000))),
        },
        target=lambda key, data: str(data["setting"]),
        params=lambda data: {"value": data["value"]},
    ),
    Act(
        name="plex_scan",
        kind="",
        fields={vol.Required("library"): NAME},
        target=lambda key, data: str(data["library"]),
    ),
    Act(
        name="ups_test",
        kind="",
        fields={vol.Optional("test", default="quick"): vol.In(["quick", "deep", "stop"])},
        params=lambda data: {"test": data["test"]},
    ),
    Act(
        name="ups_cut_power",
        kind="",
        fields={vol.Required("command"): vol.In(CUTS)},
        params=lambda data: {"command": data["command"]},
    ),
    Act(name="arr_backup", kind=""),
    Act(
        name="arr_test",
        kind="",
        fields={vol.Optional("what", default="indexer"): vol.In(["indexer", "downloadclient"])},
        params=lambda data: {"what": data["what"]},
    ),
)


LISTINGS: tuple[Listing, ...] = (
    *(
        Listing(key=key)
        for key in (
            "pools",
            "disks",
            "datasets",
            "shares",
            "tasks",
            "services",
            "apps",
            "machines",
            "interfaces",
            "certificates",
            "alerts",
        )
    ),
    Listing(
        key="snapshots",
        fields={
            vol.Required("dataset"): DATASET,
            vol.Optional("limit", default=100): vol.All(int, vol.Range(min=1, max=1000)),
        },
    ),
    Listing(key="rollback_versions", fields={vol.Required("app"): NAME}),
    Listing(key="smart_attributes", admin=True),
    *(Listing(key=key, of="containers") for key in ("containers", "images", "volumes", "stacks", "updates")),
    Listing(
        key="lines",
        of="containers",
        kind="container",
        called="container_logs",
        fields={vol.Optional("tail", default=100): vol.All(int, vol.Range(min=1, max=1000))},
        admin=True,
    ),
    Listing(key="processes", of="containers", kind="container", called="container_top", admin=True),
    Listing(
        key="talkers",
        of="containers",
        called="top_talkers",
        fields={vol.Optional("limit", default=10): vol.All(int, vol.Range(min=1, max=1000))},
    ),
    Listing(key="overview", of="containers", called="engine_overview"),
    Listing(
        key="downloads",
        of="downloads",
        fields={
            vol.Optional("state"): vol.In([each.value for each in DownloadState]),
            vol.Optional("limit", default=100): vol.All(int, vol.Range(min=1, max=1000)),
        },
    ),
    Listing(
        key="audit",
        of="containers",
        fields={vol.Optional("container"): NAME},
        admin=True,
        called="list_audit",
    ),
    *(Listing(key=key, of="arr", fields=_LIMIT) for key in ("queue", "history")),
    Listing(
        key="wanted",
        of="arr",
        fields={**_LIMIT, vol.Optional("kind", default="missing"): vol.In(["missing", "cutoff"])},
    ),
    Listing(key="indexers", of="arr"),
    Listing(key="report", of="arr", called="queue_report"),
    Listing(key="streams", of="plex", admin=True),
    Listing(key="libraries", of="plex"),
    Listing(key="conversions", of="plex", called="plex_conversions"),
    Listing(key="security", of="plex", called="plex_security", admin=True),
)
