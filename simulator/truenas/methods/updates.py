"""System updates: trains up to 25.04, profiles from 25.10 on."""

from typing import Any

from simulator.jobs import Job, JobError
from simulator.truenas.context import Context
from simulator.truenas.errors import EINVAL, CallError
from simulator.truenas.params import Flag, Param, Text, options
from simulator.truenas.releases import Method, Release, role

type Row = dict[str, Any]

_TRAINS = {
    Release.V24_04: "TrueNAS-SCALE-Dragonfish",
    Release.V24_10: "TrueNAS-SCALE-ElectricEel",
    Release.V25_04: "TrueNAS-SCALE-Fangtooth",
    Release.V25_10: "TrueNAS-SCALE-Goldeye",
    Release.V26: "TrueNAS-26-BETA",
    Release.V27: "TrueNAS-27-Nightlies",
}


def _number(version: str) -> str:
    return version.removeprefix("TrueNAS-SCALE-").removeprefix("TrueNAS-")


def _manifest(ctx: Context, version: str) -> Row:
    return {
        "date": "2026-11-10",
        "changelog": "",
        "version": _number(version),
        "filename": f"{version}.update",
        "filesize": 1_910_000_000,
        "train": _TRAINS[ctx.server],
        "profile": "GENERAL",
        "release_notes_url": f"https://www.example.com/docs/{_number(version)}/releasenotes",
    }


def check_available(ctx: Context, _wanted: Row) -> Row:
    """`update.check_available` up to 25.04."""
    update = ctx.world.update
    if update.installed:
        return {"status": "REBOOT_REQUIRED"}
    if update.version is None:
        return {"status": "UNAVAILABLE"}
    number = _number(update.version)
    return {
        "status": "AVAILABLE",
        "changes": [
            {
                "operation": "upgrade",
                "old": {"name": "TrueNAS", "version": _number(ctx.version)},
                "new": {"name": "TrueNAS", "version": number},
            }
        ],
        "notice": None,
        "notes": None,
        "release_notes_url": f"https://www.example.com/docs/{number}/releasenotes",
        "changelog": "",
        "version": number,
        "filename": f"{update.version}.update",
        "filesize": 1_910_000_000,
        "checksum": "0" * 64,
    }


def get_trains(ctx: Context) -> Row:
    """`update.get_trains` up to 25.04."""
    train = _TRAINS[ctx.server]
    return {"trains": {train: {"description": train}}, "current": train, "selected": train}


def get_pending(ctx: Context, _path: str | None) -> list[Row]:
    """`update.get_pending` up to 25.04: what is downloaded already."""
    update = ctx.world.update
    if update.version is None or not update.downloaded:
        return []
    old, new = (
        {"name": "TrueNAS", "version": _number(ctx.version)},
        {"name": "TrueNAS", "version": _number(update.version)},
    )
    return [{"operation": "upgrade", "old": old, "new": new}]


def status(ctx: Context) -> Row:
    """`update.status` from 25.10 on."""
    update = ctx.world.update
    new: Row | None = None
    progress: Row | None = None
    if update.version is not None:
        new = _new_version(ctx, update.version)
        if update.percent is not None:
            progress = {
                "percent": update.percent,
                "description": f"Downloading update: {update.percent:.0f}%",
                "version": _number(update.version),
            }
    return {
        "code": "NORMAL",
        "status": {
            "current_version": {"train": _TRAINS[ctx.server], "profile": "GENERAL", "matches_profile": True},
            "new_version": new,
        },
        "error": None,
        "update_download_progress": progress,
    }


def _new_version(ctx: Context, version: str) -> Row:
    manifest = _manifest(ctx, version)
    return {
        "version": _number(version),
        "manifest": manifest,
        "release_notes": "Bug fixes.",
        "release_notes_url": manifest["release_notes_url"],
    }


def available_versions(ctx: Context) -> list[Row]:
    """`update.available_versions`."""
    version = ctx.world.update.version
    return [{"train": _TRAINS[ctx.server], "version": _new_version(ctx, version)}] if version else []


