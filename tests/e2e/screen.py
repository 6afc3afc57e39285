"""A page of the dashboard in front of somebody: what can be read, pressed, and what must never be."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import re
from typing import Any

from simulator.demo import Client, wait_for

from .browser import TEXT, Page, browse
from .theatre import PATH, Theatre

# errors of ours in the page: what is thrown, and what is complained about
LISTEN = """
window.wrong = [];
const ours = (said) => /home-server-monitor|home_server_monitor/.test(said) && window.wrong.push(said);
addEventListener("error", (event) => ours(`${event.filename} ${event.message}`));
addEventListener("unhandledrejection", (event) => ours(`${event.reason?.stack ?? event.reason}`));
const complain = console.error;
console.error = (...said) => { ours(said.join(" ")); complain(...said); };
"""
ELEMENTS = "[...new Set(walk(document.body))].filter((node) => node.nodeType === 1)"
PRESS = f"""(() => {{
  const found = {ELEMENTS}.find((node) => node.getAttribute("aria-label") === WHAT || node.dataset?.does === WHAT);
  found?.scrollIntoView({{ block: "center" }});
  return found ? place(found) : null;
}})()"""
TOO_WIDE = f"""{ELEMENTS}.filter((node) => node.getBoundingClientRect().width)
  .filter((node) => node.getBoundingClientRect().right > innerWidth + 1).map((node) => node.nodeName)"""
SMALL = f"""{ELEMENTS}.filter((node) => node.nodeName === "BUTTON" && node.dataset.does)
  .filter((node) => Math.min(node.offsetHeight, node.offsetWidth) < 44).length"""
BUTTONS = f"""{ELEMENTS}.filter((node) => node.nodeName === "BUTTON" && node.dataset.does)
  .map((node) => node.getAttribute("aria-label") ?? node.textContent)"""
LINK = f"""{ELEMENTS}.filter((node) => node.nodeName === "A" && node.textContent === WHAT)
  .map((node) => node.getAttribute("href"))[0]"""
STILL = 7  # looks, a tenth of a second apart


class Screen:
    """A page in a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def go(self, view: str) -> None:
        """Open a view; the test waits for what it shows."""
        await self.page.go(f"/{PATH}/{view}")

    async def shown(self) -> list[str]:
        """Return the lines that can be read."""
        return str(await self.page.evaluate(TEXT)).splitlines()

    async def until(self, *lines: str, gone: tuple[str, ...] = (), within: float = 60.0) -> list[str]:
        """Wait until these lines are there (each a pattern of a whole one) and those that are gone are not."""

        async def look() -> list[str]:
            shown = await self.shown()
            found = all(any(re.fullmatch(line, each) for each in shown) for line in lines)
            return shown if found and not set(gone) & set(shown) else []

        try:
            return await wait_for(" | ".join(lines), look, within=within, pause=0.1)
        except TimeoutError as err:
            raise AssertionError(f"{err}; shown: {await self.shown()}") from err

    async def press(self, label: str) -> None:
        """Press the button that a screen reader calls so, once it has kept still for a moment."""
        places: list[Any] = []

        async def still() -> bool:
            places.append(await self.page.evaluate(PRESS, label))
            return len(places) > STILL and bool(places[-1]) and len({*map(str, places[-STILL:])}) == 1

        await wait_for(f"the button {label!r}", still, pause=0.1)
        await self.page.press(places[-1])

    async def buttons(self) -> list[str]:
        """Return what a screen reader calls our buttons."""
        return list(await self.page.evaluate(BUTTONS))

    async def link(self, text: str) -> str:
        """Return where a link leads."""
        return str(await self.page.evaluate(LINK, text))

    async def hold(self) -> None:
        """Hold that nothing of ours went wrong, that no stranger's text ran, and that all fits under a thumb."""
        assert await self.page.evaluate("window.wrong") == []
        assert await self.page.evaluate("window.hacked ?? null") is None
        assert await self.page.evaluate(TOO_WIDE) == []
        assert await self.page.evaluate(SMALL) == 0

    async def load(self, url: str) -> str:
        """Load a file of ours as the page would; returns what is wrong with it."""
        code = f"import({url!r}).then(() => '', String)"
        answer = await self.page.call(
            "Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True
        )
        return str(answer["result"]["value"])

    async def run(self, code: str) -> Any:
        """Run the body of an async function in the page; returns its JSON-able value."""
        answer = await self.page.call(
            "Runtime.evaluate",
            expression=f"(async () => {{{code}}})()",
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")


@asynccontextmanager
async def seat(theatre: Theatre, client: Client, size: str) -> AsyncIterator[Screen]:
    """Put somebody in front of a screen."""
    async with browse(theatre.session, client) as page:
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=LISTEN)
        await page.resize(size)
        yield Screen(page)
