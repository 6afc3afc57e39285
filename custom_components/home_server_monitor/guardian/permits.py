"""Whether an approval is in force now: of a person, of a rule, in advance; and whether what waits may begin."""

from collections.abc import Awaitable, Callable, Collection

from .contract import Actor, Refusal, Refused
from .helm import Helm
from .policy import Act, Affairs, Mode, Policy
from .remediation import OUTAGE, Record

# kinds of actors behind whom no person stands at that moment
AUTOMATIC = frozenset({"rule", "standing"})


class Permits:
    """Asks the policy, with all that it must know of the moment.

    acts: what was begun within a day; not_now, in_use, look_in_use: as the desk has them.
    """

    def __init__(
        self,
        policy: Policy,
        helm: Helm,
        acts: Callable[[float], Collection[Act]],
        clock: Callable[[], float],
        not_now: Callable[[Record], str | None],
        in_use: Callable[[Record], bool],
        look_in_use: Callable[[Record], Awaitable[bool]] | None,
    ) -> None:
        self.in_use = in_use
        self._policy = policy
        self._helm = helm
        self._acts = acts
        self._clock = clock
        self._not_now = not_now
        self._look_in_use = look_in_use

    async def in_use_now(self, record: Record) -> bool:
        """Ask whether what a record interrupts is in use; nobody is asked while the power fails.

        Raises what a source raises.
        """
        if record.rule == OUTAGE:
            return False
        return await self._look_in_use(record) if self._look_in_use else self.in_use(record)

    def permit(self, record: Record, actor: Actor, typed: str | None) -> None:
        """Raise Refused unless this actor's approval is in force now."""
        if self._helm.closed():
            raise Refused(Refusal("no_guardian"))
        self._must_not_be_held(record)
        if actor.kind in AUTOMATIC:
            refusal = self._policy.may_run_automatically(record, self.affairs(record))
        else:
            helm = self._helm
            refusal = self._policy.may_approve(record, actor, helm.mode, hold=helm.held, typed=typed)
        if refusal is not None:
            raise Refused(refusal)

    def permit_part(self, record: Record, actor: Actor) -> None:
        """Raise Refused unless the approval that this actor gave to the whole is in force now for a part of it."""
        if self._helm.closed():
            raise Refused(Refusal("no_guardian"))
        self._must_not_be_held(record)
        if actor.kind not in AUTOMATIC:
            return self.permit(record, actor, None)
        standing = self._helm.standings.get(actor.id)
        if refusal := self._policy.may_go_on(record, self.affairs(record), standing):
            raise Refused(refusal)
        return None

    def _must_not_be_held(self, record: Record) -> None:
        if why := self._helm.why_held(record.rule):
            raise Refused(Refusal(why))

    def affairs(self, record: Record) -> Affairs:
        """Return how things stand for an automatic run of a record."""
        now = self._clock()
        return Affairs(
            now=now,
            mode=self._helm.mode,
            hold=self._helm.held,
            installed=self._helm.installed,
            acts=self._acts(now),
            open_breakers=self._helm.open_breakers,
            standings=tuple(self._helm.standings.values()),
            obstacle=self._not_now(record),
        )

    def why_not_yet(self, record: Record) -> str | None:
        """Return why an approved record goes on waiting for now, or None."""
        if why := self._helm.why_held(record.rule):
            return why
        if self._helm.mode is Mode.WATCH:
            return "watch_only"
        if record.waits == "window" and not self._policy.in_window(self._clock()):
            return "not_in_window"
        if record.waits == "in_use" and self.in_use(record):
            return "in_use"
        if record.actor is None:
            # whoever it was, nobody can say whether they still may
            return "not_an_approver"
        if record.actor.kind in AUTOMATIC:
            refusal = self._policy.may_run_automatically(record, self.affairs(record))
        else:
            # whom the options name may have changed since
            refusal = self._policy.may_decide(record, record.actor)
        return refusal.key if refusal else None
