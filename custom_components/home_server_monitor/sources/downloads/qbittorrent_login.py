"""Getting into qBittorrent, 4.5 to 5.3: one login at most per attempt, and none while it is known to be in vain.

A session that is not known is answered 403, and so is a wrong API key; a banned address 403 with a sentence; a name
that is not allowed, or a foreign Referer, 401. A login is 200 with `Ok.` or `Fails.` up to 5.1, and 204 or 401 since.
"""

from collections.abc import Callable, Mapping
import time
from typing import Any, Final

from ..errors import AuthFailed, BadResponse
from ..web import Answer
from .client import Secrets
from .tries import Tries
from .wire import HostRefused, LockedOut, Wire

BASE: Final = "api/v2"
# a ban lasts an hour by default, and is not made longer by looking at whether it is over
LOOK_AGAIN: Final = 20.0
BANNED = "It has locked this address out after wrong passwords, for an hour where that was not changed"


class Session:
    """Sends requests as somebody who is let in. clock: seconds that only run forward."""

    def __init__(self, wire: Wire, secrets: Secrets, clock: Callable[[], float] = time.monotonic) -> None:
        self.logins = 0
        # told when a new session began, which knows nothing of what was asked before
        self.on_new: Callable[[], None] = lambda: None
        self._wire = wire
        self._secrets = secrets
        self._clock = clock
        self._cookie = ""
        self._locked_until = 0.0
        self._tries = Tries("this password")

    async def send(self, verb: str, path: str, **more: Any) -> Answer:
        """Send a request, logged in where that is needed. Raises ClientError."""
        if self._clock() < self._locked_until:
            raise LockedOut(BANNED)
        answer = await self._wire.ask(verb, f"{BASE}/{path}", headers=self._headers(), **more)
        if answer.status == 403:
            self._check_ban(answer)
            await self._log_in()
            answer = await self._wire.ask(verb, f"{BASE}/{path}", headers=self._headers(), **more)
            if answer.status == 403:
                self._check_ban(answer)
                raise BadResponse("It lets in, and then forgets it")
        if answer.status == 401:
            raise HostRefused(self._wire.url.authority)
        return answer

    def _headers(self) -> Mapping[str, str]:
        if self._secrets.api_key:
            return {"Authorization": f"Bearer {self._secrets.api_key}"}
        return {"Cookie": self._cookie} if self._cookie else {}

    async def _log_in(self) -> None:
        """Begin a session. Raises AuthFailed, LockedOut."""
        secrets = self._secrets
        if secrets.api_key:
            raise AuthFailed("It does not take this API key")
        if secrets.login is None:
            raise AuthFailed("It wants a user and a password, or an API key")
        self._tries.ask()
        self._cookie = ""
        self.logins += 1
        form = {"username": secrets.username, "password": secrets.password}
        answer = await self._wire.ask("POST", f"{BASE}/auth/login", form=form)
        if answer.status == 403:
            self._check_ban(answer)
        if answer.status == 401 or answer.text == "Fails.":
            raise self._tries.refused()
        if answer.status not in (200, 204):
            raise BadResponse(f"status {answer.status} to the login")
        self._tries.taken()
        self._cookie = answer.cookies
        self.on_new()

    def _check_ban(self, answer: Answer) -> None:
        if "banned" in answer.text.lower():
            self._locked_until = self._clock() + LOOK_AGAIN
            raise LockedOut(BANNED)
