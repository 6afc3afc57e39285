"""What every handler of the Engine API has at hand."""

from typing import TYPE_CHECKING

from simulator.engine import Engine, EngineError
from simulator.engine.model import Exec
from simulator.serving.asked import Asked

if TYPE_CHECKING:
    from .face import Docker


class Context:
    """The face, and through it the engine of the moment."""

    def __init__(self, face: Docker) -> None:
        self.face = face

    @property
    def engine(self) -> Engine:
        """The engine; another one after a reset."""
        return self.face.engine

    def number(self, asked: Asked, key: str) -> int | None:
        """An integer of the query; EngineError in Go's words where it is none."""
        text = asked.query.get(key)
        if not text:
            return None
        try:
            return int(text)
        except ValueError as error:
            raise EngineError(500, f'strconv.Atoi: parsing "{text}": invalid syntax') from error

    def exec(self, ident: str) -> Exec:
        """A command that was prepared."""
        if ident not in self.engine.execs:
            raise EngineError(404, f"No such exec instance: {ident}")
        return self.engine.execs[ident]
