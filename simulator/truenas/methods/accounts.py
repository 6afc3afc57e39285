"""Users, keys, privileges, remote access, the audit log: what a security check reads."""

from typing import Any

from simulator.clock import DAY
from simulator.truenas.context import Context
from simulator.truenas.extended_json import stamp
from simulator.truenas.params import FILTERS, OPTIONS, Flag, Items, Param, Text, options
from simulator.truenas.query import run
from simulator.truenas.releases import Method, Release, listing, role

type Row = dict[str, Any]


def users(ctx: Context, _extra: Row) -> list[Row]:
    """`user.query`; hashes are redacted."""
    found: list[Row] = []
    for user in ctx.world.users:
        row: Row = {
            "id": user.number,
            "uid": user.uid,
            "username": user.username,
            "unixhash": "********",
            "smbhash": "********",
            "home": "/var/empty",
            "shell": "/usr/sbin/nologin",
            "full_name": user.full_name,
            "builtin": user.builtin,
            "smb": False,
            "group": {"id": user.number, "bsdgrp_gid": user.uid, "bsdgrp_group": user.username},
            "groups": [],
            "password_disabled": user.password_disabled,
            "ssh_password_enabled": user.ssh_password,
            "sshpubkey": user.ssh_key,
            "locked": False,
            "sudo_commands": [],
            "sudo_commands_nopasswd": list(user.sudo_nopasswd),
            "email": None,
            "id_type_both": False,
            "local": True,
            "immutable": user.builtin,
            "twofactor_auth_configured": user.two_factor,
            "sid": None,
            "roles": list(user.roles),
        }
        if ctx.release >= Release.V25_04:
            row |= {
                "userns_idmap": None,
                "last_password_change": None
                if user.password_disabled
                else stamp(ctx.world.clock.now() - 90 * DAY),
                "password_age": None if user.password_disabled else 90,
                "password_history": None,
                "password_change_required": False,
                "api_keys": [key.number for key in ctx.world.keys.values() if key.username == user.username],
            }
        found.append(row)
    return found


def keys(ctx: Context, _extra: Row) -> list[Row]:
    """`api_key.query`: of nobody, with an allowlist, before 25.04."""
    found: list[Row] = []
    for key in ctx.world.keys.values():
        row: Row = {"id": key.number, "name": key.name, "created_at": stamp(key.created)}
        if ctx.release < Release.V25_04:
            row |= {
                "key": "********",
                "allowlist": [
                    {"method": "*" if call == "*" else "CALL", "resource": call} for call in key.calls
                ],
            }
        else:
            row |= {
                "username": key.username,
                "user_identifier": next(
                    user.uid for user in ctx.world.users if user.username == key.username
                ),
                "keyhash": "********",
                "expires_at": stamp(key.expires) if key.expires else None,
                "local": True,
                "revoked": key.revoked,
            }
        if ctx.release >= Release.V25_10:
            row["revoked_reason"] = key.revoked_reason
        found.append(row)
    return found


def privileges(_ctx: Context, _extra: Row) -> list[Row]:
    """`privilege.query`."""
    rows = (
        (1, "LOCAL_ADMINISTRATOR", "Local Administrator", ["FULL_ADMIN"], True),
        (2, "READONLY_ADMINISTRATOR", "Read-Only Administrator", ["READONLY_ADMIN"], False),
        (3, None, "Graphs", ["ALERT_LIST_READ", "REPORTING_READ"], False),
    )
    return [
        {
            "id": ident,
            "builtin_name": builtin,
            "name": name,
            "local_groups": [],
            "ds_groups": [],
            "roles": roles,
            "web_shell": shell,
        }
        for ident, builtin, name, roles, shell in rows
    ]


def two_factor(_ctx: Context) -> Row:
    """`auth.twofactor.config`."""
    return {"id": 1, "enabled": True, "services": {"ssh": False}, "window": 0}


