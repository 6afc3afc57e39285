"""Looks at the running demo with a real browser and takes pictures: `script/screenshot --help`."""

import argparse
import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
import json
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Any

import aiohttp

from simulator.demo import Client, free_port, wait_for
from simulator.demo.processes import ROOT
from simulator.demo.steps import DOMAIN

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZES = {"desktop": (1280, 960, 1, False), "phone": (412, 915, 2, True)}
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
# The frontend is made of nested shadow roots: everything visible below one of them, with its place on the page.
WALK = """
function* walk(node) {
  if (!node) return;
  if (node.shadowRoot) yield* walk(node.shadowRoot);
  for (const child of node.assignedNodes ? [...node.assignedNodes(), ...node.childNodes] : node.childNodes) {
    yield child;
    if (child.nodeType === 1 && !["STYLE", "SCRIPT", "svg"].includes(child.nodeName)) yield* walk(child);
  }
}
function place(node) {
  let box;
  if (node.nodeType === 3) { const range = document.createRange(); range.selectNode(node); box = range.getBoundingClientRect(); }
  else box = node.getBoundingClientRect();
  return box.width && box.height ? [box.x + box.width / 2, box.y + box.height / 2] : null;
}
"""
TEXT = """[...new Set(walk(document.body))].filter(n => n.nodeType === 3 && n.textContent.trim() && place(n))
 .map(n => n.textContent.trim()).join("\\n")"""
FIND = """[...walk(document.body)].filter(n => n.nodeType === 3 && n.textContent.trim() === WHAT).map(place).filter(Boolean).pop()"""
FIELD = """[...new Set(walk(document.body))].filter(n => n.nodeName === "INPUT" && n.name === WHAT).map(place).filter(Boolean).pop()"""


class Page:
    """A tab, spoken to over the browser's debugging protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, url: str) -> None:
        self._socket, self._url, self._number = socket, url, 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            message = json.loads((await self._socket.receive()).data)
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return dict(message["result"])

    async def evaluate(self, script: str, what: str = "") -> Any:
        """Evaluate an expression in the page."""
        code = f"(() => {{ const WHAT = {json.dumps(what)}; {WALK}; return {script}; }})()"
        answer = await self.call("Runtime.evaluate", expression=code, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    async def resize(self, size: str) -> None:
        """Be a desktop's or a phone's screen."""
        width, height, scale, mobile = SIZES[size]
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=mobile,
        )

    async def go(self, path: str) -> None:
        """Open a page of Home Assistant, afresh."""
        await self.call("Page.navigate", url="about:blank")
        await self.call("Page.navigate", url=self._url + path)

    async def open(self, path: str) -> None:
        """Open a page of Home Assistant and wait until it is drawn."""
        await self.go(path)
        await self.settle()

    async def settle(self) -> None:
        """Wait until the text on the page has stayed the same for a second and a half."""
        before, since, end = "", time.monotonic(), time.monotonic() + 30
        while time.monotonic() < end:
            await asyncio.sleep(0.3)
            now = await self.evaluate(TEXT)
            if now != before:
                before, since = now, time.monotonic()
            elif now and time.monotonic() - since > 1.5:
                return

    async def click(self, text: str) -> None:
        """Click on a text."""
        await self.press(await wait_for(f"the text {text!r}", lambda: self.evaluate(FIND, text)))
        await self.settle()

    async def fill(self, name: str, value: str) -> None:
        """Type into a field."""
        await self.press(await wait_for(f"the field {name}", lambda: self.evaluate(FIELD, name)))
        key = {"key": "a", "code": "KeyA", "modifiers": 2, "commands": ["selectAll"]}
        for kind in ("rawKeyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, **key)
        await self.call("Input.insertText", text=value)

    async def press(self, place: Sequence[float]) -> None:
        """Press the mouse's button there."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1
            )

    async def picture(self, file: Path) -> None:
        """Take a picture, and write the text that is on it beside it."""
        shot = await self.call("Page.captureScreenshot", format="png")
        _save(file, base64.b64decode(shot["data"]), await self.evaluate(TEXT))


def _save(file: Path, image: bytes, text: str) -> None:
    file.write_bytes(image)
    file.with_suffix(".txt").write_text(text)
    sys.stdout.write(f"{file}\n")


