"""Work that takes the server a while, with progress that others can watch."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

type JobState = Literal["WAITING", "RUNNING", "SUCCESS", "FAILED", "ABORTED"]


class JobError(Exception):
    """The work went wrong."""

    def __init__(self, reason: str, errno: int = 14) -> None:
        super().__init__(reason)
        self.reason = reason
        self.errno = errno


@dataclass(slots=True, eq=False)
class Job:
    """One piece of work. `watch` reports (percent, text, finished) where the work is a scan."""

    number: int
    method: str
    arguments: list[Any]
    started: float
    seconds: float
    owner: str | None = None
    session: str | None = None
    text: str = ""
    abortable: bool = False
    effect: Callable[[], Any] | None = None
    watch: Callable[[], tuple[float, str, bool]] | None = None
    on_abort: Callable[[], None] | None = None
    on_progress: Callable[[float], None] | None = None
    logs: str | None = None
    state: JobState = "RUNNING"
    percent: float = 0.0
    finished: float | None = None
    result: Any = None
    error: JobError | None = None
    waiters: list[asyncio.Future[Job]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("SUCCESS", "FAILED", "ABORTED")


class Jobs:
    """All jobs since the server started. `pace` stretches or shrinks their durations."""

    def __init__(self, now: Callable[[], float], changed: Callable[[Job, str], None]) -> None:
        self._now = now
        self._changed = changed
        self._next = 1
        self.pace = 1.0
        self.all: dict[int, Job] = {}
        self._active: list[Job] = []

    def start(
        self,
        method: str,
        arguments: list[Any],
        seconds: float,
        effect: Callable[[], Any] | None = None,
        *,
        text: str = "",
        owner: str | None = None,
        session: str | None = None,
        abortable: bool = False,
        watch: Callable[[], tuple[float, str, bool]] | None = None,
        on_abort: Callable[[], None] | None = None,
        on_progress: Callable[[float], None] | None = None,
        logs: str | None = None,
    ) -> Job:
        """Begin work that lasts `seconds` (times the pace) and then has its effect."""
        job = Job(
            number=self._next,
            method=method,
            arguments=arguments,
            started=self._now(),
            seconds=seconds * self.pace,
            owner=owner,
            session=session,
            text=text,
            abortable=abortable,
            effect=effect,
            watch=watch,
            on_abort=on_abort,
            on_progress=on_progress,
            logs=logs,
        )
        self._next += 1
        self.all[job.number] = job
        self._active.append(job)
        while len(self.all) > 1000:
            del self.all[next(iter(self.all))]
        self._changed(job, "added")
        return job

    def past(self, method: str, arguments: list[Any], started: float, seconds: float) -> Job:
        """Remember work that went well before this server's first client came."""
        job = Job(self._next, method, arguments, started, seconds, state="SUCCESS", percent=100.0)
        job.finished = started + seconds
        self._next += 1
        self.all[job.number] = job
        return job

    def tick(self) -> None:
        """Move every running job to where it should be by now."""
        if not self._active:
            return
        now = self._now()
        for job in list(self._active):
            if job.watch is not None:
                percent, text, finished = job.watch()
                moved = int(percent) != int(job.percent) or text != job.text
                job.percent, job.text = percent, text
            else:
                percent = 100.0 if job.seconds <= 0 else min(100.0, 100.0 * (now - job.started) / job.seconds)
                finished = percent >= 100.0
                moved = int(percent / 5) != int(job.percent / 5)
                job.percent = percent
            if moved and job.on_progress is not None:
                job.on_progress(percent)
            if finished:
                self._finish(job)
            elif moved:
                self._changed(job, "changed")

    def _finish(self, job: Job) -> None:
        try:
            job.result = job.effect() if job.effect else None
        except JobError as failure:
            job.error = failure
            self._end(job, "FAILED")
        else:
            job.percent = 100.0
            self._end(job, "SUCCESS")

    def _end(self, job: Job, state: JobState) -> None:
        job.state = state
        job.finished = self._now()
        self._active.remove(job)
        self._changed(job, "changed")
        for waiter in job.waiters:
            if not waiter.done():
                waiter.set_result(job)
        job.waiters.clear()

    def abort(self, job: Job) -> None:
        """Stop a running job."""
        if not job.over:
            if job.on_abort:
                job.on_abort()
            self._end(job, "ABORTED")

    async def wait(self, job: Job) -> Job:
        """Until the job is over."""
        if not job.over:
            waiter = asyncio.get_running_loop().create_future()
            job.waiters.append(waiter)
            await waiter
        return job

    def forget(self) -> None:
        """A server that restarts remembers no job; those who wait never hear of it again."""
        for job in self._active:
            for waiter in job.waiters:
                waiter.cancel()
        self.all.clear()
        self._active.clear()
