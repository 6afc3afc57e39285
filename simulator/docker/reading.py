"""The calls that only look."""

import asyncio
from collections.abc import AsyncGenerator

import orjson

from simulator.engine import EngineError
from simulator.engine.images import look_up
from simulator.engine.logs import lines
from simulator.engine.model import Doc
from simulator.engine.process import not_running
from simulator.engine.releases import Api
from simulator.engine.store import INDEX
from simulator.serving import Json, Raw, Reply, Stream
from simulator.serving.asked import Asked

from .context import Context
from .disk import disk_use, newest_first
from .filters import check_container_filters, fits_container, read_filters
from .frames import framed
from .images import image_row, inspect_image
from .inspect import inspect
from .rows import container_bytes, container_row
from .stats import stats
from .system import info, version
from .times import parse_time
from .volumes import network_row, volume_row


class Reading(Context):
    """See the module; each takes the request and the parameters of its path."""

    # The engine

    def ping(self, _asked: Asked) -> Reply:
        """`GET /_ping`."""
        headers = {"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache"}
        if self.engine.release.modern:
            headers |= {"Builder-Version": "2", "Swarm": "inactive"}
        return Raw(b"OK", headers=headers, content_type="text/plain; charset=utf-8")

    def version(self, _asked: Asked) -> Reply:
        """`GET /version`."""
        return Json(version(self.engine))

    def info(self, _asked: Asked) -> Reply:
        """`GET /info`."""
        return Json(info(self.engine))

    async def disk_use(self, asked: Asked) -> Reply:
        """`GET /system/df`; only one at a time before 1.42."""
        if self.face.df_running and not self.engine.release.modern:
            raise EngineError(500, "a disk usage operation is already running")
        self.face.df_running += 1
        try:
            await asyncio.sleep(self.face.df_seconds)
        finally:
            self.face.df_running -= 1
        return Json(disk_use(self.engine, asked.api, asked.all("type"), verbose=asked.flag("verbose")))

    def events(self, asked: Asked) -> Reply:
        """`GET /events`."""
        filters = read_filters(self.engine, asked.query.get("filters"))
        since, until = (self._time(asked, key) for key in ("since", "until"))
        return Stream(self.face.feeds.stream(filters, since, until, legacy=asked.api < (1, 52)))

    def _time(self, asked: Asked, key: str) -> float | None:
        text = asked.query.get(key)
        if not text:
            return None
        try:
            return parse_time(text)
        except ValueError as error:
            raise EngineError(500, f'strconv.ParseInt: parsing "{text}": invalid syntax') from error

    # Containers

    def containers(self, asked: Asked) -> Reply:
        """`GET /containers/json`."""
        engine = self.engine
        filters = read_filters(engine, asked.query.get("filters"))
        check_container_filters(engine, filters)
        limit = self.number(asked, "limit")
        everything = asked.flag("all") or bool(limit) or "status" in filters or "exited" in filters
        wanted = [
            container
            for container in newest_first(engine)
            if (everything or container.alive or container.state == "restarting")
            and fits_container(engine, container, filters)
        ]
        if limit and limit > 0:
            wanted = wanted[:limit]
        if asked.flag("size"):
            return Json([container_row(engine, container, asked.api, size=True) for container in wanted])
        rows = b",".join([container_bytes(engine, container, asked.api) for container in wanted])
        return Raw(b"[%b]\n" % rows, content_type="application/json")

    def inspect(self, asked: Asked, id: str) -> Reply:
        """`GET /containers/{id}/json`."""
        container = self.engine.container(id)
        row = inspect(self.engine, container, asked.api)
        if asked.flag("size"):
            row |= {"SizeRw": container.size_rw, "SizeRootFs": container.image.size + container.size_rw}
        return Json(row)

    async def stats(self, asked: Asked, id: str) -> Reply:
        """`GET /containers/{id}/stats`: one sample, two a second apart, or one each second."""
        engine, container = self.engine, self.engine.container(id)
        one_shot = asked.flag("one-shot")
        # engines before 29 leave the name out of a one-shot sample
        named = not (engine.release.modern and one_shot and container.alive)
        if asked.flag("stream", default=True):
            return Stream(self._stats_stream(id, asked.api))
        if one_shot or not container.alive:
            if one_shot and container.state == "paused" and not engine.release.modern:
                await asyncio.sleep(1.0 * self.face.sample_pace)
            return Json(stats(engine, container, asked.api, None, named=named))
        before = stats(engine, container, asked.api, None, named=True)
        await asyncio.sleep((1.0 if engine.release.modern else 2.0) * self.face.sample_pace)
        return Json(stats(engine, engine.container(container.ident), asked.api, before, named=True))

    async def _stats_stream(self, ident: str, api: Api) -> AsyncGenerator[bytes]:
        before: Doc | None = None
        while True:
            container = self.engine.container(ident)
            before = stats(self.engine, container, api, before, named=True)
            yield orjson.dumps(before, option=orjson.OPT_APPEND_NEWLINE)
            await asyncio.sleep(1.0 * self.face.sample_pace)

    def top(self, _asked: Asked, id: str) -> Reply:
        """`GET /containers/{id}/top`."""
        engine, container = self.engine, self.engine.container(id)
        if not container.alive:
            raise not_running(engine, container)
        command = " ".join([*(container.config["Entrypoint"] or []), *(container.config["Cmd"] or [])])
        user = (container.config["User"] or "root").partition(":")[0]
        titles = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
        rows = [
            [
                user,
                str(container.pid + n),
                str(container.pid - 22 + n),
                "0",
                "08:14",
                "?",
                "00:00:07",
                command,
            ]
            for n in range(min(container.behaviour.pids, 5))
        ]
        return Json({"Processes": rows, "Titles": titles})

    def logs(self, asked: Asked, id: str) -> Reply:
        """`GET /containers/{id}/logs`."""
        wanted = {name for name in ("stdout", "stderr") if asked.flag(name)}
        if not wanted:
            raise EngineError(400, "Bad parameters: you must choose at least one stream")
        engine, container = self.engine, self.engine.container(id)
        since, until = self._time(asked, "since"), self._time(asked, "until")
        found = [
            line for line in lines(engine, container, since=since or 0.0, until=until) if line[1] in wanted
        ]
        tail = asked.query.get("tail", "all")
        if tail.isdigit():
            found = found[-int(tail) :] if int(tail) else []
        plain = bool(container.config["Tty"])
        content_type = None
        if asked.api >= (1, 42):
            content_type = f"application/vnd.docker.{'raw' if plain else 'multiplexed'}-stream"
        times = asked.flag("timestamps")
        if asked.flag("follow"):
            more = self._follow(
                id, wanted, times=times, plain=plain, first=framed(found, times=times, plain=plain)
            )
            return Stream(more, content_type or "application/octet-stream")
        return Raw(framed(found, times=times, plain=plain), content_type=content_type)

    async def _follow(
        self, ident: str, wanted: set[str], *, times: bool, plain: bool, first: bytes
    ) -> AsyncGenerator[bytes]:
        if first:
            yield first
        seen = self.engine.now()
        while self.engine.container(ident).alive:
            await asyncio.sleep(0.2)
            new = [
                line
                for line in lines(self.engine, self.engine.container(ident), since=seen)
                if line[0] > seen and line[1] in wanted
            ]
            if new:
                seen = new[-1][0]
                yield framed(new, times=times, plain=plain)

    def changes(self, _asked: Asked, id: str) -> Reply:
        """`GET /containers/{id}/changes`."""
        self.engine.container(id)
        return Json(None)

    # Images

    def images(self, asked: Asked) -> Reply:
        """`GET /images/json`."""
        filters = read_filters(self.engine, asked.query.get("filters"))
        dangling = filters.get("dangling", [""])[0].lower() in ("1", "true")
        rows = [
            image_row(self.engine, image, asked.api)
            for image in sorted(self.engine.images.values(), key=lambda each: each.created, reverse=True)
            if not dangling or not image.tags
        ]
        return Json(rows)

    def inspect_image(self, asked: Asked, name: str) -> Reply:
        """`GET /images/{name}/json`."""
        return Json(inspect_image(self.engine, self.engine.image(name), asked.api))

    def distribution(self, _asked: Asked, name: str) -> Reply:
        """`GET /distribution/{name}/json`: it counts as a pull."""
        _, found = look_up(self.engine, name)
        platforms = [{"architecture": "amd64", "os": "linux"}, {"architecture": "arm64", "os": "linux"}]
        return Json(
            {
                "Descriptor": {"mediaType": INDEX, "digest": found.digest, "size": 1609},
                "Platforms": platforms,
            }
        )

    # Networks and volumes

    def networks(self, asked: Asked) -> Reply:
        """`GET /networks`."""
        names = read_filters(self.engine, asked.query.get("filters")).get("name")
        return Json(
            [
                network_row(self.engine, network, full=False)
                for network in self.engine.networks.values()
                if names is None or any(name in network.name for name in names)
            ]
        )

    def inspect_network(self, _asked: Asked, id: str) -> Reply:
        """`GET /networks/{id}`."""
        return Json(network_row(self.engine, self.engine.network(id), full=True))

    def volumes(self, asked: Asked) -> Reply:
        """`GET /volumes`."""
        filters = read_filters(self.engine, asked.query.get("filters"))
        dangling = filters.get("dangling", [""])[0].lower() in ("1", "true")
        rows = [
            volume_row(self.engine, volume)
            for volume in self.engine.volumes.values()
            if not dangling or not self.engine.users_of(volume.name)
        ]
        return Json({"Volumes": rows, "Warnings": None})

    def inspect_volume(self, _asked: Asked, name: str) -> Reply:
        """`GET /volumes/{name}`."""
        return Json(volume_row(self.engine, self.engine.volume(name)))

    def inspect_exec(self, _asked: Asked, id: str) -> Reply:
        """`GET /exec/{id}/json`."""
        made = self.exec(id)
        return Json(
            {
                "ID": made.ident,
                "Running": False,
                "ExitCode": made.code,
                "ProcessConfig": {
                    "tty": made.tty,
                    "entrypoint": made.command[0],
                    "arguments": list(made.command[1:]),
                    "privileged": False,
                },
                "OpenStdin": False,
                "OpenStderr": made.stderr,
                "OpenStdout": made.stdout,
                "CanRemove": False,
                "ContainerID": made.container.ident,
                "DetachKeys": "",
                "Pid": made.container.pid + 40,
            }
        )
