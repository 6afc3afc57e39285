"""One service of a compose file, and the body of the request that makes its container."""

from dataclasses import dataclass, field, replace
from typing import Any

from simulator.engine import Behaviour
from simulator.engine.model import SECOND, Doc
from simulator.noise import digest

LINUXSERVER = ("PUID=1000", "PGID=1000", "TZ=Europe/Berlin")
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def check(command: str, interval: float = 30, timeout: float = 10, retries: int = 3, start: float = 0) -> Doc:
    """A health check; durations in seconds."""
    return {
        "Test": ["CMD-SHELL", command],
        "Interval": int(interval * SECOND),
        "Timeout": int(timeout * SECOND),
        "Retries": retries,
        "StartPeriod": int(start * SECOND),
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """`image` is where it really comes from; `secrets` are variables whose values look like keys.

    `ports` are `host:container[/udp]`, `mounts` are binds or `name:/path`; `network` is `default` (that of its
    project), `host`, or `service:` and the one whose network it shares. `from_image` is what the image itself brings.
    `days` since it was made, `pinned`: named by digest, `local`: built here, `private`: behind a login.
    """

    name: str
    project: str
    image: str
    tag: str = "latest"
    version: str = "1.0"
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    network: str = "default"
    needs: tuple[str, ...] = ()
    health: Doc | None = None
    restart: str = "unless-stopped"
    host: Doc = field(default_factory=dict)
    user: str = ""
    from_image: Doc = field(default_factory=dict)
    acts: Behaviour = field(default_factory=Behaviour)
    megabytes: int = 180
    days: float = 30.0
    state: str = "running"
    exit_code: int = 0
    pinned: bool = False
    local: bool = False
    private: bool = False
    service: str = ""

    @property
    def key(self) -> str:
        """Its name in the compose file."""
        return self.service or self.name

    @property
    def path(self) -> str:
        """The repository, without the registry."""
        first, _, rest = self.image.partition("/")
        return rest if "." in first else self.image

    @property
    def registry(self) -> str:
        """The registry that it really comes from."""
        first = self.image.partition("/")[0]
        return first if "." in first else "docker.io"

    def image_config(self) -> Doc:
        """What its image brings."""
        labels = {
            "org.opencontainers.image.version": self.version,
            "org.opencontainers.image.source": f"https://github.com/{self.path}",
            "org.opencontainers.image.title": self.key,
        }
        if self.image.startswith("lscr.io"):
            labels["build_version"] = f"Linuxserver.io version:- {self.version}"
            labels["maintainer"] = "linuxserver.io"
        return {
            "Env": [PATH, "LANG=C.UTF-8"],
            "Entrypoint": ["/init"] if self.image.startswith("lscr.io") else None,
            "Cmd": list(self.command) or [f"/usr/local/bin/{self.key}"],
            "ExposedPorts": {_inside(port): {} for port in self.ports} or None,
            "Labels": labels,
            "User": "",
            "Volumes": None,
            "WorkingDir": "/",
            **self.from_image,
        }

    def copy(self, number: int) -> Service:
        """The same again in another project, for engines of any size."""
        ports = tuple(f":{_inside(port)}" for port in self.ports)
        needs = tuple(self.needs)
        return replace(
            self,
            name=f"{self.name}-{number}",
            project=f"{self.project}-{number}" if self.project else "",
            service=self.key,
            ports=ports,
            needs=needs,
            mounts=tuple(_moved(mount, number) for mount in self.mounts),
        )

    def body(self, seed: int, reference: str, *, network: str, image_ident: str, variables: Doc) -> Doc:
        """The request that makes its container; `${…}` in the environment is filled in from `variables`."""
        env = [*self.env, *(f"{name}={secret(seed, self.name, name)}" for name in self.secrets)]
        shared = network.startswith("container:")
        body: Doc = {
            "Image": reference,
            "Env": [_filled(entry, variables) for entry in env],
            "HostConfig": self._host(network),
        }
        if self.command:
            body["Cmd"] = list(self.command)
        if self.user:
            body["User"] = self.user
        if self.ports and not shared:
            body["ExposedPorts"] = {_inside(port): {} for port in self.ports}
        if self.health is not None:
            body["Healthcheck"] = self.health
        if network not in ("host", "bridge", "none") and not shared:
            body["NetworkingConfig"] = {"EndpointsConfig": {network: {"Aliases": [self.name, self.key]}}}
        body["Labels"] = self.labels(digest(seed, body), image_ident) if self.project else {}
        return body

    def _host(self, network: str) -> Doc:
        bindings: dict[str, list[Doc]] = {}
        for port in self.ports:
            outside = port.rpartition(":")[0]
            address, _, number = outside.rpartition(":")
            bindings.setdefault(_inside(port), []).append({"HostIp": address, "HostPort": number})
        shared = network.startswith("container:") or network == "host"
        return {
            "NetworkMode": network,
            "Binds": list(self.mounts) or None,
            "PortBindings": {} if shared else bindings,
            "RestartPolicy": {"Name": self.restart, "MaximumRetryCount": 0},
            **self.host,
        }

    def labels(self, config_hash: str, image_ident: str) -> dict[str, str]:
        """What compose writes on it."""
        folder = f"/mnt/tank/stacks/{self.project}"
        found = {
            "project": self.project,
            "service": self.key,
            "container-number": "1",
            "oneoff": "False",
            "config-hash": config_hash,
            "depends_on": ",".join(f"{name}:service_started:false" for name in self.needs),
            "image": image_ident,
            "project.working_dir": folder,
            "project.config_files": f"{folder}/compose.yaml",
            "version": "2.40.3",
        }
        return {f"com.docker.compose.{key}": value for key, value in found.items()}


def secret(seed: int, *parts: object) -> str:
    """What looks like a key, and is none."""
    return digest(seed, "secret", *parts)[:40]


def _inside(port: str) -> str:
    inside = port.rpartition(":")[2]
    return inside if "/" in inside else f"{inside}/tcp"


def _moved(mount: str, number: int) -> str:
    """Copies do not share volumes and folders of their own."""
    source, colon, rest = mount.partition(":")
    shared = source.startswith(("/var/run", "/run", "/etc", "/dev", "/mnt/media"))
    return mount if shared or not colon else f"{source}-{number}:{rest}"


def _filled(entry: str, variables: dict[str, Any]) -> str:
    for name, value in variables.items():
        entry = entry.replace(f"${{{name}}}", str(value))
    start = entry.find("${")
    return entry if start < 0 else entry[:start]
