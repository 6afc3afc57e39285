"""HTTP servers on loopback."""

from pathlib import Path
import ssl

from aiohttp import web


class Servers:
    """All that were started, so that all can be stopped."""

    def __init__(self) -> None:
        self._runners: list[web.AppRunner] = []

    async def _runner(self, app: web.Application) -> web.AppRunner:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        self._runners.append(runner)
        return runner

    async def serve(self, app: web.Application, port: int, context: ssl.SSLContext | None) -> int:
        """Serve on a port, a free one for 0; returns it."""
        runner = await self._runner(app)
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
        found: int = runner.addresses[0][1]
        return found

    async def serve_socket(self, app: web.Application, path: Path) -> None:
        """Serve on a socket of the file system."""
        await web.UnixSite(await self._runner(app), str(path)).start()

    async def close(self) -> None:
        """Stop all of them."""
        for runner in self._runners:
            await runner.cleanup()
