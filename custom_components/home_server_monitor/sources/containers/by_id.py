"""What all orders to a container that stays the same one have in common: found by its name, then known by its id."""

from collections.abc import Callable

from ...guardian.contract import Action, Plan, Refusal, Refused
from ..errors import CallFailed
from .client import EngineClient
from .raw import Json, name_of
from .redirect import spared
from .yard import Yard

NOT_FOUND = 404
# seconds between two looks at whether what was ordered is so
LOOK_EVERY = 0.5


class ByIdAction(Action):
    """An order to one container; another one that takes its name meanwhile is not meant."""

    def __init__(
        self, client: EngineClient, yard: Yard, is_podman: Callable[[], bool] = lambda: False
    ) -> None:
        self._client = client
        self._yard = yard
        self._is_podman = is_podman

    async def named(self, target: str) -> Json:
        """Return what is there under a name now. Raises Refused and ClientError."""
        inspect = await self._yard.workshop.look(target)
        if inspect is None or name_of(inspect) != target:
            raise Refused(Refusal("no_such_target", {"target": target}))
        return inspect

    def must_not_spare(self, inspect: Json, *, takes_away: bool) -> None:
        """Refuse what belongs to somebody else, or is needed by this engine's own way. Raises Refused."""
        if refusal := spared(inspect, podman=self._is_podman(), takes_away=takes_away):
            raise Refused(refusal)

    async def now(self, plan: Plan) -> Json | None:
        """Return the container that the plan is about, by its id, or None where it is gone."""
        try:
            return await self._client.inspect(plan.before["id"])
        except CallFailed as err:
            if err.code == NOT_FOUND:
                return None
            raise
