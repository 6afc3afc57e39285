"""One container out of what a listing saw of it now and what an inspection told of it before."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from .container import JOINED, Container, owner_of


def refreshed(known: Container | None, seen: Container) -> Container:
    """Return what a listing saw with what an earlier inspection of the same container told."""
    if known is None or known.id != seen.id or not known.inspected:
        return seen
    # podman lists neither the network mode nor the health
    terse = seen.network_mode is None
    same_health = terse or known.health.status == seen.health.status
    return replace(
        known,
        name=seen.name,
        image_id=seen.image_id or known.image_id,
        state=seen.state,
        health=known.health if same_health else seen.health,
        exit_code=(
            seen.exit_code
            if seen.exit_code is not None or not (seen.state and seen.state.has_ended)
            else known.exit_code
        ),
        networks=seen.networks if seen.running and not terse else known.networks,
        ports=seen.ports if seen.running and not terse else known.ports,
    )


def resolved(containers: Mapping[str, Container]) -> Mapping[str, Container]:
    """Replace the ids of the containers whose namespaces others use by their names."""
    names = {item.id: key for key, item in containers.items()}

    def named(mode: str | None) -> str | None:
        return mode and "".join((JOINED, names.get(joined, joined)) if (joined := owner_of(mode)) else mode)

    return MappingProxyType(
        {
            key: replace(
                item,
                network_mode=named(item.network_mode),
                joins=tuple(names.get(joined, joined) for joined in item.joins),
            )
            if item.joins
            else item
            for key, item in containers.items()
        }
    )
