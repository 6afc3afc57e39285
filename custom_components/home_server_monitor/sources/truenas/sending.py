"""One write to a NAS, what is kept of its answer, and how the job behind it stands."""

from datetime import datetime
from typing import Any, Protocol

from ...guardian.contract import Outcome, Receipt, Verdict
from ..errors import CallFailed, CannotConnect, NotSent
from ..sentence import sentence
from .client import TrueNasClient
from .jobs import Job, job
from .methods import Method, Operation
from .model import TrueNas

UNWATCHED = Verdict(Outcome.INCONCLUSIVE, {"reason": "it is no longer watched"})
# the answer was never seen and the target looked no different before
UNKNOWN = Verdict(Outcome.INCONCLUSIVE, {"reason": "nobody saw whether the order arrived"})
NO_CHANGE = Verdict(Outcome.FAILED, {"reason": "the server shows no change"})


class Nas(Protocol):
    """What an action needs of its NAS. `instance`: 8 hex digits that name this Home Assistant on servers."""

    id: str
    client: TrueNasClient

    @property
    def instance(self) -> str:
        """Return what our names on the server carry."""
        ...

    @property
    def data(self) -> TrueNas:
        """Return the newest snapshot, without asking."""
        ...

    def met(self, instance: str) -> None:
        """Take note of another Home Assistant that has left something here."""
        ...

    async def async_look(self, *feeds: str) -> TrueNas:
        """Read these feeds now and return the snapshot. Raises ClientError."""
        ...


async def send(nas: Nas, method: Method, arguments: list[Any], step: int) -> Receipt:
    """Send one write, once. An answer that is lost is no failure: the receipt says so, and looking will tell."""
    try:
        answer = await nas.client.call(method, *arguments)
    except NotSent:
        raise
    except CannotConnect:
        return Receipt(step, {"refused": False, "lost": True})
    except CallFailed as err:
        return Receipt(step, {"refused": True, "lost": False, "error": sentence(err.reason)})
    refused = answer is False
    if not method.job:
        return Receipt(step, {"refused": refused, "lost": False})
    number = answer if isinstance(answer, int) and not isinstance(answer, bool) else None
    return Receipt(step, {"refused": refused, "lost": number is None and not refused}, number)


def refused(receipt: Receipt | None) -> Verdict | None:
    """Return the verdict of an order that the server itself says it did not carry out."""
    result = (receipt.result if receipt else None) or {}
    if not result.get("refused"):
        return None
    return Verdict(Outcome.FAILED, {"reason": result.get("error") or "the server refused"})


async def job_state(nas: Nas, number: int) -> Job | None:
    """Return how a job stands, or None where the server does not know it. Raises ClientError."""
    raw = await nas.client.ask(Operation.JOBS, number)
    return job(raw[0]) if isinstance(raw, list) and raw else None


def job_failed(state: Job | None) -> Verdict | None:
    """Return the verdict of a job that failed."""
    if state is None or state.state not in ("FAILED", "ABORTED"):
        return None
    return Verdict(Outcome.FAILED, {"reason": state.error or state.state.lower()})


def stamp(instant: datetime | None) -> float | None:
    """Return an instant as JSON holds it: seconds since 1970."""
    return instant.timestamp() if instant else None
