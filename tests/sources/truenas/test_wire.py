"""JSON as TrueNAS writes it, and the two protocols: nothing that a server sends raises anything but BadResponse."""

from datetime import UTC, date, datetime, time
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.sources.errors import (
    BadResponse,
    CallFailed,
    ClientError,
    PermissionDenied,
)
from custom_components.home_server_monitor.sources.truenas.protocol import (
    Answer,
    Ddp,
    Dialect,
    Event,
    JsonRpc,
    NoSuchMethod,
    Reply,
    SessionLost,
    Unsubscribed,
)
from custom_components.home_server_monitor.sources.truenas.wire import decode, instant

from .hostile import JSON, fixed

NOON = datetime(2026, 10, 4, 12, tzinfo=UTC)
MILLISECONDS = int(NOON.timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f'{{"$date": {MILLISECONDS}}}', NOON),
        ('{"$time": "03:15:00"}', time(3, 15)),
        ('{"$time": 7}', None),
        ('{"$time": "25:99"}', None),
        ('{"$set": [1, 2]}', [1, 2]),
        ('{"$set": 7}', {"$set": 7}),
        ('{"$type": "date", "$value": "2026-10-04"}', date(2026, 10, 4)),
        ('{"$type": "date", "$value": 7}', None),
        ('{"$type": "date", "other": 7}', None),
        ('{"$date": 1e30}', None),
        ('{"$date": null}', None),
        ('{"$date": true}', None),
        ("[NaN, Infinity, -Infinity]", [None, None, None]),
        ('{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_tagged_values(text: str, value: Any) -> None:
    assert decode(text) == value


@pytest.mark.parametrize("text", ["", "{", "[" * 200_000, '{"a":' * 100_000, "\ud800", "9" * 5000])
def test_what_is_not_json(text: str) -> None:
    with pytest.raises(BadResponse):
        decode(text)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (MILLISECONDS, NOON),
        (str(MILLISECONDS // 1000), NOON),
        ("2026-10-04T12:00:00", NOON),
        ("2026-10-04T14:00:00+02:00", NOON),
        (NOON, NOON),
        (NOON.replace(tzinfo=None), NOON),
        ({"$date": MILLISECONDS}, NOON),
        ({"$date": {"$date": 1}}, None),
        ("yesterday", None),
        (10**40, None),
        ("²", None),
        ("9" * 400, None),
        (float("nan"), None),
        ([], None),
    ],
)
def test_instants(value: Any, found: datetime | None) -> None:
    assert instant(value) == found


@fixed
@given(JSON)
def test_any_json_is_read(value: Any) -> None:
    decode(json.dumps(value))


@fixed
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        decode(text)
    except BadResponse:
        return


@pytest.mark.parametrize("dialect", [JsonRpc(), Ddp()])
@settings(parent=fixed)
@given(value=JSON)
def test_any_frame_is_read_or_refused(dialect: Dialect, value: Any) -> None:
    try:
        frame = dialect.read(json.dumps(value))
    except BadResponse:
        return
    assert frame is None or isinstance(frame, (Answer, Event, Reply, Unsubscribed))


MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON,
        "msg": st.sampled_from(["result", "ready", "nosub", "added", "ping", "connected", "failed", 7, None]),
        "method": st.sampled_from(["collection_update", "other", None, 7]),
        "params": JSON,
        "subs": JSON,
        "collection": JSON,
        "fields": JSON,
        "error": JSON,
        "result": JSON,
    },
)


@pytest.mark.parametrize("dialect", [JsonRpc(), Ddp()])
@settings(parent=fixed)
@given(value=MEMBERS)
def test_members_of_any_type(dialect: Dialect, value: Any) -> None:
    frame = dialect.read(json.dumps(value))
    if isinstance(frame, Answer):
        assert isinstance(frame.id, str)
        if frame.failure:
            assert isinstance(frame.failure.as_error("x"), ClientError)
    if isinstance(frame, Event):
        assert isinstance(frame.collection, str)


def test_calls_of_json_rpc() -> None:
    dialect = JsonRpc()
    assert json.loads(dialect.call("1", "pool.query", [[]])) == {
        "jsonrpc": "2.0",
        "id": "1",
        "method": "pool.query",
        "params": [[]],
    }
    assert json.loads(dialect.subscribe("2", "alert.list"))["method"] == "core.subscribe"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": -32001, "data": {"error": 13, "reason": "Not authorized"}}, PermissionDenied),
        ({"code": -32001, "data": {"error": 207, "reason": "Not authenticated"}}, SessionLost),
        ({"code": -32601, "message": "Method does not exist"}, NoSuchMethod),
        ({"code": -32001, "data": {"error": 201}}, NoSuchMethod),
        ({"code": -32001, "data": {"error": 14, "reason": "[EFAULT] no"}}, CallFailed),
        ({"code": "x", "data": {"error": "y", "reason": None}}, CallFailed),
        ("text", CallFailed),
    ],
)
def test_failures(error: Any, kind: type[ClientError]) -> None:
    found = JsonRpc().read(json.dumps({"id": "1", "error": error}))
    assert isinstance(found, Answer)
    assert found.failure
    assert type(found.failure.as_error("pool.query")) is kind
    if isinstance(error, dict) and isinstance(data := error.get("data"), dict):
        old = Ddp().read(json.dumps({"msg": "result", "id": "1", "error": data}))
        assert isinstance(old, Answer)
        assert old.failure
        assert type(old.failure.as_error("pool.query")) is kind


def test_a_long_reason_is_cut() -> None:
    error = CallFailed("app.query", "x" * 10_000)
    assert len(str(error)) < 600


def test_frames_of_the_older_protocol() -> None:
    dialect = Ddp()
    assert json.loads(dialect.greeting or "")["msg"] == "connect"
    assert json.loads(dialect.subscribe("s", "alert.list")) == {"msg": "sub", "id": "s", "name": "alert.list"}
    assert dialect.read('{"msg": "connected", "session": "s"}') == Answer("connect", "s")
    failed = dialect.read('{"msg": "failed", "version": "1"}')
    assert isinstance(failed, Answer)
    assert failed.failure
    assert dialect.read('{"msg": "result", "id": "1", "result": [7]}') == Answer("1", [7])
    assert dialect.read('{"msg": "ready", "subs": ["s"]}') == Answer("s")
    assert dialect.read('{"msg": "ping", "id": "p"}') == Reply('{"msg": "pong", "id": "p"}')
    assert dialect.read('{"msg": "ping"}') == Reply('{"msg": "pong"}')
    assert dialect.read('{"msg": "updated"}') is None
    refused = dialect.read('{"msg": "nosub", "id": "s", "error": "?"}')
    assert isinstance(refused, Answer)
    assert refused.failure


def test_events() -> None:
    text = {"msg": "ADDED", "collection": 'app.stats:{"interval": 30}', "id": 1, "fields": [1]}
    event = Event("app.stats", "added", 1, [1])
    assert Ddp().read(json.dumps({**text, "msg": "added"})) == event
    assert JsonRpc().read(json.dumps({"method": "collection_update", "params": text})) == event
    extra = JsonRpc().read(
        '{"method": "collection_update", "params": {"collection": "update.status", "extra": {"status": 1}}}'
    )
    assert extra == Event("update.status", "", None, {"status": 1})
    ended = '{"method": "notify_unsubscribed", "params": {"collection": "alert.list"}}'
    assert JsonRpc().read(ended) == Unsubscribed("alert.list")
    assert JsonRpc().read('{"method": "notify_unsubscribed", "params": 7}') is None
    assert JsonRpc().read('{"id": 7, "result": 1}') is None