def ssh_config(_ctx: Context) -> Row:
    """`ssh.config`; host keys are redacted."""
    kinds = ("dsa", "ecdsa", "ed25519", "rsa")
    host_keys: Row = {}
    for kind in kinds:
        secret = None if kind == "dsa" else "********"
        host_keys |= {
            f"host_{kind}_key": secret,
            f"host_{kind}_key_pub": secret,
            f"host_{kind}_key_cert_pub": None,
        }
    return {
        "id": 1,
        "bindiface": [],
        "tcpport": 22,
        "password_login_groups": [],
        "passwordauth": True,
        "kerberosauth": False,
        "tcpfwd": False,
        "compression": False,
        "sftp_log_level": "",
        "sftp_log_facility": "",
        "weak_ciphers": ["NONE"],
        "options": "",
        "privatekey": "********",
        "host_key": None,
        "host_key_pub": None,
        **host_keys,
    }


def ftp_config(_ctx: Context) -> Row:
    """`ftp.config`."""
    flags = (
        "allow_client_renegotiations",
        "allow_dot_login",
        "allow_per_user",
        "common_name_required",
        "enable_diags",
        "export_cert_data",
        "no_empty_fragments",
        "no_session_reuse_required",
        "stdenvvars",
        "dns_name_required",
        "ip_address_required",
    )
    return {
        "id": 1,
        "port": 21,
        "clients": 5,
        "ipconnections": 2,
        "loginattempt": 1,
        "timeout": 600,
        "timeout_notransfer": 300,
        "onlyanonymous": False,
        "anonpath": None,
        "onlylocal": False,
        "banner": "",
        "filemask": "077",
        "dirmask": "022",
        "fxp": False,
        "resume": False,
        "defaultroot": True,
        "ident": False,
        "reversedns": False,
        "masqaddress": "",
        "passiveportsmin": 0,
        "passiveportsmax": 0,
        "localuserbw": 0,
        "localuserdlbw": 0,
        "anonuserbw": 0,
        "anonuserdlbw": 0,
        "tls": False,
        "tls_policy": "on",
        **{f"tls_opt_{flag}": False for flag in flags},
        "ssltls_certificate": None,
        "options": "",
    }


def audit(ctx: Context, wanted: Row) -> Any:
    """`audit.query`: only the middleware writes here."""
    if "MIDDLEWARE" not in wanted["services"]:
        return [] if not wanted["query-options"]["count"] else 0
    rows: list[Row] = [
        {
            "audit_id": f"00000000-0000-4000-8000-{entry.number:012d}",
            "message_timestamp": int(entry.at),
            "timestamp": stamp(entry.at),
            "address": "127.0.0.1",
            "username": entry.username,
            "session": "00000000-0000-4000-8000-000000000001",
            "service": "MIDDLEWARE",
            "service_data": {
                "vers": {"major": 0, "minor": 1},
                "origin": "127.0.0.1",
                "protocol": "WEBSOCKET",
            },
            "event": entry.event,
            "event_data": dict(entry.data),
            "success": entry.success,
        }
        for entry in ctx.world.audit
    ]
    query = dict(wanted["query-options"])
    query["limit"] = min(query["limit"] or 1000, 1000)
    return run(rows, wanted["query-filters"], query)


_AUDIT = {
    "services": (Items(Text(("MIDDLEWARE", "SMB", "SUDO", "SYSTEM"))), ["MIDDLEWARE", "SUDO"]),
    "query-filters": (FILTERS.spec, []),
    "query-options": (OPTIONS.spec, {"count": False, "limit": 0}),
    "remote_controller": (Flag(), False),
}

TABLE: tuple[Method, ...] = (
    *listing("user.query", users, role("ACCOUNT_READ")),
    *listing("api_key.query", keys, role("API_KEY_READ")),
    *listing("privilege.query", privileges, role("PRIVILEGE_READ")),
    Method("auth.twofactor.config", two_factor, role("SYSTEM_SECURITY_READ")),
    Method("ssh.config", ssh_config, role("SSH_READ")),
    Method("ftp.config", ftp_config, role("SHARING_FTP_READ")),
    Method("audit.query", audit, role("SYSTEM_AUDIT_READ"), (Param("data", options(**_AUDIT), {}),)),
)