def profile_choices(_ctx: Context) -> Row:
    """`update.profile_choices`."""
    rows = (
        ("EARLY_ADOPTER", "Early Adopter"),
        ("GENERAL", "General"),
        ("MISSION_CRITICAL", "Mission Critical"),
    )
    return {
        key: {"name": name, "footnote": "", "description": f"For {name.lower()} use.", "available": True}
        for key, name in rows
    }


def config(_ctx: Context) -> Row:
    """`update.config`."""
    return {"id": 1, "autocheck": True, "profile": "GENERAL"}


def update_config(ctx: Context, wanted: Row) -> Row:
    """`update.update` from 25.10 on: settings only."""
    return config(ctx) | {key: value for key, value in wanted.items() if value is not None}


def _progress(ctx: Context, percent: float) -> None:
    ctx.world.update.percent = percent
    ctx.world.changed("update", "changed", "update")


def _downloaded(ctx: Context) -> None:
    update = ctx.world.update
    update.downloaded, update.percent = True, None
    ctx.world.changed("update", "changed", "update")


def download(ctx: Context, *_which: object) -> Job:
    """`update.download`: false where there is nothing newer."""
    if ctx.world.update.version is None:
        return ctx.job(0.5, lambda: False)

    def done() -> bool:
        _downloaded(ctx)
        return True

    return ctx.job(30.0, done, text="Downloading", on_progress=lambda percent: _progress(ctx, percent))


def install(ctx: Context, wanted: Row) -> Job:
    """`update.update` up to 25.04 and `update.run` from 25.10 on: download, install, perhaps reboot."""
    update = ctx.world.update
    if update.version is None:
        raise CallError("No update available", EINVAL)

    def done() -> bool:
        if update.version is None:
            raise JobError("No update available")
        _downloaded(ctx)
        update.installed = True
        if wanted["reboot"]:
            ctx.face.power("reboot", 0.1)
        return True

    def progress(percent: float) -> None:
        if percent < 50 and not update.downloaded:
            _progress(ctx, percent * 2)

    return ctx.job(60.0, done, text="Installing", on_progress=progress)


_READ, _WRITE = role("SYSTEM_UPDATE_READ"), role("SYSTEM_UPDATE_WRITE")
_TEXT = (Text(nullable=True), None)
_OLD: dict[str, Any] = {"until": Release.V25_04}
_NEW: dict[str, Any] = {"since": Release.V25_10}
_INSTALL_OLD = options(dataset_name=_TEXT, resume=(Flag(), False), train=_TEXT, reboot=(Flag(), False))
_INSTALL = options(
    dataset_name=_TEXT, resume=(Flag(), False), train=_TEXT, version=_TEXT, reboot=(Flag(), False)
)
_SETTINGS = options(autocheck=(Flag(), None), profile=(Text(), None))

TABLE: tuple[Method, ...] = (
    Method(
        "update.check_available",
        check_available,
        _READ,
        (Param("data", options(train=(Text(), None)), {}),),
        **_OLD,
    ),
    Method("update.get_trains", get_trains, _READ, **_OLD),
    Method("update.get_pending", get_pending, _READ, (Param("path", Text(nullable=True), None),), **_OLD),
    Method("update.download", download, _WRITE, job=True, write=True, **_OLD),
    Method(
        "update.update", install, _WRITE, (Param("update", _INSTALL_OLD, {}),), job=True, write=True, **_OLD
    ),
    Method("update.status", status, _READ, **_NEW),
    Method("update.available_versions", available_versions, _READ, **_NEW),
    Method("update.profile_choices", profile_choices, role("SYSTEM_UPDATE_READ", "READONLY_ADMIN"), **_NEW),
    Method("update.config", config, _READ, **_NEW),
    Method("update.update", update_config, _WRITE, (Param("data", _SETTINGS),), write=True, **_NEW),
    Method(
        "update.download",
        download,
        _WRITE,
        (Param("train", Text(nullable=True), None), Param("version", Text(nullable=True), None)),
        job=True,
        write=True,
        **_NEW,
    ),
    Method("update.run", install, _WRITE, (Param("attrs", _INSTALL, {}),), job=True, write=True, **_NEW),
)
