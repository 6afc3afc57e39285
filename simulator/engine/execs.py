"""Commands in containers: what they print is the container's behaviour."""

from .engine import Engine
from .errors import EngineError
from .model import Container, Doc, Exec
from .process import not_running


def create(engine: Engine, container: Container, body: Doc) -> Exec:
    """`docker exec`, first half."""
    command = tuple(str(word) for word in body.get("Cmd") or ())
    if not command:
        raise EngineError(400, "No exec command specified")
    if container.state == "paused":
        raise EngineError(409, f"Container {container.name} is paused, unpause the container before exec")
    if container.state != "running":
        raise not_running(engine, container)
    ident = engine.new_ident("exec")
    flags = {key: bool(body.get(name)) for key, name in _FLAGS.items()}
    made = Exec(ident, container, command, **flags)
    engine.execs[ident] = made
    container.execs.append(ident)
    engine.tell(container, f"exec_create: {' '.join(command)}", execID=ident)
    return made


_FLAGS = {"tty": "Tty", "stdout": "AttachStdout", "stderr": "AttachStderr"}


def run(engine: Engine, made: Exec) -> tuple[str, str]:
    """`docker exec`, second half: what it prints on its two streams."""
    container = made.container
    if container.state != "running":
        raise not_running(engine, container)
    engine.tell(container, f"exec_start: {' '.join(made.command)}", execID=made.ident)
    known = container.behaviour.commands.get(made.command)
    if known is None and (program := engine.programs.get(made.command[0])) is not None:
        known = program(container, made.command[1:])
    if known is not None:
        made.code, out, err = known
    elif made.command[:2] in (("/bin/sh", "-c"), ("sh", "-c")) and made.command[2].startswith("echo "):
        made.code, out, err = 0, f"{made.command[2].removeprefix('echo ').strip('"')}\n", ""
    else:
        made.code = 127 if engine.release.modern else 126
        words = f'exec: "{made.command[0]}": stat {made.command[0]}: no such file or directory'
        out, err = f"OCI runtime exec failed: exec failed: unable to start container process: {words}\r\n", ""
    container.execs = [each for each in container.execs if each != made.ident]
    engine.tell(container, "exec_die", execID=made.ident, exitCode=str(made.code))
    return out, err
