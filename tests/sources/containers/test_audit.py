"""What the permission audit finds in a container and in an engine, how it is mended, and what it is worth."""

import ast
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.sources.containers.audit import (
    Accepted,
    Report,
    audit,
    engine_score,
    report,
    without,
)
from custom_components.home_server_monitor.sources.containers.audit_case import Check, Grade, Subject
from custom_components.home_server_monitor.sources.containers.audit_engine import (
    EngineSubject,
    audit_engine,
)
from custom_components.home_server_monitor.sources.containers.audit_image import secret_names

from ...ground.texts import placeholders
from ...ground.tree import PACKAGE, read_json
from .inspections import IMAGE, INFO, bind, inspection
from .shared import ENGINES, recorded

TEXTS = read_json(PACKAGE / "translations/en.json")["common"]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROOMS = PACKAGE / "sources/containers"
IMAGE_INSPECT: dict[str, Any] = {
    "Config": IMAGE,
    "RepoDigests": ["lscr.io/linuxserver/sonarr@sha256:" + "3" * 64],
    "Created": "2026-05-01T00:00:00Z",
}
# a container about which the audit has nothing to say
SAFE_HOST: dict[str, Any] = {
    "CapDrop": ["ALL"],
    "SecurityOpt": ["no-new-privileges:true"],
    "ReadonlyRootfs": True,
    "Memory": 2**30,
    "NanoCpus": 10**9,
    "PidsLimit": 200,
    "Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 1024}],
    "PortBindings": {"8989/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8989"}]},
}
SAFE_CONFIG: dict[str, Any] = {"User": "1000:1000", "Image": "lscr.io/linuxserver/sonarr:4"}


def subject(
    host: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
    *,
    image: dict[str, Any] | None = None,
    info: dict[str, Any] | None = None,
    about: dict[str, Any] | None = None,
    **more: Any,
) -> Subject:
    """Return a safe container with changes; `more` goes into the inspection."""
    inspect = inspection(host=SAFE_HOST | (host or {}), config=SAFE_CONFIG | (config or {}), **more)
    return Subject(
        inspect=inspect,
        image=IMAGE_INSPECT | (image or {}),
        info=INFO | (info or {}),
        now=NOW,
        **(about or {}),
    )


def engine_subject(info: dict[str, Any] | None = None, **more: Any) -> EngineSubject:
    """Return an engine in order, with changes."""
    safe = INFO | {"SecurityOptions": ["name=userns", "name=seccomp,profile=builtin"]}
    return EngineSubject(info=safe | (info or {}), **{"version": {"Version": "28.5.2"}} | more)


def mount(source: str, **more: Any) -> dict[str, Any]:
    return {"Mounts": [bind(source, "/inside", **more)]}


def publishing(inside: int, outside: int, address: str = "") -> dict[str, Any]:
    return {"PortBindings": {f"{inside}/tcp": [{"HostIp": address, "HostPort": str(outside)}]}}


def of_image(image: str) -> dict[str, Any]:
    return {"config": {"Image": image}}


