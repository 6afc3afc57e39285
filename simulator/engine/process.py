"""The process in a container: how it starts, what it does, how it ends, and what comes after."""

from . import health, meters
from .engine import Engine
from .errors import EngineError, NotModifiedError
from .model import Container
from .networking import join, leave_all, publish

FIRST_BACKOFF = 0.1
LONGEST_BACKOFF = 60.0
# a process that lived that long is no longer in a loop
LIVED_WELL = 10.0


def not_running(engine: Engine, container: Container) -> EngineError:
    """The refusal of all that needs a running container."""
    word = "container" if engine.release.modern else "Container"
    return EngineError(409, f"{word} {container.ident} is not running")


def start(engine: Engine, container: Container, *, by_hand: bool = True) -> None:
    """Start it; raises NotModifiedError where it runs."""
    if container.state == "paused":
        raise EngineError(409, "cannot start a paused container, try unpause instead")
    if container.state == "running" or (container.state == "restarting" and by_hand):
        raise NotModifiedError
    if container.state in ("removing", "dead"):
        raise EngineError(409, "container is marked for removal and cannot be started")
    if by_hand:
        container.restarts, container.backoff = 0, 0.0
    container.runs += 1
    try:
        _set_up(engine, container)
    except EngineError as error:
        leave_all(engine, container)
        container.error = error.message
        container.exit_code = 127 if container.behaviour.start_error == error.message else 128
        if container.state == "restarting":
            container.state = "exited"
        container.touch()
        raise
    container.state = "running"
    container.pid = engine.new_pid()
    container.started = engine.now()
    container.exit_code, container.error, container.out_of_memory = 0, "", False
    container.stopped_by_hand = False
    container.touch()
    meters.start(engine, container)
    health.begin(engine, container)
    engine.tell(container, "start")
    plan(engine, container)


def _set_up(engine: Engine, container: Container) -> None:
    """Everything that can go wrong before the process runs."""
    for mode in ("NetworkMode", "IpcMode", "PidMode"):
        if str(container.host[mode]).startswith("container:"):
            _check_parent(engine, container, mode)
    for endpoint in container.endpoints.values():
        join(engine, container, endpoint)
    if container.endpoints:
        container.sandbox = engine.new_ident("sandbox", container.ident)
        if container.network_mode != "host":
            publish(engine, container)
    if container.behaviour.start_error is not None:
        raise EngineError(400, container.behaviour.start_error)


def _check_parent(engine: Engine, container: Container, mode: str) -> None:
    what = {"NetworkMode": "network", "IpcMode": "IPC", "PidMode": "PID"}[mode]
    modern = engine.release.modern
    parent = engine.parent_of(container, mode)
    if parent is None:
        words = f"No such container: {container.host[mode].partition(':')[2]}"
        raise (
            EngineError(500, f"joining {what} namespace of container: {words}")
            if modern
            else EngineError(404, words)
        )
    if parent.state not in ("running", "paused"):
        raise EngineError(
            409,
            f"cannot join {what} namespace of a non running container: container {parent.name} is {parent.state}"
            if modern
            else f"cannot join {what} of a non running container: {parent.ident}",
        )


def plan(engine: Engine, container: Container) -> None:
    """Foresee the end of a process that runs."""
    acts = container.behaviour
    missing = [name for name in acts.needs if not _variable(container, name)]
    if missing:
        words = f"ERROR {missing[0]} is not set"
        engine.later(container, 0.3, lambda: ended(engine, container, 1, last_words=words))
    elif acts.exits_after is not None:
        engine.later(container, acts.exits_after, lambda: _ended_by_itself(engine, container))
    plan_memory(engine, container)


def _variable(container: Container, name: str) -> str:
    entries = (entry.partition("=") for entry in container.config["Env"] or [])
    return next((value for key, _, value in entries if key == name), "")


def plan_memory(engine: Engine, container: Container) -> None:
    """Foresee when it will have used up its memory."""
    seconds = meters.seconds_to_limit(engine, container)
    if seconds is not None:
        engine.later(container, seconds, lambda: _out_of_memory(engine, container))


def _out_of_memory(engine: Engine, container: Container) -> None:
    if not container.alive:
        return
    seconds = meters.seconds_to_limit(engine, container)
    if seconds is None:
        return
    if seconds > 0.01:
        engine.later(container, seconds, lambda: _out_of_memory(engine, container))
        return
    engine.tell(container, "oom")
    ended(engine, container, 137, out_of_memory=True)


