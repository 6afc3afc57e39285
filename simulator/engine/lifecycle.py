"""Orders to containers: stop, kill, restart, pause, rename."""

import asyncio

from . import meters
from .create import check_name
from .engine import Engine
from .errors import EngineError, NotModifiedError
from .model import Container
from .process import ended, not_running, start

SIGNALS = {
    "HUP": 1,
    "INT": 2,
    "QUIT": 3,
    "KILL": 9,
    "USR1": 10,
    "USR2": 12,
    "TERM": 15,
    "CONT": 18,
    "STOP": 19,
}
DEADLY = {2, 3, 9, 15}


async def stop(
    engine: Engine, container: Container, grace: float | None = None, *, event: str = "stop"
) -> None:
    """Ask the process to end, and after the grace make it; raises NotModifiedError where there is none."""
    if container.state in ("created", "exited", "dead"):
        raise NotModifiedError
    container.stopped_by_hand = True
    if container.state == "restarting":
        container.runs += 1
        container.state = "exited"
        container.touch()
        engine.tell(container, event)
        return
    limit = grace if grace is not None else float(container.config.get("StopTimeout") or 10)
    run = container.runs
    engine.tell(
        container, "kill", signal=str(signal_number(engine, container, container.config.get("StopSignal")))
    )
    needed = container.behaviour.stops_in
    obeys = needed is not None and (limit < 0 or needed <= limit) and container.state != "paused"
    await asyncio.sleep((needed if obeys and needed is not None else max(0.0, limit)) * engine.pace)
    if container.runs != run or not container.alive:
        return
    if not obeys:
        engine.tell(container, "kill", signal="9")
    if engine.release.modern:
        engine.tell(container, event)
    ended(engine, container, container.behaviour.stop_code if obeys else 137)
    if not engine.release.modern:
        engine.tell(container, event)


def signal_number(engine: Engine, container: Container, text: str | None) -> int:
    """`SIGTERM`, `TERM` or `15`."""
    name = (text or "SIGTERM").upper().removeprefix("SIG")
    if name.isdigit() and 0 < int(name) < 65:
        return int(name)
    if name not in SIGNALS:
        words = f"cannot kill container: {container.name}: invalid signal: {text}"
        raise EngineError(400, words if engine.release.modern else f"Invalid signal: {text}")
    return SIGNALS[name]


async def kill(engine: Engine, container: Container, signal: str | None = None) -> None:
    """Send a signal; the deadly ones end the process."""
    number = signal_number(engine, container, signal or "SIGKILL")
    if not container.alive:
        error = not_running(engine, container)
        word = "cannot" if engine.release.modern else "Cannot"
        raise EngineError(409, f"{word} kill container: {container.name}: {error.message}")
    engine.tell(container, "kill", signal=str(number))
    if number not in DEADLY or (number != 9 and container.behaviour.stops_in is None):
        return
    if number == 9:
        container.stopped_by_hand = True
    ended(engine, container, 137 if number == 9 else container.behaviour.stop_code)


async def restart(engine: Engine, container: Container, grace: float | None = None) -> None:
    """Stop, where it runs, and start."""
    if container.alive or container.state == "restarting":
        keep, container.host["AutoRemove"] = container.host["AutoRemove"], False
        try:
            await stop(engine, container, grace)
        finally:
            container.host["AutoRemove"] = keep
    try:
        start(engine, container)
    except EngineError as error:
        raise EngineError(500, f"Cannot restart container {container.name}: {error.message}") from error
    engine.tell(container, "restart")


def pause(engine: Engine, container: Container) -> None:
    """Freeze it."""
    if container.state == "paused":
        raise EngineError(409, f"Container {container.ident} is already paused")
    if container.state == "restarting":
        word = "container" if engine.release.modern else "Container"
        raise EngineError(409, f"{word} {container.ident} is restarting, wait until the container is running")
    if container.state != "running":
        raise not_running(engine, container)
    meters.settle(engine, container)
    container.state = "paused"
    container.touch()
    engine.tell(container, "pause")


def unpause(engine: Engine, container: Container) -> None:
    """Let it go on."""
    if container.state != "paused":
        raise EngineError(500, f"Container {container.ident} is not paused")
    meters.settle(engine, container)
    container.state = "running"
    container.touch()
    engine.tell(container, "unpause")


def rename(engine: Engine, container: Container, name: str) -> None:
    """Another name; whoever refers to it by id does not notice."""
    if not name:
        raise EngineError(400, "Neither old nor new names may be empty")
    name = name.removeprefix("/")
    if name == container.name:
        raise EngineError(400, "Renaming a container with the same name as its current name")
    prefix = "Error when allocating new name: "
    if " " in name:
        words = f"{prefix}Invalid container name (/{name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        raise EngineError(400, words)
    check_name(engine, name, prefix)
    del engine.names[container.name]
    old, container.name = container.name, name
    engine.names[name] = container
    container.touch()
    engine.tell(container, "rename", oldName=f"/{old}")
