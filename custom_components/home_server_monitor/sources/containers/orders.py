"""What may be changed at an engine: one method an order, none of which is ever sent twice by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...guardian.contract import NotDone
from ..errors import BadResponse, CannotConnect, NotSupported
from ..records import at, text
from .frames import Output, split
from .pulling import Pull
from .replies import decode
from .transport import Transport

# the engine's own waits come on top of these, in seconds
SHORT, LONG = 30.0, 120.0
# an image of many gigabytes over a slow line
PULLING = 4 * 3600.0
SIGNAL_SINCE = (1, 42)


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought: its digest, and whether that is newer than what was there."""

    digest: str | None
    newer: bool | None


@dataclass(frozen=True, slots=True)
class Executed:
    """What a command in a container did."""

    exit_code: int | None
    output: Output


class Orders:
    """Changes one engine.

    All raise ClientError: NotDone among them where it is certain that nothing was done, CallFailed where the engine
    tried and failed; after CannotConnect nobody knows, and only looking tells.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    @property
    def api(self) -> tuple[int, int]:
        """Return the version of the interface that is spoken, (0, 0) before that is known."""
        return parsed_version(self.transport.version or "") or (0, 0)

    async def create(self, name: str, body: Mapping[str, Any], platform: str | None = None) -> str:
        """Create a container, which stays stopped; returns its id."""
        query = {"name": name} | ({"platform": platform} if platform else {})
        _, answer = await self.transport.order(
            "POST", "/containers/create", query=query, body=body, deadline=LONG
        )
        if (found := text(at(await decode(answer), "Id"))) is None:
            raise BadResponse("A container without an id")
        return found

    async def start(self, container: str) -> bool:
        """Start a container; returns False where it ran already."""
        return await self._state("start", container, {}, LONG)

    async def stop(self, container: str, grace: int = 10, signal: str | None = None) -> bool:
        """Stop a container, killing it after `grace` seconds; returns False where it was stopped already.

        Raises NotSupported where a `signal` is wanted and the engine knows none (before API 1.42).
        """
        query: dict[str, Any] = {"t": grace}
        if signal is not None:
            if self.api < SIGNAL_SINCE:
                raise NotSupported("stop by a signal")
            query["signal"] = signal
        return await self._state("stop", container, query, SHORT + grace)

    async def restart(self, container: str, grace: int = 10) -> None:
        """Restart a container, killing it after `grace` seconds."""
        await self._state("restart", container, {"t": grace}, LONG + grace)

    async def kill(self, container: str, signal: str = "SIGKILL") -> None:
        """Send a signal to a container."""
        await self._state("kill", container, {"signal": signal}, SHORT)

    async def pause(self, container: str) -> None:
        """Freeze a container's processes."""
        await self._state("pause", container, {}, SHORT)

    async def unpause(self, container: str) -> None:
        """Let a container's processes go on."""
        await self._state("unpause", container, {}, SHORT)

    async def rename(self, container: str, name: str) -> None:
        """Give a container another name."""
        await self._state("rename", container, {"name": name}, SHORT)

    async def update(self, container: str, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Change limits or the restart policy while it runs; returns the engine's warnings.

        A zero means "leave it"; both memory fields have to be sent, equal.
        """
        _, answer = await self.transport.order(
            "POST", "/containers/{id}/update", container, body=body, deadline=SHORT
        )
        warnings = at(await decode(answer), "Warnings") if answer else None
        return tuple(
            found for item in (warnings if isinstance(warnings, list) else []) if (found := text(item))
        )

    async def remove(self, container: str, *, volumes: bool = False, force: bool = False) -> None:
        """Remove a container; its anonymous volumes stay, unless `volumes`."""
        await self.transport.order(
            "DELETE", "/containers/{id}", container, query={"v": volumes, "force": force}, deadline=LONG
        )

    async def tag(self, image: str, repository: str, tag: str) -> None:
        """Give an image one more name."""
        await self.transport.order(
            "POST", "/images/{name}/tag", image, query={"repo": repository, "tag": tag}, deadline=SHORT
        )

    async def remove_image(self, image: str, *, force: bool = False) -> None:
        """Take a name from an image, and remove the image with its last one; 409 while a container uses it."""
        await self.transport.order("DELETE", "/images/{name}", image, query={"force": force}, deadline=LONG)

    async def connect(self, network: str, container: str, endpoint: Mapping[str, Any] | None = None) -> None:
        """Connect a container to a network."""
        await self.transport.order(
            "POST",
            "/networks/{id}/connect",
            network,
            body={"Container": container, "EndpointConfig": dict(endpoint or {})},
            deadline=SHORT,
        )

    async def disconnect(self, network: str, container: str, *, force: bool = False) -> None:
        """Disconnect a container from a network."""
        await self.transport.order(
            "POST",
            "/networks/{id}/disconnect",
            network,
            body={"Container": container, "Force": force},
            deadline=SHORT,
        )

    async def pull(
        self,
        repository: str,
        tag: str,
        *,
        auth: str | None = None,
        platform: str | None = None,
        on_progress: Callable[[float | None], None] = lambda percent: None,
    ) -> Pulled:
        """Pull an image and wait for its end: an answer that is not read to its end ends the pull.

        `auth` is the header for a registry that wants one. Raises CallFailed where the engine says that it failed.
        """
        pull = Pull()
        query = {"fromImage": repository, "tag": tag} | ({"platform": platform} if platform else {})
        async with self.transport.lines(
            "POST",
            "/images/create",
            query=query,
            headers={"X-Registry-Auth": auth} if auth else None,
            lasting=PULLING,
            quiet=self.transport.timing.quiet,
        ) as lines:
            async for line in lines:
                pull.take(line)
                on_progress(pull.progress)
        if not pull.done:
            raise BadResponse("The pull ended without saying that it is done")
        return Pulled(pull.digest, pull.newer)

    async def execute(
        self,
        container: str,
        command: list[str],
        *,
        user: str | None = None,
        deadline: float = SHORT,
        reading: bool = False,
    ) -> Executed:
        """Run a command in a running container and wait for its end; one that is only a `reading` keeps no order waiting."""
        body: dict[str, Any] = {"AttachStdout": True, "AttachStderr": True, "Cmd": command}
        if user is not None:
            body["User"] = user
        _, answer = await self.transport.order(
            "POST", "/containers/{id}/exec", container, body=body, reading=reading
        )
        if (made := text(at(await decode(answer), "Id"))) is None:
            raise BadResponse("A command without an id")
        # without the words that ask for an upgrade the output comes as an ordinary answer
        _, output = await self.transport.order(
            "POST",
            "/exec/{id}/start",
            made,
            body={"Detach": False, "Tty": False},
            deadline=deadline,
            reading=reading,
        )
        try:
            code = at(await self.transport.get("/exec/{id}/json", made), "ExitCode")
        except NotDone as err:
            # the question was not asked; the command was begun
            raise CannotConnect("The command was begun, and how it ended is not known") from err
        return Executed(code if isinstance(code, int) else None, split(output, terminal=False))

    async def _state(self, verb: str, container: str, query: Mapping[str, Any], deadline: float) -> bool:
        """Change a container's state; returns False where it was in it already."""
        status, _ = await self.transport.order(
            "POST", f"/containers/{{id}}/{verb}", container,
            query=query, deadline=deadline, stops=verb == "stop",
        )  # fmt: skip
        return status != 304


def parsed_version(version: str) -> tuple[int, int] | None:
    """Return `1.41` as numbers, or None where it is no version."""
    first, _, second = version.partition(".")
    return (int(first), int(second)) if first.isdecimal() and second.isdecimal() else None
