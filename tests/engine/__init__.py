"""A real Docker Engine for tests: the one in DOCKER_HOST, else one of our own; a loud skip where there is none.

`engine` is shared by all tests of a run: each test gets a prefix of its own for the names of what it makes, and all
that carries it is removed afterwards. `engines` makes engines for one test, which may be killed and started again.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
import contextlib
from dataclasses import dataclass
import json
import os
from pathlib import Path
import re
import secrets
import shutil
import tempfile
from typing import Any

import pytest
import pytest_socket

from .api import Api
from .image import busybox_tar
from .processes import Dockerd, NoEngine, Registry, free_port
from .sharing import install, may_start, newer_tree, shared

__all__ = (
    "Api",
    "Dockerd",
    "Engine",
    "NoEngine",
    "Registry",
    "engine",
    "engines",
    "newer_engine",
    "open_sockets",
    "the_engine",
)


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine: `url` as DOCKER_HOST has it, `tcp` a plain address on loopback where it has one too.

    `registry` is the host of a registry on loopback, `prefix` what the names of this test begin with.
    """

    url: str
    tcp: str | None
    api: Api
    registry: str
    prefix: str = ""

    def name(self, suffix: str) -> str:
        """Return a name that no other test uses."""
        return f"{self.prefix}{suffix}"

    def reference(self, app: str = "app", tag: str = "1") -> str:
        """Return the reference of an image in the registry."""
        return f"{self.registry}/{self.prefix}{app}:{tag}"

    def image(
        self, app: str = "app", tag: str = "1", *changes: str, files: Mapping[str, str] | None = None
    ) -> str:
        """Make an image of busybox, with Dockerfile lines as `changes`; returns its reference."""
        reference = self.reference(app, tag)
        query = {
            "fromSrc": "-",
            "repo": reference.rpartition(":")[0],
            "tag": tag,
            "changes": changes or ('CMD ["/bin/sleep", "100000"]',),
        }
        self.api.must("POST", "/images/create", busybox_tar(dict(files or {})), query=query)
        return reference

    def push(self, reference: str) -> str:
        """Push an image to the registry; returns its digest."""
        repository, _, tag = reference.rpartition(":")
        answer = self.api.must(
            "POST", f"/images/{repository}/push", query={"tag": tag}, headers={"X-Registry-Auth": "e30="}
        )
        # the one store tells it for programs, the other one for people
        told = json.dumps([line.get("aux") or line.get("status") for line in answer])
        return re.findall(r"sha256:[0-9a-f]{64}", told)[-1]

    def network(self, suffix: str, subnet: str | None = None) -> str:
        """Create a network; returns its name."""
        body: dict[str, Any] = {
            "Name": self.name(suffix),
            # so that the rule for our bridges fits it
            "Options": {"com.docker.network.bridge.name": f"hsm{secrets.token_hex(4)}"},
        }
        if subnet:
            body["IPAM"] = {"Config": [{"Subnet": subnet}]}
        self.api.must("POST", "/networks/create", body)
        return self.name(suffix)

    def create(self, suffix: str, image: str, **body: Any) -> str:
        """Create a container; returns its id."""
        answer = self.api.must(
            "POST", "/containers/create", {"Image": image, **body}, query={"name": self.name(suffix)}
        )
        return str(answer["Id"])

    def run(self, suffix: str, image: str, **body: Any) -> str:
        """Create and start a container; returns its id."""
        found = self.create(suffix, image, **body)
        self.api.must("POST", f"/containers/{found}/start")
        return found


@contextlib.contextmanager
def _named(url: str) -> Iterator[Engine]:
    """Use the engine that the environment names, with a registry of our own."""
    api = Api(Path(url.removeprefix("unix://")) if url.startswith("unix://") else url)
    try:
        status, answer = api.call("GET", "/_ping")
    except OSError as err:
        raise NoEngine(f"the one in DOCKER_HOST does not answer: {err}") from err
    if status != 200:
        raise NoEngine(f"the one in DOCKER_HOST says {status} {answer}")
    install()
    registry = Registry(Path(tempfile.mkdtemp(prefix="hsm-registry-")), free_port())
    try:
        registry.start()
        yield Engine(url, None if url.startswith("unix://") else url, api, registry.host)
    finally:
        registry.stop()


@contextlib.contextmanager
def engine_of_our_own() -> Iterator[Engine]:
    with shared() as (dockerd, registry):
        yield Engine(
            f"unix://{dockerd.socket}", f"tcp://127.0.0.1:{dockerd.port}", dockerd.api, registry.host
        )


def open_sockets() -> None:
    """Open loopback and unix sockets: each test begins with them closed."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def the_engine() -> Iterator[Engine]:
    """The engine of this run."""
    open_sockets()
    with contextlib.ExitStack() as stack:
        try:
            url = os.environ.get("DOCKER_HOST")
            found = stack.enter_context(_named(url) if url else engine_of_our_own())
        except NoEngine as err:
            pytest.skip(f"NO REAL ENGINE: {err}")
        yield found
        open_sockets()


@pytest.fixture(scope="session")
def newer_engine() -> Iterator[tuple[Engine, Dockerd]]:
    """An engine of Debian's next release, whose images containerd keeps, and that speaks no old version."""
    open_sockets()
    folder = Path(tempfile.mkdtemp(prefix="hsm-"))
    registry = Registry(folder / "registry", free_port())
    options = {"features": {"containerd-snapshotter": True}, "max-download-attempts": 1}
    made: list[Dockerd] = []
    try:
        try:
            tree = newer_tree()
            install()
            made.append(Dockerd(folder / "engine", free_port(), options=options, tree=tree))
            made[0].start()
            registry.start()
        except NoEngine as err:
            pytest.skip(f"NO NEWER ENGINE: {err}")
        own = made[0]
        yield Engine(f"unix://{own.socket}", f"tcp://127.0.0.1:{own.port}", own.api, registry.host), own
        open_sockets()
    finally:
        for one in (*made, registry):
            one.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def engine(the_engine: Engine) -> Iterator[Engine]:
    """The engine of this run, with names for one test; what the test makes is removed afterwards."""
    open_sockets()
    prefix = f"hsmtest-{secrets.token_hex(4)}-"
    found = Engine(the_engine.url, the_engine.tcp, the_engine.api, the_engine.registry, prefix)
    yield found
    found.api.remove_everything(prefix)


@pytest.fixture
def engines() -> Iterator[Callable[..., Dockerd]]:
    """Make engines of a test's own: `engines()` starts one, `engines(tls=folder)` one that wants certificates.

    size, options: as a Dockerd has them.
    """
    open_sockets()
    made: list[Dockerd] = []

    def one(tls: Path | None = None, **more: Any) -> Dockerd:
        try:
            may_start()
            install()
            folder = Path(tempfile.mkdtemp(prefix="hsm-"))
            made.append(Dockerd(folder, free_port(), tls, **more))
            made[-1].start()
        except NoEngine as err:
            pytest.skip(f"NO ENGINE OF ITS OWN: {err}")
        return made[-1]

    def end(found: Dockerd) -> None:
        found.stop()
        shutil.rmtree(found.folder, ignore_errors=True)

    yield one
    # ending one takes seconds, in which nothing is done
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(end, made))
