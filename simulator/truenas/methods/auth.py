"""Logging in and out, and who one is."""

import asyncio
from typing import Any
import uuid

from simulator.accounts import ApiKey
from simulator.truenas.context import Context
from simulator.truenas.errors import CallError
from simulator.truenas.extended_json import stamp
from simulator.truenas.params import Either, Flag, Integer, Key, Param, Record, Text, options
from simulator.truenas.releases import ANY_USER, FULL, NO_LOGIN, Method, Release, only_query, role

type Row = dict[str, Any]


def _key(ctx: Context, text: str) -> ApiKey | None:
    """The key that this text is; the id before the dash says which."""
    number, _, secret = text.partition("-")
    key = ctx.world.keys.get(int(number)) if number.isdigit() else None
    return key if key is not None and secret and key.secret == secret else None


async def _failed(ctx: Context, kind: str, data: Row) -> str:
    ctx.world.log(
        str(data.get("username", "")), "AUTHENTICATION", success=False, error="Bad username or password"
    )
    await asyncio.sleep(ctx.face.auth_delay)
    return kind


async def _login(ctx: Context, key: ApiKey | None, username: str | None) -> str:
    """SUCCESS, AUTH_ERR or EXPIRED. Over plain http a right key is revoked on the spot (25.04 on)."""
    world = ctx.world
    rpc = ctx.server.rpc
    if key is None or (username is not None and username != key.username):
        return await _failed(ctx, "AUTH_ERR", {"username": username or ""})
    expired = key.expires is not None and key.expires <= world.clock.now()
    if rpc and (key.revoked or expired):
        return await _failed(ctx, "EXPIRED", {"username": key.username})
    if rpc and not ctx.session.secure and ctx.face.loopback_is_remote:
        key.revoked = True
        key.revoked_reason = "Attempted authentication over an insecure transport"
        world.raise_alert(
            "ApiKeyRevoked",
            "WARNING",
            f"{key.name}: API key has been revoked and must either be renewed or deleted.",
            key.name,
        )
        return await _failed(ctx, "EXPIRED", {"username": key.username})
    ctx.session.key = key
    ctx.session.login_at = world.clock.now()
    key.logins += 1
    ctx.face.logins += 1
    world.log(key.username, "AUTHENTICATION", success=True, key=key.number)
    return "SUCCESS"


async def login_with_api_key(ctx: Context, text: str) -> bool:
    """`auth.login_with_api_key`."""
    return await _login(ctx, _key(ctx, text), None) == "SUCCESS"


async def login_ex(ctx: Context, wanted: Row) -> Row:
    """`auth.login_ex`: keys only; a password is always wrong here."""
    mechanism = wanted["mechanism"]
    if mechanism == "TOKEN_PLAIN":
        number = ctx.face.tokens.get(wanted["token"])
        key = ctx.world.keys.get(number) if number is not None else None
        kind = await _login(ctx, key, None)
    elif mechanism == "API_KEY_PLAIN":
        kind = await _login(ctx, _key(ctx, wanted["api_key"]), wanted["username"])
    else:
        kind = await _failed(ctx, "AUTH_ERR", wanted)
    if kind != "SUCCESS":
        return {"response_type": kind}
    answer: Row = {"response_type": kind, "user_info": None, "authenticator": "LEVEL_1"}
    if wanted.get("login_options", {}).get("user_info", True):
        answer["user_info"] = _user_info(ctx)
    return answer


async def login(ctx: Context, username: str, _password: str, _otp: str | None) -> bool:
    """`auth.login`: nobody here has a password."""
    await _failed(ctx, "AUTH_ERR", {"username": username})
    return False


async def login_with_token(ctx: Context, token: str) -> bool:
    """`auth.login_with_token`."""
    number = ctx.face.tokens.get(token)
    return await _login(ctx, ctx.world.keys.get(number) if number is not None else None, None) == "SUCCESS"


def generate_token(ctx: Context, _ttl: int | None, _attrs: Row, *_more: object) -> str:
    """`auth.generate_token`."""
    if ctx.session.key is None:
        raise CallError("Not authenticated", 207)
    token = uuid.uuid4().hex
    ctx.face.tokens[token] = ctx.session.key.number
    return token


def mechanism_choices(ctx: Context) -> list[str]:
    """`auth.mechanism_choices`."""
    names = ["PASSWORD_PLAIN", "TOKEN_PLAIN", "API_KEY_PLAIN"]
    return [*names, "SCRAM"] if ctx.release >= Release.V26 else names


def logout(ctx: Context) -> bool:
    """`auth.logout`."""
    ctx.session.logout()
    return True