READ = {"RW": False, "Mode": "ro"}
GIGABYTE = 2**30
# the key, its number, its grade, and a container or an engine of which it is the only thing that is found
type Example = tuple[str, str, Grade, Callable[[], Subject | EngineSubject]]
EXAMPLES: tuple[Example, ...] = (
    ("privileged", "5.5", Grade.CRITICAL, lambda: subject({"Privileged": True})),
    ("capability_dangerous", "5.4", Grade.HIGH, lambda: subject({"CapAdd": ["CAP_SYS_ADMIN"]})),
    ("capability_dangerous", "5.4", Grade.HIGH, lambda: subject({"CapAdd": ["ALL"]})),
    ("capability_added", "5.4", Grade.MEDIUM, lambda: subject({"CapAdd": ["NET_ADMIN"]})),
    (
        "capability_added",
        "5.4",
        Grade.INFO,
        lambda: subject({"CapAdd": ["NET_ADMIN"]}, **of_image("qmcgaw/gluetun:v3")),
    ),
    ("capabilities_kept", "5.4", Grade.INFO, lambda: subject({"CapDrop": None})),
    (
        "apparmor_off",
        "5.2",
        Grade.HIGH,
        lambda: subject({"SecurityOpt": ["no-new-privileges", "apparmor:unconfined"]}),
    ),
    ("apparmor_missing", "5.2", Grade.MEDIUM, lambda: subject(AppArmorProfile="")),
    (
        "selinux_off",
        "5.3",
        Grade.MEDIUM,
        lambda: subject(
            {"SecurityOpt": ["no-new-privileges", "label=disable"]},
            info={"SecurityOptions": ["name=selinux"]},
        ),
    ),
    (
        "seccomp_off",
        "5.22",
        Grade.HIGH,
        lambda: subject({"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}),
    ),
    ("new_privileges", "5.26", Grade.MEDIUM, lambda: subject({"SecurityOpt": None})),
    (
        "new_privileges",
        "5.26",
        Grade.MEDIUM,
        lambda: subject({"SecurityOpt": ["no-new-privileges:false"]}),
    ),
    ("host_processes", "5.16", Grade.HIGH, lambda: subject({"PidMode": "host"})),
    ("host_memory", "5.17", Grade.MEDIUM, lambda: subject({"IpcMode": "host"})),
    ("shared_memory", "5.17", Grade.LOW, lambda: subject({"IpcMode": "shareable"})),
    ("host_name", "5.21", Grade.LOW, lambda: subject({"UTSMode": "host"})),
    (
        "host_users",
        "5.31",
        Grade.MEDIUM,
        lambda: subject({"UsernsMode": "host"}, info={"SecurityOptions": ["name=userns"]}),
    ),
    ("cgroup_parent", "5.25", Grade.LOW, lambda: subject({"CgroupParent": "/mine"})),
    ("sysctls", "", Grade.LOW, lambda: subject({"Sysctls": {"net.ipv4.ip_forward": "1"}})),
    ("never_out_of_memory", "", Grade.MEDIUM, lambda: subject({"OomKillDisable": True})),
    ("last_out_of_memory", "", Grade.LOW, lambda: subject({"OomScoreAdj": -500})),
    ("engine_socket", "5.32", Grade.CRITICAL, lambda: subject(**mount("/var/run/docker.sock", **READ))),
    (
        "engine_socket",
        "5.32",
        Grade.HIGH,
        lambda: subject(**mount("/run/docker.sock"), **of_image("amir20/dozzle:v8")),
    ),
    ("engine_socket", "5.32", Grade.CRITICAL, lambda: subject(**mount("/run/podman/podman.sock"))),
    ("system_folder", "5.6", Grade.CRITICAL, lambda: subject(**mount("/"))),
    ("system_folder", "5.6", Grade.CRITICAL, lambda: subject(**mount("/etc/"))),
    ("system_folder", "5.6", Grade.CRITICAL, lambda: subject(**mount("/var"))),
    ("system_folder_read", "5.6", Grade.HIGH, lambda: subject(**mount("/", **READ))),
    ("system_folder_read", "5.6", Grade.HIGH, lambda: subject(**mount("/var/run", **READ))),
    ("system_folder_read", "5.6", Grade.MEDIUM, lambda: subject(**mount("/proc", **READ))),
    ("system_file", "5.6", Grade.MEDIUM, lambda: subject(**mount("/etc/passwd"))),
    ("whole_pool", "5.6", Grade.HIGH, lambda: subject(**mount("/mnt/tank"))),
    ("whole_pool", "5.6", Grade.MEDIUM, lambda: subject(**mount("/mnt", **READ))),
    ("shared_mounts", "5.20", Grade.MEDIUM, lambda: subject(**mount("/mnt/tank/tv", Propagation="rshared"))),
    ("raw_device", "5.18", Grade.HIGH, lambda: subject({"Devices": [{"PathOnHost": "/dev/sda"}]})),
    ("raw_device", "5.18", Grade.HIGH, lambda: subject({"Devices": [{"PathOnHost": "/dev/mem"}]})),
    (
        "raw_device",
        "5.18",
        Grade.MEDIUM,
        lambda: subject(
            {"Devices": [{"PathOnHost": "/dev/nvme0"}]}, **of_image("ghcr.io/analogj/scrutiny:v0.8-omnibus")
        ),
    ),
    ("device", "5.18", Grade.INFO, lambda: subject({"Devices": [{"PathOnHost": "/dev/dri"}]})),
    ("device", "5.18", Grade.INFO, lambda: subject({"Devices": [{"PathOnHost": "/dev/ttyUSB0"}]})),
    ("device", "5.18", Grade.INFO, lambda: subject({"DeviceRequests": [{"Count": -1}]})),
    ("device", "5.18", Grade.MEDIUM, lambda: subject({"Devices": [{"PathOnHost": "/dev/ipmi0"}]})),
    ("all_devices", "", Grade.HIGH, lambda: subject({"DeviceCgroupRules": ["a *:* rwm"]})),
    ("device_kind", "", Grade.LOW, lambda: subject({"DeviceCgroupRules": ["c 189:* rmw"]})),
    ("all_ports", "5.9", Grade.LOW, lambda: subject({"PublishAllPorts": True})),
    (
        "many_ports",
        "5.9",
        Grade.LOW,
        lambda: subject(
            {
                "PortBindings": {
                    f"{port}/udp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]
                    for port in range(40000, 40100)
                }
            }
        ),
    ),
    ("engine_published", "", Grade.CRITICAL, lambda: subject(publishing(2375, 2375))),
    ("database_published", "5.9", Grade.HIGH, lambda: subject(publishing(5432, 5432))),
    ("database_published", "5.9", Grade.HIGH, lambda: subject(publishing(6379, 16379, "192.168.1.2"))),
    ("low_port", "5.8", Grade.LOW, lambda: subject(publishing(25, 25, "192.168.1.2"))),
    ("published", "5.14", Grade.MEDIUM, lambda: subject(publishing(8989, 8989, "0.0.0.0"))),
    ("published", "5.14", Grade.MEDIUM, lambda: subject(publishing(80, 443, "::"))),
    (
        "admin_published",
        "5.14",
        Grade.HIGH,
        lambda: subject(publishing(8080, 8081), **of_image("phpmyadmin:5")),
    ),
    ("host_network", "5.10", Grade.MEDIUM, lambda: subject({"NetworkMode": "host", "PortBindings": {}})),
    (
        "host_network",
        "5.10",
        Grade.INFO,
        lambda: subject(
            {"NetworkMode": "host", "PortBindings": {}}, **of_image("lscr.io/linuxserver/plex:1.42")
        ),
    ),
    ("default_network", "5.30", Grade.INFO, lambda: subject({"NetworkMode": "default"})),
    ("no_memory_limit", "5.11", Grade.LOW, lambda: subject({"Memory": 0})),
    (
        "no_memory_limit",
        "5.11",
        Grade.MEDIUM,
        lambda: subject({"Memory": 0}, **of_image("ghcr.io/immich-app/immich-machine-learning:v2")),
    ),
    ("no_cpu_limit", "5.12", Grade.INFO, lambda: subject({"NanoCpus": 0})),
    ("no_pids_limit", "5.29", Grade.LOW, lambda: subject({"PidsLimit": None})),
    ("no_pids_limit", "5.29", Grade.LOW, lambda: subject({"PidsLimit": -1})),
    ("restarts_for_ever", "5.15", Grade.INFO, lambda: subject(about={"looping": True})),
    ("never_restarts", "5.15", Grade.INFO, lambda: subject({"RestartPolicy": {"Name": ""}})),
    ("writable_root", "5.13", Grade.INFO, lambda: subject({"ReadonlyRootfs": False})),
    ("no_ulimits", "5.19", Grade.INFO, lambda: subject({"Ulimits": None})),
    ("endless_log", "", Grade.LOW, lambda: subject({"LogConfig": {"Type": "json-file", "Config": {}}})),
    ("runs_as_root", "4.1", Grade.MEDIUM, lambda: subject(config={"User": ""})),
    ("runs_as_root", "4.1", Grade.MEDIUM, lambda: subject(config={"User": "0:0"})),
    ("root_at_first", "4.1", Grade.INFO, lambda: subject(config={"User": "", "Env": ["PUID=1000"]})),
    ("secrets_in_env", "4.10", Grade.MEDIUM, lambda: subject(config={"Env": ["DB_PASSWORD=hunter2"]})),
    ("no_health_check", "5.27", Grade.LOW, lambda: subject(config={"Healthcheck": None})),
    ("no_health_check", "5.27", Grade.LOW, lambda: subject(config={"Healthcheck": {"Test": ["NONE"]}})),
    ("moving_tag", "5.28", Grade.LOW, lambda: subject(**of_image("nginx"))),
    ("moving_tag", "5.28", Grade.LOW, lambda: subject(**of_image("nginx:latest"))),
    ("image_of_nowhere", "", Grade.LOW, lambda: subject(image={"RepoDigests": []})),
    ("unknown_registry", "", Grade.INFO, lambda: subject(**of_image("registry.example/a:1"))),
    ("old_image", "5.28", Grade.LOW, lambda: subject(image={"Created": "2025-06-01T00:00:00Z"})),
    ("update_waits", "5.28", Grade.MEDIUM, lambda: subject(about={"update_since": NOW - timedelta(days=40)})),
    ("ssh_inside", "5.7", Grade.LOW, lambda: subject(about={"processes": ("/usr/sbin/sshd -D",)})),
    (
        "forgotten",
        "",
        Grade.INFO,
        lambda: subject(state={"Status": "exited", "Running": False, "FinishedAt": "2026-04-01T00:00:00Z"}),
    ),
    (
        "engine_open",
        "2.7",
        Grade.CRITICAL,
        lambda: engine_subject({"Warnings": ["WARNING: API is accessible on http://0.0.0.0:2375 without x"]}),
    ),
    (
        "engine_open",
        "2.7",
        Grade.MEDIUM,
        lambda: engine_subject({"Warnings": ["WARNING: API is accessible on http://127.0.0.1:2375 without"]}),
    ),
    (
        "insecure_registry",
        "2.5",
        Grade.LOW,
        lambda: engine_subject(
            {
                "RegistryConfig": {
                    "InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8"],
                    "IndexConfigs": {"docker.io": {"Secure": True}, "nas:5000": {"Secure": False}},
                }
            }
        ),
    ),
    ("same_users", "2.9", Grade.INFO, lambda: engine_subject({"SecurityOptions": ["name=seccomp"]})),
    (
        "engine_without_seccomp",
        "2.17",
        Grade.MEDIUM,
        lambda: engine_subject({"SecurityOptions": ["name=rootless"]}),
    ),
    ("experimental", "2.18", Grade.INFO, lambda: engine_subject({"ExperimentalBuild": True})),
    (
        "engine_outdated",
        "1.2.2",
        Grade.MEDIUM,
        lambda: engine_subject(version={"Version": "20.10.24+dfsg1"}),
    ),
    ("no_live_restore", "2.15", Grade.INFO, lambda: engine_subject({"LiveRestoreEnabled": False})),
    (
        "idle_swarm",
        "5.1",
        Grade.LOW,
        lambda: engine_subject({"Swarm": {"LocalNodeState": "active"}}, services=0),
    ),
    ("dangling_images", "", Grade.INFO, lambda: engine_subject(dangling=4)),
    ("orphan_volumes", "", Grade.INFO, lambda: engine_subject(orphans=2)),
)


def checked(about: Subject | EngineSubject) -> tuple[Check, ...]:
    return audit(about) if isinstance(about, Subject) else audit_engine(about)


def found(about: Subject | EngineSubject) -> dict[str, Grade]:
    return {check.key: check.grade for check in checked(about)}


def only(about: Subject) -> Check:
    """Return the one thing that is found."""
    (check,) = audit(about)
    return check


def test_a_safe_container_and_a_safe_engine() -> None:
    assert not found(subject())
    assert not found(engine_subject())


@pytest.mark.parametrize(
    ("key", "cis", "grade", "about"), EXAMPLES, ids=[f"{key}-{grade.name}" for key, _, grade, _ in EXAMPLES]
)
def test_what_is_found(
    key: str, cis: str, grade: Grade, about: Callable[[], Subject | EngineSubject]
) -> None:
    (check,) = checked(about())
    assert (check.key, check.cis, check.grade) == (key, cis, grade)
    texts = [TEXTS[f"audit_{key}_{part}"] for part in ("title", "meaning", "change")]
    said = {name for text in texts for name in placeholders(text)}
    assert said <= check.placeholders.keys()
    title, meaning, change = (text.format(**check.placeholders) for text in texts)
    assert len(title) <= 70
    assert meaning.endswith(".")
    assert change.endswith(".")


def test_every_check_has_an_example_and_texts() -> None:
    named = set()
    for path in ROOMS.glob("audit_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="Check"), args=[ast.Constant(value=str(key)), *_]):
                    named.add(key)
    examples = {key for key, *_ in EXAMPLES}
    assert named <= examples
    assert len(examples) > 60
    told = {key.removeprefix("audit_") for key in TEXTS if key.startswith("audit_")}
    assert told == {f"{key}_{part}" for key in examples for part in ("title", "meaning", "change")}


def test_what_needs_it_is_known() -> None:
    assert only(subject({"CapAdd": ["NET_ADMIN"]}, **of_image("qmcgaw/gluetun:v3"))).expected
    assert only(subject(**mount("/run/docker.sock"), **of_image("portainer/agent:2"))).expected
    assert only(subject({"Devices": [{"PathOnHost": "/dev/dri/renderD128"}]})).expected
    assert not only(subject({"CapAdd": ["NET_ADMIN"]})).expected
    # to need a network is no reason for anything else
    wireguard = subject({"CapAdd": ["NET_ADMIN", "SYS_ADMIN"]}, **of_image("linuxserver/wireguard:1"))
    assert [(each.key, each.grade) for each in audit(wireguard)] == [
        ("capability_dangerous", Grade.HIGH),
        ("capability_added", Grade.INFO),
    ]


@pytest.mark.parametrize(
    "harmless",
    [
        {"host": {"CapAdd": ["CHOWN", "NET_BIND_SERVICE"]}},
        {"host": {"IpcMode": "private", "PidMode": "", "UTSMode": "", "UsernsMode": "host"}},
        {"host": {"SecurityOpt": ["no-new-privileges"]}},
        {"host": {"LogConfig": {"Type": "local", "Config": {}}}},
        {"host": {"LogConfig": {"Type": "journald", "Config": {}}}},
        {"host": {"CpuShares": 512, "NanoCpus": 0}},
        {"host": publishing(5432, 5432, "127.0.0.1")},
        {"host": publishing(8989, 8989, "192.168.1.2")},
        {"host": publishing(53, 53, "192.168.1.2")},
        {"host": {"RestartPolicy": {"Name": "no"}}, "state": {"Status": "exited", "Running": False}},
        {"host": {"RestartPolicy": {"Name": "no"}, "AutoRemove": True}},
        mount("/mnt/tank/tv"),
        mount("/etc/localtime", **READ),
        mount("/etc/ssl/certs", **READ),
        mount("/run/dbus", **READ),
        mount("/var/lib/dockers"),
        mount("/etcetera"),
        {"config": {"Env": ["PASSWORD_FILE=/run/secrets/x", "TOKEN_TTL=3600", "SECRET=", "BYPASS=1"]}},
        {"image": {"Created": "1970-01-01T00:00:01Z"}},
        {"AppArmorProfile": "", "info": {"SecurityOptions": ["name=seccomp"]}},
        {"AppArmorProfile": "", "state": {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z"}},
        {"info": {"SecurityOptions": ["name=no-new-privileges"]}, "host": {"SecurityOpt": None}},
        {"about": {"processes": ("sshfs", "/usr/bin/ssh-agent")}},
        {"config": {"Image": "nginx:1.27", "User": "nobody"}},
        {"config": {"User": ""}, "image": {"Config": {"User": "app"}}},
    ],
    ids=str,
)
def test_what_is_no_reason(harmless: dict[str, Any]) -> None:
    assert not found(subject(**harmless))


def test_privileged_says_it_all() -> None:
    host = {
        "Privileged": True,
        "CapAdd": ["SYS_ADMIN"],
        "CapDrop": None,
        "SecurityOpt": ["no-new-privileges", "label=disable", "seccomp=unconfined"],
        "Devices": [{"PathOnHost": "/dev/sda"}],
    }
    assert found(subject(host, AppArmorProfile="unconfined")) == {"privileged": Grade.CRITICAL}


@pytest.mark.parametrize(
    ("about", "take_out", "put_in"),
    [
        (subject({"Privileged": True}), ("privileged: true",), ()),
        (
            subject({"SecurityOpt": None}),
            (),
            ("security_opt:", "  - no-new-privileges:true"),
        ),
        (
            subject(publishing(8989, 9000)),
            ("ports:", '  - "9000:8989"'),
            ("ports:", '  - "127.0.0.1:9000:8989"'),
        ),
        (
            subject({"Binds": ["/var/run/docker.sock:/inside:ro"]}, **mount("/run/docker.sock", **READ)),
            ("volumes:", "  - /var/run/docker.sock:/inside:ro"),
            ("environment:", "  DOCKER_HOST: tcp://socket-proxy:2375"),
        ),
        (
            subject(**mount("/etc")),
            ("volumes:", "  - /etc:/inside"),
            ("volumes:", "  - /etc:/inside:ro"),
        ),
        (subject(**mount("/etc", **READ)), ("volumes:", "  - /etc:/inside:ro"), ()),
        (
            subject({"LogConfig": {"Type": "json-file", "Config": None}}),
            (),
            ("logging:", "  options:", '    max-size: "10m"', '    max-file: "3"'),
        ),
        (
            subject(config={"Env": ["API_KEY=x1", "DB_PASS=y1"]}),
            ("environment:", "  API_KEY: …", "  DB_PASS: …"),
            (
                "environment:",
                "  API_KEY_FILE: /run/secrets/api_key",
                "  DB_PASS_FILE: /run/secrets/db_pass",
            ),
        ),
    ],
)
def test_the_lines_that_mend_it(about: Subject, take_out: tuple[str, ...], put_in: tuple[str, ...]) -> None:
    fix = only(about).fix
    assert fix
    assert (fix.take_out, fix.put_in) == (take_out, put_in)
    assert fix.live is None


@pytest.mark.parametrize(
    ("about", "live", "line"),
    [
        (
            subject({"Memory": 0}, about={"memory": 300 * 2**20}),
            {"Memory": 768 * 2**20, "MemorySwap": 768 * 2**20},
            "mem_limit: 768m",
        ),
        (
            subject({"Memory": 0}, about={"memory": 1000}),
            {"Memory": 256 * 2**20, "MemorySwap": 256 * 2**20},
            "mem_limit: 256m",
        ),
        (subject({"NanoCpus": 0}), {"NanoCpus": 3 * 10**9}, "cpus: 3"),
        (subject({"PidsLimit": 0}, about={"pids": 20}), {"PidsLimit": 512}, "pids_limit: 512"),
        (subject({"PidsLimit": 0}, about={"pids": 400}), {"PidsLimit": 1600}, "pids_limit: 1600"),
        (
            subject(about={"looping": True}),
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}},
            "restart: on-failure:5",
        ),
        (
            subject({"RestartPolicy": {"Name": "no"}}),
            {"RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0}},
            "restart: unless-stopped",
        ),
    ],
)
def test_what_can_be_mended_at_once(about: Subject, live: Mapping[str, Any], line: str) -> None:
    fix = only(about).fix
    assert fix
    assert fix.live == live
    assert line in fix.put_in


def test_a_limit_that_is_none_is_not_proposed() -> None:
    assert only(subject({"Memory": 0}, about={"memory": 15 * GIGABYTE})).fix is None
    assert only(subject({"NanoCpus": 0}, info={"NCPU": 1})).fix is None
    # how much it needs is not known yet
    assert only(subject({"Memory": 0})).fix is None
    assert only(subject({"PidsLimit": 0})).fix is None


@pytest.mark.parametrize(
    ("variable", "held"),
    [
        ("MYSQL_ROOT_PASSWORD=a", True),
        ("DBPASS=a", True),
        ("POSTGRES_PASSWORD=1234", True),
        ("password=a", True),
        ("X_API_KEY=a", True),
        ("APIKEY=a", True),
        ("GITHUB_TOKEN=a", True),
        ("JWT_SECRET=a", True),
        ("WIREGUARD_PRIVATE_KEY=a", True),
        ("AWS_CREDENTIALS=a", True),
        ("SECRET_KEY_BASE=abcdef", True),
        ("PASSWORD=", False),
        ("PASSWORD_FILE=/run/secrets/a", False),
        ("OPENVPN_PASSWORD_SECRETFILE=/run/a", False),
        ("TOKEN_LIFETIME=3600", False),
        ("TOKEN_EXPIRY=24h", False),
        ("PRIVATE_INTERNET_ACCESS_MODE=true", False),
        ("COMPASS=north", False),
        ("BYPASS_LIST=a", False),
        ("PASSENGER_APP=a", False),
        ("TZ=Europe/Rome", False),
        ("KEYBOARD=us", False),
        ("novalue", False),
    ],
)
def test_names_that_look_like_secrets(variable: str, held: bool) -> None:
    assert secret_names([variable]) == ([variable.partition("=")[0]] if held else [])


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["PASSWORD", "API_KEY", "X_TOKEN", "SECRET_1", "TZ", "PRIVATE"]),
            st.text("abcdefgh0123456789", min_size=8),
        ),
        max_size=4,
    )
)
def test_no_value_of_a_variable_is_told(variables: list[tuple[str, str]]) -> None:
    env = [f"{name}=zz{value}" for name, value in variables]
    told = repr(report(subject(config={"Env": env}, host={"PidMode": "host"})))
    assert not [value for _, value in variables if f"zz{value}" in told]


