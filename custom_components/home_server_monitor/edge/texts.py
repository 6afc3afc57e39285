"""The words of findings and plans: the same for phones, repairs, logbook, responses and the dashboard."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..guardian.contract import Finding
from ..guardian.plain import plain

TITLE = 60
LINE = 300


@dataclass(frozen=True, slots=True)
class Words:
    """A finding in words: what it is, what that means, what is proposed."""

    title: str
    meaning: str
    advice: str

    @property
    def message(self) -> str:
        """Return the two lines under the title."""
        return f"{self.meaning}\n{self.advice}".strip()


class Made(str):
    """A text that was made of harmless parts, and is as long as it has to be."""

    __slots__ = ()


class _Known(dict[str, str]):
    """Placeholders; one that is missing is shown as a question mark, and never breaks a message."""

    def __missing__(self, key: str) -> str:
        return "?"


class Texts:
    """The translations of this integration, in the language of the Home Assistant."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._loaded: dict[str, str] = {}
        self._language = ""

    @property
    def language(self) -> str:
        """Return the language that is loaded."""
        return self._language

    async def async_load(self) -> None:
        """Load what messages need; again when the language has changed."""
        language = self._hass.config.language
        if language == self._language and self._loaded:
            return
        loaded: dict[str, str] = {}
        for category in ("issues", "common", "exceptions", "selector"):
            loaded |= await async_get_translations(self._hass, language, category, {DOMAIN})
        self._loaded, self._language = loaded, language

    def get(self, key: str, placeholders: Mapping[str, Any] | None = None, default: str = "?") -> str:
        """Return a text by its key below `component.<domain>`, filled with harmless placeholders."""
        found = self._loaded.get(f"component.{DOMAIN}.{key}")
        if found is None:
            return default
        known = _Known(self.harmless(placeholders or {}))
        try:
            return found.format_map(known)
        except ValueError, IndexError, AttributeError:
            return found

    @staticmethod
    def harmless(placeholders: Mapping[str, Any]) -> dict[str, str]:
        """Return placeholders that break no channel."""
        return {
            name: value if isinstance(value, Made) else plain(value) for name, value in placeholders.items()
        }

    def placeholders(self, finding: Finding) -> dict[str, str]:
        """Return what fills a finding's texts; a cause and an advice, of which it has the keys, in words."""
        found = dict(finding.placeholders)
        for part in ("cause", "advice"):
            if isinstance(key := finding.evidence.get(part), str):
                found[part] = Made(self.common(f"{part}_{key}", finding.placeholders))
        return found

    def common(self, key: str, placeholders: Mapping[str, Any] | None = None, default: str = "?") -> str:
        """Return a text of the messages."""
        return self.get(f"common.{key}", placeholders, default)

    def lent(self, kind: str, target: str, name: str) -> str:
        """Return what is changed for a while, by its own words where its kind has those of each value."""
        named = {"target": name}
        whole = self.common(f"lent_{kind}", named, default=name or "?")
        return self.common(f"lent_{kind}_{target}", named, default=whole)

    def refusal(self, key: str, placeholders: Mapping[str, Any]) -> str:
        """Return why something is not done."""
        return self.get(f"exceptions.{key}.message", placeholders, default=key)

    def finding(self, finding: Finding) -> Words:
        """Return a finding in words."""
        filled = self.placeholders(finding)
        title = self.get(f"issues.{finding.rule}.title", filled, default=finding.rule)
        description = self.get(f"issues.{finding.rule}.description", filled, default="")
        meaning, _, advice = description.partition("\n")
        return Words(cut(title, TITLE), cut(meaning, LINE), cut(advice, LINE))


TEXTS: HassKey[Texts] = HassKey(f"{DOMAIN}_texts")


async def async_texts(hass: HomeAssistant) -> Texts:
    """Return the loaded texts that all entities share."""
    found = hass.data.setdefault(TEXTS, Texts(hass))
    await found.async_load()
    return found


def cut(text: str, longest: int) -> str:
    """Return a text that is not longer than `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
