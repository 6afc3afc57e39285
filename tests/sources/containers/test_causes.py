"""Why a container does not run or keeps being started, as the looks at it tell."""

import ast
from pathlib import Path
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers import aftermath, causes, gate
from custom_components.home_server_monitor.sources.containers.causes import (
    Cause,
    Trouble,
    cause_of_end,
    cause_of_health,
    trouble,
)
from custom_components.home_server_monitor.sources.containers.look import Look, look
from custom_components.home_server_monitor.sources.containers.model import HealthStatus
from custom_components.home_server_monitor.sources.containers.redact import HIDDEN, redacted

from ...ground.texts import placeholders
from ...ground.tree import PACKAGE, read_json
from .shared import DOCKERS, recorded

TEXTS = read_json(PACKAGE / "translations/en.json")["common"]


def seen(at: float, **more: Any) -> Look:
    return Look(**{"at": at, "id": "a", "status": "running", "started": "2026-06-01T10:00:00Z", **more})


def ended(at: float, code: int | None = 1, **more: Any) -> Look:
    return seen(at, **{"status": "exited", "exit_code": code, **more})


def restarting(at: float, restarts: int, code: int = 1, **more: Any) -> Look:
    return seen(at, status="restarting", restarting=True, restarts=restarts, exit_code=code, **more)


def kind(looks: list[Look]) -> tuple[str, str] | None:
    found = trouble(looks)
    return found and (found.kind, found.cause.key)


@pytest.mark.parametrize(
    ("code", "more", "cause"),
    [
        (0, {}, Cause("finished")),
        (1, {}, Cause("error", {"code": "1"})),
        (125, {}, Cause("engine_failed")),
        (126, {}, Cause("not_executable")),
        (127, {}, Cause("no_command")),
        (137, {}, Cause("killed")),
        (137, {"oom": True}, Cause("out_of_memory")),
        (139, {}, Cause("crashed", {"signal": "SIGSEGV"})),
        (143, {}, Cause("asked")),
        (None, {}, Cause("unknown")),
    ],
)
def test_exit_codes(code: int | None, more: dict[str, Any], cause: Cause) -> None:
    assert cause_of_end(ended(0.0, code, **more)) == cause


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (
            "driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated",
            "port_taken",
        ),
        (
            "failed to bind host port for 0.0.0.0:53: listen udp4 0.0.0.0:53: bind: address already in use",
            "port_taken",
        ),
        ("Address already in use", "address_taken"),
        ("error gathering device information while adding custom device: no such file", "device_gone"),
        (
            'could not select device driver "nvidia" with capabilities: [[gpu]]',
            "device_gone",
        ),
        (
            "error mounting to rootfs: Are you trying to mount a directory onto a file (or vice-versa)?",
            "not_what_it_was",
        ),
        ("invalid mount config for type: bind source path does not exist: /mnt/x", "folder_gone"),
        ("network media_default not found", "network_gone"),
        ("cannot join network of a non running container: 4f1d", "parent_gone"),
        ('exec: "nope": executable file not found in $PATH: unknown', "no_command"),
        ('exec: "/run.sh": permission denied: unknown', "not_executable"),
        ("exec /init: exec format error", "wrong_processor"),
        ("write /var/lib/docker/x: no space left on device", "disk_full"),
        ("something else", "error"),
    ],
)
def test_what_the_engine_says_is_more_telling_than_a_code(error: str, key: str) -> None:
    assert cause_of_end(ended(0.0, 128, error=error)).key == key


def test_a_health_check_that_says_something() -> None:
    sick = seen(0.0, check=HealthStatus.UNHEALTHY, output="wget: password=hunter2 refused", check_code=1)
    assert cause_of_health(sick) == Cause("check_says", {"output": f"wget: password={HIDDEN} refused"})
    silent = seen(0.0, check=HealthStatus.UNHEALTHY, check_code=7)
    assert cause_of_health(silent) == Cause("check_fails", {"code": "7"})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET http://user:pw@nas:80/x failed", f"GET http://{HIDDEN}@nas:80/x failed"),
        ("?apikey=0123456789abcdef&x=1", f"?apikey={HIDDEN}&x=1"),
        ('{"token": "abc def"}', f'{{"token": {HIDDEN}}}'),
        ("Authorization: Bearer abc.def", f"Authorization: {HIDDEN}"),
        ("sent bearer abcdef123", f"sent bearer {HIDDEN}"),
        ("id 4f1d2c3b4f1d2c3b4f1d2c3b4f1d2c3b gone", f"id {HIDDEN} gone"),
        ("password is swordfish", f"password is {HIDDEN}"),
        ("connection to 10.0.0.5:8989 refused", "connection to 10.0.0.5:8989 refused"),
        ("tokens are counted; no password given", "tokens are counted; no password given"),
    ],
)
def test_secrets_are_taken_out(text: str, left: str) -> None:
    assert redacted(text) == left


def test_a_container_that_keeps_ending() -> None:
    looks = [seen(0.0), restarting(60.0, 1), seen(90.0, restarts=2), restarting(120.0, 3)]
    assert trouble(looks) == Trouble("loop", Cause("error", {"code": "1"}), 60.0, 3)


def test_a_loop_that_is_only_ever_seen_running() -> None:
    looks = [seen(at * 60.0, restarts=at) for at in range(4)]
    assert kind(looks) == ("loop", "unknown")


