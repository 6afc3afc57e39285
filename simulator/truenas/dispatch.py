"""One call from arrival to answer: does it exist, may they, does it fit, and then run it."""

import asyncio
import inspect
import os
import signal
from typing import TYPE_CHECKING, Any
import uuid

from simulator.calls import Call
from simulator.faults import Fault
from simulator.jobs import Job

from .context import Context
from .errors import (
    EACCES,
    EBUSY,
    ENOTAUTHENTICATED,
    CallError,
    InvalidError,
    TooManyCallsError,
    UnknownMethodError,
)
from .params import check
from .query import run
from .releases import ANY_USER, NO_LOGIN, Method
from .roles import allowed
from .session import Session

if TYPE_CHECKING:
    from .face import TrueNAS

_SECRET = ("auth.login", "auth.login_ex", "auth.login_with_api_key", "auth.login_with_token")


class Dispatcher:
    """Runs calls for all sessions."""

    def __init__(self, face: TrueNAS) -> None:
        self._face = face
        self._tries: dict[str, list[float]] = {}

    async def call(self, session: Session, name: str, params: list[Any]) -> Any:
        """The result; raises UnknownMethodError, TooManyCallsError, Invalid or CallError."""
        face = self._face
        method = face.table.find(name, face.release, session.endpoint)
        shown = ["***" for _ in params] if name in _SECRET else params
        call = Call(name, shown, face.world.clock.now(), session.ident, bool(method and method.write))
        face.log.add(call)
        if method is None:
            face.log.refuse(call, "unknown method")
            raise UnknownMethodError(name)
        try:
            async with session:
                return await self._admitted(session, method, params, call)
        except TooManyCallsError:
            face.log.refuse(call, "too many calls at once")
            raise
        except InvalidError as error:
            face.log.refuse(call, f"invalid: {error}")
            raise

    async def _admitted(self, session: Session, method: Method, params: list[Any], call: Call) -> Any:
        face = self._face
        if fault := face.faults.hit(method.name, "deny"):
            face.log.refuse(call, "not authorized")
            raise CallError("Not authorized", EACCES, fault.value)
        await self._may(session, method, call)
        if fault := face.faults.hit(method.name, "hang"):
            await asyncio.get_running_loop().create_future()
        if fault := face.faults.hit(method.name, "delay"):
            await asyncio.sleep(fault.seconds)
        if fault := face.faults.hit(method.name, "error"):
            raise CallError(fault.reason, fault.errno)
        killer = face.faults.hit(method.name, "kill")
        if killer and killer.when == "before":
            _kill(killer)
        if fault := face.faults.hit(method.name, "replace"):
            return fault.value
        if fault := face.faults.hit(method.name, "huge"):
            return ["x" * 1024] * max(1, fault.size // 1028)
        result = await self._run(session, method, params)
        if killer and killer.when == "done":
            _kill(killer)
        return result

    async def _may(self, session: Session, method: Method, call: Call) -> None:
        face = self._face
        if method.roles == NO_LOGIN:
            if session.key is None:
                await self._limit(session, method, call)
            return
        if session.key is None:
            face.log.refuse(call, "not authenticated")
            raise CallError("Not authenticated", ENOTAUTHENTICATED)
        if face.release.rpc:
            fits = method.roles == ANY_USER or allowed(session.roles, method.roles)
        else:
            fits = any(
                pattern in ("*", method.name)
                or (pattern.endswith("*") and method.name.startswith(pattern.removesuffix("*")))
                for pattern in session.key.calls
            )
        if not fits:
            face.log.refuse(call, "not authorized")
            face.world.log(
                session.key.username,
                "METHOD_CALL",
                success=False,
                method=method.name,
                authenticated=True,
                authorized=False,
            )
            raise CallError("Not authorized", EACCES)

    async def _limit(self, session: Session, method: Method, call: Call) -> None:
        """Twenty calls a minute per method and address before login; then a pause and EBUSY."""
        now = self._face.world.clock.now()
        recent = [at for at in self._tries.get(method.name, ()) if now - at < 60.0]
        recent.append(now)
        self._tries[method.name] = recent
        if len(recent) > self._face.unauthenticated_limit:
            self._face.log.refuse(call, "rate limit")
            await asyncio.sleep(self._face.auth_delay * 2)
            raise CallError("Rate Limit Exceeded", EBUSY)

    async def _run(self, session: Session, method: Method, params: list[Any]) -> Any:
        face = self._face
        given = params
        single = method.listing and method.name.endswith(".get_instance")
        arguments = check(method.params, given)
        context = Context(face.world, face.release, session.endpoint, session, method.name, given, face)
        if face.latency:
            await asyncio.sleep(face.latency)
        if method.listing:
            filters, options = arguments
            if single:
                filters, options = [["id", "=", filters]], {**options, "get": True}
            rows = method.handler(context, options["extra"])
            return run(rows, filters, options)
        result = method.handler(context, *arguments)
        if inspect.isawaitable(result):
            result = await result
        if method.write and session.key is not None:
            face.world.log(session.key.username, "METHOD_CALL", success=True, method=method.name)
        if isinstance(result, Job):
            if session.legacy_jobs:
                return result.number
            return await finished(face.world.jobs.wait(result))
        return result


async def finished(waiting: Any) -> Any:
    """A job's result; raises CallError where it failed."""
    job: Job = await waiting
    if job.state == "SUCCESS":
        return job.result
    if job.state == "ABORTED":
        raise CallError("Job was aborted")
    assert job.error is not None
    raise CallError(job.error.reason, job.error.errno)


def _kill(fault: Fault) -> None:
    os.kill(fault.pid, signal.SIGKILL)


def new_ident() -> str:
    """A session id."""
    return str(uuid.uuid4())
