"""The dashboard's files: small, without a way to run what a stranger wrote, and with every word in one place."""

from pathlib import Path
import re

import pytest

from .test_texts import drawn
from .tree import PACKAGE

FILES = sorted((PACKAGE / "dashboard").glob("*.js"))
# what turns text into markup, styles or code
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTML|srcdoc|DOMParser|document\.write"
    r"|\beval\b|new Function|javascript:|https?://(?!github\.com/home-server-monitor/)|cssText|fetch\(|localStorage"
)
WORDS = [path for path in FILES if path.name.startswith("english")]
KEY = re.compile(r'^ {2}"([a-z_.]+)": ', re.MULTILINE)
USED = re.compile(r'\btext\([\w.]+, "([a-z_.]+)"')
FORMS = ("one", "other")


def texts() -> set[str]:
    """Return the keys of the English texts."""
    found = [key for path in WORDS for key in KEY.findall(path.read_text(encoding="utf-8"))]
    assert len(found) == len(set(found)), "a key stands there twice"
    return set(found)


def test_there_are_files() -> None:
    assert "strategy.js" in {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not FORBIDDEN.findall(source)
    lines = source.splitlines()
    assert len(lines) <= 300
    assert max(map(len, lines)) <= 120
    assert source.startswith("/**"), "a file says what it is for"
    assert not set(re.findall(r"mdi:[\w-]+", source)) - drawn()
    for name in re.findall(r'from "\./([\w.-]+)"', source):
        assert (path.parent / name).is_file()


@pytest.mark.parametrize("wrong", ["node.innerHTML = name", "eval(x)", 'import("https://example.org/x.js")'])
def test_what_is_forbidden_is_found(wrong: str) -> None:
    assert FORBIDDEN.search(wrong)


def test_every_text_that_is_used_is_there() -> None:
    known = texts()
    bare = known | {
        key.removesuffix(f".{form}") for key in known for form in FORMS if key.endswith(f".{form}")
    }
    used = {key for path in FILES for key in USED.findall(path.read_text(encoding="utf-8"))}
    assert len(used) > 20
    assert not used - bare


def test_every_text_is_used() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in FILES if path not in WORDS)
    source = re.sub(r"\$\{[^}]*\}", "*", source)
    # a key is used in whole, or as a group with what comes from outside, such as `act.${action}`
    quoted = set(re.findall(r'["`]([a-z_.*]+)["`]', source)) | {
        f"{group}.*"
        for group in (
            "severity",
            "risk",
            "sources",
            "state",
            "tiles",
            "ups",
            "power.mode",
            "power.state",
            "span",
        )
    }
    patterns = [re.compile(re.escape(each).replace(r"\*", r"[a-z_]+")) for each in quoted if "." in each]
    patterns += [re.compile(r"(ago|in)\.[a-z]+"), re.compile("loading")]

    def is_used(key: str) -> bool:
        bare = re.sub(r"\.(one|other)$", "", key)
        return (
            any(pattern.fullmatch(key) or pattern.fullmatch(bare) for pattern in patterns) or bare in quoted
        )

    assert not sorted(key for key in texts() if not is_used(key))
