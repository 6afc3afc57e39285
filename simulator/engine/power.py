"""The engine itself goes down, and comes up again."""

from .engine import Engine
from .errors import EngineError, NotModifiedError
from .model import Container
from .process import ended, start


def shut_down(engine: Engine) -> None:
    """The engine stops, and with it every container."""
    for container in list(engine.containers.values()):
        if container.alive:
            obeys = container.behaviour.stops_in is not None
            # as the engine does it: without a word to the restart policy
            by_hand, container.stopped_by_hand = container.stopped_by_hand, True
            ended(engine, container, container.behaviour.stop_code if obeys else 137)
            container.stopped_by_hand = by_hand
            container.cached = None
        elif container.state == "restarting":
            container.runs += 1
            container.state = "exited"
    engine.running = False
    engine.events.clear()


def boot(engine: Engine) -> None:
    """The engine starts, and what its policy says with it; who lends its network goes first."""
    engine.running = True
    engine.booted = engine.now()
    waiting = [
        each for each in engine.containers.values() if each.state == "exited" and _starts_at_boot(each)
    ]
    waiting.sort(key=lambda each: each.network_mode.startswith("container:"))
    for container in waiting:
        container.restarts = 0
        try:
            start(engine, container, by_hand=False)
        except EngineError, NotModifiedError:
            continue


def _starts_at_boot(container: Container) -> bool:
    match container.host["RestartPolicy"]["Name"]:
        case "always":
            return True
        case "unless-stopped":
            return not container.stopped_by_hand
        case "on-failure":
            return not container.stopped_by_hand and container.exit_code != 0
    return False
