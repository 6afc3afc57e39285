"""How often a login may be spent on a server that takes it and then answers nothing.

Each login is audited, may raise an alert on the NAS, and 20 a minute are refused. Two things pull: such a server must
not be logged in to all day, and one that answers again must be shown within 30 s. So the first logins in vain follow
each other as quickly as any other attempt (a new session may be all that is missing); after them the session that took
the login is kept and asked one question per attempt, which costs nothing and notices at once that answers come again,
and only ever longer waits later it is given up for another login.
"""

import asyncio

# seconds between a login that was in vain and the next one, by how many there were in a row
WAITS = (0.0, 0.0, 30.0, 60.0, 120.0, 180.0)
# without a session there is nothing to ask, so the wait for a login is also the time until it is noticed
LAST_BLIND_WAIT = 60.0


class LoginPace:
    """Counts the logins since a session last answered what it was asked after it."""

    def __init__(self) -> None:
        self._vain = 0
        self._spent = 0.0

    @property
    def trusted(self) -> bool:
        """Return whether the next login may be expected to bring answers."""
        return not WAITS[min(self._vain, len(WAITS) - 1)]

    def spent(self) -> None:
        """Note a login; it counts as in vain until `answered`."""
        self._vain += 1
        self._spent = asyncio.get_running_loop().time()

    def answered(self) -> None:
        """Note that a session answered a read: the next login is as good as the first."""
        self._vain = 0

    def away(self) -> None:
        """Note that the server was not there to log in to: what comes after that is another start of it."""
        self._vain = min(self._vain, 1)

    def may_log_in(self, *, session: bool) -> bool:
        """Return whether a login may be spent now; `session`: there is one that could still be asked."""
        wait = WAITS[min(self._vain, len(WAITS) - 1)]
        if not session:
            wait = min(wait, LAST_BLIND_WAIT)
        return asyncio.get_running_loop().time() - self._spent >= wait