def _ended_by_itself(engine: Engine, container: Container) -> None:
    if container.state == "paused":
        engine.later(container, 1.0, lambda: _ended_by_itself(engine, container))
        return
    acts = container.behaviour
    if acts.exits_after is None:
        return
    if acts.out_of_memory:
        engine.tell(container, "oom")
    ended(engine, container, acts.exit_code, out_of_memory=acts.out_of_memory, last_words=acts.last_words)


def ended(
    engine: Engine, container: Container, code: int, *, out_of_memory: bool = False, last_words: str = ""
) -> None:
    """The process is gone; the restart policy decides what comes next."""
    now = engine.now()
    lived = now - (container.started or now)
    if last_words:
        container.said.append((now, "stderr", last_words))
    container.meter = meters.read(engine, container)
    container.runs += 1
    container.pid = 0
    container.exit_code, container.finished = code, now
    container.out_of_memory = out_of_memory
    again = _restarts(container)
    container.state = "restarting" if again else "exited"
    health.end(container)
    container.touch()
    more = {"execDuration": str(int(lived))} if engine.release.modern else {}
    engine.tell(container, "die", exitCode=str(code), **more)
    leave_all(engine, container)
    if again:
        _again_later(engine, container, lived)
    elif container.host["AutoRemove"]:
        remove(engine, container, volumes=True)


def _restarts(container: Container) -> bool:
    if container.stopped_by_hand:
        return False
    policy = container.host["RestartPolicy"]
    match policy["Name"]:
        case "always" | "unless-stopped":
            return True
        case "on-failure":
            most = policy["MaximumRetryCount"]
            return container.exit_code != 0 and (not most or container.restarts < most)
    return False


def _again_later(engine: Engine, container: Container, lived: float) -> None:
    if lived >= LIVED_WELL or not container.backoff:
        container.backoff = FIRST_BACKOFF
    else:
        container.backoff = min(LONGEST_BACKOFF, container.backoff * 2)
    engine.later(container, container.backoff, lambda: _again(engine, container))


def _again(engine: Engine, container: Container) -> None:
    if container.state != "restarting":
        return
    container.restarts += 1
    try:
        start(engine, container, by_hand=False)
    except EngineError:
        # the engine gives up where the container cannot be started at all
        container.state = "exited"
        container.touch()


def remove(engine: Engine, container: Container, *, force: bool = False, volumes: bool = False) -> None:
    """Remove it; its anonymous volumes go with `volumes`, where nothing else uses them."""
    if container.alive or container.state == "restarting":
        if not force:
            raise EngineError(409, _still_there(engine, container))
        container.stopped_by_hand = True
        if container.alive:
            container.host["AutoRemove"] = False
            engine.tell(container, "kill", signal="9")
            ended(engine, container, 137)
    container.runs += 1
    del engine.containers[container.ident]
    del engine.names[container.name]
    engine.tell(container, "destroy")
    if not volumes:
        return
    for mount in container.mounts:
        volume = engine.volumes.get(mount.name)
        if volume is not None and volume.anonymous and not engine.users_of(mount.name):
            del engine.volumes[mount.name]
            engine.tell_of("volume", "destroy", mount.name, {"driver": "local"})


def _still_there(engine: Engine, container: Container) -> str:
    paused = container.state == "paused"
    if engine.release.modern:
        why = (
            "container is paused and must be unpaused first"
            if paused
            else f"container is {container.state}: stop the container before removing or force remove"
        )
        return f'cannot remove container "{container.name}": {why}'
    how = "Unpause and then stop" if paused else "Stop"
    return (
        f"You cannot remove a {container.state} container {container.ident}. "
        f"{how} the container before attempting removal or force remove"
    )


def behave(engine: Engine, container: Container, **changes: object) -> None:
    """From now on its process does something else."""
    meters.settle(engine, container)
    container.acts = container.behaviour.with_(**changes)
    if container.alive:
        plan(engine, container)


def behave_again(engine: Engine, container: Container) -> None:
    """From now on its process does what its image says."""
    meters.settle(engine, container)
    leaked = container.image.behaviour.leak > 0
    container.acts = None
    if not leaked:
        container.meter.leaked = 0.0
