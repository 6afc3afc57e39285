"""SMB, NFS and iSCSI, and who is connected."""

from typing import Any

from simulator.truenas.context import Context
from simulator.truenas.params import FILTERS, OPTIONS, Flag, Param, Text, options
from simulator.truenas.releases import FULL, Method, Release, listing, only_query, role

type Row = dict[str, Any]

_SMB = (
    (1, "documents", "/mnt/tank/documents"),
    (2, "media", "/mnt/media"),
    (3, "private", "/mnt/tank/private"),
)


def _locked(ctx: Context, path: str) -> bool:
    dataset = ctx.world.datasets.get(path.removeprefix("/mnt/"))
    return dataset is not None and dataset.locked


def smb_shares(ctx: Context, _extra: Row) -> list[Row]:
    """`sharing.smb.query`: 25.10 groups the options of a purpose in an object."""
    found: list[Row] = []
    for ident, name, path in _SMB:
        row: Row = {
            "id": ident,
            "purpose": "DEFAULT_SHARE",
            "name": name,
            "path": path,
            "enabled": True,
            "comment": "",
            "browsable": True,
            "locked": _locked(ctx, path),
            "audit": {"enable": False, "watch_list": [], "ignore_list": []},
        }
        if ctx.release >= Release.V25_10:
            row |= {
                "readonly": False,
                "access_based_share_enumeration": False,
                "options": {"purpose": "DEFAULT_SHARE", "aapl_name_mangling": False},
            }
        else:
            row |= {
                "ro": False,
                "abe": False,
                "guestok": False,
                "home": False,
                "timemachine": False,
                "recyclebin": False,
                "shadowcopy": True,
                "streams": True,
                "acl": True,
                "durablehandle": True,
                "hostsallow": [],
                "hostsdeny": [],
                "auxsmbconf": "",
                "path_suffix": "",
                "vuid": "",
            }
        found.append(row)
    return found


def nfs_shares(ctx: Context, _extra: Row) -> list[Row]:
    """`sharing.nfs.query`."""
    path = "/mnt/media/movies"
    row: Row = {
        "id": 1,
        "path": path,
        "aliases": [],
        "comment": "",
        "networks": ["192.168.1.0/24"],
        "hosts": [],
        "ro": True,
        "maproot_user": None,
        "maproot_group": None,
        "mapall_user": None,
        "mapall_group": None,
        "security": [],
        "enabled": True,
        "locked": _locked(ctx, path),
    }
    if ctx.release >= Release.V25_04:
        row["expose_snapshots"] = False
    return [row]


def iscsi_targets(_ctx: Context, _extra: Row) -> list[Row]:
    """`iscsi.target.query`: a home has none."""
    return []


def smb_status(ctx: Context, level: str, *_more: object) -> Row | list[Row]:
    """`smb.status`: one client that looks at films."""
    session = {
        "session_id": "2884413129",
        "server_id": {"pid": "2420", "task_id": "0", "vnn": "4294967295", "unique_id": "3718482"},
        "uid": 3005,
        "gid": 3005,
        "username": "anna",
        "groupname": "anna",
        "remote_machine": "192.168.1.44",
        "hostname": "ipv4:192.168.1.44:51422",
        "session_dialect": "SMB3_11",
    }
    if level == "SESSIONS":
        return [session]
    share = {
        "service": "media",
        "session_id": "2884413129",
        "machine": "192.168.1.44",
        "connected_at": "2026-11-24",
    }
    if level == "SHARES":
        return [share]
    return {
        "timestamp": int(ctx.world.clock.now()),
        "version": "4.21",
        "sessions": [session],
        "tcons": [share],
        "open_files": [],
    }


def nfs3_clients(_ctx: Context, _extra: Row) -> list[Row]:
    """`nfs.get_nfs3_clients`."""
    return [{"ip": "192.168.1.31", "export": "/mnt/media/movies"}]


def nfs4_clients(_ctx: Context, _extra: Row) -> list[Row]:
    """`nfs.get_nfs4_clients`."""
    return []


_STATUS = (
    Param(
        "info_level",
        Text(("AUTH_LOG", "ALL", "SESSIONS", "SHARES", "LOCKS", "BYTERANGE", "NOTIFICATIONS")),
        "ALL",
    ),
    FILTERS,
    OPTIONS,
    Param(
        "status_options",
        options(
            verbose=(Flag(), True),
            fast=(Flag(), False),
            restrict_user=(Text(), ""),
            restrict_session=(Text(), ""),
            resolve_uids=(Flag(), True),
        ),
        {},
    ),
)
_CLIENTS = role("READONLY_ADMIN", "SHARING_NFS_WRITE")

TABLE: tuple[Method, ...] = (
    *listing("sharing.smb.query", smb_shares, role("SHARING_SMB_READ")),
    *listing("sharing.nfs.query", nfs_shares, role("SHARING_NFS_READ")),
    *listing("iscsi.target.query", iscsi_targets, role("SHARING_ISCSI_TARGET_READ")),
    Method(
        "smb.status", smb_status, role("READONLY_ADMIN", "SHARING_SMB_WRITE"), _STATUS, until=Release.V25_04
    ),
    Method("smb.status", smb_status, FULL, _STATUS, since=Release.V25_10, until=Release.V25_10, hidden=True),
    Method("smb.status", smb_status, role("SHARING_SMB_READ"), _STATUS, since=Release.V26),
    only_query("nfs.get_nfs3_clients", nfs3_clients, _CLIENTS),
    only_query("nfs.get_nfs4_clients", nfs4_clients, _CLIENTS),
)
