"""Following a job of the NAS to its end."""

import asyncio
from dataclasses import dataclass
from typing import Any

from ..errors import BadResponse, CallFailed, CannotConnect
from .client import TrueNasClient
from .methods import Operation
from .parse import at, number, text

POLL = 1.0
ENDED = frozenset({"SUCCESS", "FAILED", "ABORTED"})


@dataclass(frozen=True, slots=True)
class Job:
    """How a job stands; progress in percent."""

    id: int
    method: str
    state: str
    progress: float | None
    error: str | None
    result: Any = None


def job(raw: Any) -> Job:
    """Parse one row of `core.get_jobs`. Raises BadResponse."""
    if not isinstance(number_ := at(raw, "id"), int):
        raise BadResponse("A job without an id")
    return Job(
        id=number_,
        method=text(at(raw, "method")) or "",
        state=text(at(raw, "state")) or "",
        progress=number(at(raw, "progress", "percent")),
        error=text(at(raw, "error"), 500),
        result=at(raw, "result"),
    )


class Jobs:
    """Follows jobs: pushed progress wakes it, a poll underneath finds what no push told."""

    def __init__(self, client: TrueNasClient, poll: float = POLL) -> None:
        self._client = client
        self._poll = poll
        self._news = asyncio.Event()

    def pushed(self) -> None:
        """Say that some job changed."""
        self._news.set()

    async def follow(self, job_id: int, deadline: float) -> Job:
        """Return the job once it has ended well.

        Raises CallFailed where it failed, CannotConnect where it did not end in time or the NAS was lost for as long.
        """
        wait = self._poll
        try:
            async with asyncio.timeout(deadline):
                while True:
                    try:
                        found = await self._client.ask(Operation.JOBS, job_id)
                    except CannotConnect:
                        # the order was given; the connection comes back or the deadline ends this
                        found = []
                    if isinstance(found, list) and found:
                        seen = job(found[0])
                        if seen.state == "SUCCESS":
                            return seen
                        if seen.state in ENDED:
                            raise CallFailed(seen.method, seen.error or seen.state.lower())
                    self._news.clear()
                    try:
                        async with asyncio.timeout(wait):
                            await self._news.wait()
                    except TimeoutError:
                        wait = min(wait * 1.5, 10.0)
        except TimeoutError as err:
            raise CannotConnect("The job did not end in time") from err