def accepted(key: str, **more: Any) -> Accepted:
    values: dict[str, Any] = {
        "container": "sonarr",
        "check": key,
        "reason": "needed",
        "grade": Grade.CRITICAL,
        "until": NOW + timedelta(days=1),
    }
    return Accepted(**values | more)


def test_what_was_accepted_is_not_counted() -> None:
    about = subject({"PidMode": "host", "Memory": 0})
    assert report(about).score == 100 - 15 - 1
    made = report(about, [accepted("host_processes")])
    assert [check.key for check in made.open] == ["no_memory_limit"]
    assert [check.key for check in made.accepted] == ["host_processes"]
    assert made.score == 99


@pytest.mark.parametrize(
    "but",
    [
        {"until": NOW},
        {"container": "radarr"},
        {"check": "host_memory"},
        {"grade": Grade.MEDIUM},
    ],
)
def test_what_was_accepted_otherwise_is_open(but: dict[str, Any]) -> None:
    made = report(subject({"PidMode": "host"}), [accepted("host_processes", **but)])
    assert [check.key for check in made.open] == ["host_processes"]


def test_another_path_is_not_accepted_with_the_first() -> None:
    one = only(subject(**mount("/etc")))
    mounts = [bind("/etc", "/a"), bind("/boot", "/b")]
    made = report(subject(Mounts=mounts), [accepted(one.identity)])
    assert [check.placeholders["path"] for check in made.open] == ["/boot"]
    # that it grows older is nothing new
    old, older = (only(subject(image={"Created": f"202{year}-01-01T00:00:00Z"})) for year in (5, 4))
    assert old.identity == older.identity


