"""What the simulated NAS answers, without sockets: good replies to take apart."""

from functools import cache
import inspect
from typing import Any

from custom_components.home_server_monitor.sources.truenas.methods import Operation, method_of
from custom_components.home_server_monitor.sources.truenas.releases import (
    V24_04,
    V24_10,
    V25_04,
    V25_10,
    V26,
    V27,
    Release as Ours,
)
from custom_components.home_server_monitor.sources.truenas.wire import decode
from simulator.build import build
from simulator.calls import CallLog
from simulator.clock import Clock
from simulator.faults import Faults
from simulator.truenas import extended_json
from simulator.truenas.face import TrueNAS
from simulator.truenas.params import check
from simulator.truenas.query import run
from simulator.truenas.releases import Release
from simulator.truenas.session import Session

RELEASES: dict[str, Ours] = {
    "24.04": V24_04,
    "24.10": V24_10,
    "25.04": V25_04,
    "25.10": V25_10,
    "26": V26,
    "27": V27,
}


@cache
def _face(version: str) -> TrueNAS:
    return TrueNAS(build(Clock(moving=False)), Release.parse(version), CallLog(), Faults(), secure=True)


def answer(version: str, operation: Operation, *args: Any) -> Any:
    """Return the decoded answer of a read."""
    face = _face(version)
    called = method_of(operation, RELEASES[version])
    session: Any = Session("s", None, None, face.release, "", True, 0.0, face.world.keys[1])  # type: ignore[arg-type]
    row = face.table.find(called.name, face.release, face.release)
    assert row
    given = check(row.params, called.params(*args))
    context = face.context(session, called.name)
    if row.listing:
        filters, options = given
        value = run(row.handler(context, options["extra"]), filters, options)
    else:
        value = row.handler(context, *given)
    assert not inspect.isawaitable(value)
    return decode(extended_json.dumps(value))