def _user_info(ctx: Context) -> Row:
    key = ctx.session.key
    assert key is not None
    user = next(user for user in ctx.world.users if user.username == key.username)
    full = "FULL_ADMIN" in user.roles
    return {
        "pw_name": user.username,
        "pw_gecos": user.full_name,
        "pw_dir": "/var/empty",
        "pw_shell": "/usr/sbin/nologin",
        "pw_uid": user.uid,
        "pw_gid": user.uid,
        "grouplist": [user.uid, 544] if full else [user.uid],
        "sid": None,
        "source": "LOCAL",
        "local": True,
        "attributes": {},
        "two_factor_config": {
            "provisioning_uri": None,
            "secret_configured": user.two_factor,
            "interval": 30,
            "otp_digits": 6,
        },
        "privilege": {
            "allowlist": [{"method": "*", "resource": "*"}] if full else [],
            "roles": set(ctx.session.roles),
            "web_shell": full,
            "webui_access": True,
        },
        "account_attributes": ["LOCAL", "API_KEY"],
    }


def me(ctx: Context) -> Row:
    """`auth.me`: keys of 24.x belong to nobody."""
    if not ctx.server.rpc:
        raise CallError("You are logged in using API_KEY")
    return _user_info(ctx)


def sessions(ctx: Context, _extra: Row) -> list[Row]:
    """`auth.sessions`."""
    found: list[Row] = []
    for session in ctx.face.sessions.values():
        if session.key is None:
            continue
        key = session.key
        data: Row = {"api_key": {"id": key.number, "name": key.name}}
        if ctx.server.rpc:
            data |= {"username": key.username, "login_at": stamp(session.login_at)}
        found.append(
            {
                "id": session.ident,
                "current": session is ctx.session,
                "internal": False,
                "origin": session.peer,
                "credentials": "API_KEY",
                "credentials_data": data,
                "created_at": stamp(session.created),
                "secure_transport": session.secure,
            }
        )
    return found


_LOGIN_OPTIONS = Key(options(user_info=(Flag(), True)), {})
_LOGIN_OPTIONS_26 = Key(options(user_info=(Flag(), True), reconnect_token=(Flag(), False)), {})


def _mechanisms(login_options: Key) -> Either:
    def one(name: str, **keys: Text) -> Record:
        rest = {key: Key(spec) for key, spec in keys.items()}
        return Record({"mechanism": Key(Text((name,))), **rest, "login_options": login_options})

    text = Text()
    return Either(
        (
            one("API_KEY_PLAIN", username=text, api_key=text),
            one("PASSWORD_PLAIN", username=text, password=text),
            one("TOKEN_PLAIN", token=text),
            one("OTP_TOKEN", otp_token=text),
        )
    )


_V25_04, _V25_10, _V26, _V27 = Release.V25_04, Release.V25_10, Release.V26, Release.V27
_TOKEN_OLD = (
    Param("ttl", Integer(nullable=True), 600),
    Param("attrs", Record(free=True), {}),
    Param("match_origin", Flag(), False),
)
_TOKEN = (
    Param("ttl", Integer(nullable=True), 600),
    Param("attrs", Record(free=True), {}),
    Param("match_origin", Flag(), True),
    Param("single_use", Flag(), False),
)

TABLE: tuple[Method, ...] = (
    Method("auth.login_with_api_key", login_with_api_key, NO_LOGIN, (Param("api_key", Text()),), gone_on=_V27),
    Method(
        "auth.login",
        login,
        NO_LOGIN,
        (Param("username", Text()), Param("password", Text()), Param("otp_token", Text(nullable=True), None)),
        gone_on=_V27,
    ),
    Method("auth.login_ex", login_ex, NO_LOGIN, (Param("login_data", _mechanisms(_LOGIN_OPTIONS)),), since=_V25_04, until=_V25_10),
    Method("auth.login_ex", login_ex, NO_LOGIN, (Param("login_data", _mechanisms(_LOGIN_OPTIONS_26)),), since=_V26),
    Method("auth.login_with_token", login_with_token, NO_LOGIN, (Param("token", Text()),)),
    Method("auth.generate_token", generate_token, NO_LOGIN, _TOKEN_OLD, until=Release.V24_10),
    Method("auth.generate_token", generate_token, ANY_USER, _TOKEN, since=_V25_04),
    Method("auth.mechanism_choices", mechanism_choices, NO_LOGIN, since=_V25_04),
    Method("auth.logout", logout, FULL, until=Release.V24_10),
    Method("auth.logout", logout, ANY_USER, since=_V25_04),
    Method("auth.me", me, ANY_USER),
    only_query("auth.sessions", sessions, role("AUTH_SESSIONS_READ")),
)  # fmt: skip
