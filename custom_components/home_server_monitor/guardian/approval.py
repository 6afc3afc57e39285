"""The buttons of a notification: one-use tokens. A token is a nonce; the authority is the person who taps."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import hashlib
import secrets
from typing import Any

from .journal import Journal, JournalFailed
from .journal_files import Replay
from .remediation import DAY, HOUR, Record, new_id

KIND = "token"
TAP = "tap"
# a tap on one of these settles the matter on every screen; the others only show something
DECIDING = frozenset({"approve", "after", "window", "deny", "acknowledge", "snooze"})
# sets of buttons that work at a time for one record or finding
MOST = 20
# for how long after its end or its use a button is still known, so that a late tap is told what happened meanwhile
KNOWN_FOR = 7 * DAY
# sets that are known at all, the newest
MOST_KNOWN = 2000
# refused taps that are written down in an hour; a storm is only counted
MOST_REFUSED = 20


class Problem(StrEnum):
    """Why a tap changes nothing."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    WRONG_PERSON = "wrong_person"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A tap that counts. about: the id of a record or a finding; who: the person."""

    about: str
    verb: str
    recipient: str
    who: str


@dataclass(slots=True)
class _Buttons:
    """One notification's tokens.

    hashes: verb → SHA-256; used: verb → who; used_at: when last; people: whose tap counts; dead: whether newer ones
    took its place.
    """

    id: str
    about: str
    bound: str
    recipient: str
    people: frozenset[str]
    expires: float
    hashes: Mapping[str, str]
    used: dict[str, str] = field(default_factory=dict)
    used_at: float = 0.0
    dead: bool = False

    @property
    def known_until(self) -> float:
        """Return until when a tap is answered with what happened, seconds since 1970."""
        return max(self.expires, self.used_at) + KNOWN_FOR

    def works(self, now: float) -> bool:
        """Return whether a tap may still count."""
        return not self.dead and self.expires > now and len(self.used) < len(self.hashes)

    def pack(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "bound": self.bound,
            "recipient": self.recipient,
            "people": sorted(self.people),
            "expires": self.expires,
            "until": self.known_until,
            "hashes": dict(self.hashes),
            "used": dict(self.used),
            "used_at": self.used_at,
        }


