"""Why a container does not run, or keeps being started: keys of the texts `cause_<key>` and what fills them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
import re

from .look import Look
from .model import HealthStatus
from .redact import redacted

LOOP = 3
LOOP_WITHIN = 600.0
FLAPS = 4
FLAPS_WITHIN = 3600.0
_SIGNALS = {132: "SIGILL", 134: "SIGABRT", 135: "SIGBUS", 136: "SIGFPE", 139: "SIGSEGV", 159: "SIGSYS"}
# a person or the engine ended it
_ASKED = (129, 130, 143)
_KILLED = 137
_OUTPUT = 120
# what the engine says when it cannot start one, from the most telling
_ERRORS = tuple(
    (key, re.compile(words, re.IGNORECASE))
    for key, words in (
        ("port_taken", r"port is already allocated|bind: address already in use"),
        ("address_taken", r"address already in use"),
        ("disk_full", r"no space left on device|disk quota exceeded"),
        ("parent_gone", r"cannot join network|joining network namespace|no such container"),
        ("network_gone", r"network \S+ not found|could not find (?:a )?network"),
        ("device_gone", r"gathering device information|could not select device driver"),
        ("not_what_it_was", r"mount a directory onto a file"),
        ("folder_gone", r"bind source path does not exist|error mounting|failed to mount"),
        ("wrong_processor", r"exec format error"),
        ("no_command", r"executable file not found|exec: .*no such file or directory"),
        ("not_executable", r"exec: .*permission denied"),
    )
)


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause; `placeholders` hold nothing secret, as far as that can be seen."""

    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a container: `loop`, `flapping`, `out_of_memory`, `unhealthy` or `ended`; since when `at`.

    After an update it may also be `restarted`, were it only once, or `silent`. count: how often it was started, or
    its health changed.
    """

    kind: str
    cause: Cause
    at: float
    count: int = 0


def cause_of_end(look: Look) -> Cause:
    """Return why a container ended, by what the engine says of it."""
    if look.oom:
        return Cause("out_of_memory")
    if look.error and (found := _of_the_engine(look.error)):
        return found
    code = look.exit_code
    match code:
        case None:
            return Cause("unknown")
        case 0:
            return Cause("finished")
        case 125:
            return Cause("engine_failed")
        case 126:
            return Cause("not_executable")
        case 127:
            return Cause("no_command")
        case 137:
            return Cause("killed")
    if code in _ASKED:
        return Cause("asked")
    if code in _SIGNALS:
        return Cause("crashed", {"signal": _SIGNALS[code]})
    return Cause("error", {"code": str(code)})


def _of_the_engine(error: str) -> Cause | None:
    return next((Cause(key) for key, words in _ERRORS if words.search(error)), None)


def cause_of_health(look: Look) -> Cause:
    """Return why a health check fails: the last line that it printed."""
    shown = redacted(look.output)[:_OUTPUT].strip()
    code = "?" if look.check_code is None else str(look.check_code)
    return Cause("check_says", {"output": shown}) if shown else Cause("check_fails", {"code": code})


def trouble(looks: Sequence[Look]) -> Trouble | None:
    """Return the worst that the looks of the last hour at one container show, or None.

    What was stopped on purpose is no trouble.
    """
    if not looks or looks[-1].gone:
        return None
    own = [look for look in looks if look.id == looks[-1].id]
    return next(_troubles(own), None)


def _troubles(looks: Sequence[Look]) -> Iterator[Trouble]:
    last = looks[-1]
    starts = [at for at in _starts(looks) if last.at - at <= LOOP_WITHIN]
    # it was at it before anybody looked
    looping = last.restarting and last.restarts >= LOOP
    if len(starts) >= LOOP or looping:
        count = max(len(starts), last.restarts if looping else 0)
        yield Trouble("loop", _of_the_loop(looks), min(starts, default=last.at), count)
    if last.oom:
        since = next(look.at for look in looks if look.oom)
        yield Trouble(
            "out_of_memory", Cause("out_of_memory" if not last.running else "process_killed"), since
        )
    if last.status in ("exited", "dead") and not _ended_on_purpose(last):
        since = next(look.at for look in looks if look.started == last.started and not look.running)
        yield Trouble("ended", cause_of_end(last), since)
    changes = [at for at in _turns(looks) if last.at - at <= FLAPS_WITHIN]
    if len(changes) > FLAPS:
        worst = next((look for look in reversed(looks) if look.check is HealthStatus.UNHEALTHY), last)
        yield Trouble("flapping", cause_of_health(worst), changes[0], len(changes))
    if last.check is HealthStatus.UNHEALTHY and last.running:
        since = last.at
        for look in reversed(looks):
            if look.check is not HealthStatus.UNHEALTHY:
                break
            since = look.at
        yield Trouble("unhealthy", cause_of_health(last), since)


def _of_the_loop(looks: Sequence[Look]) -> Cause:
    """Return why it keeps ending, as the newest look between two of its lives tells."""
    if ended := next((look for look in reversed(looks) if not look.running), None):
        return cause_of_end(ended)
    # something that watches the check starts it again
    if sick := next((look for look in reversed(looks) if look.check is HealthStatus.UNHEALTHY), None):
        return cause_of_health(sick)
    return Cause("unknown")


def _ended_on_purpose(look: Look) -> bool:
    """Whether somebody stopped it: nobody can tell that apart from a container that does so by itself."""
    return not look.oom and not look.error and look.exit_code in (None, 0, _KILLED, *_ASKED)


def _starts(looks: Sequence[Look]) -> Iterator[float]:
    """Yield when it was started again, once for each time that it was."""
    for before, after in pairwise(looks):
        counted = max(after.restarts - before.restarts, 0)
        if not counted and before.started and after.started and after.started != before.started:
            counted = 1
        yield from [after.at] * counted


def _turns(looks: Sequence[Look]) -> Iterator[float]:
    """Yield when its health changed between healthy and unhealthy."""
    known = [look for look in looks if look.check in (HealthStatus.HEALTHY, HealthStatus.UNHEALTHY)]
    for before, after in pairwise(known):
        if before.check is not after.check:
            yield after.at