def _start(port: int, profile: str) -> subprocess.Popen[bytes]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise RuntimeError("There is no Chromium: script/chromium installs it")
    command = [
        found,
        *FLAGS,
        f"--remote-debugging-port={port}",
        f"--user-data-dir={profile}",
        "about:blank",
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@asynccontextmanager
async def browse(session: aiohttp.ClientSession, client: Client) -> AsyncIterator[Page]:
    """Start a browser in which the client's user is logged in."""
    port = free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = _start(port, profile)
        try:

            async def tab() -> str:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                        tabs = await answer.json(content_type=None)
                        return next((t["webSocketDebuggerUrl"] for t in tabs if t["type"] == "page"), "")
                return ""

            async with session.ws_connect(await wait_for("the browser", tab), max_msg_size=0) as socket:
                page = Page(socket, client.url)
                tokens = {
                    **client.tokens,
                    "hassUrl": client.url,
                    "clientId": f"{client.url}/",
                    "expires": int((time.time() + client.tokens["expires_in"]) * 1000),
                }
                script = (
                    f"try {{ localStorage.hassTokens = {json.dumps(json.dumps(tokens))} }} catch (_) {{}}"
                )
                await page.call("Page.enable")
                await page.call("Page.addScriptToEvaluateOnNewDocument", source=script)
                yield page
        finally:
            browser.terminate()
            browser.wait()


async def walk_the_dialog(page: Page, client: Client, folder: Path, size: str) -> None:
    """Remove the NAS and add it again in the browser, with a picture of each step."""
    demo = json.loads((ROOT / ".demo/run/demo.json").read_text())
    async with client.websocket() as socket:
        entries = await socket.call("config_entries/get", domain=DOMAIN)
    for entry in entries:
        await client.request("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")

    async def shoot(name: str) -> None:
        await page.picture(folder / f"flow-{name}-{size}.png")

    await page.open(f"/config/integrations/dashboard/add?domain={DOMAIN}")
    with suppress(TimeoutError):
        await page.click("OK")
    await shoot("1-menu")
    await page.click("TrueNAS (start here)")
    await shoot("2-form")
    await page.fill("url", demo["url"])
    await page.fill("api_key", f"1-{'x' * 64}")
    await page.click("Submit")
    await shoot("3-trust")
    await page.click("Submit")
    await shoot("4-wrong-key")
    await page.fill("api_key", demo["api_key"])
    await page.click("Submit")
    await shoot("5-found")
    await page.click("Submit")
    await shoot("6-added")


async def paths_of_devices(client: Client, names: Sequence[str]) -> dict[str, str]:
    """Return the pages of devices."""
    async with client.websocket() as socket:
        devices = await socket.call("config/device_registry/list")
    pages = {each["name"]: f"/config/devices/device/{each['id']}" for each in devices}
    return {name: pages[name] for name in names}


async def main(arguments: argparse.Namespace) -> None:
    """Take the pictures."""
    folder: Path = arguments.folder
    async with aiohttp.ClientSession() as session:
        client = Client(session, arguments.url)
        await client.log_in(*arguments.user.split(":"))
        async with browse(session, client) as page:
            for size in arguments.size or SIZES:
                await page.resize(size)
                if arguments.flow:
                    await walk_the_dialog(page, client, folder, size)
                paths = {path: path for path in arguments.paths}
                paths |= await paths_of_devices(client, arguments.device)
                for name, path in paths.items():
                    await page.open(path)
                    plain = re.sub(r"\W+", "-", name.split("?")[0]).strip("-") or "home"
                    await page.picture(folder / f"{plain}-{size}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="screenshot", description=__doc__.split(":")[0])
    parser.add_argument("paths", nargs="*", help="of pages of Home Assistant, such as /lovelace/0")
    parser.add_argument("--device", action="append", default=[], help="the page of a device, by its name")
    parser.add_argument("--flow", action="store_true", help="remove the NAS and add it again, step by step")
    parser.add_argument("--url", default="http://127.0.0.1:8123")
    parser.add_argument("--user", default="demo:demo", metavar="NAME:PASSWORD")
    parser.add_argument("--size", action="append", choices=SIZES, help="only this size")
    parser.add_argument("--folder", type=Path, default=ROOT / ".demo/pictures")
    known = parser.parse_intermixed_args()
    known.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(known))
