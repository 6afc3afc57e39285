"""What a handler gets to work with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.jobs import Job
from simulator.world import World

from .releases import Release
from .session import Session

if TYPE_CHECKING:
    from .face import TrueNAS


@dataclass(slots=True)
class Context:
    """One call: the world, the server's release, the release whose shapes the endpoint speaks."""

    world: World
    server: Release
    release: Release
    session: Session
    method: str
    params: list[Any]
    face: TrueNAS

    @property
    def version(self) -> str:
        """`system.version` of this server."""
        return self.world.version_suffix or self.server.version

    @property
    def owner(self) -> str | None:
        """Whose jobs these are."""
        return self.session.username

    def job(
        self,
        seconds: float,
        effect: Callable[[], Any] | None = None,
        *,
        text: str = "",
        abortable: bool = False,
        watch: Callable[[], tuple[float, str, bool]] | None = None,
        on_abort: Callable[[], None] | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> Job:
        """Start the job that this method is."""
        return self.world.jobs.start(
            self.method,
            self.params,
            seconds,
            effect,
            text=text,
            owner=self.owner,
            session=self.session.ident,
            abortable=abortable,
            watch=watch,
            on_abort=on_abort,
            on_progress=on_progress,
        )