def test_what_is_accepted_of_the_engine() -> None:
    made = Report(name="", open=audit_engine(engine_subject(dangling=1)), where="engine")
    assert not without(made, [accepted("dangling_images", container="")], NOW).open
    assert without(made, [accepted("dangling_images")], NOW).open


def test_one_thing_to_mend_counts_once() -> None:
    host = {
        "PortBindings": {
            f"{port}/tcp": [{"HostIp": "", "HostPort": str(port)}] for port in (3306, 5432, 6379)
        }
    }
    assert report(subject(host)).score == 85


def test_the_score_of_an_engine() -> None:
    well = report(subject())
    engine = Report(name="", open=(), where="engine")
    assert engine_score(engine, []) == 100
    assert engine_score(engine, [well]) == 100
    bad = report(subject({"Privileged": True}))
    assert bad.score == 60
    # many good ones do not hide a bad one
    assert engine_score(engine, [bad, *[well] * 50]) == 60
    assert (
        engine_score(Report(name="", open=audit_engine(engine_subject(version={"Version": "24.0"}))), [well])
        == 96
    )
    assert engine_score(engine, [report(subject({"Privileged": True, "PidMode": "host"}, **mount("/")))]) == 5


@pytest.mark.parametrize(
    ("labels", "where"),
    [
        ({}, "command"),
        ({"com.docker.compose.project": "media"}, "compose"),
        ({"com.docker.compose.project": "ix-plex"}, "truenas_app"),
        ({"io.hass.type": "addon"}, "supervisor"),
    ],
)
def test_where_it_has_to_be_changed(labels: dict[str, str], where: str) -> None:
    assert report(subject(config={"Labels": labels})).where == where