def binding(record: Record) -> str:
    """Return what a button of a record is bound to: its state, and the state of its target."""
    return f"{record.state}:{_digest(record.fingerprint)[:16]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Tokens:
    """All tokens in force. bound: what the buttons of a record or finding are bound to now, None where it is gone."""

    def __init__(self, journal: Journal, bound: Callable[[str], str | None]) -> None:
        self.refused = 0
        self._journal = journal
        self._bound = bound
        self._sets: dict[str, _Buttons] = {}
        self._by_hash: dict[str, tuple[_Buttons, str]] = {}
        self._unsaved: set[str] = set()
        self._taps: list[dict[str, Any]] = []
        self._written: list[float] = []
        self._saving = asyncio.Lock()

    def load(self, replay: Replay, now: float) -> None:
        """Take what the journal knows; of a damaged one nothing works, because a lost line may have used it."""
        for entry in replay.of(KIND):
            raw = entry.value
            try:
                buttons = _Buttons(
                    entry.id, raw["about"], raw["bound"], raw["recipient"], frozenset(raw["people"]),
                    float(raw["expires"]), dict(raw["hashes"]), dict(raw["used"]),
                    min(float(raw.get("used_at", 0.0)), now), bool(replay.damaged),
                )  # fmt: skip
            except KeyError, TypeError, ValueError:
                continue
            self._keep(buttons)
        self._prune(now)

    def _keep(self, buttons: _Buttons) -> None:
        self._sets[buttons.id] = buttons
        for verb, hashed in buttons.hashes.items():
            self._by_hash[hashed] = (buttons, verb)

    def _prune(self, now: float) -> None:
        """Let die what is older than all that may work at a time, forget what is older than all that is known."""
        living: defaultdict[str, list[_Buttons]] = defaultdict(list)
        for each in self._sets.values():
            if each.works(now):
                living[each.about].append(each)
        for siblings in living.values():
            for old in siblings[:-MOST]:
                old.dead = True
        known = list(self._sets.values())
        for index, old in enumerate(known):
            if old.known_until <= now or index < len(known) - MOST_KNOWN:
                self._drop(old)

    def _drop(self, buttons: _Buttons) -> None:
        self._sets.pop(buttons.id, None)
        self._unsaved.discard(buttons.id)
        for hashed in buttons.hashes.values():
            self._by_hash.pop(hashed, None)

    async def mint(
        self,
        about: str,
        verbs: Collection[str],
        recipient: str,
        people: Collection[str],
        expires: float,
        now: float,
    ) -> dict[str, str]:
        """Return a new token for each verb, 128 bits each, written down before they leave. Raises JournalFailed.

        recipient: where they are shown; people: ids of those whose tap counts; without any there are no tokens.
        """
        bound = self._bound(about)
        if bound is None or not people or not verbs:
            return {}
        tokens = {verb: secrets.token_urlsafe(16) for verb in verbs}
        hashes = {verb: _digest(token) for verb, token in tokens.items()}
        buttons = _Buttons(new_id(now), about, bound, recipient, frozenset(people), expires, hashes)
        await self._journal.append(KIND, buttons.id, buttons.pack())
        self._keep(buttons)
        self._prune(now)
        return tokens

    def about(self, token: str) -> str | None:
        """Return what a token of this server is about, used or not; None where it is none of this server."""
        buttons, _ = self._by_hash.get(_digest(token), (None, ""))
        return buttons.about if buttons is not None else None

    def redeem(self, token: str, who: str, now: float, said: str | None = None) -> Redeemed | Problem:
        """Use a token, once. What decides uses up all siblings at the same instant; `save` writes that down.

        said: the verb that came with it; another one than it was made for was put there by somebody.
        """
        buttons, verb = self._by_hash.get(_digest(token), (None, ""))
        if buttons is None:
            return self._refuse(Problem.UNKNOWN, who, "", verb, now)
        problem = self._problem(buttons, verb, who, now)
        if problem is not Problem.WRONG_PERSON and said not in (None, verb):
            problem = Problem.UNKNOWN
        if problem is not None:
            return self._refuse(problem, who, buttons.about, verb, now)
        if verb in DECIDING:
            for each in self._sets.values():
                if each.about == buttons.about and each.works(now):
                    each.used, each.used_at = dict.fromkeys(each.hashes, who) | each.used, now
                    self._unsaved.add(each.id)
        else:
            buttons.used[verb], buttons.used_at = who, now
            self._unsaved.add(buttons.id)
        return Redeemed(buttons.about, verb, buttons.recipient, who)

    def _problem(self, buttons: _Buttons, verb: str, who: str, now: float) -> Problem | None:
        if who not in buttons.people:
            return Problem.WRONG_PERSON
        if verb in buttons.used:
            return Problem.USED
        if buttons.expires <= now:
            return Problem.EXPIRED
        bound = None if buttons.dead else self._bound(buttons.about)
        return None if bound == buttons.bound else Problem.SUPERSEDED

    def _refuse(self, problem: Problem, who: str, about: str, verb: str, now: float) -> Problem:
        self.refused += 1
        self._written = [at for at in self._written if 0 <= now - at < HOUR]
        if len(self._written) < MOST_REFUSED:
            self._written.append(now)
            self._taps.append(
                {
                    "problem": problem.value,
                    "who": who[:100],
                    "about": about,
                    "verb": verb,
                    "count": self.refused,
                }
            )
        return problem

    async def save(self) -> None:
        """Write down what was used and refused, as far as the journal works. A used token stays used meanwhile."""
        # taps come while others are written: each is written once
        async with self._saving:
            try:
                for set_id in sorted(self._unsaved):
                    await self._write(set_id)
                while self._taps:
                    tap = self._taps[0]
                    await self._journal.append(TAP, tap["about"], tap | {"over": True})
                    del self._taps[0]
            except JournalFailed:
                return

    async def _write(self, set_id: str) -> None:
        self._unsaved.discard(set_id)
        if (buttons := self._sets.get(set_id)) is None:
            return
        try:
            await self._journal.append(KIND, set_id, buttons.pack())
        except JournalFailed:
            self._unsaved.add(set_id)
            raise
