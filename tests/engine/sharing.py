"""One engine for all workers of a test run: the first one starts it, the last one stops it."""

from collections.abc import Iterator
import contextlib
import fcntl
import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import tempfile

from .processes import ROOT, Dockerd, NoEngine, Registry, alive, free_port


def folder_for(purpose: str) -> Path:
    """Return a folder of this checkout's own, with a path that is short enough for a unix socket."""
    mark = hashlib.sha256(bytes(ROOT)).hexdigest()[:8]
    found = Path(tempfile.gettempdir()) / f"hsm-{purpose}-{os.getuid()}-{mark}"
    found.mkdir(mode=0o700, exist_ok=True)
    if found.stat().st_uid != os.getuid() or found.is_symlink():
        raise NoEngine(f"{found} belongs to somebody else")
    return found


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time do this."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install() -> None:
    """Install what an engine needs, where it is not there. Raises NoEngine."""
    done = subprocess.run([ROOT / "script/engine", "install"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoEngine(f"it cannot be installed: {done.stderr.strip()[-400:]}")


def newer_tree() -> Path:
    """Return the root of a newer engine than the machine's own, unpacked where it is not there yet. Raises NoEngine."""
    may_start()
    with locked(folder_for("newer")):
        done = subprocess.run(
            [ROOT / "script/engine", "install-newer"], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise NoEngine(f"it cannot be unpacked: {done.stderr.strip()[-400:]}")
    return ROOT / ".tools/newer-engine"


def may_start() -> None:
    """Find out whether this user may start an engine here. Raises NoEngine."""
    if os.geteuid() != 0:
        raise NoEngine("only root may start one; name a running one in DOCKER_HOST")
    if not shutil.which("dockerd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") and not shutil.which(
        "apt-get"
    ):
        raise NoEngine("no dockerd, and no apt-get to install it")


def _pair(folder: Path) -> tuple[Dockerd, Registry] | None:
    """Return what was started in this folder, where its ports are known."""
    try:
        first, second = (int(item) for item in (folder / "ports").read_text().split())
    except OSError, ValueError:
        return None
    # a pull that breaks is not begun again and again for a minute
    options = {"max-download-attempts": 1}
    return Dockerd(folder / "engine", first, options=options), Registry(folder / "registry", second)


def stop(folder: Path) -> None:
    """Stop what runs in a folder, and remove what it kept."""
    if pair := _pair(folder):
        for one in pair:
            one.stop()
    (folder / "ports").unlink(missing_ok=True)


def start(folder: Path) -> tuple[Dockerd, Registry]:
    """Start an engine and a registry in a folder. Raises NoEngine."""
    may_start()
    install()
    stop(folder)
    (folder / "ports").write_text(f"{free_port()} {free_port()}")
    pair = _pair(folder)
    assert pair
    try:
        for one in pair:
            one.start()
    except BaseException:
        stop(folder)
        raise
    return pair


@contextlib.contextmanager
def shared() -> Iterator[tuple[Dockerd, Registry]]:
    """Start the engine of all workers, or join it; stop it after the last one, which also cleans up after the dead."""
    folder = folder_for("engine")
    holders = folder / "holders"
    holders.mkdir(exist_ok=True)
    mine = holders / str(os.getpid())
    with locked(folder):
        pair = _pair(folder)
        if not (_living(holders) and pair and pair[0].pid):
            pair = start(folder)
        mine.touch()
    try:
        yield pair
    finally:
        with locked(folder):
            mine.unlink(missing_ok=True)
            if not _living(holders):
                stop(folder)


def _living(holders: Path) -> int:
    """Count the workers that use the engine; those that were killed are forgotten."""
    for holder in holders.iterdir():
        if not alive(int(holder.name)):
            holder.unlink(missing_ok=True)
    return len([*holders.iterdir()])