@pytest.mark.parametrize("engine", ENGINES)
def test_the_containers_of_the_recordings(engine: str) -> None:
    info, image = recorded(engine, "info"), recorded(engine, "image_inspect_v1")

    def of(name: str) -> dict[str, Grade]:
        inspect = recorded(engine, f"inspect_{name}")
        return found(Subject(inspect=inspect, image=image, info=info, now=NOW))

    web = of("web")
    assert web["capability_added"] is Grade.MEDIUM
    assert web["runs_as_root"] is Grade.MEDIUM
    assert not {"new_privileges", "no_memory_limit", "no_pids_limit", "published"} & web.keys()
    crash = of("crash")
    assert crash["new_privileges"] is Grade.MEDIUM
    assert crash["no_memory_limit"] is Grade.LOW
    engine_found = audit_engine(
        EngineSubject(info=info, version=recorded(engine, "version"), podman=engine.startswith("podman"))
    )
    assert {check.key for check in engine_found} >= {"same_users"}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "a:b", "/etc", "a=b"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["Name", "Source", "Destination", "Type", "HostPort"]), inner, max_size=2
        )
    ),
    max_leaves=4,
)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.data())
def test_whatever_the_engine_says_nothing_breaks(data: st.DataObject) -> None:
    about = subject()
    for part in ("Config", "HostConfig"):
        keys = st.sampled_from(sorted({*about.inspect[part], "Devices", "CapAdd", "Binds", "Sysctls"}))
        about.inspect[part].update(data.draw(st.dictionaries(keys, JUNK, max_size=4)))
    about.inspect["Mounts"] = data.draw(JUNK)  # type: ignore[index]
    audit(about)
    info = {key: data.draw(JUNK) for key in ("SecurityOptions", "Warnings", "RegistryConfig", "Swarm")}
    audit_engine(engine_subject(info, version={"Version": data.draw(JUNK)}))
