"""The calls that change something."""

import asyncio
from collections.abc import AsyncGenerator

import orjson

from simulator.engine import EngineError, execs, lifecycle, process
from simulator.engine.create import add_volume, create
from simulator.engine.images import prune, pull, remove as remove_image, tag
from simulator.engine.limits import check_resources, update
from simulator.engine.model import Doc
from simulator.engine.networking import add_network, connect, disconnect, remove_network
from simulator.serving import Json, Raw, Reply, Stream
from simulator.serving.asked import Asked

from .context import Context
from .filters import read_filters
from .frames import frame
from .volumes import volume_row

DONE = 204


class Writing(Context):
    """See the module; each takes the request and the parameters of its path."""

    # Containers

    def create(self, asked: Asked) -> Reply:
        """`POST /containers/create`."""
        body = asked.body
        if not isinstance(body, dict):
            body = None
        container, warnings = create(self.engine, asked.query.get("name"), body, api=asked.api)
        return Json({"Id": container.ident, "Warnings": warnings}, 201)

    def start(self, _asked: Asked, id: str) -> Reply:
        """`POST /containers/{id}/start`."""
        process.start(self.engine, self.engine.container(id))
        return Raw(status=DONE)

    async def stop(self, asked: Asked, id: str) -> Reply:
        """`POST /containers/{id}/stop`."""
        await lifecycle.stop(self.engine, self.engine.container(id), self._grace(asked))
        return Raw(status=DONE)

    async def restart(self, asked: Asked, id: str) -> Reply:
        """`POST /containers/{id}/restart`."""
        await lifecycle.restart(self.engine, self.engine.container(id), self._grace(asked))
        return Raw(status=DONE)

    def _grace(self, asked: Asked) -> float | None:
        number = self.number(asked, "t")
        return None if number is None else float(number)

    async def kill(self, asked: Asked, id: str) -> Reply:
        """`POST /containers/{id}/kill`."""
        try:
            container = self.engine.container(id)
        except EngineError as error:
            word = "cannot" if self.engine.release.modern else "Cannot"
            raise EngineError(404, f"{word} kill container: {id}: {error.message}") from error
        await lifecycle.kill(self.engine, container, asked.query.get("signal"))
        return Raw(status=DONE)

    def pause(self, _asked: Asked, id: str) -> Reply:
        """`POST /containers/{id}/pause`."""
        lifecycle.pause(self.engine, self.engine.container(id))
        return Raw(status=DONE)

    def unpause(self, _asked: Asked, id: str) -> Reply:
        """`POST /containers/{id}/unpause`."""
        lifecycle.unpause(self.engine, self.engine.container(id))
        return Raw(status=DONE)

    def rename(self, asked: Asked, id: str) -> Reply:
        """`POST /containers/{id}/rename`."""
        name = asked.query.get("name", "")
        if not name:
            raise EngineError(400, "Neither old nor new names may be empty")
        lifecycle.rename(self.engine, self.engine.container(id), name)
        return Raw(status=DONE)

    def update(self, asked: Asked, id: str) -> Reply:
        """`POST /containers/{id}/update`."""
        body: Doc = asked.body or {}
        modern = self.engine.release.modern
        for key, value in body.items():
            if isinstance(value, str) and key not in ("CpusetCpus", "CpusetMems"):
                words = f"json: cannot unmarshal string into Go struct field UpdateConfig.{key} of type int64"
                raise EngineError(400 if modern else 500, f"invalid JSON: {words}" if modern else words)
        if modern:
            # new engines look at the limits before they look for the container
            check_resources(self.engine, dict(body))
        container = self.engine.container(id)
        warnings = update(self.engine, container, body)
        process.plan_memory(self.engine, container)
        return Json({"Warnings": warnings or None})

    def remove(self, asked: Asked, id: str) -> Reply:
        """`DELETE /containers/{id}`."""
        container = self.engine.container(id)
        process.remove(self.engine, container, force=asked.flag("force"), volumes=asked.flag("v"))
        return Raw(status=DONE)

    async def wait(self, asked: Asked, id: str) -> Reply:
        """`POST /containers/{id}/wait`."""
        condition = asked.query.get("condition") or "not-running"
        if condition not in ("not-running", "next-exit", "removed"):
            raise EngineError(400, f'invalid condition: "{condition}"')
        container = self.engine.container(id)
        runs = container.runs
        while True:
            there = container.ident in self.engine.containers
            done = {
                "not-running": not container.alive and container.state != "restarting",
                "next-exit": container.runs != runs and not container.alive,
                "removed": not there,
            }[condition]
            if done or not there:
                break
            await asyncio.sleep(0.05)
        row: Doc = {"StatusCode": container.exit_code}
        return Json(row if self.engine.release.modern else {"Error": None, **row})

    # Commands

    def create_exec(self, asked: Asked, id: str) -> Reply:
        """`POST /containers/{id}/exec`."""
        made = execs.create(self.engine, self.engine.container(id), asked.body or {})
        return Json({"Id": made.ident}, 201)

    def start_exec(self, asked: Asked, id: str) -> Reply:
        """`POST /exec/{id}/start`."""
        made = self.exec(id)
        out, err = execs.run(self.engine, made)
        if (asked.body or {}).get("Detach"):
            return Raw(status=200)
        parts = [("stdout", out if made.stdout else ""), ("stderr", err if made.stderr else "")]
        content = b"".join(
            text.encode() if made.tty else frame(stream, text.encode()) for stream, text in parts if text
        )
        return Raw(content, content_type="application/vnd.docker.raw-stream")

    # Images

    async def pull(self, asked: Asked) -> Reply:
        """`POST /images/create`: 200 as soon as it begins, whatever becomes of it."""
        name = asked.query.get("fromImage")
        if not name:
            raise EngineError(400, "this engine takes no archives")
        lines = await pull(self.engine, name, asked.query.get("tag"))
        return Stream(_encoded(lines))

    def tag(self, asked: Asked, name: str) -> Reply:
        """`POST /images/{name}/tag`."""
        tag(self.engine, self.engine.image(name), asked.query.get("repo", ""), asked.query.get("tag"))
        return Raw(status=201)

    def remove_image(self, asked: Asked, name: str) -> Reply:
        """`DELETE /images/{name}`."""
        return Json(remove_image(self.engine, name, force=asked.flag("force")))

    def prune_images(self, asked: Asked) -> Reply:
        """`POST /images/prune`."""
        filters = read_filters(self.engine, asked.query.get("filters"))
        dangling = filters.get("dangling", ["true"])[0].lower() not in ("0", "false")
        return Json(prune(self.engine, dangling=dangling))

    # Networks and volumes

    def create_network(self, asked: Asked) -> Reply:
        """`POST /networks/create`."""
        body: Doc = asked.body or {}
        pools = (body.get("IPAM") or {}).get("Config") or []
        pool: Doc = pools[0] if pools else {}
        what: Doc = {
            "driver": body.get("Driver") or "bridge",
            "subnet": pool.get("Subnet"),
            "gateway_shown": not pool or bool(pool.get("Gateway")),
            "internal": bool(body.get("Internal")),
            "labels": body.get("Labels") or {},
            "options": body.get("Options") or {},
        }
        if pool.get("Gateway"):
            what["gateway"] = pool["Gateway"]
        network = add_network(self.engine, str(body.get("Name")), **what)
        return Json({"Id": network.ident, "Warning": ""}, 201)

    def connect(self, asked: Asked, id: str) -> Reply:
        """`POST /networks/{id}/connect`."""
        body: Doc = asked.body or {}
        network, container = self.engine.network(id), self.engine.container(str(body.get("Container")))
        connect(self.engine, network, container, body.get("EndpointConfig"))
        return Raw()

    def disconnect(self, asked: Asked, id: str) -> Reply:
        """`POST /networks/{id}/disconnect`."""
        body: Doc = asked.body or {}
        network, container = self.engine.network(id), self.engine.container(str(body.get("Container")))
        disconnect(self.engine, network, container)
        return Raw()

    def remove_network(self, _asked: Asked, id: str) -> Reply:
        """`DELETE /networks/{id}`."""
        remove_network(self.engine, self.engine.network(id))
        return Raw(status=DONE)

    def create_volume(self, asked: Asked) -> Reply:
        """`POST /volumes/create`."""
        body: Doc = asked.body or {}
        name = body.get("Name") or self.engine.new_ident("volume")
        driver = body.get("Driver") or "local"
        if driver != "local":
            words = f'error looking up volume plugin {driver}: plugin "{driver}" not found'
            raise EngineError(404, f"create {name}: {words}")
        volume = self.engine.volumes.get(name) or add_volume(
            self.engine, name, body.get("Labels"), anonymous=not body.get("Name")
        )
        return Json(volume_row(self.engine, volume), 201)

    def remove_volume(self, _asked: Asked, name: str) -> Reply:
        """`DELETE /volumes/{name}`."""
        self.engine.volume(name)
        users = self.engine.users_of(name)
        if users:
            idents = ", ".join(container.ident for container in users)
            raise EngineError(409, f"remove {name}: volume is in use - [{idents}]")
        del self.engine.volumes[name]
        self.engine.tell_of("volume", "destroy", name, {"driver": "local"})
        return Raw(status=DONE)


async def _encoded(lines: AsyncGenerator[Doc]) -> AsyncGenerator[bytes]:
    async for line in lines:
        yield orjson.dumps(line) + b"\r\n"