def test_a_loop_that_was_there_before_anybody_looked() -> None:
    found = trouble([restarting(0.0, 37, 137, oom=True)])
    assert found == Trouble("loop", Cause("out_of_memory"), 0.0, 37)


def test_what_others_start_again_and_again() -> None:
    sick = {"check": HealthStatus.UNHEALTHY, "output": "refused"}
    looks = [seen(at * 100.0, started=f"2026-06-01T10:{at:02}:00Z", **sick) for at in range(4)]
    assert kind(looks) == ("loop", "check_says")


def test_three_restarts_in_an_hour_are_no_loop() -> None:
    assert kind([seen(at * 1200.0, restarts=at) for at in range(4)]) is None


def test_the_count_starts_anew_with_another_container() -> None:
    looks = [seen(0.0, restarts=0), seen(1.0, restarts=5, id="b"), seen(60.0, restarts=5, id="b")]
    assert kind(looks) is None
    # a start by hand sets the count back
    assert kind([seen(0.0, restarts=5), seen(60.0, restarts=0, started="2026-06-01T10:01:00Z")]) is None


def test_a_container_that_ended_with_an_error() -> None:
    looks = [seen(0.0), ended(30.0, 139), ended(60.0, 139)]
    assert trouble(looks) == Trouble("ended", Cause("crashed", {"signal": "SIGSEGV"}), 30.0)


@pytest.mark.parametrize("code", [0, 130, 137, 143])
def test_what_may_have_been_stopped_on_purpose(code: int) -> None:
    assert kind([seen(0.0), ended(30.0, code)]) is None


def test_out_of_memory() -> None:
    assert kind([seen(0.0), ended(30.0, 137, oom=True)]) == ("out_of_memory", "out_of_memory")
    assert kind([seen(0.0), seen(30.0, oom=True)]) == ("out_of_memory", "process_killed")


def test_an_unhealthy_container() -> None:
    sick = [seen(at, check=HealthStatus.UNHEALTHY, output="refused") for at in (30.0, 60.0)]
    found = trouble([seen(0.0, check=HealthStatus.HEALTHY), *sick])
    assert found == Trouble("unhealthy", Cause("check_says", {"output": "refused"}), 30.0)


def test_a_check_that_cannot_make_up_its_mind() -> None:
    turns = [HealthStatus.UNHEALTHY, HealthStatus.HEALTHY] * 3
    looks = [seen(at * 300.0, check=check, output="slow") for at, check in enumerate(turns)]
    found = trouble(looks)
    assert found
    assert (found.kind, found.count) == ("flapping", 5)
    assert kind(looks[:5]) == ("unhealthy", "check_says")
    assert kind(looks[:4]) is None
    # over a day it is no flapping
    slow = [seen(at * 3600.0, check=check, output="slow") for at, check in enumerate(turns)]
    assert kind(slow) is None


def test_nothing_is_wrong() -> None:
    assert trouble([]) is None
    assert trouble([seen(0.0), seen(60.0, check=HealthStatus.HEALTHY)]) is None
    assert trouble([seen(0.0), seen(60.0, gone=True)]) is None
    assert trouble([seen(0.0), seen(60.0, status="paused")]) is None


@pytest.mark.parametrize("engine", DOCKERS)
def test_the_containers_of_the_recordings(engine: str) -> None:
    def of(name: str) -> tuple[str, str] | None:
        return kind([look(recorded(engine, f"inspect_{name}"), 0.0)])

    assert of("web") is None
    assert of("sick") == ("unhealthy", "check_says")
    assert of("limit") == ("out_of_memory", "out_of_memory")
    crash = recorded(engine, "inspect_crash")
    assert of("crash") == (("loop", "error") if crash["State"]["Restarting"] else None)


def literals(module: Any, call: str, argument: int) -> set[str]:
    """Return the strings that a file of rules gives to a call."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name == call and len(args) > argument:
                found |= {each.value for each in ast.walk(args[argument]) if isinstance(each, ast.Constant)}
    return {each for each in found if isinstance(each, str)}


def test_every_cause_is_told() -> None:
    keys = literals(causes, "Cause", 0) | literals(aftermath, "Cause", 0) | {key for key, _ in causes._ERRORS}
    # of what goes beyond its quota
    keys |= {f"over_{each}" for each in ("cpu", "memory", "pids", "restarts", "network", "log")}
    assert len(keys) > 15
    told = {key.removeprefix("cause_") for key in TEXTS if key.startswith("cause_")}
    # those of disks, of what is downloaded and of what is streamed belong to others
    others = ("disk_", "replacing_", "import_", "stuck_", "plex_", "uplink_", "tier_", "power_", "ups_")
    assert keys == {key for key in told if not key.startswith(others) or key == "disk_full"}
    given = {"crashed": {"signal"}, "error": {"code"}, "check_fails": {"code"}, "check_says": {"output"}}
    given["restarted"] = {"times"}
    for key in keys:
        if not key.startswith("over_"):
            assert placeholders(TEXTS[f"cause_{key}"]) == given.get(key, set()), key


def test_every_reason_of_the_gate_is_told() -> None:
    keys = literals(gate, "Judgement", 1)
    tree = ast.parse(Path(gate.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id="reason")], value=value):
                keys |= {each.value for each in ast.walk(value) if isinstance(each, ast.Constant)} - {None}
            case ast.FunctionDef(name="_waits_for"):
                returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
                keys |= {each.value for each in returned if isinstance(each, ast.Constant)} - {None}
    assert keys == {key.removeprefix("gate_") for key in TEXTS if key.startswith("gate_")}
