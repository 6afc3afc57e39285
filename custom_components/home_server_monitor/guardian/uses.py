"""What a plan would interrupt: asked of every system, because a stream is known elsewhere than the host under it."""

import asyncio
from collections.abc import Callable, Iterable

from .capabilities import InUse, Use
from .contract import Plan, Source
from .topology import Topology

DEADLINE = 30.0


def interrupted(topology: Topology, plan: Plan) -> frozenset[str]:
    """Return what loses service while a plan runs, under every id that a system may know it by."""
    touched = {topology.canonical(node) for node in plan.touches}
    for node in tuple(touched):
        touched |= topology.dependants(node)
    return frozenset(key for node in touched for key in topology.ids(node)) | plan.touches


class Uses:
    """Asks the systems of one server."""

    def __init__(self, sources: Callable[[], Iterable[Source]], topology: Callable[[], Topology]) -> None:
        self._sources = sources
        self._topology = topology

    def seen(self, plan: Plan) -> list[Use]:
        """Return what a plan would interrupt, as it was seen last; a system that fell silent keeps its last word."""
        if not plan.touches:
            return []
        nodes = interrupted(self._topology(), plan)
        return _unique(
            use for source in self._sources() if isinstance(source, InUse) for use in source.in_use(nodes)
        )

    async def look(self, plan: Plan) -> list[Use]:
        """Ask what a plan would interrupt now. Raises what a system raises, and TimeoutError."""
        if not plan.touches:
            return []
        nodes = interrupted(self._topology(), plan)
        found: list[Use] = []
        for source in tuple(self._sources()):
            if isinstance(source, InUse) and source.judged:
                async with asyncio.timeout(DEADLINE):
                    found += await source.look_in_use(nodes)
        return _unique((*found, *self.seen(plan)))


def _unique(uses: Iterable[Use]) -> list[Use]:
    return list(dict.fromkeys(uses))
